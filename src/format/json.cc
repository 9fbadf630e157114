// SPDX-License-Identifier: Apache-2.0
#include "format/json.h"

#include <charconv>
#include <cmath>
#include <optional>

#include <boost/json/basic_parser_impl.hpp>
#include <fmt/format.h>

#include "base/text.h"

namespace outlay::format {
namespace {

namespace bj = boost::json;

constexpr std::size_t kDepthMax = 200;

/// Receives the parser's events and builds a Value. The on_... names are the parser's.
class Builder {
 public:
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

  explicit Builder(JsonNumbers numbers) : numbers_(numbers) {}

  Value take() { return std::move(root_); }

  bool on_document_begin(bj::error_code&) { return true; }

  bool on_document_end(bj::error_code&) { return true; }

  bool on_object_begin(bj::error_code&) { return open(true); }

  bool on_array_begin(bj::error_code&) { return open(false); }

  bool on_object_end(std::size_t, bj::error_code&) {
    Value object(Object::from_entries(std::move(open_.back().entries)));
    open_.pop_back();
    return put(std::move(object));
  }

  bool on_array_end(std::size_t, bj::error_code&) {
    Value array(std::move(open_.back().items));
    open_.pop_back();
    return put(std::move(array));
  }

  bool on_string_part(bj::string_view part, std::size_t, bj::error_code&) { return gather(part); }

  bool on_string(bj::string_view part, std::size_t, bj::error_code&) {
    return put(Value(gathered(part)));
  }

  bool on_key_part(bj::string_view part, std::size_t, bj::error_code&) { return gather(part); }

  bool on_key(bj::string_view part, std::size_t, bj::error_code&) {
    open_.back().key = gathered(part);
    return true;
  }

  bool on_number_part(bj::string_view part, bj::error_code&) { return gather(part); }

  bool on_int64(std::int64_t number, bj::string_view, bj::error_code&) {
    text_.clear();
    return put(Value(number));
  }

  bool on_uint64(std::uint64_t, bj::string_view part, bj::error_code&) {
    return put_digits(gathered(part));
  }

  bool on_double(double, bj::string_view part, bj::error_code&) {
    return put_digits(gathered(part));
  }

  bool on_bool(bool value, bj::error_code&) { return put(Value(value)); }

  bool on_null(bj::error_code&) { return put(Value()); }

  bool on_comment_part(bj::string_view, bj::error_code&) { return true; }

  bool on_comment(bj::string_view, bj::error_code&) { return true; }

 private:
  struct Open {
    bool is_object = false;
    std::string key;
    std::vector<Object::Entry> entries;
    Array items;
  };

  bool open(bool is_object) {
    open_.push_back({is_object, {}, {}, {}});
    return true;
  }

  bool gather(bj::string_view part) {
    text_.append(part.data(), part.size());
    return true;
  }

  std::string gathered(bj::string_view part) {
    gather(part);
    return std::exchange(text_, {});
  }

  bool put(Value value) {
    if (open_.empty()) {
      root_ = std::move(value);
    } else if (open_.back().is_object) {
      open_.back().entries.emplace_back(std::move(open_.back().key), std::move(value));
    } else {
      open_.back().items.push_back(std::move(value));
    }
    return true;
  }

  bool put_digits(std::string digits) {
    if (numbers_ == JsonNumbers::exact) return put(Value(Number{std::move(digits)}));
    double number = 0;
    // from_chars leaves 0 on overflow and underflow; strtod gives what IEEE says.
    const auto end = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (end.ec != std::errc()) number = std::strtod(digits.c_str(), nullptr);
    return put(Value(number));
  }

  JsonNumbers numbers_;
  Value root_;
  std::vector<Open> open_;
  std::string text_;
};

struct Position {
  long line = 1;
  long column = 1;
};

Position position_of(std::string_view text, std::size_t offset) {
  Position at;
  for (const char c : text.substr(0, offset)) {
    if (c == '\n') {
      ++at.line;
      at.column = 1;
    } else if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80U) {
      ++at.column;
    }
  }
  return at;
}

/// Whether `offset` lies between the quotes of a text.
bool is_inside_text(std::string_view text, std::size_t offset) {
  bool is_inside = false;
  for (std::size_t i = 0; i < offset && i < text.size(); ++i) {
    if (text[i] == '\\' && is_inside) {
      ++i;
    } else if (text[i] == '"') {
      is_inside = !is_inside;
    }
  }
  return is_inside;
}

/// The text around `offset` on one line, cut at characters, with control characters escaped.
std::string excerpt(std::string_view text, std::size_t offset) {
  constexpr std::size_t kReach = 30;
  const auto is_inner = [&](std::size_t i) {
    return i < text.size() && (static_cast<unsigned char>(text[i]) & 0xC0U) == 0x80U;
  };
  std::size_t from = offset > kReach ? offset - kReach : 0;
  std::size_t to = std::min(text.size(), offset + kReach);
  while (is_inner(from)) ++from;
  while (is_inner(to)) ++to;
  std::string out;
  for (const char c : text.substr(from, to - from)) {
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += ' ';
    } else {
      out += c;
    }
  }
  return out;
}

std::string reason(std::string_view text, std::size_t offset, const bj::error_code& code) {
  if (code == bj::error::too_deep) return fmt::format("nested deeper than {} levels", kDepthMax);
  if (code == bj::error::extra_data) return "more text follows after the end of the JSON value";
  if (code == bj::error::incomplete || offset >= text.size()) {
    return is_inside_text(text, text.size())
               ? "the text ends inside a quoted text; its closing quote is missing"
               : "the text ends before the JSON value does";
  }
  const auto c = static_cast<unsigned char>(text[offset]);
  if (is_inside_text(text, offset)) {
    if (c == '\n' || c == '\r') {
      return "a line break inside a quoted text; write it as \\n, or let toJson write the text";
    }
    if (c == '\t') return "a tab inside a quoted text; write it as \\t";
    if (c < 0x20) return fmt::format("the control character U+{:04X} inside a quoted text", c);
    if (c >= 0x80) return "bytes that are no UTF-8";
    return fmt::format("\"\\{}\" is no escape sequence", text[offset]);
  }
  if (c >= 0x80) return "a character that may only stand inside quotes";
  if (c == '\'') return "a single quote; JSON texts and keys stand in double quotes";
  const std::string_view before = base::trim(text.substr(0, offset));
  if ((c == '}' || c == ']') && before.ends_with(',')) return "a comma before the closing bracket";
  return fmt::format("'{}' was not expected here", text[offset]);
}

base::Error parse_error(
    std::string_view text, std::size_t offset, const bj::error_code& code, std::string_view file) {
  const Position at = position_of(text, offset);
  std::string message = fmt::format("invalid JSON: {}", reason(text, offset, code));
  if (!text.empty()) message += fmt::format(", near: {}", excerpt(text, offset));
  return base::invalid_input(std::move(message), {std::string(file), at.line, at.column, 0});
}

void print_text(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
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
        if (static_cast<unsigned char>(c) < 0x20) {
          out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

void print_scalar(std::string& out, const Value& value) {
  if (value.is_null()) {
    out += "null";
  } else if (value.is_bool()) {
    out += value.as_bool() ? "true" : "false";
  } else if (value.is_int()) {
    out += fmt::to_string(value.as_int());
  } else if (value.is_double()) {
    out += print_double(value.as_double());
  } else if (value.is_exact()) {
    out += value.as_exact().text;
  } else {
    print_text(out, value.as_text());
  }
}

/// `indent` < 0 prints compact.
// Values are nested at most as deep as what built them allowed.
void print(std::string& out, const Value& value, int indent) {  // NOLINT(misc-no-recursion)
  if (!value.is_array() && !value.is_object()) return print_scalar(out, value);
  const bool is_array = value.is_array();
  const int inner = indent < 0 ? indent : indent + 2;
  const auto line = [&out](int width) {
    if (width >= 0) out.append("\n").append(static_cast<std::size_t>(width), ' ');
  };
  bool is_first = true;
  const auto begin_item = [&] {
    if (!is_first) out += ',';
    is_first = false;
    line(inner);
  };
  out += is_array ? '[' : '{';
  if (is_array) {
    for (const Value& item : value.as_array()) {
      begin_item();
      print(out, item, inner);
    }
  } else {
    for (const Object::Entry& entry : value.as_object()) {
      begin_item();
      print_text(out, entry.first);
      out += indent < 0 ? ":" : ": ";
      print(out, entry.second, inner);
    }
  }
  if (!is_first) line(indent);
  out += is_array ? ']' : '}';
}

}  // namespace

std::string print_double(double number) {
  if (!std::isfinite(number)) return "null";
  std::string out = fmt::to_string(number);
  if (out.find_first_of(".e") == std::string::npos) out += ".0";
  return out;
}

base::Result<Value> parse_json(std::string_view text, JsonNumbers numbers, std::string_view file) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  bj::parse_options options;
  options.max_depth = kDepthMax;
  bj::basic_parser<Builder> parser(options, numbers);
  bj::error_code code;
  std::size_t read = parser.write_some(false, text.data(), text.size(), code);
  if (!code && read < text.size()) {
    // write_some stops after the value and leaves what follows, white space aside.
    const std::size_t rest = text.find_first_not_of(" \t\r\n", read);
    if (rest != std::string_view::npos) {
      code = bj::error::extra_data;
      read = rest;
    }
  }
  if (!code && !parser.done()) code = bj::error::incomplete;
  if (code) return parse_error(text, read, code, file);
  return parser.handler().take();
}

std::string print_json(const Value& value) {
  std::string out;
  print(out, value, -1);
  return out;
}

std::string print_json_pretty(const Value& value) {
  std::string out;
  print(out, value, 0);
  return out;
}

}  // namespace outlay::format
