// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace outlay::format {

class Value;
using Array = std::vector<Value>;

/// A number kept as its digits ("12.50"), so that money passes through documents unharmed.
struct Number {
  std::string text;
  bool operator==(const Number&) const = default;
};

/// A map from text to values that keeps the order of insertion.
class Object {
 public:
  using Entry = std::pair<std::string, Value>;

  /// Null when there is no such key.
  const Value* find(std::string_view key) const;
  /// Sets or replaces; keeps the place of a key that was there.
  void set(std::string key, Value value);
  bool erase(std::string_view key);
  /// An object from pairs, in linear time; of a repeated key the last value counts.
  static Object from_entries(std::vector<Entry> entries);

  bool empty() const;
  std::size_t size() const;
  std::vector<Entry>::const_iterator begin() const;
  std::vector<Entry>::const_iterator end() const;

 private:
  std::vector<Entry> entries_;
};

/// A JSON-like value: null, boolean, 64-bit integer, double, exact number, text, array or object.
/// Immutable once built and cheap to copy: text, arrays and objects are shared.
class Value {
 public:
  Value() = default;  ///< null

  Value(std::nullptr_t) {}  // NOLINT(google-explicit-constructor)

  Value(bool value) : data_(value) {}  // NOLINT(google-explicit-constructor)

  Value(std::int64_t value) : data_(value) {}  // NOLINT(google-explicit-constructor)

  Value(int value)
      : data_(static_cast<std::int64_t>(value)) {}  // NOLINT(google-explicit-constructor)

  Value(double value) : data_(value) {}  // NOLINT(google-explicit-constructor)

  Value(Number value) : data_(std::move(value)) {}  // NOLINT(google-explicit-constructor)

  Value(std::string value);  // NOLINT(google-explicit-constructor)

  Value(std::string_view value)
      : Value(std::string(value)) {}  // NOLINT(google-explicit-constructor)

  Value(const char* value) : Value(std::string(value)) {}  // NOLINT(google-explicit-constructor)

  Value(Array value);   // NOLINT(google-explicit-constructor)
  Value(Object value);  // NOLINT(google-explicit-constructor)
  /// An object from pairs: Value::object({{"id", 1}, {"name", "x"}}).
  static Value object(std::vector<std::pair<std::string, Value>> entries);

  bool is_null() const { return data_.index() == 0; }

  bool is_bool() const { return std::holds_alternative<bool>(data_); }

  bool is_int() const { return std::holds_alternative<std::int64_t>(data_); }

  bool is_double() const { return std::holds_alternative<double>(data_); }

  bool is_exact() const { return std::holds_alternative<Number>(data_); }

  bool is_number() const { return is_int() || is_double() || is_exact(); }

  bool is_text() const { return std::holds_alternative<std::shared_ptr<const std::string>>(data_); }

  bool is_array() const { return std::holds_alternative<std::shared_ptr<const Array>>(data_); }

  bool is_object() const { return std::holds_alternative<std::shared_ptr<const Object>>(data_); }

  /// Each may be called only when the matching is_...() holds.
  bool as_bool() const { return std::get<bool>(data_); }

  std::int64_t as_int() const { return std::get<std::int64_t>(data_); }

  double as_double() const { return std::get<double>(data_); }

  const Number& as_exact() const { return std::get<Number>(data_); }

  const std::string& as_text() const {
    return *std::get<std::shared_ptr<const std::string>>(data_);
  }

  const Array& as_array() const { return *std::get<std::shared_ptr<const Array>>(data_); }

  const Object& as_object() const { return *std::get<std::shared_ptr<const Object>>(data_); }

  /// The member `key` of an object; null when this is no object or has no such key.
  const Value& operator[](std::string_view key) const;
  /// The text, or `other` when this is no text.
  std::string text_or(std::string_view other) const;
  std::int64_t int_or(std::int64_t other) const;
  bool bool_or(bool other) const;
  /// "null", "boolean", "number", "text", "list", "map": for messages.
  std::string_view kind() const;

  /// Deep equality; 1 and 1.0 differ, the order of keys does not matter.
  bool operator==(const Value& other) const;

 private:
  std::variant<
      std::monostate,
      bool,
      std::int64_t,
      double,
      Number,
      std::shared_ptr<const std::string>,
      std::shared_ptr<const Array>,
      std::shared_ptr<const Object>>
      data_;
};

inline bool Object::empty() const { return entries_.empty(); }

inline std::size_t Object::size() const { return entries_.size(); }

inline std::vector<Object::Entry>::const_iterator Object::begin() const { return entries_.begin(); }

inline std::vector<Object::Entry>::const_iterator Object::end() const { return entries_.end(); }

}  // namespace outlay::format
