// SPDX-License-Identifier: Apache-2.0
// Command lines of clouds and tools: shell commands with a login before them, as clis.yaml lists.
#include <fmt/format.h>

#include "base/check.h"
#include "base/log.h"
#include "base/text.h"
#include "format/yaml.h"
#include "tasks/embedded.h"
#include "tasks/properties.h"
#include "tasks/scripts/script_run.h"
#include "tasks/scripts/scripts.h"
#include "tasks/spec.h"

namespace outlay::tasks {
namespace {

using format::Object;
using format::Value;

Value read(std::string_view name) {
  const auto node = format::parse_yaml(embedded_file(name), name);
  CHECK(node.has_value());
  return node->value();
}

flow::TaskInfo info_of(const Value& shared, const Value& cli) {
  Object properties;
  properties.set("commands", shared["commands"]);
  for (const Value* members : {&cli["properties"], &shared["properties"]}) {
    if (!members->is_object()) continue;
    for (const auto& [name, schema] : members->as_object()) properties.set(name, schema);
  }
  flow::TaskInfo info;
  info.type = cli["type"].as_text();
  info.summary = cli["summary"].as_text();
  info.properties = Value::object(
      {{"type", "object"},
       {"properties", std::move(properties)},
       {"required", format::Array{Value("commands")}}});
  info.outputs = Value::object({{"type", "object"}, {"properties", shared["outputs"]}});
  Object task;
  task.set("id", "run");
  task.set("type", info.type);
  for (const auto& [name, value] : cli["sample"].as_object()) task.set(name, value);
  task.set("commands", cli["commands"]);
  info.example = format::print_yaml(Value::object(
      {{"id", cli["program"].as_text() + "_commands"},
       {"namespace", "company.examples"},
       {"tasks", format::Array{Value(std::move(task))}}}));
  return info;
}

base::Result<ScriptPlan> plan_cli(
    const Value& cli, flow::TaskContext& context, const Value& properties) {
  ScriptPlan plan;
  plan.shown = base::join(TRY(texts_property(context, properties, "commands")), "\n");
  if (base::trim(plan.shown).empty()) return base::invalid_input("property commands is empty");
  plan.shell_script = cli["before"].text_or("") + plan.shown;
  if (!cli["variables"].is_object()) return plan;
  for (const auto& [name, variable] : cli["variables"].as_object()) {
    const std::string value = TRY(flow::text_property(context, properties, name));
    if (name == "password" || name == "serviceAccount") {
      if (!value.empty()) base::hide_in_log(value);
    }
    plan.environment.emplace_back(variable.as_text(), value);
  }
  return plan;
}

class CliTask final : public SpecTask {
 public:
  CliTask(const Value& shared, const Value& cli, io::Http& http) : SpecTask(info_of(shared, cli)) {
    kind_.http = &http;
    kind_.image = cli["image"].as_text();
    kind_.plan = [cli](auto& context, const auto& properties, const auto&) {
      return plan_cli(cli, context, properties);
    };
    kind_.advice = [program = cli["program"].as_text()](
                       const ScriptPlan& plan, int status, const std::string& last_words) {
      if (last_words.find(program + ": not found") != std::string::npos)
        return fmt::format("The program {} is not on this machine: install it first.", program);
      return shell_advice(plan, status, last_words);
    };
  }

  void check(const format::Node& task, std::vector<flow::Problem>& problems) const override {
    check_script(task, problems);
  }

  base::Result<flow::TaskEnd> run(
      flow::TaskContext& context, const Value& properties) const override {
    return run_script(context, properties, kind_);
  }

 private:
  ScriptKind kind_;
};

}  // namespace

std::vector<std::unique_ptr<flow::TaskType>> make_clis(io::Http& http) {
  const Value shared = read("scripts/languages.yaml");
  const Value file = read("scripts/clis.yaml");
  std::vector<std::unique_ptr<flow::TaskType>> out;
  for (const Value& cli : file["clis"].as_array())
    out.push_back(std::make_unique<CliTask>(shared, cli, http));
  return out;
}

}  // namespace outlay::tasks
