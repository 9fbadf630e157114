// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "expr/expr.h"
#include "format/value.h"

namespace outlay::expr {

class Rendering;

/// One use of a filter, function or test while rendering: its input and its arguments.
class Call {
 public:
  Call(
      Rendering& rendering,
      std::string_view what,
      const format::Value& input,
      std::span<const format::Value* const> arguments)
      : rendering_(rendering), what_(what), input_(input), arguments_(arguments) {}

  /// What a filter or test is applied to; null for functions.
  const format::Value& input() const { return input_; }

  std::size_t size() const { return arguments_.size(); }

  /// Null pointer when the argument was not given.
  const format::Value* argument(std::size_t index) const {
    return index < arguments_.size() ? arguments_[index] : nullptr;
  }

  bool has(std::size_t index) const { return argument(index) != nullptr; }

  /// The argument as text; `name` is for the message when it is missing or of another kind.
  base::Result<std::string> text(std::size_t index, std::string_view name) const;
  /// The argument as text, or `other` when it is missing or null.
  base::Result<std::string> text_or(
      std::size_t index, std::string_view name, std::string_view other) const;
  base::Result<std::int64_t> integer(std::size_t index, std::string_view name) const;
  base::Result<std::int64_t> integer_or(
      std::size_t index, std::string_view name, std::int64_t other) const;
  base::Result<bool> boolean_or(std::size_t index, std::string_view name, bool other) const;
  /// The input as text, for filters that take nothing else.
  base::Result<std::string> input_text() const;

  /// An error that names the filter or function.
  base::Error error(std::string_view message) const;

  Rendering& rendering() const { return rendering_; }

  const Environment& environment() const;
  /// A variable of the template's scope; null pointer when undefined.
  const format::Value* variable(std::string_view name) const;

 private:
  Rendering& rendering_;
  std::string_view what_;
  const format::Value& input_;
  std::span<const format::Value* const> arguments_;
};

/// A result of another kind as a value.
template <class T>
base::Result<format::Value> as_value(base::Result<T> result) {
  if (!result) return std::move(result).error();
  return format::Value(std::move(result).value());
}

/// A filter, function or test: its name, what its arguments are called, and what it does.
struct Builtin {
  std::string_view name;
  std::vector<std::string_view> parameters;
  base::Result<format::Value> (*apply)(Call& call);
  /// Takes any number of positional arguments.
  bool is_variadic = false;
  /// Undefined input is null instead of an error.
  bool takes_undefined = false;
};

/// Null when there is none of that name.
const Builtin* find_filter(std::string_view name);
const Builtin* find_function(std::string_view name);
const Builtin* find_test(std::string_view name);
/// Sorted; for "did you mean" and the reference.
std::vector<std::string> filter_names();
std::vector<std::string> function_names();
std::vector<std::string> test_names();

// One table per family, each in its own file below filters/ and functions/.
std::vector<Builtin> text_filters();
std::vector<Builtin> list_filters();
std::vector<Builtin> number_filters();
std::vector<Builtin> data_filters();
std::vector<Builtin> code_filters();
std::vector<Builtin> date_filters();
std::vector<Builtin> format_filters();
std::vector<Builtin> data_functions();
std::vector<Builtin> outside_functions();
std::vector<Builtin> random_functions();
std::vector<Builtin> date_functions();

}  // namespace outlay::expr
