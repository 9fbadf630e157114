// SPDX-License-Identifier: Apache-2.0
// What templates may call on values by a dot: the methods of Java's String, List and Map that flows
// use.
#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "expr/regex.h"
#include "expr/rendering.h"
#include "expr/values.h"

namespace outlay::expr {
namespace {

using format::Array;
using format::Object;
using format::Value;
using Answer = std::optional<base::Result<Value>>;

Value count(std::size_t size) { return static_cast<std::int64_t>(size); }

Value index_of(const std::string& text, std::size_t at) {
  return at == std::string::npos ? Value(-1)
                                 : count(utf16_length(std::string_view(text).substr(0, at)));
}

std::string_view stripped(std::string_view text) {
  while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') text.remove_prefix(1);
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  return text;
}

base::Result<Value> substring(const std::string& text, const Array& arguments) {
  const auto size = static_cast<std::int64_t>(utf16_length(text));
  if (!arguments[0].is_number() || (arguments.size() > 1 && !arguments[1].is_number())) {
    return base::invalid_input("substring() wants numbers");
  }
  const std::int64_t from = to_integer(arguments[0]);
  const std::int64_t to = arguments.size() > 1 ? to_integer(arguments[1]) : size;
  if (from < 0 || from > to || to > size) {
    return base::invalid_input(
        fmt::format("substring({}, {}) lies outside a text of length {}", from, to, size));
  }
  const std::size_t begin = utf16_offset(text, static_cast<std::size_t>(from));
  return Value(text.substr(begin, utf16_offset(text, static_cast<std::size_t>(to)) - begin));
}

Answer text_plain(const std::string& text, std::string_view name) {
  if (name == "length") return count(utf16_length(text));
  if (name == "isEmpty" || name == "empty") return Value(text.empty());
  if (name == "isBlank" || name == "blank") return Value(stripped(text).empty());
  if (name == "trim" || name == "strip") return Value(stripped(text));
  if (name == "toUpperCase") return Value(upper_case(text));
  if (name == "toLowerCase") return Value(lower_case(text));
  if (name == "toString") return Value(text);
  return std::nullopt;
}

Answer text_with_one(const std::string& text, std::string_view name, const Value& argument) {
  const std::string other = java_text(argument);
  if (name == "contains") return Value(text.find(other) != std::string::npos);
  if (name == "startsWith") return Value(text.starts_with(other));
  if (name == "endsWith") return Value(text.ends_with(other));
  if (name == "indexOf") return index_of(text, text.find(other));
  if (name == "lastIndexOf") return index_of(text, text.rfind(other));
  if (name == "equals") return Value(argument.is_text() && text == other);
  if (name == "equalsIgnoreCase")
    return Value(argument.is_text() && lower_case(text) == lower_case(other));
  if (name == "concat") return Value(text + other);
  if (name == "matches") {
    const auto found = regex_matches(text, other);
    return found ? base::Result<Value>(Value(*found)) : base::Result<Value>(found.error());
  }
  if (name == "split") {
    auto pieces = regex_split(text, other, 0);
    return pieces ? base::Result<Value>(Value(*std::move(pieces)))
                  : base::Result<Value>(pieces.error());
  }
  return std::nullopt;
}

Answer text_method(const std::string& text, std::string_view name, const Array& arguments) {
  if (arguments.empty()) return text_plain(text, name);
  if (name == "substring" && arguments.size() <= 2) return substring(text, arguments);
  if (arguments.size() == 1) return text_with_one(text, name, arguments[0]);
  if (arguments.size() != 2) return std::nullopt;
  const std::string from = java_text(arguments[0]);
  const std::string to = java_text(arguments[1]);
  if (name == "replace" && !from.empty()) return Value(base::replace_all(text, from, to));
  if (name == "replaceAll") {
    auto out = regex_replace(text, from, to);
    return out ? base::Result<Value>(Value(*std::move(out))) : base::Result<Value>(out.error());
  }
  return std::nullopt;
}

Answer list_method(const Array& list, std::string_view name, const Array& arguments) {
  if (arguments.empty()) {
    if (name == "size") return count(list.size());
    if (name == "isEmpty" || name == "empty") return Value(list.empty());
    if (name == "toString") return Value(java_text(Value(list)));
    const bool is_first = name == "getFirst" || name == "first";
    if (!is_first && name != "getLast" && name != "last") return std::nullopt;
    if (list.empty())
      return base::Result<Value>(base::invalid_input(fmt::format("{}: the list is empty", name)));
    return is_first ? list.front() : list.back();
  }
  if (arguments.size() != 1) return std::nullopt;
  const auto found = std::find_if(
      list.begin(), list.end(), [&](const Value& item) { return is_equal(item, arguments[0]); });
  if (name == "contains") return Value(found != list.end());
  if (name == "indexOf")
    return found == list.end() ? Value(-1) : Value(static_cast<std::int64_t>(found - list.begin()));
  if (name != "get" || !arguments[0].is_int()) return std::nullopt;
  const std::int64_t index = arguments[0].as_int();
  if (index < 0 || index >= static_cast<std::int64_t>(list.size())) {
    return base::Result<Value>(base::invalid_input(
        fmt::format("get({}) lies outside a list of {} items", index, list.size())));
  }
  return list[static_cast<std::size_t>(index)];
}

Answer map_method(const Object& map, std::string_view name, const Array& arguments) {
  if (arguments.empty()) {
    if (name == "size") return count(map.size());
    if (name == "isEmpty") return Value(map.empty());
    if (name == "toString") return Value(java_text(Value(map)));
    if (name != "keySet" && name != "values" && name != "entrySet") return std::nullopt;
    Array out;
    for (const auto& [key, value] : map) {
      out.push_back(
          name == "keySet"   ? Value(key)
          : name == "values" ? value
                             : Value::object({{"key", key}, {"value", value}}));
    }
    return Value(std::move(out));
  }
  const Value* found = map.find(java_text(arguments[0]));
  if (name == "containsKey" && arguments.size() == 1) return Value(found != nullptr);
  if (name == "get" && arguments.size() == 1) return found == nullptr ? Value() : *found;
  if (name == "getOrDefault" && arguments.size() == 2)
    return found == nullptr ? arguments[1] : *found;
  if (name != "containsValue" || arguments.size() != 1) return std::nullopt;
  return Value(std::any_of(map.begin(), map.end(), [&](const Object::Entry& entry) {
    return is_equal(entry.second, arguments[0]);
  }));
}

Answer number_method(const Value& number, std::string_view name, const Array& arguments) {
  if (!arguments.empty()) return std::nullopt;
  if (name == "toString") return Value(java_text(number));
  if (name == "intValue" || name == "longValue") return Value(to_integer(number));
  if (name == "doubleValue" || name == "floatValue") return Value(to_double(number));
  return std::nullopt;
}

}  // namespace

std::optional<base::Result<Value>> call_method(
    const Value& base, std::string_view name, const Array& arguments) {
  if (base.is_text()) return text_method(base.as_text(), name, arguments);
  if (base.is_array()) return list_method(base.as_array(), name, arguments);
  if (base.is_object()) return map_method(base.as_object(), name, arguments);
  if (base.is_number()) return number_method(base, name, arguments);
  if (base.is_bool() && name == "toString" && arguments.empty()) return Value(java_text(base));
  return std::nullopt;
}

}  // namespace outlay::expr
