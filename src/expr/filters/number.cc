// SPDX-License-Identifier: Apache-2.0
// Filters on numbers, and className, which tells a value's kind by Java's names.
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "expr/builtin.h"
#include "expr/decimal_format.h"
#include "expr/values.h"
#include "money/decimal.h"

namespace outlay::expr {
namespace {

using format::Value;
using Answer = base::Result<Value>;

Answer abs(Call& call) {
  const Value& input = call.input();
  if (input.is_null()) return call.error("the input is to be a number, found null");
  if (!input.is_number())
    return call.error(fmt::format("the input is to be a number, found {}", input.kind()));
  if (input.is_int()) {
    const auto bits = static_cast<std::uint64_t>(input.as_int());
    return Value(static_cast<std::int64_t>(input.as_int() < 0 ? 0 - bits : bits));
  }
  if (input.is_double()) return Value(std::fabs(input.as_double()));
  const std::string& digits = input.as_exact().text;
  return Value(format::Number{digits.starts_with('-') ? digits.substr(1) : digits});
}

base::Result<std::int64_t> whole(
    const Call& call, std::string_view text, std::int64_t min, std::int64_t max) {
  std::string_view digits = text.starts_with('+') ? text.substr(1) : text;
  std::int64_t value = 0;
  std::from_chars_result end{};
  if (digits.starts_with("0x") || digits.starts_with("0X")) {
    digits.remove_prefix(2);
    end = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  } else {
    end = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  }
  if (end.ec != std::errc() || end.ptr != digits.data() + digits.size() || value < min ||
      value > max) {
    return call.error(fmt::format("'{}' is no whole number from {} to {}", text, min, max));
  }
  return value;
}

base::Result<double> fraction(const Call& call, std::string_view text) {
  std::string_view digits = text.starts_with('+') ? text.substr(1) : text;
  double value = 0;
  const auto end = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (end.ec != std::errc() || end.ptr != digits.data() + digits.size()) {
    return call.error(fmt::format("'{}' is no number", text));
  }
  return value;
}

// The digits a 32-bit float prints, as a double that prints the same.
double narrowed(double value) {
  std::array<char, 40> buffer{};
  const auto end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), static_cast<float>(value)).ptr;
  double out = value;
  std::from_chars(buffer.data(), end, out);
  return out;
}

Answer exact(const Call& call, std::string_view text, bool is_whole) {
  const auto value = money::Decimal::parse(text);
  if (!value) return call.error(fmt::format("'{}' is no number of at most 38 digits", text));
  if (is_whole && value->scale() > 0)
    return call.error(fmt::format("'{}' is no whole number", text));
  return Value(format::Number{value->text()});
}

// A fraction of no stated type: a double where that holds every digit, else exact.
Answer guessed_fraction(const Call& call, std::string_view text) {
  const double value = TRY(fraction(call, text));
  const auto wanted = money::Decimal::parse(text);
  const auto held = money::Decimal::parse(fmt::format("{}", value));
  if (wanted && held && *wanted != *held) return Value(format::Number{wanted->text()});
  return Value(value);
}

// Without a type the text decides, and may end in the letter of one: 10L, 1.5f, 2d.
Answer guessed(const Call& call, std::string_view text) {
  using Long = std::numeric_limits<std::int64_t>;
  const bool is_hex = text.find_first_of("xX") != std::string_view::npos;
  const char last = text.size() < 2 || is_hex ? '0' : text.back();
  const std::string_view digits = text.substr(0, text.size() - 1);
  if (last == 'L' || last == 'l') return as_value(whole(call, digits, Long::min(), Long::max()));
  if (last == 'd' || last == 'D') return as_value(fraction(call, digits));
  if (last == 'f' || last == 'F') {
    const double value = TRY(fraction(call, digits));
    return Value(narrowed(value));
  }
  if (text.find_first_of(".eE") != std::string_view::npos && !is_hex)
    return guessed_fraction(call, text);
  if (auto small = whole(call, text, Long::min(), Long::max())) return Value(*small);
  return exact(call, text, true);
}

Answer number(Call& call) {
  const Value& input = call.input();
  if (input.is_null()) return Value();
  if (input.is_number() && !call.has(0)) return input;
  const std::string type = TRY(call.text_or(0, "type", ""));
  if (!input.is_text() && !input.is_number()) {
    return call.error(fmt::format("the input is to be text, found {}", input.kind()));
  }
  const std::string text = java_text(input);
  using Int = std::numeric_limits<std::int32_t>;
  using Long = std::numeric_limits<std::int64_t>;
  if (type == "INT") return as_value(whole(call, text, Int::min(), Int::max()));
  if (type == "LONG") return as_value(whole(call, text, Long::min(), Long::max()));
  if (type == "DOUBLE") return as_value(fraction(call, text));
  if (type == "FLOAT") {
    const double value = TRY(fraction(call, text));
    return Value(narrowed(value));
  }
  if (type == "BIGDECIMAL") return exact(call, text, false);
  if (type == "BIGINTEGER") return exact(call, text, true);
  if (!type.empty()) {
    return call.error(fmt::format(
        "the argument 'type' is INT, LONG, FLOAT, DOUBLE, BIGDECIMAL or BIGINTEGER, found '{}'",
        type));
  }
  return guessed(call, text);
}

Answer number_format(Call& call) {
  const Value& input = call.input();
  if (input.is_null()) return Value();
  if (!input.is_number())
    return call.error(fmt::format("the input is to be a number, found {}", input.kind()));
  if (input.is_double() && !std::isfinite(input.as_double()))
    return Value(print_double(input.as_double()));
  const std::string pattern = TRY(call.text_or(0, "format", "#,##0.###"));
  return as_value(format_decimal(
      java_text(input), pattern, input.is_double() ? lean_of(input.as_double()) : 0));
}

Answer class_name(Call& call) {
  const Value& input = call.input();
  if (input.is_null()) return Value();
  if (input.is_bool()) return Value("java.lang.Boolean");
  // How wide the expression is by its form, which the parser knows and the value does not tell.
  const std::string width = call.has(0) ? call.argument(0)->text_or("") : "";
  if (input.is_int()) {
    using Int = std::numeric_limits<std::int32_t>;
    const bool is_small =
        width != "long" && input.as_int() >= Int::min() && input.as_int() <= Int::max();
    return Value(is_small ? "java.lang.Integer" : "java.lang.Long");
  }
  if (input.is_double()) {
    const bool is_float = width == "float" && narrowed(input.as_double()) == input.as_double();
    return Value(is_float ? "java.lang.Float" : "java.lang.Double");
  }
  if (input.is_exact()) {
    const bool is_whole = input.as_exact().text.find('.') == std::string::npos;
    return Value(is_whole ? "java.math.BigInteger" : "java.math.BigDecimal");
  }
  if (input.is_text()) return Value("java.lang.String");
  return Value(input.is_array() ? "java.util.ArrayList" : "java.util.LinkedHashMap");
}

}  // namespace

std::vector<Builtin> number_filters() {
  return {
      {"abs", {}, abs},
      {"number", {"type"}, number},
      {"numberFormat", {"format", "locale"}, number_format},
      {"className", {}, class_name},
  };
}

}  // namespace outlay::expr
