// SPDX-License-Identifier: Apache-2.0
// The filter `format`: Java's String.format for the conversions that texts use.
#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "base/text.h"
#include "expr/builtin.h"
#include "expr/values.h"

namespace outlay::expr {
namespace {

using format::Value;
using Answer = base::Result<Value>;

constexpr int kWidthMax = 1'000;

/// %[index$][flags][width][.precision]conversion
struct Directive {
  std::size_t index = 0;  ///< 1-based; 0 for the next one
  std::string flags;
  int width = 0;
  int precision = -1;
  char conversion = 0;

  bool has(char flag) const { return flags.find(flag) != std::string::npos; }
};

int number_at(std::string_view text, std::size_t& at) {
  int out = 0;
  const auto end = std::from_chars(text.data() + at, text.data() + text.size(), out);
  if (end.ec != std::errc()) return kWidthMax + 1;
  at = static_cast<std::size_t>(end.ptr - text.data());
  return out;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Reads what follows a %; false when it is no directive.
bool read_directive(std::string_view text, std::size_t& at, Directive& out) {
  const std::size_t begin = at;
  if (at < text.size() && is_digit(text[at]) && text[at] != '0') {
    const int number = number_at(text, at);
    if (at < text.size() && text[at] == '$') {
      out.index = static_cast<std::size_t>(number);
      ++at;
    } else {
      at = begin;
    }
  }
  while (at < text.size() && std::string_view("-#+ 0,(").find(text[at]) != std::string_view::npos)
    out.flags += text[at++];
  if (at < text.size() && is_digit(text[at])) out.width = number_at(text, at);
  if (at + 1 < text.size() && text[at] == '.' && is_digit(text[at + 1])) {
    ++at;
    out.precision = number_at(text, at);
  }
  if (at >= text.size() || out.width > kWidthMax || out.precision > kWidthMax) return false;
  out.conversion = text[at++];
  return true;
}

void group_thousands(std::string& digits) {
  const std::size_t whole = std::min(digits.find('.'), digits.size());
  for (std::size_t i = whole; i > 3;) {
    i -= 3;
    digits.insert(i, 1, ',');
  }
}

/// The sign, the zeros before and the brackets that the flags ask for.
std::string signed_number(const Directive& directive, std::string digits, bool is_negative) {
  if (directive.has(',')) group_thousands(digits);
  const bool has_brackets = is_negative && directive.has('(');
  const std::string sign = is_negative          ? has_brackets ? "(" : "-"
                           : directive.has('+') ? "+"
                           : directive.has(' ') ? " "
                                                : "";
  const std::size_t used = sign.size() + digits.size() + (has_brackets ? 1 : 0);
  const auto width = static_cast<std::size_t>(directive.width);
  if (directive.has('0') && used < width) digits.insert(0, width - used, '0');
  return sign + digits + (has_brackets ? ")" : "");
}

base::Result<std::string> whole_text(
    const Call& call, const Directive& directive, const Value& value) {
  if (!value.is_int()) {
    return call.error(
        fmt::format("%{} wants a whole number, found {}", directive.conversion, value.kind()));
  }
  const std::int64_t number = value.as_int();
  const auto bits = static_cast<std::uint64_t>(number);
  if (directive.conversion == 'o')
    return signed_number(directive, fmt::format("{:o}", bits), false);
  if (directive.conversion != 'd')
    return signed_number(directive, fmt::format("{:x}", bits), false);
  return signed_number(directive, fmt::format("{}", number < 0 ? 0 - bits : bits), number < 0);
}

base::Result<std::string> fraction_text(
    const Call& call, const Directive& directive, const Value& value) {
  if (!value.is_double() && !value.is_exact()) {
    return call.error(fmt::format(
        "%{} wants a number with decimals, found {}",
        directive.conversion,
        value.is_int() ? "a whole number" : value.kind()));
  }
  const double number = to_double(value);
  if (!std::isfinite(number)) return print_double(number);
  const int precision = directive.precision < 0 ? 6 : directive.precision;
  const double size = std::fabs(number);
  std::string digits = directive.conversion == 'e' ? fmt::format("{:.{}e}", size, precision)
                                                   : fmt::format("{:.{}f}", size, precision);
  // Java rounds what the shortest digits show, half up; C rounds the double itself.
  if (directive.conversion == 'f') {
    const std::string shown = fmt::format("{}", size);
    const std::size_t point = shown.find('.');
    const std::size_t kept = point + 1 + static_cast<std::size_t>(precision);
    const bool is_half = point != std::string::npos && shown.find('e') == std::string::npos &&
                         kept + 1 == shown.size() && shown.back() == '5';
    if (is_half) digits = fmt::format("{:.{}f}", std::nextafter(size, HUGE_VAL) + 1e-12, precision);
  }
  return signed_number(directive, digits, std::signbit(number));
}

base::Result<std::string> converted(
    const Call& call, const Directive& directive, const Value& value) {
  switch (directive.conversion) {
    case 'b':
    case 'B':
      return std::string(
          value.is_bool() ? (value.as_bool() ? "true" : "false")
                          : (value.is_null() ? "false" : "true"));
    case 's':
    case 'S':
    case 'c': {
      std::string text = java_text(value);
      if (directive.precision >= 0)
        text.resize(utf16_offset(text, static_cast<std::size_t>(directive.precision)));
      return text;
    }
    default:
      break;
  }
  if (value.is_null()) return std::string("null");
  if (std::string_view("dxXo").find(directive.conversion) != std::string_view::npos)
    return whole_text(call, directive, value);
  if (std::string_view("feE").find(directive.conversion) != std::string_view::npos)
    return fraction_text(call, directive, value);
  return call.error(fmt::format(
      "the conversion %{} is not available; there are %s %d %x %o %f %e %b %c %n and %%",
      directive.conversion));
}

std::string padded(std::string text, const Directive& directive) {
  const std::size_t length = utf16_length(text);
  const auto width = static_cast<std::size_t>(directive.width);
  if (length >= width) return text;
  return directive.has('-') ? text + std::string(width - length, ' ')
                            : std::string(width - length, ' ') + text;
}

Answer format_text(Call& call) {
  if (call.input().is_null()) return Value();
  const std::string text = java_text(call.input());
  std::string out;
  std::size_t next = 0;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] != '%') {
      out += text[at++];
      continue;
    }
    Directive directive;
    if (!read_directive(text, ++at, directive))
      return call.error("a % is not followed by what to write");
    if (directive.conversion == '%' || directive.conversion == 'n') {
      out += directive.conversion == '%' ? padded("%", directive) : "\n";
      continue;
    }
    const std::size_t index = directive.index > 0 ? directive.index - 1 : next++;
    if (!call.has(index)) {
      return call.error(
          fmt::format("there is no argument {} for %{}", index + 1, directive.conversion));
    }
    std::string piece = TRY(converted(call, directive, *call.argument(index)));
    const bool is_upper =
        std::string_view("SXEB").find(directive.conversion) != std::string_view::npos;
    out += padded(is_upper ? upper_case(piece) : piece, directive);
  }
  return Value(std::move(out));
}

}  // namespace

std::vector<Builtin> format_filters() { return {{"format", {}, format_text, true}}; }

}  // namespace outlay::expr
