// SPDX-License-Identifier: Apache-2.0
#include "api/ops/bound.h"
#include "api/ops/execution_control.h"
#include "api/ops/params.h"
#include "api/parts.h"

namespace outlay::api {
namespace {

using base::Result;
using format::Value;

/// Does it and answers the execution that goes on.
template <Control control>
Result<Value> on_one(Parts& parts, const Request& request, const CallHooks&) {
  flow::Engine* engine = TRY(parts.saved_engine());
  const std::string id = TRY(control(*engine, request.text("id"), request));
  return engine->execution(id);
}

Result<Value> remove_execution(Parts& parts, const Request& request, const CallHooks&) {
  flow::Engine* engine = TRY(parts.saved_engine());
  TRY(remove_one(*engine, request.text("id"), request));
  return Value();
}

Result<Value> check_resume(Parts& parts, const Request& request, const CallHooks&) {
  flow::Engine* engine = TRY(parts.saved_engine());
  const Value& given = request.value("inputs");
  const flow::CheckedInputs checked = TRY(engine->check_resume(
      request.text("id"), given.is_object() ? given.as_object() : format::Object()));
  format::Array problems;
  for (const std::string& problem : checked.problems)
    problems.push_back(Value::object({{"message", problem}}));
  return Value::object(
      {{"id", request.text("id")},
       {"inputs", checked.inputs},
       {"errors", Value(std::move(problems))}});
}

Result<Value> resume_from_breakpoint(Parts& parts, const Request& request, const CallHooks&) {
  flow::Engine* engine = TRY(parts.saved_engine());
  TRY(engine->resume_from_breakpoint(request.text("id"), request.list("breakpoints")));
  return engine->execution(request.text("id"));
}

Result<Value> change_run_state(Parts& parts, const Request& request, const CallHooks&) {
  flow::Engine* engine = TRY(parts.saved_engine());
  const auto state = flow::state_of(request.text("state"));
  if (!state) {
    return base::invalid_input("There is no state \"" + request.text("state") + "\".");
  }
  TRY(engine->change_run_state(request.text("id"), request.text("taskRunId"), *state));
  return engine->execution(request.text("id"));
}

// A wrong expression is an answer, not a failure: whoever tries expressions wants to read why.
Result<Value> evaluate(Parts& parts, const Request& request, const CallHooks&) {
  flow::Engine* engine = TRY(parts.saved_engine());
  TRY(engine->execution(request.text("id")));
  const Result<std::string> rendered = engine->evaluate_expression(
      request.text("id"), request.text("taskRunId"), request.text("expression"));
  if (!rendered) return Value::object({{"result", Value()}, {"error", rendered.error().text()}});
  return Value::object({{"result", *rendered}, {"error", Value()}});
}

Param execution_param() { return required("id", ParamKind::text, "the execution's id"); }

const char* const kExecutionShape =
    R"({"id":"...","state":{"current":"RUNNING","histories":[...]},"taskRunList":[...]})";

/// POST executions/{id}/<verb>, and below actions/ as newer clients call it.
BoundOperation control(
    const std::string& verb,
    const std::string& name,
    const std::string& summary,
    std::vector<Param> params,
    Handler handler) {
  params.insert(params.begin(), execution_param());
  const std::string method = verb == "kill" ? "DELETE" : "POST";
  return {
      {.name = "executions." + name,
       .summary = summary,
       .permission = "execution.write",
       .method = method,
       .path = "executions/{id}/" + verb,
       .params = std::move(params),
       .answer = kExecutionShape,
       .example = R"({"id":"4fV0bQ2mY8kXr1TzLw6JpA"})",
       .also = {method + " executions/{id}/actions/" + verb},
       .is_lenient = true},
      handler};
}

Param revision_param() {
  return optional("revision", ParamKind::integer, "another revision of the flow");
}

Param breakpoints_param() {
  return optional("breakpoints", ParamKind::list, "ids of tasks to stop before");
}

std::vector<Param> input_params() {
  return {optional("inputs", ParamKind::map, "input values; over REST a multipart field each")};
}

std::vector<Param> replay_params(bool with_inputs) {
  std::vector<Param> params{
      optional("taskRunId", ParamKind::text, "begin here and keep what precedes"),
      revision_param(),
      breakpoints_param(),
      with_fallback("latestRevision", ParamKind::boolean, "of the flow as it is now", false)};
  if (with_inputs) {
    for (Param& param : input_params()) params.push_back(std::move(param));
  }
  return params;
}

BoundOperation with_status(BoundOperation made, int status) {
  made.operation.status = status;
  return made;
}

BoundOperation with_example(BoundOperation made, std::string example) {
  made.operation.example = std::move(example);
  return made;
}

std::vector<BoundOperation> going_on() {
  return {
      with_status(
          control(
              "kill",
              "kill",
              "Ends an execution: running processes get SIGTERM, then SIGKILL.",
              {},
              &on_one<kill_one>),
          202),
      control(
          "restart",
          "restart",
          "Runs what failed of an ended or paused execution again, under the same id.",
          {revision_param()},
          &on_one<restart_one>),
      control(
          "replay",
          "replay",
          "Runs an ended execution again as a new one, from the start or from one task run.",
          replay_params(false),
          &on_one<replay_one>),
      control(
          "replay-with-inputs",
          "replay_with_inputs",
          "Runs an ended execution again as a new one with other inputs.",
          replay_params(true),
          &on_one<replay_one>),
      with_status(
          control(
              "resume",
              "resume",
              "Lets a paused execution go on; inputs are those of the Pause task's onResume.",
              input_params(),
              &on_one<resume_one>),
          204),
      control(
          "resume/validate",
          "validate_resume",
          "Answers what would be wrong with the inputs of a resume.",
          input_params(),
          &check_resume),
      control(
          "pause",
          "pause",
          "Holds a running execution: what runs ends, nothing new begins.",
          {},
          &on_one<pause_one>),
      control(
          "resume-from-breakpoint",
          "resume_from_breakpoint",
          "Lets an execution go on that stopped at a breakpoint.",
          {breakpoints_param()},
          &resume_from_breakpoint),
  };
}

std::vector<BoundOperation> changing() {
  BoundOperation labels = with_example(
      control(
          "labels",
          "set_labels",
          "Sets labels of an ended execution.",
          {required("labels", ParamKind::any, "a list of {key, value}")},
          &on_one<set_labels_one>),
      R"({"id":"4fV0bQ2mY8kXr1TzLw6JpA","labels":[{"key":"team","value":"web"}]})");
  labels.operation.body = "labels";
  return {
      control(
          "force-run",
          "force_run",
          "Lets an execution run that waits, whatever its flow's limits say.",
          {},
          &on_one<force_run_one>),
      control(
          "unqueue",
          "unqueue",
          "Takes an execution out of its flow's queue.",
          {optional("state", ParamKind::text, "RUNNING (default), CANCELLED or FAILED")},
          &on_one<unqueue_one>),
      with_example(
          control(
              "change-status",
              "change_status",
              "Gives an ended execution another end.",
              {required("status", ParamKind::text, "the state, e.g. SUCCESS")},
              &on_one<change_status_one>),
          R"({"id":"4fV0bQ2mY8kXr1TzLw6JpA","status":"SUCCESS"})"),
      with_example(
          control(
              "state",
              "change_run_state",
              "Gives one task run of an ended execution another end; what follows is run anew.",
              {required("taskRunId", ParamKind::text, "the task run"),
               required("state", ParamKind::text, "its state, e.g. SUCCESS")},
              &change_run_state),
          R"({"id":"4fV0bQ2mY8kXr1TzLw6JpA","taskRunId":"6w9","state":"SUCCESS"})"),
      std::move(labels),
  };
}

BoundOperation evaluating(bool of_run) {
  std::vector<Param> params{
      required("expression", ParamKind::text, "the expression, e.g. {{ outputs.a.value }}")};
  if (of_run) params.push_back(required("taskRunId", ParamKind::text, "the task run"));
  BoundOperation made = control(
      of_run ? "eval/{taskRunId}" : "eval",
      of_run ? "evaluate_in_run" : "evaluate",
      of_run ? "Renders an expression as a task run sees it."
             : "Renders an expression as an execution sees it.",
      std::move(params),
      &evaluate);
  made.operation.permission = "execution.read";
  made.operation.body = "expression";
  made.operation.answer = R"({"result":"...","error":null})";
  made.operation.example =
      of_run
          ? R"({"id":"4fV0bQ2mY8kXr1TzLw6JpA","taskRunId":"6w9","expression":"{{ taskrun.id }}"})"
          : R"({"id":"4fV0bQ2mY8kXr1TzLw6JpA","expression":"{{ flow.id }}"})";
  return made;
}

}  // namespace

std::vector<BoundOperation> execution_control_operations() {
  std::vector<BoundOperation> all = going_on();
  for (BoundOperation& one : changing()) all.push_back(std::move(one));
  all.push_back(evaluating(false));
  all.push_back(evaluating(true));
  all.push_back(
      {{.name = "executions.delete",
        .summary = "Removes an ended execution with its logs, metrics and files.",
        .permission = "execution.write",
        .method = "DELETE",
        .path = "executions/{id}",
        .params = {execution_param()},
        .answer = "null",
        .example = R"({"id":"4fV0bQ2mY8kXr1TzLw6JpA"})",
        .is_lenient = true},
       &remove_execution});
  return all;
}

}  // namespace outlay::api
