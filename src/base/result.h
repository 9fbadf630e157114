// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace outlay::base {

/// What kind of failure; decides HTTP status and exit code (see http_status, exit_code).
enum class Code {
  invalid_input,  ///< what a person wrote or a provider sent is wrong
  not_found,
  conflict,     ///< it exists already, or its state forbids the operation
  denied,       ///< not allowed, or no credentials
  unavailable,  ///< the outside did not answer; trying again may help
  exhausted,    ///< disk, memory, time or a quota ran out
  cancelled,
  internal,  ///< a fault of ours
};

/// Name of a code as users see it, e.g. "invalid_input".
std::string_view code_name(Code code);
/// HTTP status for a code: 422, 404, 409, 403, 503, 507, 499, 500.
int http_status(Code code);
/// Process exit status for a code: 2 for wrong use or bad input, 3 for a fault of ours or the outside.
int exit_code(Code code);

/// Where something a person wrote or a provider sent stands. Lines, columns and rows count from 1; 0 is unknown.
struct Place {
  std::string file;
  long line = 0;
  long column = 0;
  long row = 0;
  /// "bill.csv, row 12" or "flow.yaml:3:7"; empty when nothing is known.
  std::string text() const;
  bool operator==(const Place&) const = default;
};

/// What went wrong: what was wanted, what was found, what to do. Variable parts last.
struct Error {
  Code code = Code::internal;
  std::string message;
  Place place;
  /// The error that led to this one, if any.
  std::shared_ptr<const Error> cause;

  /// "place: message (because: ...)" for people.
  std::string text() const;
  /// The same error with `what` in front of the message.
  Error within(std::string_view what) const;
  Error at(Place where) const;
};

Error invalid_input(std::string message, Place place = {});
Error not_found(std::string message);
Error conflict(std::string message);
Error unavailable(std::string message);
Error internal_error(std::string message);

/// Several problems as one error: the first one's code, all the texts, one a line.
Error join_errors(const std::vector<Error>& errors);

/// "It worked" where there is nothing to return.
struct Done {};

/// A value or an error; shaped like std::expected so that it can become it.
template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;

  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT(google-explicit-constructor)

  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool has_value() const { return state_.index() == 0; }

  explicit operator bool() const { return has_value(); }

  T& value() & { return std::get<0>(state_); }

  const T& value() const& { return std::get<0>(state_); }

  T&& value() && { return std::get<0>(std::move(state_)); }

  T& operator*() & { return value(); }

  const T& operator*() const& { return value(); }

  T&& operator*() && { return std::move(*this).value(); }

  T* operator->() { return &value(); }

  const T* operator->() const { return &value(); }

  const Error& error() const& { return std::get<1>(state_); }

  Error&& error() && { return std::get<1>(std::move(state_)); }

  T value_or(T other) const& { return has_value() ? value() : std::move(other); }

 private:
  std::variant<T, Error> state_;
};

}  // namespace outlay::base

/// The value of a Result, or return its error from the enclosing function.
#define TRY(...)                                               \
  __extension__({                                              \
    auto try_result_ = (__VA_ARGS__);                          \
    if (!try_result_) return std::move(try_result_).error();   \
    std::move(try_result_).value();                            \
  })
