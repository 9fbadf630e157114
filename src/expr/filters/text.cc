// SPDX-License-Identifier: Apache-2.0
// Filters that take text and answer text.
#include "base/text.h"

#include <algorithm>

#include <fmt/format.h>

#include "expr/builtin.h"
#include "expr/regex.h"
#include "expr/slug.h"
#include "expr/values.h"

namespace outlay::expr {
namespace {

using format::Array;
using format::Value;
using Answer = base::Result<Value>;

Answer abbreviate(Call& call) {
  if (call.input().is_null()) return Value();
  const std::string text = TRY(call.input_text());
  const std::int64_t width = TRY(call.integer(0, "length"));
  if (width < 0) return call.error("the argument 'length' must not be negative");
  const auto length = static_cast<std::int64_t>(utf16_length(text));
  if (length < width || length <= 3) return call.input();
  const auto cut = [&](std::int64_t units) {
    return text.substr(0, utf16_offset(text, static_cast<std::size_t>(units)));
  };
  if (width <= 3) return Value(cut(width));
  return Value(cut(width - 3) + "...");
}

Answer capitalize(Call& call) {
  if (call.input().is_null()) return Value();
  const std::string text = TRY(call.input_text());
  const std::vector<std::string_view> letters = characters(text);
  std::size_t first = 0;
  while (first < letters.size() && letters[first].size() == 1 &&
         static_cast<unsigned char>(letters[first][0]) <= ' ') {
    ++first;
  }
  std::string out;
  for (std::size_t i = 0; i < letters.size(); ++i) {
    if (i == first) {
      out += upper_case(letters[i]);
    } else {
      out += letters[i];
    }
  }
  return Value(std::move(out));
}

Answer title(Call& call) {
  if (call.input().is_null()) return Value();
  const std::string text = TRY(call.input_text());
  std::string out;
  bool is_next = true;
  for (std::string_view letter : characters(text)) {
    const bool is_space =
        letter.size() == 1 && (letter[0] == ' ' || (letter[0] >= '\t' && letter[0] <= '\r'));
    if (is_space) {
      out += letter;
      is_next = true;
    } else if (is_next) {
      out += upper_case(letter);
      is_next = false;
    } else {
      out += letter;
    }
  }
  return Value(std::move(out));
}

template <std::string (*Change)(std::string_view)>
Answer changed(Call& call) {
  if (call.input().is_null()) return Value();
  const std::string text = TRY(call.input_text());
  return Value(Change(text));
}

// Java's trim: everything up to and with the space.
std::string trimmed(std::string_view text) {
  const auto is_blank = [](char c) { return static_cast<unsigned char>(c) <= ' '; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return std::string(text);
}

std::string with_breaks(std::string_view text) {
  std::string out = base::replace_all(text, "\r\n", "\n");
  return base::replace_all(out, "\n", "<br />");
}

Answer replace(Call& call) {
  if (call.input().is_null()) return Value();
  std::string text = TRY(call.input_text());
  const Value* pairs = call.argument(0);
  if (pairs == nullptr || pairs->is_null())
    return call.error("the argument 'replace_pairs' is missing");
  if (!pairs->is_object()) {
    return call.error(
        fmt::format("the argument 'replace_pairs' is to be a map, found {}", pairs->kind()));
  }
  const bool is_regexp = TRY(call.boolean_or(1, "regexp", false));
  for (const auto& [from, to] : pairs->as_object()) {
    if (is_regexp) {
      text = TRY(regex_replace(text, from, java_text(to)));
    } else if (!from.empty()) {
      text = base::replace_all(text, from, java_text(to));
    }
  }
  return Value(std::move(text));
}

enum class Side { before, before_last, after, after_last };

template <Side side>
Answer substring(Call& call) {
  if (call.input().is_null()) return Value();
  const std::string text = java_text(call.input());
  const std::string separator = TRY(call.text(0, "separator"));
  if (text.empty()) return Value(text);
  const bool is_last = side == Side::before_last || side == Side::after_last;
  const std::size_t at = is_last ? text.rfind(separator) : text.find(separator);
  if (side == Side::before || side == Side::before_last) {
    if (separator.empty()) return Value(side == Side::before ? std::string() : text);
    return Value(at == std::string::npos ? text : text.substr(0, at));
  }
  if (separator.empty()) return Value(side == Side::after ? text : std::string());
  if (at == std::string::npos || at + separator.size() == text.size()) return Value("");
  return Value(text.substr(at + separator.size()));
}

Answer starts_with(Call& call) {
  if (call.input().is_null()) return Value();
  const std::string text = TRY(call.input_text());
  const std::string start = TRY(call.text(0, "value"));
  return Value(text.starts_with(start));
}

Answer ends_with(Call& call) {
  if (call.input().is_null()) return Value();
  const std::string text = TRY(call.input_text());
  const std::string end = TRY(call.text(0, "value"));
  return Value(text.ends_with(end));
}

Answer escape_char(Call& call) {
  if (call.input().is_null()) return Value();
  const std::string text = TRY(call.input_text());
  const std::string type = TRY(call.text(0, "type"));
  if (type == "single") return Value(base::replace_all(text, "'", "\\'"));
  if (type == "double") return Value(base::replace_all(text, "\"", "\\\""));
  if (type == "shell") return Value(base::replace_all(text, "'", "'\\''"));
  return call.error(
      fmt::format("the argument 'type' is 'single', 'double' or 'shell', found '{}'", type));
}

std::string line_break_of(std::string_view text) {
  for (std::string_view candidate : {"\r\n", "\n\r", "\n", "\r"}) {
    if (text.find(candidate) != std::string_view::npos) return std::string(candidate);
  }
  return "\n";
}

template <bool starts_new_line>
Answer indent(Call& call) {
  if (call.input().is_null()) return Value();
  const std::string text = java_text(call.input());
  if (text.empty()) return Value(text);
  const std::int64_t amount = TRY(call.integer(0, "amount"));
  constexpr std::int64_t kAmountMax = 10'000;
  if (amount < 0 || amount > kAmountMax) {
    return call.error(
        fmt::format("the argument 'amount' is to be 0 to {}, found {}", kAmountMax, amount));
  }
  const std::string prefix = TRY(call.text_or(1, "prefix", " "));
  const std::string line_break = line_break_of(text);
  std::string indented = line_break;
  for (std::int64_t i = 0; i < amount; ++i) indented += prefix;
  return Value(base::replace_all(starts_new_line ? line_break + text : text, line_break, indented));
}

Answer string_of(Call& call) {
  if (call.input().is_null()) return Value();
  return Value(output_text(call.input()));
}

Answer split(Call& call) {
  if (call.input().is_null()) return Value();
  const std::string text = TRY(call.input_text());
  const std::string delimiter = TRY(call.text(0, "delimiter"));
  const std::int64_t limit = TRY(call.integer_or(1, "limit", 0));
  return as_value(regex_split(text, delimiter, limit));
}

Answer regex_match_filter(Call& call) {
  if (call.input().is_null()) return Value();
  const std::string text = TRY(call.input_text());
  const std::string regex = TRY(call.text(0, "regex"));
  return as_value(regex_matches(text, regex));
}

Answer regex_replace_filter(Call& call) {
  if (call.input().is_null()) return Value();
  const std::string text = TRY(call.input_text());
  const std::string regex = TRY(call.text(0, "regex"));
  const std::string replacement = TRY(call.text(1, "replacement"));
  return as_value(regex_replace(text, regex, replacement));
}

Answer regex_extract_filter(Call& call) {
  if (call.input().is_null()) return Value();
  const std::string text = TRY(call.input_text());
  const std::string regex = TRY(call.text(0, "regex"));
  const std::int64_t group = TRY(call.integer_or(1, "group", 0));
  return regex_extract(text, regex, group);
}

}  // namespace

std::vector<Builtin> text_filters() {
  return {
      {"abbreviate", {"length"}, abbreviate},
      {"capitalize", {}, capitalize},
      {"title", {}, title},
      {"lower", {}, changed<lower_case>},
      {"upper", {}, changed<upper_case>},
      {"trim", {}, changed<trimmed>},
      {"nl2br", {}, changed<with_breaks>},
      {"slugify", {}, changed<slug>},
      {"replace", {"replace_pairs", "regexp"}, replace},
      {"substringBefore", {"separator"}, substring<Side::before>},
      {"substringBeforeLast", {"separator"}, substring<Side::before_last>},
      {"substringAfter", {"separator"}, substring<Side::after>},
      {"substringAfterLast", {"separator"}, substring<Side::after_last>},
      {"startsWith", {"value"}, starts_with},
      {"endsWith", {"value"}, ends_with},
      {"escapeChar", {"type"}, escape_char},
      {"indent", {"amount", "prefix"}, indent<false>},
      {"nindent", {"amount", "prefix"}, indent<true>},
      {"string", {}, string_of},
      {"split", {"delimiter", "limit"}, split},
      {"regexMatch", {"regex"}, regex_match_filter},
      {"regexReplace", {"regex", "replacement"}, regex_replace_filter},
      {"regexExtract", {"regex", "group"}, regex_extract_filter},
  };
}

}  // namespace outlay::expr
