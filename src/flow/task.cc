// SPDX-License-Identifier: Apache-2.0
#include "flow/task.h"

#include <algorithm>

#include "base/check.h"
#include "format/json.h"

namespace outlay::flow {

void TaskType::check(const format::Node&, std::vector<Problem>&) const {}

base::Result<std::string> text_property(
    TaskContext& context, const format::Value& properties, std::string_view name) {
  const format::Value& written = properties[name];
  if (written.is_null()) return std::string();
  if (written.is_text()) {
    const std::string& text = written.as_text();
    if (text.find('{') == std::string::npos) return text;
    auto rendered = [&]() -> base::Result<std::string> {
      const auto compiled = TRY(expr::Template::parse(text));
      return compiled.render(context.scope(), context.environment());
    }();
    if (!rendered) return rendered.error().within("property " + std::string(name));
    return rendered;
  }
  const auto value = TRY(property(context, properties, name));
  return value.is_text() ? value.as_text() : format::print_json(value);
}

base::Result<format::Value> property(
    TaskContext& context, const format::Value& properties, std::string_view name) {
  const format::Value& written = properties[name];
  if (written.is_null()) return format::Value();
  auto rendered = expr::render_deep(written, context.scope(), context.environment(), true);
  if (!rendered) return rendered.error().within("property " + std::string(name));
  return rendered;
}

void PollingType::check(const format::Node&, std::vector<Problem>&) const {}

base::Result<std::vector<format::Object>> PollingType::events(
    TaskContext& context, const format::Value& properties) const {
  auto seen = TRY(poll(context, properties));
  std::vector<format::Object> out;
  if (seen) out.push_back(std::move(*seen));
  return out;
}

void TaskRegistry::add(std::unique_ptr<PollingType> type) {
  const PollingType* added = type.get();
  CHECK(polling_by_name_.emplace(added->info().type, added).second);
  for (const std::string& alias : added->info().aliases) polling_by_name_.emplace(alias, added);
  polling_.push_back(std::move(type));
}

const PollingType* TaskRegistry::find_polling(std::string_view type) const {
  const auto found = polling_by_name_.find(type);
  return found == polling_by_name_.end() ? nullptr : found->second;
}

std::vector<const PollingType*> TaskRegistry::all_polling() const {
  std::vector<const PollingType*> sorted;
  sorted.reserve(polling_.size());
  for (const auto& type : polling_) sorted.push_back(type.get());
  std::sort(sorted.begin(), sorted.end(), [](const PollingType* a, const PollingType* b) {
    return a->info().type < b->info().type;
  });
  return sorted;
}

void TaskRegistry::add(std::unique_ptr<TaskType> type) {
  const TaskType* added = type.get();
  CHECK(by_name_.emplace(added->info().type, added).second);
  for (const std::string& alias : added->info().aliases) by_name_.emplace(alias, added);
  types_.push_back(std::move(type));
}

const TaskType* TaskRegistry::find(std::string_view type) const {
  const auto found = by_name_.find(type);
  return found == by_name_.end() ? nullptr : found->second;
}

std::vector<const TaskType*> TaskRegistry::all() const {
  std::vector<const TaskType*> sorted;
  sorted.reserve(types_.size());
  for (const auto& type : types_) sorted.push_back(type.get());
  std::sort(sorted.begin(), sorted.end(), [](const TaskType* a, const TaskType* b) {
    return a->info().type < b->info().type;
  });
  return sorted;
}

std::vector<std::string> TaskRegistry::names() const {
  std::vector<std::string> names;
  names.reserve(by_name_.size());
  for (const auto& [name, type] : by_name_) names.push_back(name);
  return names;
}

}  // namespace outlay::flow
