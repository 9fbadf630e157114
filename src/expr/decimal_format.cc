// SPDX-License-Identifier: Apache-2.0
#include "expr/decimal_format.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include <fmt/format.h>

namespace outlay::expr {
namespace {

/// A pattern's part for one sign.
struct Part {
  std::string prefix, suffix;
  std::size_t whole_min = 0;
  std::size_t fraction_min = 0;
  std::size_t fraction_max = 0;
  std::size_t group = 0;
  int shift = 0;  ///< 2 for percent, 3 for per mille
};

/// A number as its digits: 0.<digits> * 10^point.
struct Digits {
  bool is_negative = false;
  std::string digits;
  int point = 0;
};

constexpr std::string_view kPerMille = "\xE2\x80\xB0";

// Reads one affix up to a character of the number; quotes protect.
std::string affix(std::string_view pattern, std::size_t& at, int& shift) {
  std::string out;
  bool is_quoted = false;
  while (at < pattern.size()) {
    const char c = pattern[at];
    if (c == '\'') {
      if (at + 1 < pattern.size() && pattern[at + 1] == '\'') {
        out += '\'';
        ++at;
      } else {
        is_quoted = !is_quoted;
      }
    } else if (is_quoted) {
      out += c;
    } else if (c == '#' || c == '0' || c == ',' || c == '.' || c == ';') {
      break;
    } else if (pattern.substr(at).starts_with(kPerMille)) {
      shift = 3;
      out += kPerMille;
      at += kPerMille.size() - 1;
    } else {
      if (c == '%') shift = 2;
      out += c;
    }
    ++at;
  }
  return out;
}

base::Error wrong(std::string_view pattern, std::string_view why) {
  return base::invalid_input(
      fmt::format("the number pattern '{}' cannot be used: {}", pattern, why));
}

base::Result<Part> parse_part(std::string_view pattern, std::size_t& at) {
  Part out;
  out.prefix = affix(pattern, at, out.shift);
  bool has_point = false;
  bool has_group = false;
  bool has_digit = false;
  for (; at < pattern.size(); ++at) {
    const char c = pattern[at];
    if (c == '.') {
      if (has_point) return wrong(pattern, "it has two decimal points");
      has_point = true;
    } else if (c == ',') {
      if (has_point) return wrong(pattern, "a ',' stands after the decimal point");
      has_group = true;
      out.group = 0;
    } else if (c == '0' || c == '#') {
      has_digit = true;
      if (has_point) {
        if (c == '0' && out.fraction_max > out.fraction_min)
          return wrong(pattern, "a 0 stands after a # in the decimals");
        ++out.fraction_max;
        if (c == '0') ++out.fraction_min;
      } else {
        if (c == '#' && out.whole_min > 0) return wrong(pattern, "a # stands after a 0");
        if (c == '0') ++out.whole_min;
        if (has_group) ++out.group;
      }
    } else if (c == 'E') {
      return wrong(pattern, "exponents are not available");
    } else {
      break;
    }
  }
  if (!has_digit) return wrong(pattern, "it has no # and no 0");
  if (has_group && out.group == 0) return wrong(pattern, "a ',' stands last");
  out.suffix = affix(pattern, at, out.shift);
  return out;
}

base::Result<Digits> read(std::string_view number) {
  Digits out;
  std::size_t at = 0;
  if (!number.empty() && (number[0] == '-' || number[0] == '+')) {
    out.is_negative = number[0] == '-';
    at = 1;
  }
  bool has_point = false;
  for (; at < number.size(); ++at) {
    if (number[at] == '.') {
      has_point = true;
    } else if (number[at] >= '0' && number[at] <= '9') {
      out.digits += number[at];
      if (!has_point) ++out.point;
    } else {
      break;
    }
  }
  if (at < number.size() && (number[at] == 'E' || number[at] == 'e')) {
    int exponent = 0;
    const char* begin = number.data() + at + 1;
    if (begin < number.data() + number.size() && *begin == '+') ++begin;
    const auto end = std::from_chars(begin, number.data() + number.size(), exponent);
    if (end.ec != std::errc()) return base::invalid_input(fmt::format("'{}' is no number", number));
    out.point += exponent;
    at = static_cast<std::size_t>(end.ptr - number.data());
  }
  constexpr int kPointMax = 400;
  if (at != number.size() || out.digits.empty() || std::abs(out.point) > kPointMax) {
    return base::invalid_input(fmt::format("'{}' is no number", number));
  }
  return out;
}

// Keeps `decimals` digits after the point, ties to the even digit.
void round_to(Digits& value, std::size_t decimals, int lean) {
  const long keep = value.point + static_cast<long>(decimals);
  if (keep >= static_cast<long>(value.digits.size())) return;
  if (keep < 0) {
    value.digits.clear();
    value.point = 0;
    return;
  }
  const auto kept = static_cast<std::size_t>(keep);
  const std::string_view rest = std::string_view(value.digits).substr(kept);
  const bool is_half = rest[0] == '5' && rest.find_first_not_of('0', 1) == std::string_view::npos;
  const bool is_odd = kept > 0 && (value.digits[kept - 1] - '0') % 2 != 0;
  const bool goes_up = is_half && lean != 0 ? lean > 0 : is_half ? is_odd : rest[0] >= '5';
  value.digits.resize(kept);
  if (!goes_up) return;
  std::size_t i = kept;
  while (i > 0 && value.digits[i - 1] == '9') value.digits[--i] = '0';
  if (i > 0) {
    ++value.digits[i - 1];
  } else {
    value.digits.insert(value.digits.begin(), '1');
    ++value.point;
  }
}

std::string laid_out(const Digits& value, const Part& part) {
  std::string whole, fraction;
  for (std::size_t i = 0; i < value.digits.size(); ++i) {
    if (static_cast<int>(i) < value.point) {
      whole += value.digits[i];
    } else {
      fraction += value.digits[i];
    }
  }
  if (value.point > static_cast<int>(value.digits.size())) {
    whole.append(static_cast<std::size_t>(value.point) - value.digits.size(), '0');
  } else if (value.point < 0) {
    fraction.insert(0, static_cast<std::size_t>(-value.point), '0');
  }
  whole.erase(0, std::min(whole.find_first_not_of('0'), whole.size()));
  while (fraction.size() > part.fraction_min && fraction.ends_with('0')) fraction.pop_back();
  if (fraction.size() < part.fraction_min)
    fraction.append(part.fraction_min - fraction.size(), '0');
  if (whole.size() < part.whole_min) whole.insert(0, part.whole_min - whole.size(), '0');
  if (whole.empty() && fraction.empty()) whole = "0";
  if (part.group > 0) {
    for (std::size_t i = whole.size(); i > part.group;) {
      i -= part.group;
      whole.insert(i, 1, ',');
    }
  }
  return fraction.empty() ? whole : whole + "." + fraction;
}

}  // namespace

int lean_of(double value) {
  // Forty digits tell a double from any decimal number of seventeen.
  const auto digits = [](std::string_view text) {
    std::string out;
    for (const char c : text.substr(0, text.find('e'))) {
      if (c >= '0' && c <= '9') out += c;
    }
    return out;
  };
  std::array<char, 40> buffer{};
  const auto end =
      std::to_chars(
          buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::scientific)
          .ptr;
  std::string shown = digits({buffer.data(), static_cast<std::size_t>(end - buffer.data())});
  const std::string exact = digits(fmt::format("{:.40e}", value));
  shown.resize(exact.size(), '0');
  const int order = exact.compare(shown);
  return order < 0 ? -1 : order > 0 ? 1 : 0;
}

base::Result<std::string> format_decimal(
    std::string_view number, std::string_view pattern, int lean) {
  std::size_t at = 0;
  const Part positive = TRY(parse_part(pattern, at));
  std::optional<Part> negative;
  if (at < pattern.size() && pattern[at] == ';') {
    ++at;
    negative = TRY(parse_part(pattern, at));
  }
  if (at < pattern.size())
    return wrong(pattern, fmt::format("'{}' is not understood", pattern.substr(at)));
  Digits value = TRY(read(number));
  value.point += positive.shift;
  round_to(value, positive.fraction_max, lean);
  const std::string digits = laid_out(value, positive);
  // Java prints -0 for what rounds to zero from below.
  if (!value.is_negative) return positive.prefix + digits + positive.suffix;
  if (negative) return negative->prefix + digits + negative->suffix;
  return "-" + positive.prefix + digits + positive.suffix;
}

}  // namespace outlay::expr
