// SPDX-License-Identifier: Apache-2.0
#include "api/ops/bound.h"
#include "api/ops/execution_search.h"
#include "api/ops/flow_json.h"
#include "api/ops/flow_run.h"
#include "api/ops/given_files.h"
#include "api/ops/params.h"
#include "api/parts.h"
#include "base/text.h"
#include "format/json.h"

namespace outlay::api {
namespace {

using base::Result;
using format::Value;

Result<flow::NewExecution> wanted_execution(const Request& request) {
  flow::NewExecution wanted;
  wanted.name_space = request.text("namespace");
  wanted.flow_id = request.text("id");
  if (request.has("revision")) wanted.revision = request.integer("revision");
  if (request.value("inputs").is_object()) wanted.inputs = request.value("inputs").as_object();
  wanted.files = given_files(request.value("files"));
  wanted.labels = TRY(labels_of(request, ':'));
  wanted.schedule_date = request.text("scheduleDate");
  wanted.breakpoints = request.list("breakpoints");
  wanted.kind = request.text("kind");
  return wanted;
}

Value with_url(const Parts& parts, const Value& execution) {
  std::string base = parts.config().text("server.url");
  while (base.ends_with('/')) base.pop_back();
  format::Object out = execution.as_object();
  out.set(
      "url",
      base + "/executions/" + execution["namespace"].text_or("") + "/" +
          execution["flowId"].text_or("") + "/" + execution["id"].text_or(""));
  return Value(std::move(out));
}

Result<Value> create_execution(Parts& parts, const Request& request, const CallHooks& hooks) {
  flow::Engine* engine = TRY(parts.engine());
  flow::NewExecution wanted = TRY(wanted_execution(request));
  if (!hooks.user.empty()) wanted.labels.emplace_back("system.from", "api");
  const std::string id = TRY(engine->create(wanted));
  const Value execution =
      request.boolean("wait") ? TRY(engine->wait(id, std::nullopt)) : TRY(engine->execution(id));
  return with_url(parts, execution);
}

Value checked_inputs_json(const Request& request, const flow::CheckedInputs& checked) {
  format::Array inputs;
  if (checked.inputs.is_object()) {
    for (const auto& [id, value] : checked.inputs.as_object()) {
      inputs.push_back(Value::object(
          {{"input", Value::object({{"id", id}})},
           {"value", value},
           {"enabled", true},
           {"isDefault", request.value("inputs")[id].is_null()},
           {"errors", Value(format::Array())}}));
    }
  }
  format::Array problems;
  for (const std::string& problem : checked.problems)
    problems.push_back(Value::object({{"message", problem}}));
  return Value::object(
      {{"id", request.text("id")},
       {"namespace", request.text("namespace")},
       {"inputs", Value(std::move(inputs))},
       {"errors", Value(std::move(problems))},
       {"checks", checked.checks.is_null() ? Value(format::Array()) : checked.checks}});
}

Result<Value> validate_execution(Parts& parts, const Request& request, const CallHooks&) {
  flow::Engine* engine = TRY(parts.engine());
  const flow::NewExecution wanted = TRY(wanted_execution(request));
  return checked_inputs_json(request, TRY(engine->check_inputs(wanted)));
}

Result<Value> search_executions(Parts& parts, const Request& request, const CallHooks&) {
  return find_executions(parts, request);
}

Result<Value> get_execution(Parts& parts, const Request& request, const CallHooks&) {
  return TRY(parts.saved_engine())->execution(request.text("id"));
}

Result<Value> flow_of_execution(Parts& parts, const Request& request, const CallHooks&) {
  flow::Engine* engine = TRY(parts.saved_engine());
  const Value execution = TRY(engine->execution(request.text("id")));
  const flow::StoredFlow stored = TRY(engine->flow(
      execution["namespace"].text_or(""),
      execution["flowId"].text_or(""),
      execution["flowRevision"].int_or(0)));
  return flow_json(stored, false);
}

Result<Value> latest_executions(Parts& parts, const Request& request, const CallHooks&) {
  flow::Engine* engine = TRY(parts.saved_engine());
  if (!request.value("flows").is_array()) {
    return base::invalid_input("The body must be a list of {\"namespace\", \"id\"}.");
  }
  format::Array out;
  for (const Value& wanted : request.value("flows").as_array()) {
    flow::ExecutionFilter filter;
    filter.name_space = wanted["namespace"].text_or("");
    filter.flow_id = wanted["id"].text_or(wanted["flowId"].text_or(""));
    filter.size = 1;
    const Value found = TRY(engine->executions(filter));
    if (found["results"].as_array().empty()) continue;
    const Value& last = found["results"].as_array().front();
    out.push_back(Value::object(
        {{"id", last["id"]},
         {"flowId", last["flowId"]},
         {"namespace", last["namespace"]},
         {"startDate", last["state"]["startDate"]},
         {"status", last["state"]["current"]}}));
  }
  return Value(std::move(out));
}

Param execution_param() { return required("id", ParamKind::text, "the execution's id"); }

const char* const kExecutionShape =
    R"({"id":"...","namespace":"...","flowId":"...","flowRevision":1,"inputs":{},"outputs":{},"labels":[],"state":{"current":"SUCCESS","histories":[...]},"taskRunList":[...]})";

std::vector<Param> creation_params() {
  return {
      required("namespace", ParamKind::text, "the flow's namespace"),
      required("id", ParamKind::text, "the flow's id"),
      optional("inputs", ParamKind::map, "input values; over REST a multipart field each"),
      optional("files", ParamKind::map, "FILE inputs as {name, bytes}; over REST file parts"),
      optional("labels", ParamKind::list, "key:value labels"),
      optional("revision", ParamKind::integer, "an older revision of the flow")};
}

BoundOperation creating() {
  std::vector<Param> params = creation_params();
  params.push_back(with_fallback("wait", ParamKind::boolean, "answer when it has ended", false));
  params.push_back(optional("scheduleDate", ParamKind::instant, "for when it counts"));
  params.push_back(optional("breakpoints", ParamKind::list, "ids of tasks to stop before"));
  params.push_back(optional("kind", ParamKind::text, "NORMAL, TEST or PLAYGROUND"));
  return {
      {.name = "executions.create",
       .summary = "Starts an execution of a flow; accepted means that it survives a crash.",
       .permission = "execution.create",
       .method = "POST",
       .path = "executions/{namespace}/{id}",
       .params = std::move(params),
       .answer = kExecutionShape,
       .example = R"({"namespace":"demo","id":"hello","inputs":{"name":"Ada"}})",
       .also = {"POST executions/trigger/{namespace}/{id}"},
       .is_lenient = true},
      &create_execution};
}

BoundOperation validating() {
  return {
      {.name = "executions.validate",
       .summary = "Answers what an execution would start with, without starting it.",
       .permission = "execution.create",
       .method = "POST",
       .path = "executions/{namespace}/{id}/validate",
       .params = creation_params(),
       .answer =
           R"({"id":"...","namespace":"...","inputs":[{"input":{"id":"..."},"value":"...","isDefault":true}],"errors":[{"message":"..."}],"checks":[...]})",
       .example = R"({"namespace":"demo","id":"hello","inputs":{"name":"Ada"}})",
       .is_lenient = true},
      &validate_execution};
}

BoundOperation running() {
  return {
      {.name = "flow.run",
       .summary = "Runs a flow file without a server and answers the execution once it has ended.",
       .permission = "execution.create",
       .params =
           {required("file", ParamKind::text, "the flow's file"),
            optional("with", ParamKind::list, "files of other flows that it calls"),
            optional("inputs", ParamKind::map, "input values; a FILE input takes a local path"),
            optional("labels", ParamKind::list, "key=value labels"),
            optional("until", ParamKind::text, "stop waiting in this state, e.g. PAUSED"),
            optional("timeout", ParamKind::text, "stop waiting after this time, e.g. PT30S"),
            with_fallback("logs", ParamKind::boolean, "put the log lines into the answer", false),
            with_fallback("keep", ParamKind::boolean, "keep the run in the data folder", false)},
       .answer = kExecutionShape,
       .example = R"({"file":"examples/flows/hello.yaml","logs":true})"},
      &run_flow};
}

BoundOperation going_on() {
  return {
      {.name = "flow.go_on",
       .summary =
           "Restarts, replays, resumes or kills an execution without a server and answers it "
           "once it has ended.",
       .permission = "execution.write",
       .params =
           {required("id", ParamKind::text, "the execution's id"),
            one_of("action", "what is done", {"restart", "replay", "resume", "kill"}, "restart"),
            optional("taskRunId", ParamKind::text, "of a replay: begin here, keep what precedes"),
            optional("revision", ParamKind::integer, "another revision of the flow"),
            optional("breakpoints", ParamKind::list, "ids of tasks to stop before"),
            optional("inputs", ParamKind::map, "input values"),
            optional("until", ParamKind::text, "stop waiting in this state, e.g. PAUSED"),
            optional("timeout", ParamKind::text, "stop waiting after this time, e.g. PT30S"),
            with_fallback("logs", ParamKind::boolean, "put the log lines into the answer", false)},
       .answer = kExecutionShape,
       .example = R"({"id":"4fV0bQ2mY8kXr1TzLw6JpA","action":"restart"})"},
      &go_on};
}

BoundOperation searching() {
  return {
      {.name = "executions.search",
       .summary = "Lists executions, newest first, a page at a time.",
       .permission = "execution.read",
       .method = "GET",
       .path = "executions/search",
       .params = execution_search_params(),
       .answer = R"({"results":[{...}],"total":1})",
       .example = R"({"state":"FAILED"})",
       .also = {"GET executions"},
       .is_lenient = true},
      &search_executions};
}

}  // namespace

std::vector<BoundOperation> execution_operations() {
  return {
      creating(),
      validating(),
      searching(),
      {{.name = "executions.get",
        .summary = "Answers one execution with its task runs, outputs and state histories.",
        .permission = "execution.read",
        .method = "GET",
        .path = "executions/{id}",
        .params = {execution_param()},
        .answer = kExecutionShape,
        .example = R"({"id":"4fV0bQ2mY8kXr1TzLw6JpA"})",
        .is_lenient = true},
       &get_execution},
      {{.name = "executions.flow",
        .summary = "Answers the revision of the flow that an execution runs.",
        .permission = "execution.read",
        .method = "GET",
        .path = "executions/{id}/flow",
        .params = {execution_param()},
        .answer = R"({"id":"...","namespace":"...","revision":1,"tasks":[...]})",
        .example = R"({"id":"4fV0bQ2mY8kXr1TzLw6JpA"})",
        .is_lenient = true},
       &flow_of_execution},
      {{.name = "executions.latest",
        .summary = "Answers the newest execution of each of some flows.",
        .permission = "execution.read",
        .method = "POST",
        .path = "executions/latest",
        .params = {required("flows", ParamKind::any, "a list of {namespace, id}")},
        .answer =
            R"([{"id":"...","flowId":"...","namespace":"...","startDate":"...","status":"SUCCESS"}])",
        .example = R"({"flows":[{"namespace":"demo","id":"hello"}]})",
        .body = "flows",
        .is_lenient = true},
       &latest_executions},
      running(),
      going_on(),
  };
}

}  // namespace outlay::api
