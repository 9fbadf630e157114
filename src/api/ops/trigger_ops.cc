// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "api/ops/bound.h"
#include "api/ops/bulk.h"
#include "api/ops/params.h"
#include "api/ops/query_filter.h"
#include "api/parts.h"
#include "base/text.h"

namespace outlay::api {
namespace {

using base::Done;
using base::Result;
using flow::TriggerId;
using format::Value;

/// A trigger flat, as newer clients read it, and in the two halves that older ones read.
Value trigger_json(const Value& known) {
  format::Object out = known.as_object();
  out.set("id", known["triggerId"]);
  out.set("nextExecutionDate", known["next"]);
  out.set("disabled", known["disabled"].bool_or(false));
  const Value flat(out);
  out.set("triggerContext", flat);
  out.set(
      "abstractTrigger",
      Value::object(
          {{"id", known["triggerId"]}, {"type", known["type"]}, {"cron", known["cron"]}}));
  return Value(std::move(out));
}

bool fits(const Filter& filter, const Value& trigger) {
  if (filter.field == "q") {
    return matches(filter, trigger["triggerId"].text_or("")) ||
           matches(filter, trigger["flowId"].text_or("")) ||
           matches(filter, trigger["namespace"].text_or(""));
  }
  return matches(filter, trigger[filter.field].text_or(""));
}

Result<std::vector<Value>> found_triggers(Parts& parts, const Request& request) {
  std::vector<Filter> filters = TRY(
      filters_of(request, {"q", "namespace", "flowId", "triggerId", "type"}, parts.clock().now()));
  const auto also = [&](const char* name, Filter::Compare compare) {
    if (request.has(name)) filters.push_back({compare, name, {}, {request.text(name)}});
  };
  also("q", Filter::Compare::contains);
  also("namespace", Filter::Compare::prefix);
  also("flowId", Filter::Compare::equals);
  also("triggerId", Filter::Compare::equals);
  flow::Engine* engine = TRY(parts.saved_engine());
  const Value triggers = TRY(engine->triggers());
  std::vector<Value> out;
  for (const Value& one : triggers.as_array()) {
    const bool is_found = std::all_of(
        filters.begin(), filters.end(), [&](const Filter& filter) { return fits(filter, one); });
    if (is_found) out.push_back(trigger_json(one));
  }
  return out;
}

Result<Value> search_triggers(Parts& parts, const Request& request, const CallHooks&) {
  return page_of(request, TRY(found_triggers(parts, request)));
}

TriggerId id_of(const Value& given) {
  return {
      given["namespace"].text_or(""),
      given["flowId"].text_or(""),
      given["triggerId"].text_or(given["id"].text_or(""))};
}

TriggerId id_of(const Request& request) {
  return {request.text("namespace"), request.text("flowId"), request.text("triggerId")};
}

Result<Value> one_trigger(flow::Engine& engine, const TriggerId& id) {
  const Value triggers = TRY(engine.triggers());
  for (const Value& one : triggers.as_array()) {
    if (one["namespace"].text_or("") == id.name_space && one["flowId"].text_or("") == id.flow_id &&
        one["triggerId"].text_or("") == id.trigger_id) {
      return trigger_json(one);
    }
  }
  return base::not_found(
      "There is no trigger \"" + id.trigger_id + "\" in the flow " + id.name_space + "." +
      id.flow_id + ".");
}

/// What is done to one trigger.
using Act = Result<Done> (*)(flow::Engine&, const TriggerId&, const Request&);

Result<Done> unlock(flow::Engine& engine, const TriggerId& id, const Request&) {
  return engine.unlock_trigger(id);
}

Result<Done> restart(flow::Engine& engine, const TriggerId& id, const Request&) {
  return engine.restart_trigger(id);
}

Result<Done> set_disabled(flow::Engine& engine, const TriggerId& id, const Request& request) {
  return engine.set_trigger_disabled(id, request.boolean("disabled"));
}

Result<Done> pause_backfill(flow::Engine& engine, const TriggerId& id, const Request&) {
  return engine.pause_backfill(id, true);
}

Result<Done> unpause_backfill(flow::Engine& engine, const TriggerId& id, const Request&) {
  return engine.pause_backfill(id, false);
}

Result<Done> delete_backfill(flow::Engine& engine, const TriggerId& id, const Request&) {
  return engine.remove_backfill(id);
}

Result<Done> create_backfill(flow::Engine& engine, const TriggerId& id, const Request& request) {
  const Value& given = request.value("backfill");
  flow::Backfill what;
  what.start = given["start"].text_or("");
  what.end = given["end"].text_or("");
  what.inputs = given["inputs"];
  if (what.start.empty()) {
    return base::invalid_input("A backfill needs \"start\", the moment it begins at.");
  }
  if (given["labels"].is_array()) {
    for (const Value& label : given["labels"].as_array()) {
      what.labels.emplace_back(label["key"].text_or(""), label["value"].text_or(""));
    }
  }
  return engine.start_backfill(id, what);
}

// Says all that a trigger's state may be changed to: disabled, backfill.
Result<Done> update(flow::Engine& engine, const TriggerId& id, const Request& request) {
  TRY(one_trigger(engine, id));
  if (request.has("disabled")) TRY(set_disabled(engine, id, request));
  if (request.value("backfill").is_object()) TRY(create_backfill(engine, id, request));
  return Done();
}

template <Act act>
Result<Value> on_one(Parts& parts, const Request& request, const CallHooks&) {
  flow::Engine* engine = TRY(parts.saved_engine());
  TRY(act(*engine, id_of(request), request));
  return one_trigger(*engine, id_of(request));
}

Value on_all(
    flow::Engine& engine, const std::vector<TriggerId>& ids, Act act, const Request& request) {
  BulkAnswer answer("change of triggers");
  for (const TriggerId& id : ids) {
    const auto done = act(engine, id, request);
    if (done)
      answer.count();
    else
      answer.refuse(id.name_space + "." + id.flow_id + "." + id.trigger_id, done.error().text());
  }
  return answer.json();
}

template <Act act>
Result<Value> by_triggers(Parts& parts, const Request& request, const CallHooks&) {
  flow::Engine* engine = TRY(parts.saved_engine());
  if (!request.value("triggers").is_array()) {
    return base::invalid_input("This takes a list of {namespace, flowId, triggerId}.");
  }
  std::vector<TriggerId> ids;
  for (const Value& one : request.value("triggers").as_array()) ids.push_back(id_of(one));
  return on_all(*engine, ids, act, request);
}

template <Act act>
Result<Value> by_query(Parts& parts, const Request& request, const CallHooks&) {
  flow::Engine* engine = TRY(parts.saved_engine());
  std::vector<TriggerId> ids;
  for (const Value& one : TRY(found_triggers(parts, request))) ids.push_back(id_of(one));
  return on_all(*engine, ids, act, request);
}

std::vector<Param> id_params() {
  return {
      required("namespace", ParamKind::text, "the flow's namespace"),
      required("flowId", ParamKind::text, "the flow's id"),
      required("triggerId", ParamKind::text, "the trigger's id")};
}

std::vector<Param> query_params() {
  std::vector<Param> params = search_params();
  params.push_back(optional("q", ParamKind::text, "only with this text in an id"));
  params.push_back(optional("namespace", ParamKind::text, "only of this namespace, or below it"));
  params.push_back(optional("flowId", ParamKind::text, "only of this flow"));
  return params;
}

std::vector<Param> with(std::vector<Param> params, const std::vector<Param>& more) {
  params.insert(params.end(), more.begin(), more.end());
  return params;
}

const char* const kTriggerShape =
    R"({"namespace":"...","flowId":"...","triggerId":"...","type":"...","disabled":false,"date":"...","nextExecutionDate":"...","executionId":null,"backfill":null})";
const char* const kExample = R"({"namespace":"demo","flowId":"nightly","triggerId":"daily"})";

struct Routed {
  std::string name, summary, route;
  std::vector<Param> params;
  Handler handler = nullptr;
  std::string answer = kTriggerShape;
  std::string example = kExample;
  std::string body = {};
};

BoundOperation trigger_operation(const Routed& routed) {
  const std::size_t space = routed.route.find(' ');
  return {
      {.name = "triggers." + routed.name,
       .summary = routed.summary,
       .permission = "flow.write",
       .method = routed.route.substr(0, space),
       .path = routed.route.substr(space + 1),
       .params = routed.params,
       .answer = routed.answer,
       .example = routed.example,
       .body = routed.body,
       .is_lenient = true},
      routed.handler};
}

/// The same change of a list of triggers, and of those that a search finds.
template <Act act>
void add_bulk(
    std::vector<BoundOperation>& out,
    const std::string& name,
    const std::string& path,
    const std::string& summary,
    const std::vector<Param>& more = {}) {
  const bool is_list = more.empty();
  out.push_back(trigger_operation(
      {.name = name + "_by_triggers",
       .summary = summary + " in a list.",
       .route = "POST triggers/" + path + "/by-triggers",
       .params = with({required("triggers", ParamKind::any, "a list of triggers")}, more),
       .handler = &by_triggers<act>,
       .answer = R"({"count":1})",
       .example = std::string(R"({"triggers":[)") + kExample + "]" +
                  (is_list ? "" : R"(,"disabled":true)") + "}",
       .body = is_list ? "triggers" : ""}));
  out.push_back(trigger_operation(
      {.name = name + "_by_query",
       .summary = summary + " that a search finds.",
       .route = "POST triggers/" + path + "/by-query",
       .params = with(query_params(), more),
       .handler = &by_query<act>,
       .answer = R"({"count":1})",
       .example = is_list ? "{}" : R"({"disabled":true})"}));
}

Param disabled_param() { return required("disabled", ParamKind::boolean, "true: fires no more"); }

Param backfill_param(bool is_required) {
  Param param = optional("backfill", ParamKind::map, "{start, end, inputs, labels}");
  param.is_required = is_required;
  return param;
}

std::vector<BoundOperation> single() {
  const std::string one = "triggers/{namespace}/{flowId}/{triggerId}/";
  const std::string backfill =
      R"({"namespace":"demo","flowId":"nightly","triggerId":"daily","backfill":{"start":"2026-01-01T00:00:00Z"}})";
  return {
      trigger_operation(
          {"update",
           "Disables or enables a trigger, or starts a backfill of a schedule.",
           "PUT triggers",
           with(
               id_params(),
               {optional("disabled", ParamKind::boolean, "true: fires no more"),
                backfill_param(false)}),
           &on_one<update>,
           kTriggerShape,
           backfill}),
      trigger_operation(
          {"set_disabled",
           "Disables or enables a trigger.",
           "PUT triggers/set-disabled",
           with(id_params(), {disabled_param()}),
           &on_one<set_disabled>,
           kTriggerShape,
           R"({"namespace":"demo","flowId":"nightly","triggerId":"daily","disabled":true})"}),
      trigger_operation(
          {"unlock",
           "Forgets the execution that keeps a trigger from firing.",
           "POST " + one + "unlock",
           id_params(),
           &on_one<unlock>}),
      trigger_operation(
          {"restart",
           "Forgets a trigger's last date: it goes on from now.",
           "POST " + one + "restart",
           id_params(),
           &on_one<restart>}),
      trigger_operation(
          {"create_backfill",
           "Walks the dates of a schedule between two moments.",
           "PUT triggers/backfill/create",
           with(id_params(), {backfill_param(true)}),
           &on_one<create_backfill>,
           kTriggerShape,
           backfill}),
      trigger_operation(
          {"pause_backfill",
           "Holds a backfill.",
           "PUT triggers/backfill/pause",
           id_params(),
           &on_one<pause_backfill>}),
      trigger_operation(
          {"unpause_backfill",
           "Lets a backfill go on.",
           "PUT triggers/backfill/unpause",
           id_params(),
           &on_one<unpause_backfill>}),
      trigger_operation(
          {"delete_backfill",
           "Ends a backfill.",
           "POST triggers/backfill/delete",
           id_params(),
           &on_one<delete_backfill>}),
  };
}

BoundOperation searching() {
  return {
      {.name = "triggers.search",
       .summary = "Lists every trigger; schedules with the next time they fire.",
       .permission = "flow.read",
       .method = "GET",
       .path = "triggers/search",
       .params = query_params(),
       .answer = std::string(R"({"results":[)") + kTriggerShape + R"(],"total":1})",
       .example = "{}",
       .also = {"GET triggers/{namespace}/{flowId}"},
       .is_lenient = true},
      &search_triggers};
}

}  // namespace

std::vector<BoundOperation> trigger_operations() {
  std::vector<BoundOperation> all{searching()};
  for (BoundOperation& one : single()) all.push_back(std::move(one));
  add_bulk<unlock>(all, "unlock", "unlock", "Unlocks triggers");
  add_bulk<set_disabled>(
      all, "set_disabled", "set-disabled", "Disables or enables triggers", {disabled_param()});
  add_bulk<pause_backfill>(all, "pause_backfill", "backfill/pause", "Holds backfills");
  add_bulk<unpause_backfill>(all, "unpause_backfill", "backfill/unpause", "Lets backfills go on");
  add_bulk<delete_backfill>(all, "delete_backfill", "backfill/delete", "Ends backfills");
  return all;
}

}  // namespace outlay::api
