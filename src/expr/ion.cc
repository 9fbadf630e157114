// SPDX-License-Identifier: Apache-2.0
#include "expr/ion.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "base/utf8.h"
#include "expr/values.h"

namespace outlay::expr {
namespace {

using format::Array;
using format::Object;
using format::Value;

bool is_symbol_start(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$';
}

bool is_symbol_part(char c) { return is_symbol_start(c) || (c >= '0' && c <= '9'); }

void append_quoted(std::string& out, std::string_view text, char quote) {
  out += quote;
  for (const char c : text) {
    switch (c) {
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\\':
        out += "\\\\";
        break;
      default:
        if (c == quote) {
          out += '\\';
          out += c;
        } else if (static_cast<unsigned char>(c) < 0x20) {
          out += fmt::format("\\x{:02x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
        } else {
          out += c;
        }
    }
  }
  out += quote;
}

void append_name(std::string& out, std::string_view name) {
  const bool is_keyword = name == "null" || name == "true" || name == "false" || name == "nan";
  const bool is_plain = !name.empty() && !is_keyword && is_symbol_start(name[0]) &&
                        std::all_of(name.begin(), name.end(), is_symbol_part);
  if (is_plain) {
    out += name;
  } else {
    append_quoted(out, name, '\'');
  }
}

void append_float(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "nan";
  } else if (std::isinf(value)) {
    out += value < 0 ? "-inf" : "+inf";
  } else if (value == 0) {
    out += std::signbit(value) ? "-0e0" : "0e0";
  } else {
    std::string shown = print_double(value);
    if (shown.ends_with(".0")) shown.resize(shown.size() - 2);
    out += shown.find('E') == std::string::npos ? shown + "e0" : shown;
  }
}

constexpr int kDepthMax = 200;

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  base::Result<Array> all() {
    Array out;
    while (true) {
      TRY(skip());
      if (at_ >= text_.size()) return out;
      Value value = TRY(this->value());
      out.push_back(std::move(value));
    }
  }

 private:
  base::Result<base::Done> skip();
  base::Result<Value> value();
  base::Result<Value> structure();
  base::Result<Value> sequence(char close, bool has_commas);
  base::Result<std::string> quoted(char quote);
  base::Result<std::string> long_text();
  base::Result<Value> blob();
  base::Result<Value> word();
  base::Result<bool> annotation();
  Value number_or_text(std::string_view word) const;

  bool at(std::string_view what) const {
    return at_ <= text_.size() && text_.substr(at_).starts_with(what);
  }

  base::Error error(std::string_view what) const {
    const auto line =
        1 + std::count(
                text_.begin(),
                text_.begin() + static_cast<std::ptrdiff_t>(std::min(at_, text_.size())),
                '\n');
    return base::invalid_input(
        fmt::format("the Ion text cannot be read: {} at line {}", what, line));
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

base::Result<base::Done> Reader::skip() {
  while (at_ < text_.size()) {
    if (std::isspace(static_cast<unsigned char>(text_[at_])) != 0) {
      ++at_;
    } else if (at("//")) {
      at_ = std::min(text_.find('\n', at_), text_.size());
    } else if (at("/*")) {
      const std::size_t close = text_.find("*/", at_);
      if (close == std::string_view::npos) return error("a comment is not closed");
      at_ = close + 2;
    } else {
      break;
    }
  }
  return base::Done{};
}

// An annotation is a symbol and two colons; answers whether one was skipped.
base::Result<bool> Reader::annotation() {
  const std::size_t begin = at_;
  if (at("'''")) return false;
  if (at_ < text_.size() && text_[at_] == '\'') {
    TRY(quoted('\''));
  } else {
    while (at_ < text_.size() && is_symbol_part(text_[at_])) ++at_;
  }
  TRY(skip());
  if (at_ > begin && at("::")) {
    at_ += 2;
    TRY(skip());
    return true;
  }
  at_ = begin;
  return false;
}

base::Result<Value> Reader::value() {
  if (++depth_ > kDepthMax) return error("values are nested too deeply");
  while (TRY(annotation())) {
  }
  if (at_ >= text_.size()) return error("a value is missing");
  const char c = text_[at_];
  base::Result<Value> out = Value();
  if (at("{{")) {
    out = blob();
  } else if (c == '{') {
    out = structure();
  } else if (c == '[') {
    out = sequence(']', true);
  } else if (c == '(') {
    out = sequence(')', false);
  } else if (at("'''")) {
    std::string text = TRY(long_text());
    out = Value(std::move(text));
  } else if (c == '"' || c == '\'') {
    std::string text = TRY(quoted(c));
    out = Value(std::move(text));
  } else {
    out = word();
  }
  --depth_;
  return out;
}

base::Result<Value> Reader::structure() {
  ++at_;
  std::vector<Object::Entry> entries;
  while (true) {
    TRY(skip());
    if (at("}")) break;
    std::string name;
    if (at("'''")) {
      name = TRY(long_text());
    } else if (at("\"") || at("'")) {
      name = TRY(quoted(text_[at_]));
    } else {
      const std::size_t begin = at_;
      while (at_ < text_.size() && is_symbol_part(text_[at_])) ++at_;
      name = text_.substr(begin, at_ - begin);
      if (name.empty()) return error("the name of a field is missing");
    }
    TRY(skip());
    if (!at(":")) return error(fmt::format("':' is missing after the field '{}'", name));
    ++at_;
    TRY(skip());
    Value value = TRY(this->value());
    entries.emplace_back(std::move(name), std::move(value));
    TRY(skip());
    if (at(",")) {
      ++at_;
    } else if (!at("}")) {
      return error("'}' is missing");
    }
  }
  ++at_;
  return Value::object(std::move(entries));
}

base::Result<Value> Reader::sequence(char close, bool has_commas) {
  ++at_;
  Array out;
  while (true) {
    TRY(skip());
    if (at_ >= text_.size()) return error(fmt::format("'{}' is missing", close));
    if (text_[at_] == close) break;
    Value value = TRY(this->value());
    out.push_back(std::move(value));
    TRY(skip());
    if (!has_commas) continue;
    if (at(",")) {
      ++at_;
    } else if (at_ >= text_.size() || text_[at_] != close) {
      return error(fmt::format("'{}' is missing", close));
    }
  }
  ++at_;
  return Value(std::move(out));
}

// Reads the escape after a backslash at `at`; false when it is none.
bool append_escape(std::string& out, std::string_view text, std::size_t& at) {
  const char c = text[at++];
  constexpr std::string_view kNames = "abtnfrv0";
  constexpr std::string_view kBytes("\a\b\t\n\f\r\v\0", 8);
  if (const std::size_t named = kNames.find(c); named != std::string_view::npos) {
    out += kBytes[named];
    return true;
  }
  if (c == '\n') return true;
  if (c == '"' || c == '\'' || c == '\\' || c == '/' || c == '?') {
    out += c;
    return true;
  }
  const std::size_t digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
  if (digits == 0 || at + digits > text.size()) return false;
  unsigned code = 0;
  const auto end = std::from_chars(text.data() + at, text.data() + at + digits, code, 16);
  at += digits;
  base::append_utf8(out, code);
  return end.ptr == text.data() + at;
}

base::Result<std::string> Reader::quoted(char quote) {
  std::string out;
  ++at_;
  while (at_ < text_.size()) {
    const char c = text_[at_++];
    if (c == quote) return out;
    if (c == '\n') break;
    if (c != '\\') {
      out += c;
    } else if (at_ >= text_.size() || !append_escape(out, text_, at_)) {
      return error("an escape is not understood");
    }
  }
  return error("a text is not closed");
}

base::Result<std::string> Reader::long_text() {
  std::string out;
  while (at("'''")) {
    at_ += 3;
    while (!at("'''")) {
      if (at_ >= text_.size()) return error("a long text is not closed");
      const char c = text_[at_++];
      if (c != '\\') {
        out += c;
      } else if (at_ >= text_.size() || !append_escape(out, text_, at_)) {
        return error("an escape is not understood");
      }
    }
    at_ += 3;
    TRY(skip());
  }
  return out;
}

base::Result<Value> Reader::blob() {
  const std::size_t close = text_.find("}}", at_);
  if (close == std::string_view::npos) return error("a blob is not closed");
  std::string out;
  for (const char c : text_.substr(at_ + 2, close - at_ - 2)) {
    if (std::isspace(static_cast<unsigned char>(c)) == 0) out += c;
  }
  at_ = close + 2;
  return Value(std::move(out));
}

Value Reader::number_or_text(std::string_view word) const {
  std::string digits(word);
  digits.erase(std::remove(digits.begin(), digits.end(), '_'), digits.end());
  const char* begin = digits.data();
  const char* end = begin + digits.size();
  std::int64_t whole = 0;
  if (const auto read = std::from_chars(begin, end, whole);
      read.ec == std::errc() && read.ptr == end)
    return whole;
  // A point without an exponent makes a decimal, which keeps its digits; with e it is a float.
  const bool is_decimal = digits.find_first_of("eEdD") == std::string::npos &&
                          digits.find('.') != std::string::npos && digits.back() != '.';
  if (is_decimal) {
    double ignored = 0;
    const auto read = std::from_chars(begin, end, ignored);
    if (read.ec == std::errc() && read.ptr == end) return format::Number{digits};
  }
  // Decimals may write their exponent with d.
  std::replace(digits.begin(), digits.end(), 'd', 'e');
  std::replace(digits.begin(), digits.end(), 'D', 'e');
  double number = 0;
  if (const auto read = std::from_chars(begin, end, number);
      read.ec == std::errc() && read.ptr == end)
    return number;
  return Value(word);
}

base::Result<Value> Reader::word() {
  const std::size_t begin = at_;
  while (at_ < text_.size() &&
         (is_symbol_part(text_[at_]) || text_[at_] == '+' || text_[at_] == '-' ||
          text_[at_] == '.' || (text_[at_] == ':' && text_[begin] >= '0' && text_[begin] <= '9'))) {
    ++at_;
  }
  const std::string_view word = text_.substr(begin, at_ - begin);
  if (word.empty()) return error(fmt::format("unexpected character '{}'", text_[begin]));
  if (word == "true" || word == "false") return Value(word == "true");
  if (word == "null" || word.starts_with("null.")) return Value();
  if (word == "nan") return Value(std::nan(""));
  if (word == "+inf" || word == "-inf") return Value(word[0] == '-' ? -HUGE_VAL : HUGE_VAL);
  const bool is_number = (word[0] >= '0' && word[0] <= '9') || word[0] == '-' || word[0] == '+';
  if (is_number) return number_or_text(word);
  return Value(word);
}

}  // namespace

void append_ion(std::string& out, const Value& value) {
  if (value.is_null()) {
    out += "null";
  } else if (value.is_text()) {
    append_quoted(out, value.as_text(), '"');
  } else if (value.is_double()) {
    append_float(out, value.as_double());
  } else if (value.is_array()) {
    out += '[';
    bool is_first = true;
    for (const Value& item : value.as_array()) {
      if (!is_first) out += ',';
      is_first = false;
      append_ion(out, item);
    }
    out += ']';
  } else if (value.is_object()) {
    out += '{';
    bool is_first = true;
    for (const auto& [name, item] : value.as_object()) {
      if (!is_first) out += ',';
      is_first = false;
      append_name(out, name);
      out += ':';
      append_ion(out, item);
    }
    out += '}';
  } else {
    append_output(out, value);
  }
}

base::Result<Array> parse_ion(std::string_view text) { return Reader(text).all(); }

}  // namespace outlay::expr
