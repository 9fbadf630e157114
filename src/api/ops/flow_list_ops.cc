// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include "api/ops/bound.h"
#include "api/ops/flow_json.h"
#include "api/ops/flow_search.h"
#include "api/ops/params.h"
#include "api/parts.h"
#include "base/text.h"

namespace outlay::api {
namespace {

using base::Result;
using format::Value;

Result<Value> search(Parts& parts, const Request& request, const CallHooks&) {
  std::vector<Value> all;
  for (const flow::StoredFlow& one : TRY(find_flows(parts, request)))
    all.push_back(flow_json(one, false));
  const Value page = TRY(page_of(request, std::move(all)));
  // Only those on the page are read whole.
  flow::Engine* engine = TRY(parts.saved_engine());
  format::Array results;
  for (const Value& one : page["results"].as_array()) {
    const flow::StoredFlow whole =
        TRY(engine->flow(one["namespace"].text_or(""), one["id"].text_or(""), std::nullopt));
    results.push_back(flow_json(whole, false));
  }
  return Value::object({{"results", Value(std::move(results))}, {"total", page["total"]}});
}

Result<Value> list_in_namespace(Parts& parts, const Request& request, const CallHooks&) {
  flow::Engine* engine = TRY(parts.saved_engine());
  format::Array out;
  for (const flow::StoredFlow& one : TRY(engine->flows(request.text("namespace")))) {
    if (one.name_space != request.text("namespace")) continue;
    out.push_back(flow_json(TRY(engine->flow(one.name_space, one.id, std::nullopt)), false));
  }
  return Value(std::move(out));
}

Result<Value> distinct_namespaces(Parts& parts, const Request& request, const CallHooks&) {
  flow::Engine* engine = TRY(parts.saved_engine());
  std::set<std::string> names;
  for (const flow::StoredFlow& one : TRY(engine->flows({}))) {
    if (base::lower(one.name_space).find(base::lower(request.text("q"))) != std::string::npos)
      names.insert(one.name_space);
  }
  return Value(format::Array(names.begin(), names.end()));
}

/// The lines of a source that have the text, marked as Kestra marks them.
format::Array fragments(const std::string& source, const std::string& wanted) {
  format::Array out;
  for (const std::string& line : base::split(source, '\n')) {
    const std::size_t at = base::lower(line).find(base::lower(wanted));
    if (at == std::string::npos) continue;
    out.emplace_back(
        line.substr(0, at) + "[mark]" + line.substr(at, wanted.size()) + "[/mark]" +
        line.substr(at + wanted.size()));
  }
  return out;
}

Result<Value> search_source(Parts& parts, const Request& request, const CallHooks&) {
  flow::Engine* engine = TRY(parts.saved_engine());
  std::vector<Value> all;
  for (const flow::StoredFlow& one : TRY(engine->flows(request.text("namespace")))) {
    const flow::StoredFlow stored = TRY(engine->flow(one.name_space, one.id, std::nullopt));
    format::Array found = fragments(stored.source, request.text("q"));
    if (found.empty()) continue;
    all.push_back(Value::object(
        {{"model", flow_json(stored, false)}, {"fragments", Value(std::move(found))}}));
  }
  return page_of(request, std::move(all));
}

Result<Value> list_revisions(Parts& parts, const Request& request, const CallHooks&) {
  flow::Engine* engine = TRY(parts.saved_engine());
  const std::string name_space = request.text("namespace");
  const std::string id = request.text("id");
  format::Array out;
  for (const flow::StoredFlow& one : TRY(engine->revisions(name_space, id))) {
    const flow::StoredFlow whole = TRY(engine->flow(name_space, id, one.revision));
    format::Object json = flow_json(whole, true).as_object();
    if (!one.author.empty()) json.set("author", one.author);
    out.emplace_back(std::move(json));
  }
  return Value(std::move(out));
}

/// The task with that id, wherever in the tree it stands; null when there is none.
Value find_task(const Value& tree, const std::string& id) {
  if (tree.is_array()) {
    for (const Value& one : tree.as_array()) {
      Value found = find_task(one, id);
      if (!found.is_null()) return found;
    }
  }
  if (!tree.is_object()) return {};
  if (tree["id"].text_or("") == id && tree["type"].is_text()) return tree;
  for (const auto& [key, value] : tree.as_object()) {
    if (key == "inputs" || key == "outputs" || key == "triggers") continue;
    Value found = find_task(value, id);
    if (!found.is_null()) return found;
  }
  return {};
}

Result<Value> get_task(Parts& parts, const Request& request, const CallHooks&) {
  std::optional<long long> revision;
  if (request.has("revision")) revision = request.integer("revision");
  flow::Engine* engine = TRY(parts.saved_engine());
  const flow::StoredFlow stored =
      TRY(engine->flow(request.text("namespace"), request.text("id"), revision));
  const Value whole = flow_json(stored, false);
  for (const char* list : {"tasks", "errors", "finally", "afterExecution"}) {
    Value found = find_task(whole[list], request.text("taskId"));
    if (!found.is_null()) return found;
  }
  return base::not_found(
      "The flow " + stored.name_space + "." + stored.id + " has no task \"" +
      request.text("taskId") + "\".");
}

/// Subflows that a flow calls and flows that its triggers listen to, as (from, to).
using Edges = std::set<std::pair<std::string, std::string>>;

void add_edges(const Value& tree, const std::string& self, Edges& edges) {
  if (tree.is_array()) {
    for (const Value& one : tree.as_array()) add_edges(one, self, edges);
  }
  if (!tree.is_object()) return;
  const std::string other = tree["namespace"].text_or("") + "_" + tree["flowId"].text_or("");
  if (tree["flowId"].is_text() && other != self) {
    const std::string type = tree["type"].text_or("");
    const bool is_call = type.find(".flow.Subflow") != std::string::npos ||
                         type.find("ForEachItem") != std::string::npos;
    edges.insert(is_call ? std::pair(self, other) : std::pair(other, self));
  }
  for (const auto& [key, value] : tree.as_object()) add_edges(value, self, edges);
}

Result<Value> dependencies(Parts& parts, const Request& request, const CallHooks&) {
  flow::Engine* engine = TRY(parts.saved_engine());
  const std::string self = request.text("namespace") + "_" + request.text("id");
  TRY(engine->flow(request.text("namespace"), request.text("id"), std::nullopt));
  Edges edges;
  format::Array nodes;
  for (const flow::StoredFlow& one : TRY(engine->flows({}))) {
    const flow::StoredFlow stored = TRY(engine->flow(one.name_space, one.id, std::nullopt));
    format::Object tree = flow_json(stored, false).as_object();
    const std::string uid = one.name_space + "_" + one.id;
    tree.erase("namespace");
    add_edges(Value(std::move(tree)), uid, edges);
  }
  std::erase_if(edges, [&](const auto& edge) { return edge.first != self && edge.second != self; });
  for (const flow::StoredFlow& one : TRY(engine->flows({}))) {
    const std::string uid = one.name_space + "_" + one.id;
    const bool is_named = uid == self || edges.contains({self, uid}) || edges.contains({uid, self});
    if (!is_named) continue;
    nodes.push_back(Value::object({{"uid", uid}, {"namespace", one.name_space}, {"id", one.id}}));
  }
  format::Array lines;
  for (const auto& [from, to] : edges) {
    lines.push_back(Value::object({{"source", from}, {"target", to}, {"relation", "FLOW_TASK"}}));
  }
  return Value::object({{"nodes", Value(std::move(nodes))}, {"edges", Value(std::move(lines))}});
}

Param name_space_param() { return required("namespace", ParamKind::text, "the flow's namespace"); }

Param id_param() { return required("id", ParamKind::text, "the flow's id"); }

const char* const kExample = R"({"namespace":"company.finops","id":"nightly"})";
const char* const kFlowShape = R"({"id":"...","namespace":"...","revision":1,...})";

std::vector<BoundOperation> lists() {
  std::vector<Param> source_params = search_params();
  source_params.push_back(required("q", ParamKind::text, "the text"));
  source_params.push_back(optional("namespace", ParamKind::text, "only of this namespace"));
  return {
      {{.name = "flows.search",
        .summary = "Lists the flows that are saved, a page at a time.",
        .permission = "flow.read",
        .method = "GET",
        .path = "flows/search",
        .params = flow_search_params(),
        .answer = R"({"results":[{"id":"...","namespace":"...","revision":1,...}],"total":1})",
        .example = R"({"size":10})",
        .is_lenient = true},
       &search},
      {{.name = "flows.list",
        .summary = "Lists the flows of one namespace.",
        .permission = "flow.read",
        .method = "GET",
        .path = "flows/{namespace}",
        .params = {name_space_param()},
        .answer = std::string("[") + kFlowShape + "]",
        .example = R"({"namespace":"company.finops"})",
        .also = {"GET executions/namespaces/{namespace}/flows"},
        .is_lenient = true},
       &list_in_namespace},
      {{.name = "flows.namespaces",
        .summary = "Lists the namespaces that have flows.",
        .permission = "flow.read",
        .method = "GET",
        .path = "flows/distinct-namespaces",
        .params = {optional("q", ParamKind::text, "only names with this text")},
        .answer = R"(["company.finops"])",
        .example = "{}",
        .also = {"GET executions/namespaces"},
        .is_lenient = true},
       &distinct_namespaces},
      {{.name = "flows.source",
        .summary = "Finds a text in the YAML of all flows.",
        .permission = "flow.read",
        .method = "GET",
        .path = "flows/source",
        .params = std::move(source_params),
        .answer = R"({"results":[{"model":{...},"fragments":["a [mark]line[/mark]"]}],"total":1})",
        .example = R"({"q":"log.Log"})",
        .is_lenient = true},
       &search_source},
  };
}

}  // namespace

std::vector<BoundOperation> flow_list_operations() {
  std::vector<BoundOperation> all = lists();
  const std::vector<BoundOperation> of_one{
      {{.name = "flows.revisions",
        .summary = "Lists all revisions of a flow with their YAML, oldest first.",
        .permission = "flow.read",
        .method = "GET",
        .path = "flows/{namespace}/{id}/revisions",
        .params = {name_space_param(), id_param()},
        .answer = std::string("[") + kFlowShape + "]",
        .example = kExample,
        .is_lenient = true},
       &list_revisions},
      {{.name = "flows.task",
        .summary = "Answers one task of a flow.",
        .permission = "flow.read",
        .method = "GET",
        .path = "flows/{namespace}/{id}/tasks/{taskId}",
        .params =
            {name_space_param(),
             id_param(),
             required("taskId", ParamKind::text, "the task's id"),
             optional("revision", ParamKind::integer, "an older revision")},
        .answer = R"({"id":"...","type":"...",...})",
        .example = R"({"namespace":"company.finops","id":"nightly","taskId":"book"})",
        .is_lenient = true},
       &get_task},
      {{.name = "flows.dependencies",
        .summary = "Answers which flows a flow calls or listens to, and which do so with it.",
        .permission = "flow.read",
        .method = "GET",
        .path = "flows/{namespace}/{id}/dependencies",
        .params = {name_space_param(), id_param()},
        .answer =
            R"({"nodes":[{"uid":"...","namespace":"...","id":"..."}],"edges":[{"source":"...","target":"...","relation":"FLOW_TASK"}]})",
        .example = kExample,
        .is_lenient = true},
       &dependencies},
  };
  all.insert(all.end(), of_one.begin(), of_one.end());
  return all;
}

}  // namespace outlay::api
