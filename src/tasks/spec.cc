// SPDX-License-Identifier: Apache-2.0
#include "tasks/spec.h"

#include "base/check.h"
#include "format/yaml.h"
#include "tasks/embedded.h"

namespace outlay::tasks {
namespace {

using format::Value;

Value schema_of(const Value& members, const Value& required) {
  format::Object schema;
  schema.set("type", "object");
  schema.set("properties", members.is_object() ? members : Value(format::Object()));
  if (required.is_array()) schema.set("required", required);
  return schema;
}

}  // namespace

flow::TaskInfo read_spec(std::string_view name) {
  const std::string_view text = embedded_file(name);
  CHECK(!text.empty());
  const auto node = format::parse_yaml(text, name);
  CHECK(node.has_value());
  const Value spec = node->value();
  flow::TaskInfo info;
  info.type = spec["type"].text_or("");
  if (spec["aliases"].is_array()) {
    for (const Value& alias : spec["aliases"].as_array()) info.aliases.push_back(alias.as_text());
  }
  info.summary = spec["summary"].text_or("");
  info.properties = schema_of(spec["properties"], spec["required"]);
  info.outputs = schema_of(spec["outputs"], {});
  info.example = spec["example"].text_or("");
  CHECK(!info.type.empty() && !info.summary.empty() && !info.example.empty());
  return info;
}

flow::TaskInfo read_spec_with(std::string_view name, std::string_view shared) {
  flow::TaskInfo info = read_spec(name);
  const auto more = format::parse_yaml(embedded_file(shared), shared);
  CHECK(more.has_value());
  format::Object members = info.properties["properties"].as_object();
  const Value added = more->value();
  for (const auto& [property, schema] : added.as_object()) members.set(property, schema);
  format::Object schema = info.properties.as_object();
  schema.set("properties", std::move(members));
  info.properties = std::move(schema);
  return info;
}

}  // namespace outlay::tasks
