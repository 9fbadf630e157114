// SPDX-License-Identifier: Apache-2.0
#include "expr/yaml_text.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.h"
#include "expr/values.h"

namespace outlay::expr {
namespace {

using format::Value;

bool looks_like_a_number(std::string_view text) {
  const std::string_view digits =
      text.starts_with('-') || text.starts_with('+') ? text.substr(1) : text;
  if (digits.empty() || !(digits[0] == '.' || (digits[0] >= '0' && digits[0] <= '9'))) return false;
  return digits.find_first_not_of("0123456789.eE+-_xXoOabcdefABCDEF:") == std::string_view::npos;
}

bool is_reserved(std::string_view text) {
  constexpr std::array<std::string_view, 10> kWords{
      "true", "false", "null", "yes", "no", "on", "off", "y", "n", "~"};
  const std::string word = base::lower(text);
  return std::find(kWords.begin(), kWords.end(), word) != kWords.end();
}

bool is_plain(std::string_view text) {
  if (text.empty() || is_reserved(text) || looks_like_a_number(text)) return false;
  if (std::string_view("-?:,[]{}#&*!|>'\"%@` ").find(text[0]) != std::string_view::npos) {
    const bool is_indicator_in_word =
        (text[0] == '-' || text[0] == '?' || text[0] == ':') && text.size() > 1 && text[1] != ' ';
    if (!is_indicator_in_word) return false;
  }
  if (text.back() == ' ' || text.back() == ':') return false;
  if (text.find(": ") != std::string_view::npos || text.find(" #") != std::string_view::npos)
    return false;
  return std::none_of(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

bool is_block(std::string_view text) {
  if (text.find('\n') == std::string_view::npos || text[0] == ' ' || text[0] == '\n') return false;
  return std::none_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t';
  });
}

void append_block(std::string& out, std::string_view text, std::size_t indent) {
  const bool ends_with_break = text.ends_with('\n');
  out += ends_with_break ? (text.ends_with("\n\n") ? "|+" : "|") : "|-";
  const std::string_view body = ends_with_break ? text.substr(0, text.size() - 1) : text;
  for (const std::string& line : base::split(body, '\n')) {
    out += '\n';
    if (!line.empty()) out += std::string(indent, ' ') + line;
  }
}

void append_text(std::string& out, std::string_view text, std::size_t indent) {
  if (is_plain(text)) {
    out += text;
  } else if (is_block(text)) {
    append_block(out, text, indent);
  } else {
    append_json(out, Value(text));
  }
}

void append(std::string& out, const Value& value, std::size_t indent);

// What follows "key:" or " -": on the same line for scalars, below it for structures.
void append_below(std::string& out, const Value& value, std::size_t indent) {
  const bool is_structure = (value.is_array() && !value.as_array().empty()) ||
                            (value.is_object() && !value.as_object().empty());
  out += is_structure ? '\n' : ' ';
  append(out, value, indent);
  if (!is_structure) out += '\n';
}

void append(std::string& out, const Value& value, std::size_t indent) {
  if (value.is_array()) {
    if (value.as_array().empty()) out += "[]";
    for (const Value& item : value.as_array()) {
      out += std::string(indent, ' ') + " -";
      append_below(out, item, indent + 2);
    }
  } else if (value.is_object()) {
    if (value.as_object().empty()) out += "{}";
    for (const auto& [key, item] : value.as_object()) {
      out += std::string(indent, ' ');
      append_text(out, key, indent + 2);
      out += ':';
      append_below(out, item, item.is_array() ? indent : indent + 2);
    }
  } else if (value.is_text()) {
    append_text(out, value.as_text(), std::max<std::size_t>(indent, 2));
  } else if (value.is_null()) {
    out += "null";
  } else {
    append_output(out, value);
  }
}

}  // namespace

std::string yaml_text(const Value& value) {
  std::string out;
  append(out, value, 0);
  if (!out.ends_with('\n')) out += '\n';
  return out;
}

}  // namespace outlay::expr
