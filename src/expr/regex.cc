// SPDX-License-Identifier: Apache-2.0
#include "expr/regex.h"

#include <memory>
#include <vector>

#include <fmt/format.h>
#include <re2/re2.h>

#include "expr/limits.h"

namespace outlay::expr {
namespace {

using format::Array;
using format::Value;

re2::StringPiece piece(std::string_view text) { return {text.data(), text.size()}; }

std::string_view view(const re2::StringPiece& text) { return {text.data(), text.size()}; }

base::Result<std::unique_ptr<re2::RE2>> compiled(std::string_view pattern) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(8 << 20);
  auto regex = std::make_unique<re2::RE2>(piece(pattern), options);
  if (!regex->ok()) {
    return base::invalid_input(fmt::format(
        "the regular expression '{}' cannot be used: {} (look-around and back-references are not "
        "available)",
        pattern,
        regex->error()));
  }
  return regex;
}

using Groups = std::vector<re2::StringPiece>;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// One replacement in Java's notation.
base::Result<std::string> filled(
    std::string_view replacement, const re2::RE2& regex, const Groups& groups) {
  std::string out;
  for (std::size_t i = 0; i < replacement.size(); ++i) {
    const char c = replacement[i];
    if (c == '\\' && i + 1 < replacement.size()) {
      out += replacement[++i];
    } else if (c == '$' && i + 1 < replacement.size() && is_digit(replacement[i + 1])) {
      std::size_t group = static_cast<std::size_t>(replacement[++i] - '0');
      if (group >= groups.size())
        return base::invalid_input(fmt::format("there is no group {} to replace by", group));
      while (i + 1 < replacement.size() && is_digit(replacement[i + 1]) &&
             group * 10 + static_cast<std::size_t>(replacement[i + 1] - '0') < groups.size()) {
        group = group * 10 + static_cast<std::size_t>(replacement[++i] - '0');
      }
      out += view(groups[group]);
    } else if (c == '$' && i + 1 < replacement.size() && replacement[i + 1] == '{') {
      const std::size_t close = replacement.find('}', i);
      const std::string name(
          replacement.substr(i + 2, close == std::string_view::npos ? close : close - i - 2));
      const auto& named = regex.NamedCapturingGroups();
      const auto found = named.find(name);
      if (found == named.end())
        return base::invalid_input(fmt::format("there is no group '{}' to replace by", name));
      out += view(groups[static_cast<std::size_t>(found->second)]);
      i = close;
    } else {
      out += c;
    }
  }
  return out;
}

// Java writes named groups (?<name>...), RE2 (?P<name>...).
std::string in_re2_notation(std::string_view pattern) {
  std::string out;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\' && i + 1 < pattern.size()) {
      out += pattern.substr(i, 2);
      ++i;
    } else if (
        pattern.substr(i).starts_with("(?<") && i + 3 < pattern.size() && pattern[i + 3] != '=' &&
        pattern[i + 3] != '!') {
      out += "(?P<";
      i += 2;
    } else {
      out += pattern[i];
    }
  }
  return out;
}

// Calls `take` with each match from left to right; an empty match moves on by one character.
template <class Take>
base::Result<base::Done> for_matches(std::string_view text, const re2::RE2& regex, Take take) {
  Groups groups(static_cast<std::size_t>(regex.NumberOfCapturingGroups()) + 1);
  std::size_t at = 0;
  while (at <= text.size() && regex.Match(
                                  piece(text),
                                  at,
                                  text.size(),
                                  re2::RE2::UNANCHORED,
                                  groups.data(),
                                  static_cast<int>(groups.size()))) {
    const auto begin = static_cast<std::size_t>(groups[0].data() - text.data());
    const std::size_t end = begin + groups[0].size();
    if (!TRY(take(begin, end, groups))) break;
    at = end;
    if (end == begin) {
      ++at;
      while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) ++at;
    }
  }
  return base::Done{};
}

}  // namespace

base::Result<std::string> regex_replace(
    std::string_view text, std::string_view pattern, std::string_view replacement) {
  const auto regex = TRY(compiled(in_re2_notation(pattern)));
  std::string out;
  std::size_t copied = 0;
  const auto replace =
      [&](std::size_t begin, std::size_t end, const Groups& groups) -> base::Result<bool> {
    out += text.substr(copied, begin - copied);
    out += TRY(filled(replacement, *regex, groups));
    copied = end;
    if (out.size() > kOutputMax) return base::invalid_input("the replaced text grows too large");
    return true;
  };
  TRY(for_matches(text, *regex, replace));
  out += text.substr(copied);
  return out;
}

base::Result<bool> regex_matches(std::string_view text, std::string_view pattern) {
  const auto regex = TRY(compiled(in_re2_notation(pattern)));
  return re2::RE2::FullMatch(piece(text), *regex);
}

base::Result<Value> regex_extract(
    std::string_view text, std::string_view pattern, std::int64_t group) {
  const auto regex = TRY(compiled(in_re2_notation(pattern)));
  if (group < 0 || group > regex->NumberOfCapturingGroups()) {
    return base::invalid_input(fmt::format("the regular expression has no group {}", group));
  }
  Value out;
  TRY(for_matches(
      text, *regex, [&](std::size_t, std::size_t, const Groups& groups) -> base::Result<bool> {
        const re2::StringPiece& found = groups[static_cast<std::size_t>(group)];
        if (found.data() != nullptr) out = Value(view(found));
        return false;
      }));
  return out;
}

base::Result<Array> regex_split(
    std::string_view text, std::string_view pattern, std::int64_t limit) {
  const auto regex = TRY(compiled(in_re2_notation(pattern)));
  Array out;
  std::size_t begin_of_piece = 0;
  bool has_match = false;
  TRY(for_matches(
      text, *regex, [&](std::size_t begin, std::size_t end, const Groups&) -> base::Result<bool> {
        if (limit > 0 && static_cast<std::int64_t>(out.size()) + 1 >= limit) return false;
        // An empty match at the very beginning splits nothing off, and none at the end either.
        if (end == 0 || (begin == end && begin == text.size())) return true;
        out.emplace_back(text.substr(begin_of_piece, begin - begin_of_piece));
        begin_of_piece = end;
        has_match = true;
        return true;
      }));
  out.emplace_back(text.substr(begin_of_piece));
  if (!has_match || limit != 0) return out;
  while (!out.empty() && out.back().as_text().empty()) out.pop_back();
  return out;
}

}  // namespace outlay::expr
