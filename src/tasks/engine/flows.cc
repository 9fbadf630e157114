// SPDX-License-Identifier: Apache-2.0
// Flows and namespaces of this engine as tasks.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "format/yaml.h"
#include "io/zip_bytes.h"
#include "tasks/engine/engine_tasks.h"
#include "tasks/items.h"
#include "tasks/properties.h"

namespace outlay::tasks {
namespace {

using flow::Engine;
using flow::TaskContext;
using flow::TaskEnd;
using format::Array;
using format::Object;
using format::Value;

bool is_in(const std::string& name_space, const std::string& wanted) {
  return wanted.empty() || name_space == wanted || name_space.starts_with(wanted + ".");
}

/// A flow as a list shows it: its document with what the store knows beside.
Value shown(const flow::StoredFlow& stored) {
  Object out;
  const auto document = format::parse_yaml(stored.source, stored.id);
  if (document && document->value().is_object()) {
    const Value whole = document->value();
    for (const char* name : {"id", "namespace", "description", "labels"})
      if (!whole[name].is_null()) out.set(name, whole[name]);
  }
  out.set("id", stored.id);
  out.set("namespace", stored.name_space);
  out.set("revision", static_cast<std::int64_t>(stored.revision));
  out.set("disabled", stored.is_disabled);
  out.set("updated", stored.updated);
  return Value(std::move(out));
}

base::Result<TaskEnd> list_flows(TaskContext& context, Engine& engine, const Value& properties) {
  const std::string wanted = TRY(flow::text_property(context, properties, "namespace"));
  Array flows;
  for (const flow::StoredFlow& stored : TRY(engine.flows("")))
    if (is_in(stored.name_space, wanted)) flows.push_back(shown(stored));
  TaskEnd end;
  end.outputs.set("size", static_cast<std::int64_t>(flows.size()));
  end.outputs.set("flows", std::move(flows));
  return end;
}

base::Result<TaskEnd> export_these(
    TaskContext& context, const std::vector<flow::StoredFlow>& flows) {
  std::vector<io::ZipEntry> entries;
  for (const flow::StoredFlow& stored : flows)
    entries.push_back({fmt::format("{}.{}.yml", stored.name_space, stored.id), stored.source});
  const std::string archive = TRY(io::zip(entries));
  TaskEnd end;
  end.outputs.set("flowsZip", TRY(store_text(context, archive, "flows.zip")));
  end.outputs.set("size", static_cast<std::int64_t>(entries.size()));
  return end;
}

base::Result<TaskEnd> export_flows(TaskContext& context, Engine& engine, const Value& properties) {
  const std::string wanted = TRY(flow::text_property(context, properties, "namespace"));
  std::vector<flow::StoredFlow> flows;
  for (flow::StoredFlow& stored : TRY(engine.flows("")))
    if (is_in(stored.name_space, wanted)) flows.push_back(std::move(stored));
  return export_these(context, flows);
}

base::Result<TaskEnd> export_by_id(TaskContext& context, Engine& engine, const Value& properties) {
  const Value wanted = TRY(flow::property(context, properties, "idsWithNamespace"));
  if (!wanted.is_array() || wanted.as_array().empty())
    return base::invalid_input("property idsWithNamespace must be a list of {namespace, id}");
  std::vector<flow::StoredFlow> flows;
  for (const Value& one : wanted.as_array()) {
    flows.push_back(
        TRY(engine.flow(one["namespace"].text_or(""), one["id"].text_or(""), std::nullopt)));
  }
  return export_these(context, flows);
}

base::Result<std::set<std::string>> names_of(Engine& engine, const std::string& prefix) {
  std::set<std::string> out;
  for (const flow::StoredFlow& stored : TRY(engine.flows("")))
    if (stored.name_space.starts_with(prefix)) out.insert(stored.name_space);
  return out;
}

base::Result<TaskEnd> list_namespaces(
    TaskContext& context, Engine& engine, const Value& properties) {
  const std::string prefix = TRY(flow::text_property(context, properties, "prefix"));
  const bool only_existing = TRY(flag_property(context, properties, "existingOnly", false));
  std::set<std::string> all = TRY(names_of(engine, prefix));
  if (!only_existing) {
    // The namespaces above one with flows are namespaces too.
    for (std::string name : std::set<std::string>(all)) {
      for (std::size_t dot = name.rfind('.'); dot != std::string::npos; dot = name.rfind('.')) {
        name.resize(dot);
        if (name.starts_with(prefix)) all.insert(name);
      }
    }
  }
  Array namespaces;
  for (const std::string& name : all) namespaces.push_back(Value::object({{"id", name}}));
  TaskEnd end;
  end.outputs.set("total", static_cast<std::int64_t>(namespaces.size()));
  end.outputs.set("namespaces", std::move(namespaces));
  return end;
}

base::Result<TaskEnd> namespaces_with_flows(
    TaskContext& context, Engine& engine, const Value& properties) {
  const std::string prefix = TRY(flow::text_property(context, properties, "prefix"));
  Array namespaces;
  for (const std::string& name : TRY(names_of(engine, prefix))) namespaces.emplace_back(name);
  TaskEnd end;
  end.outputs.set("total", static_cast<std::int64_t>(namespaces.size()));
  end.outputs.set("namespaces", std::move(namespaces));
  return end;
}

}  // namespace

TaskTypes make_flow_tasks() {
  TaskTypes out;
  out.push_back(std::make_unique<EngineTask>("engine/flow_list.yaml", list_flows));
  out.push_back(std::make_unique<EngineTask>("engine/flow_export.yaml", export_flows));
  out.push_back(std::make_unique<EngineTask>("engine/flow_export_by_id.yaml", export_by_id));
  out.push_back(std::make_unique<EngineTask>("engine/namespace_list.yaml", list_namespaces));
  out.push_back(
      std::make_unique<EngineTask>("engine/namespace_with_flows.yaml", namespaces_with_flows));
  return out;
}

}  // namespace outlay::tasks
