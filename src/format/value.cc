// SPDX-License-Identifier: Apache-2.0
#include "format/value.h"

#include <algorithm>
#include <unordered_map>

namespace outlay::format {

const Value* Object::find(std::string_view key) const {
  // Most keys differ in length or first letter, which is quicker to see than to call for.
  const char first = key.empty() ? '\0' : key.front();
  for (const Entry& entry : entries_) {
    const std::string& name = entry.first;
    if (name.size() == key.size() && name[0] == first && name == key) return &entry.second;
  }
  return nullptr;
}

void Object::set(std::string key, Value value) {
  for (Entry& entry : entries_) {
    if (entry.first == key) {
      entry.second = std::move(value);
      return;
    }
  }
  entries_.emplace_back(std::move(key), std::move(value));
}

bool Object::erase(std::string_view key) {
  return std::erase_if(entries_, [&](const Entry& entry) { return entry.first == key; }) > 0;
}

Object Object::from_entries(std::vector<Entry> entries) {
  // Below this size comparing all pairs is quicker than hashing.
  constexpr std::size_t kSmall = 16;
  Object out;
  if (entries.size() <= kSmall) {
    out.entries_.reserve(entries.size());
    for (Entry& entry : entries) out.set(std::move(entry.first), std::move(entry.second));
    return out;
  }
  std::unordered_map<std::string, std::size_t> places;
  places.reserve(entries.size());
  out.entries_.reserve(entries.size());
  for (Entry& entry : entries) {
    const auto [at, is_new] = places.try_emplace(entry.first, out.entries_.size());
    if (is_new) {
      out.entries_.push_back(std::move(entry));
    } else {
      out.entries_[at->second].second = std::move(entry.second);
    }
  }
  return out;
}

Value::Value(std::string value) : data_(std::make_shared<const std::string>(std::move(value))) {}

Value::Value(Array value) : data_(std::make_shared<const Array>(std::move(value))) {}

Value::Value(Object value) : data_(std::make_shared<const Object>(std::move(value))) {}

Value Value::object(std::vector<std::pair<std::string, Value>> entries) {
  return Value(Object::from_entries(std::move(entries)));
}

const Value& Value::operator[](std::string_view key) const {
  static const Value null;
  if (!is_object()) return null;
  const Value* found = as_object().find(key);
  return found == nullptr ? null : *found;
}

std::string Value::text_or(std::string_view other) const {
  return is_text() ? as_text() : std::string(other);
}

std::int64_t Value::int_or(std::int64_t other) const { return is_int() ? as_int() : other; }

bool Value::bool_or(bool other) const { return is_bool() ? as_bool() : other; }

std::string_view Value::kind() const {
  if (is_null()) return "null";
  if (is_bool()) return "boolean";
  if (is_number()) return "number";
  if (is_text()) return "text";
  return is_array() ? "list" : "map";
}

bool Value::operator==(const Value& other) const {
  if (data_.index() != other.data_.index()) return false;
  if (is_text()) return as_text() == other.as_text();
  if (is_array()) return as_array() == other.as_array();
  if (is_object()) {
    const Object& mine = as_object();
    const Object& theirs = other.as_object();
    return mine.size() == theirs.size() &&
           std::all_of(mine.begin(), mine.end(), [&](const Object::Entry& entry) {
             const Value* match = theirs.find(entry.first);
             return match != nullptr && entry.second == *match;
           });
  }
  return data_ == other.data_;
}

}  // namespace outlay::format
