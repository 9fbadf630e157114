// SPDX-License-Identifier: Apache-2.0
// The key-value store as tasks, and the older state.* over it.
#include "flow/kv.h"

#include <fmt/format.h>

#include "base/text.h"
#include "format/json.h"
#include "tasks/engine/engine_tasks.h"
#include "tasks/items.h"
#include "tasks/properties.h"

namespace outlay::tasks {
namespace {

using flow::Engine;
using flow::TaskContext;
using flow::TaskEnd;
using format::Value;

base::Result<flow::KvPut> put_of(TaskContext& context, const Value& properties) {
  flow::KvPut put;
  put.value = TRY(flow::property(context, properties, "value"));
  put.type = TRY(flow::text_property(context, properties, "kvType"));
  put.ttl = TRY(duration_property(context, properties, "ttl"));
  put.overwrites = TRY(flag_property(context, properties, "overwrite", true));
  put.description = TRY(flow::text_property(context, properties, "kvDescription"));
  return put;
}

base::Result<TaskEnd> set(TaskContext& context, Engine& engine, const Value& properties) {
  const std::string name_space = TRY(namespace_property(context, properties));
  const std::string key = TRY(needed_property(context, properties, "key"));
  const flow::KvPut put = TRY(put_of(context, properties));
  TRY(engine.kv().put(name_space, key, put));
  return TaskEnd{};
}

base::Result<TaskEnd> get(TaskContext& context, Engine& engine, const Value& properties) {
  const std::string name_space = TRY(namespace_property(context, properties));
  const std::string key = TRY(needed_property(context, properties, "key"));
  const bool is_needed = TRY(flag_property(context, properties, "errorOnMissing", false));
  // Only without a namespace of its own does the task look above.
  const auto found = properties["namespace"].is_null() ? engine.kv().find(name_space, key)
                                                       : engine.kv().get(name_space, key);
  const bool is_missing = !found && found.error().code == base::Code::not_found;
  if (!found && (is_needed || !is_missing)) return found.error();
  TaskEnd end;
  end.outputs.set("value", found ? found->value : Value());
  return end;
}

base::Result<TaskEnd> get_keys(TaskContext& context, Engine& engine, const Value& properties) {
  const std::string name_space = TRY(namespace_property(context, properties));
  const std::string prefix = TRY(flow::text_property(context, properties, "prefix"));
  format::Array keys;
  for (const flow::KvEntry& entry : TRY(engine.kv().list(name_space, prefix)))
    keys.emplace_back(entry.key);
  TaskEnd end;
  end.outputs.set("keys", std::move(keys));
  return end;
}

base::Result<TaskEnd> remove(TaskContext& context, Engine& engine, const Value& properties) {
  const std::string name_space = TRY(namespace_property(context, properties));
  const std::string key = TRY(needed_property(context, properties, "key"));
  const bool is_needed = TRY(flag_property(context, properties, "errorOnMissing", false));
  const bool is_removed = TRY(engine.kv().remove(name_space, key));
  if (!is_removed && is_needed)
    return base::not_found(fmt::format("there is no key \"{}\" in namespace {}", key, name_space));
  TaskEnd end;
  end.outputs.set("deleted", is_removed);
  return end;
}

base::Result<TaskEnd> purge(TaskContext& context, Engine& engine, const Value& properties) {
  flow::KvPurge what;
  what.name_spaces = TRY(texts_property(context, properties, "namespaces"));
  what.key_pattern = TRY(flow::text_property(context, properties, "keyPattern"));
  const Value behavior = TRY(flow::property(context, properties, "behavior"));
  what.expired_only =
      TRY(flag_property(context, properties, "expiredOnly", behavior["expiredOnly"].bool_or(true)));
  if (behavior["type"].text_or("") == "version") {
    what.versions_kept = static_cast<int>(behavior["keepAmount"].int_or(1));
    what.expired_only = false;
  }
  TaskEnd end;
  end.outputs.set("size", static_cast<std::int64_t>(TRY(engine.kv().purge(what))));
  return end;
}

/// Where a state lies: in its flow's own keys, and per loop value, unless told otherwise.
base::Result<std::string> state_key(TaskContext& context, const Value& properties) {
  std::string name = TRY(flow::text_property(context, properties, "name"));
  if (name.empty()) name = "default";
  std::string key = TRY(flag_property(context, properties, "namespace", false))
                        ? ""
                        : fmt::format("{}_", context.flow_id());
  key += "states_" + name;
  if (!TRY(flag_property(context, properties, "taskrunValue", true))) return key;
  const Value* run = context.scope().find("taskrun");
  const Value value = run == nullptr ? Value() : (*run)["value"];
  return value.is_null() ? key : key + "_" + io::sha256_hex(text_of(value)).substr(0, 16);
}

base::Result<format::Object> state_of(
    TaskContext& context, Engine& engine, const std::string& key) {
  const auto found = engine.kv().get(context.name_space(), key);
  if (!found) return found.error();
  return found->value.is_object() ? found->value.as_object() : format::Object();
}

base::Result<TaskEnd> state_set(TaskContext& context, Engine& engine, const Value& properties) {
  const std::string key = TRY(state_key(context, properties));
  format::Object data;
  if (auto known = state_of(context, engine, key)) data = *std::move(known);
  for (const auto& [name, value] : TRY(map_property(context, properties, "data")))
    data.set(name, value);
  flow::KvPut put;
  put.value = data;
  put.type = "JSON";
  TRY(engine.kv().put(context.name_space(), key, put));
  TaskEnd end;
  end.outputs.set("count", static_cast<std::int64_t>(data.size()));
  end.outputs.set("key", key);
  return end;
}

base::Result<TaskEnd> state_get(TaskContext& context, Engine& engine, const Value& properties) {
  const std::string key = TRY(state_key(context, properties));
  const bool is_needed = TRY(flag_property(context, properties, "errorOnMissing", false));
  auto data = state_of(context, engine, key);
  if (!data && (is_needed || data.error().code != base::Code::not_found)) return data.error();
  TaskEnd end;
  end.outputs.set("count", static_cast<std::int64_t>(data ? data->size() : 0));
  end.outputs.set("data", data ? *std::move(data) : format::Object());
  return end;
}

base::Result<TaskEnd> state_delete(TaskContext& context, Engine& engine, const Value& properties) {
  const std::string key = TRY(state_key(context, properties));
  const bool is_needed = TRY(flag_property(context, properties, "errorOnMissing", false));
  const bool is_removed = TRY(engine.kv().remove(context.name_space(), key));
  if (!is_removed && is_needed) return base::not_found("there is no state to delete");
  TaskEnd end;
  end.outputs.set("deleted", is_removed);
  return end;
}

}  // namespace

TaskTypes make_kv_tasks() {
  TaskTypes out;
  out.push_back(std::make_unique<EngineTask>("engine/kv_set.yaml", set));
  out.push_back(std::make_unique<EngineTask>("engine/kv_put.yaml", set));
  out.push_back(std::make_unique<EngineTask>("engine/kv_get.yaml", get));
  out.push_back(std::make_unique<EngineTask>("engine/kv_get_keys.yaml", get_keys));
  out.push_back(std::make_unique<EngineTask>("engine/kv_delete.yaml", remove));
  out.push_back(std::make_unique<EngineTask>("engine/kv_purge.yaml", purge));
  out.push_back(std::make_unique<EngineTask>("engine/state_set.yaml", state_set));
  out.push_back(std::make_unique<EngineTask>("engine/state_get.yaml", state_get));
  out.push_back(std::make_unique<EngineTask>("engine/state_delete.yaml", state_delete));
  return out;
}

}  // namespace outlay::tasks
