// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "flow/executor.h"
#include "flow/scheduler.h"
#include "format/json.h"

namespace outlay::flow {

using base::Done;
using base::Result;
using format::Value;

Result<Value> Executor::triggers() { return scheduler_->describe(); }

Result<Done> Executor::set_trigger_disabled(const TriggerId& trigger, bool is_disabled) {
  return scheduler_->set_disabled(trigger, is_disabled);
}

Result<Done> Executor::unlock_trigger(const TriggerId& trigger) {
  return scheduler_->unlock(trigger);
}

Result<Done> Executor::restart_trigger(const TriggerId& trigger) {
  return scheduler_->restart(trigger);
}

Result<Done> Executor::start_backfill(const TriggerId& trigger, const Backfill& what) {
  return scheduler_->start_backfill(trigger, what);
}

Result<Done> Executor::pause_backfill(const TriggerId& trigger, bool is_paused) {
  return scheduler_->pause_backfill(trigger, is_paused);
}

Result<Done> Executor::remove_backfill(const TriggerId& trigger) {
  return scheduler_->remove_backfill(trigger);
}

// ---- webhooks

namespace {

// Each name with the list of its values, as flows see headers and parameters.
Value lists_of(const std::vector<std::pair<std::string, std::string>>& pairs, bool is_lower) {
  std::vector<std::pair<std::string, format::Array>> lists;
  for (const auto& [name, value] : pairs) {
    const std::string key = is_lower ? base::lower(name) : name;
    auto at = lists.begin();
    while (at != lists.end() && at->first != key) ++at;
    if (at == lists.end()) at = lists.insert(lists.end(), {key, {}});
    at->second.emplace_back(value);
  }
  format::Object out;
  for (auto& [key, values] : lists) out.set(key, std::move(values));
  return Value(std::move(out));
}

Value body_of(const WebhookCall& call) {
  if (call.body.empty()) return {};
  const std::string_view text = base::trim(call.body);
  if (!text.empty() && (text.front() == '{' || text.front() == '[')) {
    auto parsed = format::parse_json(text);
    if (parsed) return *parsed;
  }
  return Value(call.body);
}

}  // namespace

Result<WebhookAnswer> Executor::webhook(const WebhookCall& call) {
  const auto unknown = [&call] {
    return base::not_found(
        "no webhook of that key in the flow " + call.name_space + "." + call.flow_id);
  };
  const auto found = definitions_.flow(call.name_space, call.flow_id, std::nullopt);
  if (!found || (*found)->is_disabled) return unknown();
  const Flow& flow = **found;
  const auto environment = plain_environment(clock_, secrets_, *this, flow.name_space);
  const expr::Scope plain(Value::object({{"vars", flow.variables}}), &globals_);
  for (const Trigger& trigger : flow.triggers) {
    if (trigger.kind != Trigger::Kind::webhook || trigger.is_disabled) continue;
    const auto key = TRY(expr::Template::parse(trigger.key));
    if (TRY(key.render(plain, environment)) != call.key) continue;
    const auto row = TRY(state_.read(
        "SELECT disabled FROM flow_triggers WHERE namespace = ? AND flow_id = ? "
        "AND trigger_id = ?",
        {flow.name_space, flow.id, trigger.id}));
    if (!row.rows.empty() && row.rows[0][0].value_or("0") == "1") return unknown();
    return called(flow, trigger, call);
  }
  return unknown();
}

Result<WebhookAnswer> Executor::called(
    const Flow& flow, const Trigger& trigger, const WebhookCall& call) {
  const auto environment = plain_environment(clock_, secrets_, *this, flow.name_space);
  const Value seen = Value::object(
      {{"body", body_of(call)},
       {"headers", lists_of(call.headers, true)},
       {"parameters", lists_of(call.parameters, false)}});
  const expr::Scope scope(
      Value::object(
          {{"trigger", seen},
           {"vars", flow.variables},
           {"flow", Value::object({{"id", flow.id}, {"namespace", flow.name_space}})}}),
      &globals_);
  ConditionFacts facts;
  facts.scope = &scope;
  facts.environment = &environment;
  facts.name_space = flow.name_space;
  facts.flow_id = flow.id;
  if (!TRY(holds(trigger.conditions, facts)))
    return base::conflict("the conditions of the webhook are not met");
  NewExecution request;
  request.name_space = flow.name_space;
  request.flow_id = flow.id;
  request.labels = trigger.labels;
  request.labels.emplace_back("system.from", "trigger");
  request.trigger =
      Value::object({{"id", trigger.id}, {"type", trigger.type}, {"variables", seen}});
  if (trigger.inputs.is_object()) {
    const Value inputs = TRY(expr::render_deep(trigger.inputs, scope, environment, true));
    request.inputs = inputs.as_object();
  }
  WebhookAnswer answer;
  answer.execution_id = TRY(create(request));
  answer.waits = trigger.wait;
  answer.returns_outputs = trigger.return_outputs;
  answer.content_type = trigger.response_type;
  answer.status = trigger.response_status;
  return answer;
}

}  // namespace outlay::flow
