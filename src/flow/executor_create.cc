// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/random.h"
#include "base/text.h"
#include "flow/executor.h"
#include "flow/inputs.h"
#include "flow/scope.h"
#include "format/json.h"

namespace outlay::flow {

using base::Done;
using base::Result;
using format::Value;

namespace {

void put_label(format::Object& labels, const std::string& key, const std::string& value) {
  labels.set(key, value);
}

bool may_set_label(const std::string& key) {
  return key.rfind("system.", 0) != 0 || key == "system.from" || key == "system.username" ||
         key == "system.correlationId";
}

std::string_view name_of(Check::Behavior behavior) {
  return behavior == Check::Behavior::fail     ? "FAIL_EXECUTION"
         : behavior == Check::Behavior::create ? "CREATE_EXECUTION"
                                               : "BLOCK_EXECUTION";
}

// What inputs, checks and labels of a new execution may look at.
Value about_flow(const Flow& flow, const Value& trigger) {
  return Value::object(
      {{"flow",
        Value::object(
            {{"id", flow.id},
             {"namespace", flow.name_space},
             {"revision", static_cast<std::int64_t>(flow.revision)},
             {"tenantId", "main"}})},
       {"vars", flow.variables},
       {"trigger",
        trigger["variables"].is_object() ? trigger["variables"] : Value(format::Object())}});
}

}  // namespace

Result<format::Array> Executor::failed_checks(
    const Flow& flow, const Value& inputs, const Value& trigger) {
  format::Array failed;
  if (flow.checks.empty()) return failed;
  const auto environment = plain_environment(clock_, secrets_, *this, flow.name_space);
  const expr::Scope about(about_flow(flow, trigger), &globals_);
  const expr::Scope scope(
      Value::object({{"inputs", nested(revealed(inputs, house_.key))}}), &about);
  for (const Check& check : flow.checks) {
    const auto compiled = TRY(expr::Template::parse(check.condition));
    const auto rendered = compiled.render(scope, environment);
    if (!rendered) return rendered.error().within("check \"" + check.message + "\"");
    if (expr::is_truthy_text(*rendered)) continue;
    const auto message = TRY(expr::Template::parse(check.message));
    failed.push_back(Value::object(
        {{"message", TRY(message.render(scope, environment))},
         {"style", check.style},
         {"behavior", name_of(check.behavior)}}));
  }
  return failed;
}

Result<format::Object> Executor::labels_for(const Creation& creation) const {
  format::Object labels;
  for (const auto& [key, value] : creation.inherited)
    if (key.rfind("system.", 0) != 0 || key == "system.correlationId")
      put_label(labels, key, value);
  for (const auto& [key, value] : creation.flow.labels) put_label(labels, key, value);
  for (const auto& [key, value] : creation.request.labels) {
    if (!may_set_label(key))
      return base::invalid_input(
          "labels that begin with system. are set by the engine; found " + key);
    put_label(labels, key, value);
  }
  if (labels.find("system.correlationId") == nullptr)
    put_label(labels, "system.correlationId", creation.id);
  return labels;
}

Result<Value> Executor::created_value(const Creation& creation, std::vector<std::string>& ignored) {
  const Flow& flow = creation.flow;
  const NewExecution& request = creation.request;
  const auto environment = plain_environment(clock_, secrets_, *this, flow.name_space);
  const expr::Scope about(about_flow(flow, request.trigger), &globals_);
  Value inputs =
      TRY(resolve_inputs(flow.inputs, request.inputs, about, environment, house_.key, ignored));
  format::Object given;
  for (const Value& check : TRY(failed_checks(flow, inputs, request.trigger))) {
    const std::string behavior = check["behavior"].text_or("");
    if (behavior == "BLOCK_EXECUTION")
      return base::invalid_input(
          "the execution is refused by a check of the flow: " + check["message"].text_or(""));
    if (behavior == "FAIL_EXECUTION") given.set("failedCheck", check["message"]);
    ignored.push_back("check: " + check["message"].text_or(""));
  }
  if (const Value& error = request.trigger["error"]; error.is_text()) {
    given.set("failedCheck", error);
    ignored.push_back("check: " + error.as_text());
  }
  given.set("inputs", std::move(inputs));
  given.set("variables", flow.variables);
  given.set("labels", TRY(labels_for(creation)));
  if (!request.kind.empty()) given.set("kind", request.kind);
  if (!request.breakpoints.empty()) {
    format::Array names;
    for (const std::string& name : request.breakpoints) names.emplace_back(name);
    given.set("breakpoints", std::move(names));
  }
  if (!request.trigger.is_null()) given.set("trigger", request.trigger);
  if (!request.schedule_date.empty()) {
    const auto date = TRY(base::parse_instant(request.schedule_date));
    given.set("scheduleDate", request.schedule_date);
    if (date > clock_.now())
      given.set("startAt", static_cast<std::int64_t>(date.time_since_epoch().count()));
  }
  return Value(std::move(given));
}

Result<CheckedInputs> Executor::check_inputs(const NewExecution& request) {
  const auto flow = TRY(definitions_.flow(request.name_space, request.flow_id, request.revision));
  const auto environment = plain_environment(clock_, secrets_, *this, flow->name_space);
  const expr::Scope about(about_flow(*flow, request.trigger), &globals_);
  CheckedInputs checked;
  std::vector<std::string> ignored;
  auto inputs =
      resolve_inputs(flow->inputs, request.inputs, about, environment, house_.key, ignored);
  if (!inputs) {
    checked.problems = base::split_trimmed(inputs.error().text(), '\n');
    return checked;
  }
  checked.inputs = *inputs;
  checked.checks = TRY(failed_checks(*flow, *inputs, request.trigger));
  return checked;
}

Result<std::string> Executor::create(const NewExecution& request) {
  return create_as(request, make_id_());
}

Result<bool> Executor::is_known(const std::string& id) {
  if (find_live(id)) return true;
  const auto rows = TRY(state_.read("SELECT 1 FROM flow_executions WHERE id = ?", {id}));
  return !rows.rows.empty();
}

Result<std::string> Executor::create_as(const NewExecution& request, std::string id) {
  const auto flow = TRY(definitions_.flow(request.name_space, request.flow_id, request.revision));
  if (flow->is_disabled)
    return base::conflict(
        "the flow " + flow->name_space + "." + flow->id + " is disabled; enable it to run it");
  std::vector<std::string> ignored;
  NewExecution wanted = request;
  for (const GivenFile& file : request.files) {
    const bool is_declared =
        std::any_of(flow->inputs.begin(), flow->inputs.end(), [&file](const Input& input) {
          return input.id == file.input;
        });
    // The name of one that is not declared could lead anywhere; it is told with the ignored.
    wanted.inputs.set(
        file.input, is_declared ? TRY(files_.store_input(*flow, id, file)) : file.name);
  }
  Value given = TRY(created_value({*flow, wanted, id, {}}, ignored));
  TRY(accept({flow, id, std::move(given)}, true));
  std::vector<std::string> unknown;
  LogLine line;
  line.execution_id = id;
  for (const std::string& name : ignored) {
    if (name.rfind("check: ", 0) != 0) {
      unknown.push_back(name);
      continue;
    }
    line.level = "ERROR";
    line.message = name;
    log(line);
  }
  if (!unknown.empty()) {
    line.level = "WARN";
    line.message =
        "inputs that the flow does not declare are ignored: " + base::join(unknown, ", ");
    log(std::move(line));
  }
  return id;
}

State Executor::admit(const LiveRef& live) {
  if (!live->flow->concurrency) return State::created;
  const base::Lock lock(slots_mutex_);
  Slots& slots = slots_[live->flow->name_space + "/" + live->flow->id];
  if (slots.running < live->flow->concurrency->limit) {
    ++slots.running;
    live->holds_slot = true;
    return State::created;
  }
  switch (live->flow->concurrency->behavior) {
    case Concurrency::Behavior::cancel:
      return State::cancelled;
    case Concurrency::Behavior::fail:
      return State::failed;
    case Concurrency::Behavior::queue:
      break;
  }
  slots.queued.push_back(live);
  return State::queued;
}

void Executor::release_slot(const LiveRef& live) {
  if (!live->flow->concurrency) return;
  LiveRef next;
  {
    const base::Lock lock(slots_mutex_);
    Slots& slots = slots_[live->flow->name_space + "/" + live->flow->id];
    const auto waiting = std::find(slots.queued.begin(), slots.queued.end(), live);
    if (waiting != slots.queued.end()) slots.queued.erase(waiting);
    if (!live->holds_slot) return;
    live->holds_slot = false;
    --slots.running;
    if (!slots.queued.empty() && slots.running < live->flow->concurrency->limit) {
      next = slots.queued.front();
      slots.queued.pop_front();
      next->holds_slot = true;
      ++slots.running;
    }
  }
  if (!next) return;
  Event event;
  event.kind = Event::Kind::admitted;
  event.at = clock_.now();
  if (!post(next, event)) release_slot(next);
}

Result<std::string> Executor::accept(const Start& start, bool wait_durable) {
  auto live = std::make_shared<Live>();
  live->flow = start.flow;
  live->number = next_number_.fetch_add(1);
  live->is_promised = !wait_durable;
  Event event;
  event.kind = Event::Kind::created;
  event.at = clock_.now();
  event.value = start.given;
  event.state = start.given["failedCheck"].is_null() ? admit(live) : State::failed;
  {
    const base::Lock lock(lives_mutex_);
    if (!lives_.emplace(start.id, live).second) return start.id;
  }
  std::uint64_t ticket = 0;
  {
    const base::Lock lock(live->mutex);
    live->execution.id = start.id;
    live->execution.flow = start.flow.get();
    advance(live, event);
    ticket = live->ticket;
  }
  if (!wait_durable) {
    pump();
    return start.id;
  }
  if (!journal_.pump(ticket)) ready_.nudge();
  if (journal_.is_stuck()) unstick_later();
  journal_.wait(ticket);
  const base::Lock lock(live->mutex);
  if (live->dropped) return live->dropped->within("the execution was not accepted");
  return start.id;
}

}  // namespace outlay::flow
