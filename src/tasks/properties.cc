// SPDX-License-Identifier: Apache-2.0
#include "tasks/properties.h"

#include <charconv>

#include <fmt/format.h>

#include "base/text.h"
#include "format/json.h"

namespace outlay::tasks {
namespace {

using format::Value;

base::Error wrong(std::string_view name, std::string_view wanted, const Value& found) {
  return base::invalid_input(fmt::format(
      "property {} must be {}, found the {} {}",
      name,
      wanted,
      found.kind(),
      format::print_json(found)));
}

}  // namespace

std::string text_of(const Value& value) {
  return value.is_text() ? value.as_text() : format::print_json(value);
}

base::Result<bool> flag_property(
    flow::TaskContext& context, const Value& properties, std::string_view name, bool otherwise) {
  const Value value = TRY(flow::property(context, properties, name));
  if (value.is_null()) return otherwise;
  if (value.is_bool()) return value.as_bool();
  if (value.is_text()) return expr::is_truthy_text(value.as_text());
  return wrong(name, "true or false", value);
}

base::Result<std::optional<base::Duration>> duration_property(
    flow::TaskContext& context, const Value& properties, std::string_view name) {
  const std::string text = TRY(flow::text_property(context, properties, name));
  if (text.empty()) return std::optional<base::Duration>();
  auto duration = base::parse_duration(text);
  if (!duration) return duration.error().within("property " + std::string(name));
  return std::optional(*duration);
}

base::Result<std::vector<std::string>> texts_property(
    flow::TaskContext& context, const Value& properties, std::string_view name) {
  Value value = TRY(flow::property(context, properties, name));
  std::vector<std::string> out;
  if (value.is_null()) return out;
  if (value.is_text() && base::trim(value.as_text()).starts_with('[')) {
    if (auto list = format::parse_json(value.as_text()); list && list->is_array()) value = *list;
  }
  if (value.is_object()) return wrong(name, "a list of texts", value);
  if (!value.is_array()) return std::vector{text_of(value)};
  for (const Value& item : value.as_array()) out.push_back(text_of(item));
  return out;
}

base::Result<format::Object> map_property(
    flow::TaskContext& context, const Value& properties, std::string_view name) {
  Value value = TRY(flow::property(context, properties, name));
  if (value.is_null()) return format::Object();
  if (value.is_text()) {
    auto parsed = format::parse_json(value.as_text());
    if (!parsed) return parsed.error().within("property " + std::string(name));
    value = *parsed;
  }
  if (!value.is_object()) return wrong(name, "a map", value);
  return value.as_object();
}

base::Result<std::optional<std::int64_t>> integer_property(
    flow::TaskContext& context, const Value& properties, std::string_view name) {
  const Value value = TRY(flow::property(context, properties, name));
  if (value.is_null()) return std::optional<std::int64_t>();
  if (value.is_int()) return std::optional(value.as_int());
  std::int64_t number = 0;
  const std::string text(base::trim(text_of(value)));
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) {
    return wrong(name, "a whole number", value);
  }
  return std::optional(number);
}

}  // namespace outlay::tasks
