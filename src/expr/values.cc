// SPDX-License-Identifier: Apache-2.0
#include "expr/values.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <clocale>
#include <cmath>
#include <cwctype>
#include <limits>
#include <locale.h>

#include <fmt/format.h>

#include "expr/limits.h"
#include "money/decimal.h"

namespace outlay::expr {

using format::Array;
using format::Object;
using format::Value;

std::string print_double(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
  if (value == 0) return std::signbit(value) ? "-0.0" : "0.0";
  std::array<char, 40> buffer{};
  const auto end =
      std::to_chars(
          buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::scientific)
          .ptr;
  std::string_view shown(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
  std::string out;
  if (shown.front() == '-') {
    out = "-";
    shown.remove_prefix(1);
  }
  const std::size_t e = shown.find('e');
  int exponent = 0;
  const char* digits_of_exponent = shown.data() + e + (shown[e + 1] == '+' ? 2 : 1);
  std::from_chars(digits_of_exponent, shown.data() + shown.size(), exponent);
  std::string digits(1, shown.front());
  if (e > 2) digits += shown.substr(2, e - 2);
  // Java writes 10^-3 up to below 10^7 plainly and everything else with an exponent.
  if (exponent < -3 || exponent >= 7) {
    out += fmt::format("{}.{}E{}", digits[0], digits.size() > 1 ? digits.substr(1) : "0", exponent);
  } else if (exponent < 0) {
    out += "0." + std::string(static_cast<std::size_t>(-exponent - 1), '0') + digits;
  } else {
    const auto whole = static_cast<std::size_t>(exponent) + 1;
    if (digits.size() <= whole) digits.append(whole + 1 - digits.size(), '0');
    out += digits.substr(0, whole) + "." + digits.substr(whole);
  }
  return out;
}

namespace {

void append_integer(std::string& out, std::int64_t value) {
  std::array<char, 24> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  out.append(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
}

void append_json_text(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  out += '"';
  std::size_t plain = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text, plain, i - plain);
    plain = i + 1;
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\b':
        out += "\\b";
        break;
      case '\f':
        out += "\\f";
        break;
      default:
        out += "\\u00";
        out += kHex[c >> 4];
        out += kHex[c & 15];
    }
  }
  out.append(text, plain, text.size() - plain);
  out += '"';
}

// What text, JSON and Java's toString write alike. False for the kinds they differ in.
bool append_scalar(std::string& out, const Value& value) {
  if (value.is_bool()) {
    out += value.as_bool() ? "true" : "false";
  } else if (value.is_int()) {
    append_integer(out, value.as_int());
  } else if (value.is_double()) {
    out += print_double(value.as_double());
  } else if (value.is_exact()) {
    out += value.as_exact().text;
  } else {
    return false;
  }
  return true;
}

}  // namespace

void append_json(std::string& out, const Value& value) {
  if (value.is_null()) {
    out += "null";
  } else if (value.is_text()) {
    append_json_text(out, value.as_text());
  } else if (value.is_array()) {
    out += '[';
    bool is_first = true;
    for (const Value& item : value.as_array()) {
      if (!is_first) out += ',';
      is_first = false;
      append_json(out, item);
    }
    out += ']';
  } else if (value.is_object()) {
    out += '{';
    bool is_first = true;
    for (const auto& [key, item] : value.as_object()) {
      if (!is_first) out += ',';
      is_first = false;
      append_json_text(out, key);
      out += ':';
      append_json(out, item);
    }
    out += '}';
  } else if (value.is_double() && !std::isfinite(value.as_double())) {
    append_json_text(out, print_double(value.as_double()));
  } else {
    append_scalar(out, value);
  }
}

void append_output(std::string& out, const Value& value) {
  if (value.is_text()) {
    out += value.as_text();
  } else if (value.is_array() || value.is_object()) {
    append_json(out, value);
  } else {
    append_scalar(out, value);
  }
}

std::string output_text(const Value& value) {
  std::string out;
  append_output(out, value);
  return out;
}

void append_java(std::string& out, const Value& value) {
  if (value.is_null()) {
    out += "null";
  } else if (value.is_text()) {
    out += value.as_text();
  } else if (value.is_array()) {
    out += '[';
    bool is_first = true;
    for (const Value& item : value.as_array()) {
      if (!is_first) out += ", ";
      is_first = false;
      append_java(out, item);
    }
    out += ']';
  } else if (value.is_object()) {
    out += '{';
    bool is_first = true;
    for (const auto& [key, item] : value.as_object()) {
      if (!is_first) out += ", ";
      is_first = false;
      out += key + "=";
      append_java(out, item);
    }
    out += '}';
  } else {
    append_scalar(out, value);
  }
}

std::string java_text(const Value& value) {
  std::string out;
  append_java(out, value);
  return out;
}

double to_double(const Value& number) {
  if (number.is_double()) return number.as_double();
  if (number.is_int()) return static_cast<double>(number.as_int());
  if (!number.is_exact()) return std::numeric_limits<double>::quiet_NaN();
  const std::string& text = number.as_exact().text;
  const char* begin = text.data() + (text.starts_with('+') ? 1 : 0);
  double out = 0;
  std::from_chars(begin, text.data() + text.size(), out);
  return out;
}

std::int64_t to_integer(const Value& number) {
  if (number.is_int()) return number.as_int();
  const double value = to_double(number);
  if (std::isnan(value)) return 0;
  if (value >= 9223372036854775807.0) return std::numeric_limits<std::int64_t>::max();
  if (value <= -9223372036854775808.0) return std::numeric_limits<std::int64_t>::min();
  return static_cast<std::int64_t>(value);
}

int compare_numbers(const Value& a, const Value& b) {
  if (a.is_int() && b.is_int())
    return a.as_int() < b.as_int() ? -1 : a.as_int() > b.as_int() ? 1 : 0;
  if (a.is_exact() || b.is_exact()) {
    const auto left = money::Decimal::parse(java_text(a));
    const auto right = money::Decimal::parse(java_text(b));
    if (left && right) {
      const auto order = *left <=> *right;
      return order < 0 ? -1 : order > 0 ? 1 : 0;
    }
  }
  // A long double holds every 64-bit integer, so that a large one is not taken for its neighbour.
  const long double left =
      a.is_int() ? static_cast<long double>(a.as_int()) : static_cast<long double>(to_double(a));
  const long double right =
      b.is_int() ? static_cast<long double>(b.as_int()) : static_cast<long double>(to_double(b));
  // Java orders NaN above everything and equal to itself.
  if (std::isnan(left) || std::isnan(right)) return std::isnan(left) - std::isnan(right);
  return left < right ? -1 : left > right ? 1 : 0;
}

bool is_equal(const Value& a, const Value& b) {
  if (a.is_number() && b.is_number()) return compare_numbers(a, b) == 0;
  if (a.is_array() && b.is_array()) {
    return std::equal(
        a.as_array().begin(),
        a.as_array().end(),
        b.as_array().begin(),
        b.as_array().end(),
        is_equal);
  }
  if (a.is_object() && b.is_object()) {
    if (a.as_object().size() != b.as_object().size()) return false;
    return std::all_of(a.as_object().begin(), a.as_object().end(), [&](const Object::Entry& entry) {
      const Value* other = b.as_object().find(entry.first);
      return other != nullptr && is_equal(entry.second, *other);
    });
  }
  return a == b;
}

std::optional<bool> truth(const Value& value) {
  if (value.is_bool()) return value.as_bool();
  if (value.is_int()) return value.as_int() != 0;
  if (value.is_number()) {
    const double number = to_double(value);
    return !std::isnan(number) && number != 0;
  }
  if (value.is_text()) return !value.as_text().empty();
  return std::nullopt;
}

bool is_empty(const Value& value) {
  if (value.is_null()) return true;
  if (value.is_array()) return value.as_array().empty();
  if (value.is_object()) return value.as_object().empty();
  if (!value.is_text()) return false;
  const std::string& text = value.as_text();
  return std::all_of(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) <= ' '; });
}

namespace {

std::string_view symbol(Kind operation) {
  switch (operation) {
    case Kind::add:
      return "+";
    case Kind::subtract:
      return "-";
    case Kind::multiply:
      return "*";
    case Kind::divide:
      return "/";
    default:
      return "%";
  }
}

// Overflow wraps, as it does in Java.
base::Result<Value> integers(Kind operation, std::int64_t a, std::int64_t b) {
  const auto ua = static_cast<std::uint64_t>(a);
  const auto ub = static_cast<std::uint64_t>(b);
  switch (operation) {
    case Kind::add:
      return Value(static_cast<std::int64_t>(ua + ub));
    case Kind::subtract:
      return Value(static_cast<std::int64_t>(ua - ub));
    case Kind::multiply:
      return Value(static_cast<std::int64_t>(ua * ub));
    default:
      break;
  }
  if (b == 0) return base::invalid_input("division by zero");
  if (b == -1) {
    return Value(operation == Kind::divide ? static_cast<std::int64_t>(0 - ua) : std::int64_t{0});
  }
  return Value(operation == Kind::divide ? a / b : a % b);
}

Value doubles(Kind operation, double a, double b) {
  switch (operation) {
    case Kind::add:
      return a + b;
    case Kind::subtract:
      return a - b;
    case Kind::multiply:
      return a * b;
    case Kind::divide:
      return a / b;
    default:
      return std::fmod(a, b);
  }
}

std::size_t digits_of(const money::Decimal& value) {
  const std::string text = value.text();
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }));
}

// Exact where 38 digits hold the result; nothing where they do not.
std::optional<Value> exact(Kind operation, const Value& a, const Value& b) {
  constexpr std::size_t kDigitsSafe = 36;
  if (operation == Kind::divide || operation == Kind::modulo) return std::nullopt;
  const auto left = money::Decimal::parse(java_text(a));
  const auto right = money::Decimal::parse(java_text(b));
  if (!left || !right || digits_of(*left) + digits_of(*right) > kDigitsSafe) return std::nullopt;
  const money::Decimal sum = operation == Kind::add        ? *left + *right
                             : operation == Kind::subtract ? *left - *right
                                                           : *left * *right;
  return Value(format::Number{sum.text()});
}

Value list_plus(const Array& list, const Value& other) {
  Array out = list;
  if (other.is_array()) {
    out.insert(out.end(), other.as_array().begin(), other.as_array().end());
  } else {
    out.push_back(other);
  }
  return out;
}

bool has(const Array& list, const Value& wanted) {
  return std::any_of(
      list.begin(), list.end(), [&](const Value& item) { return is_equal(item, wanted); });
}

Value list_minus(const Array& list, const Value& other) {
  Array out;
  for (const Value& item : list) {
    if (other.is_array() ? !has(other.as_array(), item) : !is_equal(item, other))
      out.push_back(item);
  }
  return out;
}

}  // namespace

base::Result<Value> arithmetic(Kind operation, const Value& a, const Value& b) {
  if (a.is_int() && b.is_int()) return integers(operation, a.as_int(), b.as_int());
  if (operation == Kind::add && (a.is_text() || b.is_text())) {
    std::string out;
    append_java(out, a);
    append_java(out, b);
    return Value(std::move(out));
  }
  if (operation == Kind::add && a.is_array()) return list_plus(a.as_array(), b);
  if (operation == Kind::subtract && a.is_array()) return list_minus(a.as_array(), b);
  if (!a.is_number() || !b.is_number()) {
    return base::invalid_input(fmt::format(
        "'{}' wants two numbers, found {} and {}", symbol(operation), a.kind(), b.kind()));
  }
  if (a.is_exact() || b.is_exact()) {
    if (std::optional<Value> sum = exact(operation, a, b)) return *std::move(sum);
  }
  return doubles(operation, to_double(a), to_double(b));
}

base::Result<bool> contains(const Value& a, const Value& b) {
  if (a.is_null()) return false;
  if (a.is_array()) {
    if (!b.is_array()) return has(a.as_array(), b);
    return std::all_of(b.as_array().begin(), b.as_array().end(), [&](const Value& wanted) {
      return has(a.as_array(), wanted);
    });
  }
  if (a.is_object()) return b.is_text() && a.as_object().find(b.as_text()) != nullptr;
  if (a.is_text()) return a.as_text().find(java_text(b)) != std::string::npos;
  return base::invalid_input(
      fmt::format("'contains' wants a list, a map or text on its left, found {}", a.kind()));
}

bool is_in(const Value& needle, const Value& hay) {
  if (needle.is_null()) return false;
  const std::string wanted = java_text(needle);
  const auto is_wanted = [&](const Value& value) {
    return !value.is_null() && java_text(value) == wanted;
  };
  if (hay.is_array()) return std::any_of(hay.as_array().begin(), hay.as_array().end(), is_wanted);
  if (!hay.is_object()) return false;
  return std::any_of(
      hay.as_object().begin(), hay.as_object().end(), [&](const Object::Entry& entry) {
        return entry.first == wanted || is_wanted(entry.second);
      });
}

base::Result<Value> range(const Value& from, const Value& to, std::int64_t step) {
  const auto is_character = [](const Value& value) {
    return value.is_text() && value.as_text().size() == 1;
  };
  const bool is_text = is_character(from) && is_character(to);
  if (!is_text && (!from.is_number() || !to.is_number())) {
    return base::invalid_input("a range goes between two numbers or two texts of one character");
  }
  if (step == 0) return base::invalid_input("the increment of a range must not be 0");
  const std::int64_t first = is_text ? from.as_text()[0] : to_integer(from);
  const std::int64_t last = is_text ? to.as_text()[0] : to_integer(to);
  // Counted first, so that a range too long costs nothing.
  __extension__ using Wide = __int128;
  const Wide span = step > 0 ? Wide{last} - first : Wide{first} - last;
  const Wide size = span < 0 ? 0 : span / (step > 0 ? Wide{step} : -Wide{step}) + 1;
  if (size > static_cast<Wide>(kStepsMax)) {
    return base::invalid_input(fmt::format("a range holds at most {} items", kStepsMax));
  }
  Array out;
  out.reserve(static_cast<std::size_t>(size));
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(size); ++i) {
    const std::int64_t at = first + i * step;
    if (is_text) {
      out.emplace_back(std::string(1, static_cast<char>(at)));
    } else {
      out.emplace_back(at);
    }
  }
  return Value(std::move(out));
}

std::size_t utf16_length(std::string_view text) {
  std::size_t units = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0) != 0x80) units += byte >= 0xF0 ? 2 : 1;
  }
  return units;
}

std::size_t utf16_offset(std::string_view text, std::size_t index) {
  std::size_t units = 0;
  std::size_t at = 0;
  while (at < text.size() && units < index) {
    units += static_cast<unsigned char>(text[at]) >= 0xF0 ? 2 : 1;
    ++at;
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) ++at;
  }
  return at;
}

std::vector<std::string_view> characters(std::string_view text) {
  std::vector<std::string_view> out;
  std::size_t begin = 0;
  for (std::size_t i = 1; i <= text.size(); ++i) {
    if (i < text.size() && (static_cast<unsigned char>(text[i]) & 0xC0) == 0x80) continue;
    out.push_back(text.substr(begin, i - begin));
    begin = i;
  }
  return out;
}

namespace {

char32_t decoded(std::string_view character) {
  const auto byte = [&](std::size_t i) {
    return static_cast<char32_t>(static_cast<unsigned char>(character[i]));
  };
  switch (character.size()) {
    case 1:
      return byte(0);
    case 2:
      return (byte(0) & 0x1F) << 6 | (byte(1) & 0x3F);
    case 3:
      return (byte(0) & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F);
    case 4:
      return (byte(0) & 0x07) << 18 | (byte(1) & 0x3F) << 12 | (byte(2) & 0x3F) << 6 |
             (byte(3) & 0x3F);
    default:
      return 0xFFFD;
  }
}

void append_utf8(std::string& out, char32_t c) {
  const auto put = [&](char32_t byte) { out += static_cast<char>(byte); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | c >> 6);
    put(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    put(0xE0 | c >> 12);
    put(0x80 | (c >> 6 & 0x3F));
    put(0x80 | (c & 0x3F));
  } else {
    put(0xF0 | c >> 18);
    put(0x80 | (c >> 12 & 0x3F));
    put(0x80 | (c >> 6 & 0x3F));
    put(0x80 | (c & 0x3F));
  }
}

std::string in_case(std::string_view text, bool is_upper) {
  static const locale_t unicode = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  std::string out;
  out.reserve(text.size());
  for (std::string_view character : characters(text)) {
    const char32_t c = decoded(character);
    if (c < 0x80) {
      const bool is_other = is_upper ? c >= 'a' && c <= 'z' : c >= 'A' && c <= 'Z';
      out += static_cast<char>(is_other ? c ^ 0x20 : c);
    } else if (is_upper && c == 0xDF) {
      out += "SS";
    } else if (unicode == nullptr) {
      out += character;
    } else {
      const auto wide = static_cast<wint_t>(c);
      append_utf8(
          out,
          static_cast<char32_t>(
              is_upper ? ::towupper_l(wide, unicode) : ::towlower_l(wide, unicode)));
    }
  }
  return out;
}

}  // namespace

std::string upper_case(std::string_view text) { return in_case(text, true); }

std::string lower_case(std::string_view text) { return in_case(text, false); }

}  // namespace outlay::expr
