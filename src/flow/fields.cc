// SPDX-License-Identifier: Apache-2.0
#include "flow/fields.h"

#include <algorithm>

#include "base/text.h"

namespace outlay::flow {

void add_error(Problems& problems, std::string message, const base::Place& place) {
  problems.push_back({Problem::Level::error, std::move(message), place});
}

void add_warning(Problems& problems, std::string message, const base::Place& place) {
  problems.push_back({Problem::Level::warning, std::move(message), place});
}

std::string found_text(const format::Node& node) {
  switch (node.kind) {
    case format::Node::Kind::null:
      return "nothing";
    case format::Node::Kind::sequence:
      return "a list";
    case format::Node::Kind::mapping:
      return "a map";
    case format::Node::Kind::scalar:
      break;
  }
  return "\"" + (node.text.size() > 60 ? node.text.substr(0, 57) + "..." : node.text) + "\"";
}

Fields::Fields(const format::Node& node, Problems& problems, std::string what)
    : node_(node), problems_(problems), what_(std::move(what)) {}

const format::Node* Fields::get(std::string_view key) {
  known_.emplace_back(key);
  const format::Node* found = node_.find(key);
  return found == nullptr || found->kind == format::Node::Kind::null ? nullptr : found;
}

void Fields::wrong(std::string_view key, std::string_view wanted) {
  const format::Node* found = node_.find(key);
  add_error(
      problems_,
      what_ + ": property " + std::string(key) + " must be " + std::string(wanted) + "; found " +
          (found == nullptr ? "nothing" : found_text(*found)),
      found == nullptr ? node_.place : found->place);
}

const format::Node* Fields::scalar(std::string_view key, std::string_view wanted) {
  const format::Node* found = get(key);
  if (found == nullptr || found->is_scalar()) return found;
  wrong(key, wanted);
  return nullptr;
}

std::string Fields::text(std::string_view key, std::string_view otherwise) {
  const format::Node* found = scalar(key, "a text");
  return found == nullptr ? std::string(otherwise) : found->text;
}

bool Fields::flag(std::string_view key, bool otherwise) {
  const format::Node* found = scalar(key, "true or false");
  if (found == nullptr) return otherwise;
  if (found->text == "true") return true;
  if (found->text != "false") wrong(key, "true or false");
  return false;
}

std::optional<long long> Fields::integer(std::string_view key, long long min) {
  const std::string wanted = "a whole number of at least " + std::to_string(min);
  const format::Node* found = scalar(key, wanted);
  if (found == nullptr) return std::nullopt;
  const format::Value value = found->value();
  if (value.is_int() && value.as_int() >= min) return value.as_int();
  wrong(key, wanted);
  return std::nullopt;
}

std::optional<base::Duration> Fields::duration(std::string_view key) {
  const format::Node* found = scalar(key, "an ISO 8601 duration such as PT30S");
  if (found == nullptr) return std::nullopt;
  auto parsed = base::parse_duration(found->text);
  if (parsed) return *parsed;
  wrong(key, "an ISO 8601 duration such as PT30S or P1D");
  return std::nullopt;
}

std::string Fields::choice(
    std::string_view key,
    std::initializer_list<std::string_view> allowed,
    std::string_view otherwise) {
  const format::Node* found = scalar(key, "one word");
  if (found == nullptr) return std::string(otherwise);
  if (std::find(allowed.begin(), allowed.end(), found->text) != allowed.end()) return found->text;
  const std::vector<std::string> names(allowed.begin(), allowed.end());
  wrong(key, "one of " + base::join(names, ", "));
  return std::string(otherwise);
}

format::Value Fields::value(std::string_view key) {
  const format::Node* found = get(key);
  return found == nullptr ? format::Value() : found->value();
}

std::vector<std::string> Fields::texts(std::string_view key) {
  std::vector<std::string> out;
  const format::Node* found = list(key);
  if (found == nullptr) return out;
  for (const format::Node& item : found->items) {
    if (item.is_scalar())
      out.push_back(item.text);
    else
      add_error(
          problems_,
          what_ + ": " + std::string(key) + " must hold texts; found " + found_text(item),
          item.place);
  }
  return out;
}

const format::Node* Fields::list(std::string_view key) {
  const format::Node* found = get(key);
  if (found == nullptr || found->is_sequence()) return found;
  wrong(key, "a list");
  return nullptr;
}

void Fields::unsupported(std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys) {
    const format::Node* found = get(key);
    if (found == nullptr) continue;
    add_error(
        problems_,
        what_ + ": property " + std::string(key) +
            " is not supported in this version; remove it to run the flow",
        found->place);
  }
}

void Fields::ignore(std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys) known_.emplace_back(key);
}

void Fields::without_effect(std::initializer_list<std::string_view> keys, std::string_view why) {
  for (const std::string_view key : keys)
    if (const format::Node* found = get(key); found != nullptr)
      add_warning(
          problems_,
          what_ + ": property " + std::string(key) + " has no effect: " + std::string(why),
          found->place);
}

void Fields::also_known(const std::vector<std::string>& keys) {
  known_.insert(known_.end(), keys.begin(), keys.end());
}

void Fields::done() {
  for (const auto& entry : node_.entries) {
    if (std::find(known_.begin(), known_.end(), entry.key) != known_.end()) continue;
    add_error(
        problems_,
        what_ + ": unknown property \"" + entry.key + "\"." + base::did_you_mean(entry.key, known_),
        entry.key_place);
  }
}

}  // namespace outlay::flow
