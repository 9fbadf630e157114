// SPDX-License-Identifier: Apache-2.0
#include "tasks/notify/execution_facts.h"

#include <fmt/format.h>

#include "base/text.h"
#include "tasks/properties.h"

namespace outlay::tasks {
namespace {

using format::Value;

/// A path through the variables of the attempt; null where it ends.
const Value& variable(const flow::TaskContext& context, std::string_view name) {
  static const Value kNull;
  const Value* found = context.scope().find(name);
  return found == nullptr ? kNull : *found;
}

struct Told {
  std::string id, name_space, flow, state, start;
};

Told told_of(const flow::TaskContext& context, const std::string& wanted) {
  const Value& own = variable(context, "execution");
  const Value& flow = variable(context, "flow");
  const Value& trigger = variable(context, "trigger");
  Told out;
  out.id = wanted.empty() ? own["id"].text_or(std::string(context.execution_id())) : wanted;
  if (out.id == own["id"].text_or("")) {
    out.name_space = flow["namespace"].text_or("");
    out.flow = flow["id"].text_or("");
    out.state = own["state"].text_or("");
    out.start = own["startDate"].text_or("");
  } else if (out.id == trigger["executionId"].text_or("")) {
    out.name_space = trigger["namespace"].text_or("");
    out.flow = trigger["flowId"].text_or("");
    out.state = trigger["state"].text_or("");
    out.start = trigger["startDate"].text_or("");
  }
  return out;
}

std::string color_of(std::string_view state) {
  if (state == "SUCCESS") return "#029e73";
  if (state == "WARNING") return "#dd8500";
  if (state == "FAILED" || state == "KILLED") return "#e36a6a";
  return "#4c7cf3";
}

std::string link_to(const flow::TaskContext& context, const Told& told) {
  const std::string base = variable(context, "kestra")["url"].text_or("");
  if (base.empty() || told.flow.empty()) return {};
  return fmt::format(
      "{}{}ui/main/executions/{}/{}/{}",
      base,
      base.ends_with('/') ? "" : "/",
      told.name_space,
      told.flow,
      told.id);
}

}  // namespace

base::Result<format::Object> execution_facts(flow::TaskContext& context, const Value& properties) {
  const std::string wanted = TRY(flow::text_property(context, properties, "executionId"));
  const Told told = told_of(context, wanted);
  const std::string name =
      told.flow.empty() ? told.id : fmt::format("{}.{}", told.name_space, told.flow);
  const std::string state = told.state.empty() ? "" : fmt::format(" is {}", told.state);
  const std::string link = link_to(context, told);
  const std::string custom = TRY(flow::text_property(context, properties, "customMessage"));
  std::string text =
      custom.empty() ? fmt::format("[{}] execution {}{}", name, told.id, state) : custom;
  if (!link.empty()) text += "\n" + link;
  format::Array fields;
  const auto add = [&](std::string_view title, const Value& value) {
    fields.push_back(Value::object({{"title", title}, {"value", text_of(value)}}));
  };
  add("Execution", told.id);
  if (!told.flow.empty()) add("Flow", name);
  if (!told.state.empty()) add("State", told.state);
  if (!told.start.empty()) add("Started", told.start);
  for (const auto& [title, value] : TRY(map_property(context, properties, "customFields"))) {
    add(title, value);
    text += fmt::format("\n{}: {}", title, text_of(value));
  }
  format::Object out;
  out.set("text", text);
  out.set("title", fmt::format("{}{}", name, state));
  out.set("state", told.state);
  out.set("color", color_of(told.state));
  out.set("isGood", told.state == "SUCCESS");
  out.set("link", link);
  out.set("fields", std::move(fields));
  return out;
}

}  // namespace outlay::tasks
