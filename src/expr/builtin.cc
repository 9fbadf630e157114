// SPDX-License-Identifier: Apache-2.0
#include "expr/builtin.h"

#include <algorithm>
#include <unordered_map>

#include <fmt/format.h>

#include "expr/rendering.h"
#include "expr/values.h"
#include "format/json.h"

namespace outlay::expr {

using format::Value;

base::Error Call::error(std::string_view message) const {
  return base::invalid_input(std::string(message));
}

const Environment& Call::environment() const { return rendering_.environment(); }

const Value* Call::variable(std::string_view name) const { return rendering_.variable(name); }

base::Result<std::string> Call::text(std::size_t index, std::string_view name) const {
  const Value* value = argument(index);
  if (value == nullptr || value->is_null())
    return error(fmt::format("the argument '{}' is missing", name));
  if (value->is_array() || value->is_object()) {
    return error(fmt::format("the argument '{}' is to be text, found {}", name, value->kind()));
  }
  return java_text(*value);
}

base::Result<std::string> Call::text_or(
    std::size_t index, std::string_view name, std::string_view other) const {
  const Value* value = argument(index);
  if (value == nullptr || value->is_null()) return std::string(other);
  return text(index, name);
}

base::Result<std::int64_t> Call::integer(std::size_t index, std::string_view name) const {
  const Value* value = argument(index);
  if (value == nullptr || value->is_null())
    return error(fmt::format("the argument '{}' is missing", name));
  if (!value->is_number()) {
    return error(fmt::format("the argument '{}' is to be a number, found {}", name, value->kind()));
  }
  return to_integer(*value);
}

base::Result<std::int64_t> Call::integer_or(
    std::size_t index, std::string_view name, std::int64_t other) const {
  const Value* value = argument(index);
  if (value == nullptr || value->is_null()) return other;
  return integer(index, name);
}

base::Result<bool> Call::boolean_or(std::size_t index, std::string_view name, bool other) const {
  const Value* value = argument(index);
  if (value == nullptr || value->is_null()) return other;
  if (value->is_bool()) return value->as_bool();
  return error(
      fmt::format("the argument '{}' is to be true or false, found {}", name, value->kind()));
}

base::Result<std::string> Call::input_text() const {
  if (input().is_array() || input().is_object()) {
    return error(fmt::format("the input is to be text, found {}", input().kind()));
  }
  return java_text(input());
}

namespace {

using Table = std::unordered_map<std::string_view, Builtin>;

Table table_of(std::initializer_list<std::vector<Builtin>> families) {
  Table out;
  for (const std::vector<Builtin>& family : families) {
    for (const Builtin& builtin : family) out.emplace(builtin.name, builtin);
  }
  return out;
}

const Table& filters() {
  static const Table table = table_of(
      {text_filters(),
       list_filters(),
       number_filters(),
       data_filters(),
       code_filters(),
       date_filters(),
       format_filters()});
  return table;
}

const Table& functions() {
  static const Table table =
      table_of({data_functions(), outside_functions(), random_functions(), date_functions()});
  return table;
}

base::Result<Value> is_even(Call& call) {
  if (!call.input().is_int()) {
    return call.error(fmt::format("a whole number is wanted, found {}", call.input().kind()));
  }
  return Value(call.input().as_int() % 2 == 0);
}

base::Result<Value> is_odd(Call& call) {
  if (!call.input().is_int()) {
    return call.error(fmt::format("a whole number is wanted, found {}", call.input().kind()));
  }
  return Value(call.input().as_int() % 2 != 0);
}

const Table& tests() {
  static const Table table = table_of({{
      {"empty",
       {},
       [](Call& call) -> base::Result<Value> { return Value(is_empty(call.input())); }},
      {"even", {}, is_even},
      {"odd", {}, is_odd},
      {"iterable",
       {},
       [](Call& call) -> base::Result<Value> { return Value(call.input().is_array()); }},
      {"map",
       {},
       [](Call& call) -> base::Result<Value> { return Value(call.input().is_object()); }},
      {"null", {}, [](Call& call) -> base::Result<Value> { return Value(call.input().is_null()); }},
      // A null value counts as not defined.
      {"defined",
       {},
       [](Call& call) -> base::Result<Value> { return Value(!call.input().is_null()); },
       false,
       true},
      {"json",
       {},
       [](Call& call) -> base::Result<Value> {
         return Value(
             call.input().is_text() && format::parse_json(call.input().as_text()).has_value());
       }},
  }});
  return table;
}

const Builtin* find(const Table& table, std::string_view name) {
  const auto found = table.find(name);
  return found == table.end() ? nullptr : &found->second;
}

std::vector<std::string> names_of(const Table& table) {
  std::vector<std::string> out;
  for (const auto& [name, builtin] : table) out.emplace_back(name);
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace

const Builtin* find_filter(std::string_view name) { return find(filters(), name); }

const Builtin* find_function(std::string_view name) { return find(functions(), name); }

const Builtin* find_test(std::string_view name) { return find(tests(), name); }

std::vector<std::string> filter_names() { return names_of(filters()); }

std::vector<std::string> function_names() { return names_of(functions()); }

std::vector<std::string> test_names() { return names_of(tests()); }

}  // namespace outlay::expr
