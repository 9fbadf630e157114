// SPDX-License-Identifier: Apache-2.0
// Filters on lists and maps.
#include <algorithm>
#include <unordered_set>

#include <fmt/format.h>

#include "expr/builtin.h"
#include "expr/values.h"

namespace outlay::expr {
namespace {

using format::Array;
using format::Object;
using format::Value;
using Answer = base::Result<Value>;

base::Error wanted(const Call& call, std::string_view what) {
  return call.error(fmt::format("the input is to be {}, found {}", what, call.input().kind()));
}

Answer default_value(Call& call) {
  if (!is_empty(call.input())) return call.input();
  const Value* other = call.argument(0);
  return other == nullptr ? Value() : *other;
}

Answer first(Call& call) {
  const Value& input = call.input();
  if (input.is_null()) return Value();
  if (input.is_text()) {
    const std::string& text = input.as_text();
    return text.empty() ? Value() : Value(text.substr(0, utf16_offset(text, 1)));
  }
  if (input.is_object())
    return input.as_object().empty() ? Value() : input.as_object().begin()->second;
  if (!input.is_array()) return wanted(call, "a list or text");
  return input.as_array().empty() ? Value() : input.as_array().front();
}

Answer last(Call& call) {
  const Value& input = call.input();
  if (input.is_null()) return Value();
  if (input.is_text()) {
    const std::vector<std::string_view> letters = characters(input.as_text());
    return letters.empty() ? Value() : Value(letters.back());
  }
  if (!input.is_array()) return wanted(call, "a list or text");
  return input.as_array().empty() ? Value() : input.as_array().back();
}

Answer join(Call& call) {
  const Value& input = call.input();
  if (input.is_null()) return Value();
  if (!input.is_array()) return wanted(call, "a list");
  const std::string separator = TRY(call.text_or(0, "separator", ""));
  std::string out;
  bool is_first = true;
  for (const Value& item : input.as_array()) {
    if (!is_first) out += separator;
    is_first = false;
    append_java(out, item);
  }
  return Value(std::move(out));
}

Answer length(Call& call) {
  const Value& input = call.input();
  const auto count = [](std::size_t size) { return Value(static_cast<std::int64_t>(size)); };
  if (input.is_array()) return count(input.as_array().size());
  if (input.is_object()) return count(input.as_object().size());
  if (input.is_text()) return count(utf16_length(input.as_text()));
  // Numbers and null have no length; the answer is 0, not an error.
  return Value(0);
}

// Where the sort order of two items is their numbers' or their texts'; mixed kinds do not compare.
bool is_before(const Value& a, const Value& b) {
  if (a.is_number() && b.is_number()) return compare_numbers(a, b) < 0;
  if (a.is_bool() && b.is_bool()) return !a.as_bool() && b.as_bool();
  return java_text(a) < java_text(b);
}

Answer sorted(Call& call, bool is_reversed) {
  const Value& input = call.input();
  if (input.is_null()) return Value();
  if (!input.is_array()) return wanted(call, "a list");
  Array out = input.as_array();
  for (const Value& item : out) {
    const bool is_same_kind = item.kind() == out.front().kind();
    if (!is_same_kind || item.is_null() || item.is_array() || item.is_object()) {
      return call.error("only a list of numbers, of texts or of booleans can be sorted");
    }
  }
  std::stable_sort(out.begin(), out.end(), [&](const Value& a, const Value& b) {
    return is_reversed ? is_before(b, a) : is_before(a, b);
  });
  return Value(std::move(out));
}

Answer reverse(Call& call) {
  const Value& input = call.input();
  if (input.is_null()) return Value();
  if (input.is_text()) {
    std::string out;
    const std::vector<std::string_view> letters = characters(input.as_text());
    for (auto letter = letters.rbegin(); letter != letters.rend(); ++letter) out += *letter;
    return Value(std::move(out));
  }
  if (!input.is_array()) return wanted(call, "a list");
  return Value(Array(input.as_array().rbegin(), input.as_array().rend()));
}

Answer slice(Call& call) {
  const Value& input = call.input();
  if (input.is_null()) return Value();
  if (!input.is_array() && !input.is_text()) return wanted(call, "a list or text");
  const auto size = static_cast<std::int64_t>(
      input.is_array() ? input.as_array().size() : utf16_length(input.as_text()));
  const std::int64_t from = TRY(call.integer_or(0, "fromIndex", 0));
  if (from < 0) return call.error("the argument 'fromIndex' must not be negative");
  const bool has_to = call.has(1) && !call.argument(1)->is_null();
  const std::int64_t to = TRY(call.integer_or(1, "toIndex", size));
  if (to > size)
    return call.error(
        fmt::format("the argument 'toIndex' is at most the length {}, found {}", size, to));
  if (has_to ? from >= to : from > size) {
    return call.error(
        fmt::format("the argument 'fromIndex' is to lie before {}, found {}", to, from));
  }
  if (input.is_array()) {
    return Value(Array(input.as_array().begin() + from, input.as_array().begin() + to));
  }
  const std::string& text = input.as_text();
  const std::size_t begin = utf16_offset(text, static_cast<std::size_t>(from));
  const std::size_t end = utf16_offset(text, static_cast<std::size_t>(to));
  return Value(text.substr(begin, end - begin));
}

Value entry_of(const Object::Entry& entry) {
  return Value::object({{"key", entry.first}, {"value", entry.second}});
}

Answer merge(Call& call) {
  const Value& input = call.input();
  const Value* items = call.argument(0);
  const bool has_items = items != nullptr && !items->is_null();
  if (input.is_null()) {
    if (!has_items) return call.error("both things to be merged are null");
    return *items;
  }
  if (!has_items) return input;
  if (!items->is_array() && !items->is_object()) {
    return call.error(
        fmt::format("the argument 'items' is to be a list or a map, found {}", items->kind()));
  }
  if (input.is_object()) {
    Object out = input.as_object();
    if (items->is_object()) {
      for (const auto& [key, value] : items->as_object()) out.set(key, value);
    } else {
      for (const Value& item : items->as_array()) out.set(java_text(item), item);
    }
    return Value(std::move(out));
  }
  if (!input.is_array()) return wanted(call, "a list or a map");
  Array out = input.as_array();
  if (items->is_array()) {
    out.insert(out.end(), items->as_array().begin(), items->as_array().end());
  } else {
    for (const Object::Entry& entry : items->as_object()) out.push_back(entry_of(entry));
  }
  return Value(std::move(out));
}

Answer chunk(Call& call) {
  const Value& input = call.input();
  if (input.is_null()) return Value();
  if (!input.is_array()) return wanted(call, "a list");
  const std::int64_t size = TRY(call.integer(0, "size"));
  if (size < 1)
    return call.error(fmt::format("the argument 'size' is to be at least 1, found {}", size));
  Array out;
  Array part;
  for (const Value& item : input.as_array()) {
    part.push_back(item);
    if (static_cast<std::int64_t>(part.size()) == size) {
      out.emplace_back(std::move(part));
      part = Array();
    }
  }
  if (!part.empty()) out.emplace_back(std::move(part));
  return Value(std::move(out));
}

Answer flatten(Call& call) {
  const Value& input = call.input();
  if (input.is_null()) return Value();
  if (!input.is_array()) return wanted(call, "a list");
  Array out;
  for (const Value& item : input.as_array()) {
    if (item.is_array()) {
      out.insert(out.end(), item.as_array().begin(), item.as_array().end());
    } else {
      out.push_back(item);
    }
  }
  return Value(std::move(out));
}

Answer distinct(Call& call) {
  const Value& input = call.input();
  if (input.is_null()) return Value();
  if (!input.is_array()) return wanted(call, "a list");
  Array out;
  // Equal values have equal JSON except for 1 and 1.0, which stay apart as they do in Kestra.
  std::unordered_set<std::string> seen;
  for (const Value& item : input.as_array()) {
    std::string key;
    append_json(key, item);
    if (seen.insert(std::move(key)).second) out.push_back(item);
  }
  return Value(std::move(out));
}

Answer keys(Call& call) {
  const Value& input = call.input();
  if (input.is_null()) return Value();
  Array out;
  if (input.is_object()) {
    for (const auto& [key, value] : input.as_object()) out.emplace_back(key);
  } else if (input.is_array()) {
    for (std::size_t i = 0; i < input.as_array().size(); ++i)
      out.emplace_back(static_cast<std::int64_t>(i));
  } else {
    return wanted(call, "a map or a list");
  }
  return Value(std::move(out));
}

Answer values(Call& call) {
  const Value& input = call.input();
  if (input.is_null()) return Value();
  if (input.is_array()) return input;
  if (!input.is_object()) return wanted(call, "a map");
  Array out;
  for (const auto& [key, value] : input.as_object()) out.push_back(value);
  return Value(std::move(out));
}

}  // namespace

std::vector<Builtin> list_filters() {
  return {
      {"default", {"default"}, default_value, false, true},
      {"first", {}, first},
      {"last", {}, last},
      {"join", {"separator"}, join},
      {"length", {}, length},
      {"sort", {}, [](Call& call) { return sorted(call, false); }},
      {"rsort", {}, [](Call& call) { return sorted(call, true); }},
      {"reverse", {}, reverse},
      {"slice", {"fromIndex", "toIndex"}, slice},
      {"merge", {"items"}, merge},
      {"chunk", {"size"}, chunk},
      {"flatten", {}, flatten},
      {"distinct", {}, distinct},
      {"keys", {}, keys},
      {"values", {}, values},
  };
}

}  // namespace outlay::expr
