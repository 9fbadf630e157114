// SPDX-License-Identifier: Apache-2.0
// Functions that read text and context: fromJson, yaml, render, printContext, range, max ...
#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "expr/builtin.h"
#include "expr/crypto.h"
#include "expr/ion.h"
#include "expr/rendering.h"
#include "expr/values.h"
#include "format/json.h"
#include "format/yaml.h"

namespace outlay::expr {
namespace {

using format::Array;
using format::Object;
using format::Value;
using Answer = base::Result<Value>;

Answer from_json(Call& call) {
  if (call.has(0) && call.argument(0)->is_null()) return Value();
  const std::string text = TRY(call.text(0, "json"));
  base::Result<Value> parsed = format::parse_json(text);
  if (!parsed)
    return call.error(fmt::format("the argument 'json' is no JSON: {}", parsed.error().message));
  return parsed;
}

Answer from_ion(Call& call) {
  if (call.has(0) && call.argument(0)->is_null()) return Value();
  const std::string text = TRY(call.text(0, "ion"));
  Array rows = TRY(parse_ion(text));
  const bool is_all = TRY(call.boolean_or(1, "allRows", false));
  if (is_all) return Value(std::move(rows));
  return rows.empty() ? Value() : rows.front();
}

Answer from_yaml(Call& call) {
  if (call.has(0) && call.argument(0)->is_null()) return Value();
  const std::string text = TRY(call.text(0, "yaml"));
  const base::Result<format::Node> parsed = format::parse_yaml(text);
  if (!parsed)
    return call.error(fmt::format("the argument 'yaml' is no YAML: {}", parsed.error().message));
  return parsed->value();
}

// Renders every text in `value`, keys too.
Answer rendered(Call& call, const Value& value, const Scope& scope, bool is_recursive) {
  if (value.is_text())
    return as_value(render_within(call.rendering(), value.as_text(), scope, is_recursive));
  if (value.is_array()) {
    Array out;
    for (const Value& item : value.as_array())
      out.push_back(TRY(rendered(call, item, scope, is_recursive)));
    return Value(std::move(out));
  }
  if (!value.is_object()) return value;
  Object out;
  for (const auto& [key, item] : value.as_object()) {
    std::string name = TRY(render_within(call.rendering(), key, scope, false));
    Value inner = TRY(rendered(call, item, scope, is_recursive));
    if (out.find(name) == nullptr) out.set(std::move(name), std::move(inner));
  }
  return Value(std::move(out));
}

Answer render_argument(Call& call, bool is_recursive) {
  const Value* value = call.argument(0);
  if (value == nullptr) return call.error("the argument 'toRender' is missing");
  const Scope own(call.rendering().own_variables(), &call.rendering().scope());
  return rendered(call, *value, own, is_recursive);
}

Answer render(Call& call) {
  const bool is_recursive = TRY(call.boolean_or(1, "recursive", true));
  return render_argument(call, is_recursive);
}

Answer print_context(Call& call) {
  std::string out;
  append_json(out, call.rendering().context());
  return Value(std::move(out));
}

Answer extreme(Call& call, bool is_max) {
  Value best;
  for (std::size_t i = 0; i < call.size(); ++i) {
    const Value& candidate = *call.argument(i);
    if (!candidate.is_number() && !candidate.is_null()) {
      return call.error(
          fmt::format("argument {} is to be a number, found {}", i + 1, candidate.kind()));
    }
    if (candidate.is_null()) continue;
    const int order = best.is_null() ? 0 : compare_numbers(candidate, best);
    if (best.is_null() || (is_max ? order > 0 : order < 0)) best = candidate;
  }
  return best;
}

Answer range_function(Call& call) {
  if (!call.has(0) || !call.has(1)) return call.error("the arguments 'start' and 'end' are wanted");
  const std::int64_t step = TRY(call.integer_or(2, "increment", 1));
  return range(*call.argument(0), *call.argument(1), step);
}

Answer block(Call& call) {
  const std::string name = TRY(call.text(0, "name"));
  return as_value(call.rendering().block(name));
}

Answer encrypt_function(Call& call) {
  const std::string key = TRY(call.text(0, "key"));
  const std::string plain = TRY(call.text(1, "plaintext"));
  return as_value(encrypt(key, plain));
}

Answer decrypt_function(Call& call) {
  const std::string key = TRY(call.text(0, "key"));
  const std::string encrypted = TRY(call.text(1, "encrypted"));
  return as_value(decrypt(key, encrypted));
}

// The branch of a task's outputs that belongs to the present values of the loops around it.
Answer current_each_output(Call& call) {
  const Value* outputs = call.argument(0);
  if (outputs == nullptr || !outputs->is_object())
    return call.error("the argument 'outputs' is to be a map");
  const Value* at = outputs;
  const auto step = [&](const Value& taskrun) {
    at = at->is_object() ? at->as_object().find(java_text(taskrun["value"])) : nullptr;
    return at != nullptr;
  };
  if (const Value* parents = call.variable("parents"); parents != nullptr && parents->is_array()) {
    const Array& list = parents->as_array();
    for (auto parent = list.rbegin(); parent != list.rend(); ++parent) {
      if ((*parent)["taskrun"]["value"].is_null()) continue;
      if (!step((*parent)["taskrun"]))
        return call.error("there are no outputs for the loops around this task");
    }
  }
  const Value* taskrun = call.variable("taskrun");
  if (taskrun == nullptr || !taskrun->is_object()) return call.error("there is no taskrun here");
  return step(*taskrun) ? *at : Value();
}

void add_task(
    Array& out,
    const std::string& task,
    const Value& state,
    const std::string& wanted,
    const std::string& value) {
  if (!state.is_text() || upper_case(state.as_text()) != wanted) return;
  Object entry;
  entry.set("taskId", task);
  entry.set("state", wanted);
  if (!value.empty()) entry.set("value", value);
  out.emplace_back(std::move(entry));
}

Answer tasks_with_state(Call& call) {
  const std::string state = TRY(call.text(0, "state"));
  const std::string wanted = upper_case(state);
  Array out;
  const Value* tasks = call.variable("tasks");
  if (tasks == nullptr || !tasks->is_object()) return Value(std::move(out));
  for (const auto& [id, details] : tasks->as_object()) {
    if (!details.is_object()) continue;
    for (const auto& [key, value] : details.as_object()) {
      if (key == "state" && value.is_text()) {
        add_task(out, id, value, wanted, "");
      } else {
        add_task(out, id, value["state"], wanted, key);
      }
    }
  }
  return Value(std::move(out));
}

// One output of every iteration of a Loop, from the list that the Loop gives.
Answer loop_outputs(Call& call) {
  const Value* outputs = call.argument(0);
  if (outputs == nullptr || !outputs->is_array())
    return call.error("the argument 'outputs' is to be the list of outputs of a Loop");
  const std::string name = TRY(call.text(1, "name"));
  Array out;
  for (const Value& iteration : outputs->as_array()) out.push_back(iteration["outputs"][name]);
  return Value(std::move(out));
}

// A variable of the process as envs has it, or what stands for it.
Answer env(Call& call) {
  const std::string name = TRY(call.text(0, "name"));
  const Value* envs = call.variable("envs");
  const Value* found =
      envs != nullptr && envs->is_object() ? envs->as_object().find(name) : nullptr;
  if (found != nullptr && !found->is_null() && !java_text(*found).empty()) return *found;
  return call.has(1) ? *call.argument(1) : Value();
}

}  // namespace

std::vector<Builtin> data_functions() {
  return {
      {"fromJson", {"json"}, from_json},
      {"json", {"json"}, from_json},
      {"jsonDecode", {"json"}, from_json},
      {"fromIon", {"ion", "allRows"}, from_ion},
      {"ionDecode", {"ion", "allRows"}, from_ion},
      {"yaml", {"yaml"}, from_yaml},
      {"render", {"toRender", "recursive"}, render},
      {"renderOnce", {"toRender"}, [](Call& call) { return render_argument(call, false); }},
      {"printContext", {}, print_context},
      {"fetchContext", {}, print_context},
      {"currentEachOutput", {"outputs"}, current_each_output},
      {"tasksWithState", {"state"}, tasks_with_state},
      {"loopOutputs", {"outputs", "name"}, loop_outputs},
      {"env", {"name", "default"}, env},
      {"encrypt", {"key", "plaintext"}, encrypt_function},
      {"decrypt", {"key", "encrypted"}, decrypt_function},
      {"max", {}, [](Call& call) { return extreme(call, true); }, true},
      {"min", {}, [](Call& call) { return extreme(call, false); }, true},
      {"range", {"start", "end", "increment"}, range_function},
      {"block", {"name"}, block},
  };
}

}  // namespace outlay::expr
