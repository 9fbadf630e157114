// SPDX-License-Identifier: Apache-2.0
#include "api/ops/bound.h"
#include "api/ops/bulk.h"
#include "api/ops/execution_control.h"
#include "api/ops/execution_search.h"
#include "api/ops/params.h"
#include "api/parts.h"

namespace outlay::api {
namespace {

using base::Result;
using format::Value;

// Ids that are unknown are told before anything is done.
Value on_all(
    flow::Engine& engine,
    const std::vector<std::string>& ids,
    Control control,
    const Request& request) {
  BulkAnswer answer("change of executions");
  for (const std::string& id : ids) {
    const auto known = engine.execution(id);
    if (!known) answer.refuse(id, known.error().text());
  }
  if (!answer.is_good()) return answer.json();
  for (const std::string& id : ids) {
    const auto done = control(engine, id, request);
    if (done)
      answer.count();
    else
      answer.refuse(id, done.error().text());
  }
  return answer.json();
}

template <Control control>
Result<Value> by_ids(Parts& parts, const Request& request, const CallHooks&) {
  flow::Engine* engine = TRY(parts.saved_engine());
  return on_all(*engine, request.list("ids"), control, request);
}

template <Control control>
Result<Value> by_query(Parts& parts, const Request& request, const CallHooks&) {
  flow::Engine* engine = TRY(parts.saved_engine());
  return on_all(*engine, TRY(find_execution_ids(parts, request)), control, request);
}

// Its body names both: {executionIds, executionLabels}.
Result<Value> label_ids(Parts& parts, const Request& request, const CallHooks&) {
  flow::Engine* engine = TRY(parts.saved_engine());
  const Value given = Value::object({{"labels", request.value("executionLabels")}, {"id", "-"}});
  const Request labels = TRY(Request::check(*find_operation("executions.set_labels"), given));
  return on_all(*engine, request.list("executionIds"), &set_labels_one, labels);
}

struct Verb {
  std::string path, name, summary;
  std::vector<Param> params;
  Handler ids = nullptr, query = nullptr;
};

const char* const kBulkShape = R"({"count":2})";

std::string method_of(const Verb& verb) {
  return verb.name == "kill" || verb.name == "delete" ? "DELETE" : "POST";
}

BoundOperation ids_operation(const Verb& verb) {
  std::vector<Param> params = verb.params;
  params.push_back(required("ids", ParamKind::list, "ids of executions"));
  return {
      {.name = "executions." + verb.name + "_by_ids",
       .summary = verb.summary + " by their ids.",
       .permission = "execution.write",
       .method = method_of(verb),
       .path = "executions/" + verb.path + "by-ids",
       .params = std::move(params),
       .answer = kBulkShape,
       .example = R"({"ids":["4fV0bQ2mY8kXr1TzLw6JpA"]})",
       .body = "ids",
       .is_lenient = true},
      verb.ids};
}

BoundOperation query_operation(const Verb& verb) {
  std::vector<Param> params = execution_search_params();
  for (const Param& param : verb.params) {
    // In a search "state" is the one to look for.
    if (param.name != "state") params.push_back(param);
  }
  return {
      {.name = "executions." + verb.name + "_by_query",
       .summary = verb.summary + " that a search finds.",
       .permission = "execution.write",
       .method = method_of(verb),
       .path = "executions/" + verb.path + "by-query",
       .params = std::move(params),
       .answer = kBulkShape,
       .example = R"({"filters":[{"field":"state","operation":"EQUALS","value":"FAILED"}]})",
       .body = verb.name == "set_labels" ? "labels" : "",
       .is_lenient = true},
      verb.query};
}

template <Control control>
Verb verb(std::string name, std::string summary, std::vector<Param> params = {}) {
  std::string path = name + "/";
  for (char& c : path) c = c == '_' ? '-' : c;
  return {
      std::move(path),
      std::move(name),
      std::move(summary),
      std::move(params),
      &by_ids<control>,
      &by_query<control>};
}

std::vector<Verb> verbs() {
  const auto state = [](const char* name) {
    return optional(name, ParamKind::text, "the new state");
  };
  Verb removing = verb<remove_one>("delete", "Removes ended executions");
  removing.path = "";
  return {
      verb<kill_one>("kill", "Ends executions"),
      verb<restart_one>("restart", "Restarts executions"),
      verb<replay_one>(
          "replay",
          "Replays executions",
          {with_fallback("latestRevision", ParamKind::boolean, "of the flow as it is now", false)}),
      verb<resume_one>("resume", "Lets paused executions go on"),
      verb<pause_one>("pause", "Holds executions"),
      verb<force_run_one>("force_run", "Lets waiting executions run"),
      verb<unqueue_one>(
          "unqueue", "Takes executions out of their queue", {state("newState"), state("state")}),
      verb<change_status_one>(
          "change_status", "Gives ended executions another end", {state("newStatus")}),
      std::move(removing),
  };
}

BoundOperation labelling_ids() {
  return {
      {.name = "executions.set_labels_by_ids",
       .summary = "Sets labels of ended executions by their ids.",
       .permission = "execution.write",
       .method = "POST",
       .path = "executions/labels/by-ids",
       .params =
           {required("executionIds", ParamKind::list, "ids of executions"),
            required("executionLabels", ParamKind::any, "a list of {key, value}")},
       .answer = kBulkShape,
       .example =
           R"({"executionIds":["4fV0bQ2mY8kXr1TzLw6JpA"],"executionLabels":[{"key":"team","value":"web"}]})",
       .is_lenient = true},
      &label_ids};
}

}  // namespace

std::vector<BoundOperation> execution_bulk_operations() {
  std::vector<BoundOperation> all;
  for (const Verb& one : verbs()) {
    all.push_back(ids_operation(one));
    all.push_back(query_operation(one));
  }
  all.push_back(labelling_ids());
  Verb labels = verb<set_labels_one>("set_labels", "Sets labels of ended executions");
  labels.path = "labels/";
  BoundOperation by_query = query_operation(labels);
  std::erase_if(
      by_query.operation.params, [](const Param& param) { return param.name == "labels"; });
  by_query.operation.params.push_back(
      required("labels", ParamKind::any, "the labels to set: a list of {key, value}"));
  by_query.operation.example =
      R"({"labels":[{"key":"team","value":"web"}],"filters":[{"field":"flowId","operation":"EQUALS","value":"hello"}]})";
  all.push_back(std::move(by_query));
  return all;
}

}  // namespace outlay::api
