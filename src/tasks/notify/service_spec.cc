// SPDX-License-Identifier: Apache-2.0
#include "tasks/notify/service_spec.h"

#include <fmt/format.h>

#include "base/check.h"
#include "format/yaml.h"
#include "tasks/embedded.h"

namespace outlay::tasks {
namespace {

using format::Object;
using format::Value;

Value schema_of(Object members, const Value& required) {
  Object schema;
  schema.set("type", "object");
  schema.set("properties", std::move(members));
  if (required.is_array()) schema.set("required", required);
  return schema;
}

Value described(std::string_view type, std::string_view description) {
  return Value::object({{"type", type}, {"description", description}});
}

Object plain_properties(const Value& spec) {
  Object out = spec["properties"].as_object();
  if (out.find("messageText") == nullptr)
    out.set("messageText", described("string", "A plain message; used when there is no payload."));
  if (out.find("payload") == nullptr) {
    out.set(
        "payload",
        described(
            "string",
            "The message as JSON text in the service's own form. Expressions that give text stand "
            "without quotes and end in toJson."));
  }
  out.set(
      "options",
      described(
          "object",
          "timeout {connectTimeout, readIdleTimeout}, auth, followRedirects, allowFailed, "
          "allowedResponseCodes, headers."));
  return out;
}

Object twin_properties(const Value& spec) {
  Object out = plain_properties(spec);
  out.erase("messageText");
  out.erase("payload");
  out.set("executionId", described("string", "The execution to tell of; this one unless given."));
  out.set("customMessage", described("string", "What to say instead of the usual sentence."));
  out.set("customFields", described("object", "More names and values to tell."));
  return out;
}

std::string example_flow(std::string_view id, const Value& task) {
  format::Array tasks{Value::object(
      {{"id", "work"}, {"type", "io.kestra.plugin.core.log.Log"}, {"message", "The work."}})};
  tasks.push_back(task);
  return format::print_yaml(
      Value::object({{"id", id}, {"namespace", "company.examples"}, {"tasks", std::move(tasks)}}));
}

std::string example_of(const Value& spec, const std::string& type, bool is_twin) {
  Object task;
  task.set("id", "tell");
  task.set("type", type);
  for (const auto& [name, value] : spec["sample"].as_object()) task.set(name, value);
  if (is_twin) {
    task.set("executionId", "{{ execution.id }}");
  } else if (spec["properties"]["text"].is_null()) {
    task.set("messageText", "Flow {{ flow.id }} says hello");
  }
  return example_flow(is_twin ? "tell_of_the_run" : "tell_people", Value(std::move(task)));
}

std::vector<std::string> names_of(const Value& list) {
  std::vector<std::string> out;
  if (!list.is_array()) return out;
  for (const Value& item : list.as_array()) out.push_back(item.as_text());
  return out;
}

}  // namespace

Value read_service_spec(std::string_view name) {
  const auto node = format::parse_yaml(embedded_file(name), name);
  CHECK(node.has_value());
  return node->value();
}

flow::TaskInfo service_info(const Value& spec, bool is_twin) {
  const Value& names = is_twin ? spec["twin"] : spec;
  flow::TaskInfo info;
  info.type = names["type"].as_text();
  info.aliases = names_of(names["aliases"]);
  info.summary = is_twin ? fmt::format("Tells {} how an execution went.", spec["service"].as_text())
                         : spec["summary"].text_or("");
  info.properties =
      schema_of(is_twin ? twin_properties(spec) : plain_properties(spec), spec["required"]);
  info.outputs = schema_of(
      Object::from_entries({{"code", described("integer", "Status of the service's answer.")}}),
      {});
  info.example = example_of(spec, info.type, is_twin);
  return info;
}

}  // namespace outlay::tasks
