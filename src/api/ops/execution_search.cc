// SPDX-License-Identifier: Apache-2.0
#include "api/ops/execution_search.h"

#include <algorithm>

#include "api/ops/params.h"
#include "base/text.h"

namespace outlay::api {

using base::Result;
using format::Value;
using Compare = Filter::Compare;

namespace {

const std::vector<std::string> kFields{
    "q",
    "namespace",
    "flowId",
    "flowRevision",
    "id",
    "state",
    "labels",
    "startDate",
    "endDate",
    "timeRange",
    "childFilter",
    "triggerExecutionId",
    "parentId",
    "kind",
    "scope"};

Filter filter_for(std::string field, Compare compare, std::vector<std::string> values) {
  return {.compare = compare, .field = std::move(field), .key = {}, .values = std::move(values)};
}

/// What older clients say in parameters of their own, as filters.
void add_plain(const Request& request, std::vector<Filter>& filters) {
  if (request.has("namespace"))
    filters.push_back(filter_for("namespace", Compare::prefix, {request.text("namespace")}));
  if (request.has("flowId"))
    filters.push_back(filter_for("flowId", Compare::equals, {request.text("flowId")}));
  if (request.has("state"))
    filters.push_back(filter_for("state", Compare::in, request.list("state")));
  if (request.has("q")) filters.push_back(filter_for("q", Compare::contains, {request.text("q")}));
  if (request.has("startDate"))
    filters.push_back(filter_for("startDate", Compare::greater_equal, {request.text("startDate")}));
  if (request.has("endDate"))
    filters.push_back(filter_for("endDate", Compare::less_equal, {request.text("endDate")}));
  // A change of labels has the new ones here, as a list of maps.
  for (const std::string& label : request.list("labels"))
    if (!label.empty()) filters.push_back(filter_for("labels", Compare::equals, {label}));
  if (request.has("childFilter"))
    filters.push_back(filter_for("childFilter", Compare::equals, {request.text("childFilter")}));
  if (request.has("triggerExecutionId")) {
    filters.push_back(
        filter_for("triggerExecutionId", Compare::equals, {request.text("triggerExecutionId")}));
  }
}

Result<std::vector<Filter>> all_filters(const Request& request, base::Instant now) {
  std::vector<Filter> filters = TRY(filters_of(request, kFields, now));
  add_plain(request, filters);
  return filters;
}

bool is_child(const Value& execution) {
  return !execution["parentId"].text_or("").empty() ||
         !execution["trigger"]["variables"]["executionId"].text_or("").empty();
}

bool fits(const Filter& filter, const Value& execution) {
  const Value& state = execution["state"];
  if (filter.field == "labels") return matches_labels(filter, execution["labels"]);
  if (filter.field == "state") return matches(filter, state["current"].text_or(""));
  if (filter.field == "startDate") return matches(filter, state["startDate"].text_or(""));
  if (filter.field == "endDate") {
    // As Kestra does: until when it began.
    return matches(filter, state["startDate"].text_or(""));
  }
  if (filter.field == "childFilter") {
    return is_child(execution) == base::equal_ignoring_case(filter.values.front(), "CHILD");
  }
  if (filter.field == "triggerExecutionId") {
    return matches(filter, execution["trigger"]["variables"]["executionId"].text_or("")) ||
           matches(filter, execution["parentId"].text_or(""));
  }
  if (filter.field == "flowRevision")
    return matches(filter, std::to_string(execution["flowRevision"].int_or(0)));
  if (filter.field == "kind") return matches(filter, execution["kind"].text_or("NORMAL"));
  if (filter.field == "scope") {
    const bool is_system = execution["namespace"].text_or("") == "system";
    return is_system == base::equal_ignoring_case(filter.values.front(), "SYSTEM");
  }
  if (filter.field == "q") {
    return matches(filter, execution["id"].text_or("")) ||
           matches(filter, execution["flowId"].text_or("")) ||
           matches(filter, execution["namespace"].text_or(""));
  }
  return matches(filter, execution[filter.field].text_or(""));
}

/// What the engine finds by itself; true when nothing is left to look at afterwards.
bool push_down(const std::vector<Filter>& filters, flow::ExecutionFilter& wanted) {
  bool is_all = true;
  for (const Filter& filter : filters) {
    if (filter.field == "namespace" && filter.compare == Compare::prefix &&
        wanted.name_space.empty()) {
      wanted.name_space = filter.values.front();
    } else if (
        filter.field == "flowId" && filter.compare == Compare::equals && wanted.flow_id.empty()) {
      wanted.flow_id = filter.values.front();
    } else if (
        filter.field == "state" && wanted.states.empty() &&
        (filter.compare == Compare::equals || filter.compare == Compare::in)) {
      wanted.states = filter.values;
    } else {
      is_all = false;
    }
  }
  return is_all;
}

/// Everything that fits, newest first.
Result<std::vector<Value>> scan(
    flow::Engine& engine, flow::ExecutionFilter wanted, const std::vector<Filter>& filters) {
  std::vector<Value> out;
  wanted.size = 1000;
  for (wanted.page = 1;; ++wanted.page) {
    const Value found = TRY(engine.executions(wanted));
    const format::Array& page = found["results"].as_array();
    for (const Value& one : page) {
      if (std::all_of(filters.begin(), filters.end(), [&](const Filter& filter) {
            return fits(filter, one);
          })) {
        out.push_back(one);
      }
    }
    if (page.empty() || wanted.page * wanted.size >= found["total"].int_or(0)) return out;
  }
}

}  // namespace

std::vector<Param> execution_search_params() {
  std::vector<Param> params = search_params();
  params.push_back(optional("namespace", ParamKind::text, "only of this namespace, or below it"));
  params.push_back(optional("flowId", ParamKind::text, "only of this flow"));
  params.push_back(optional("state", ParamKind::list, "only in these states, e.g. FAILED"));
  params.push_back(optional("q", ParamKind::text, "only with this text in id, flow or namespace"));
  params.push_back(optional("startDate", ParamKind::instant, "only begun at or after this"));
  params.push_back(optional("endDate", ParamKind::instant, "only begun at or before this"));
  params.push_back(optional("labels", ParamKind::list, "only with these key:value labels"));
  params.push_back(optional("childFilter", ParamKind::text, "CHILD or MAIN executions only"));
  params.push_back(
      optional("triggerExecutionId", ParamKind::text, "only those that this execution caused"));
  return params;
}

Result<Value> find_executions(Parts& parts, const Request& request) {
  const std::vector<Filter> filters = TRY(all_filters(request, parts.clock().now()));
  flow::Engine* engine = TRY(parts.saved_engine());
  flow::ExecutionFilter wanted;
  if (push_down(filters, wanted) && request.list("sort").empty()) {
    wanted.page = request.integer("page");
    wanted.size = request.integer("size");
    if (wanted.page < 1) return base::invalid_input("\"page\" begins at 1.");
    return engine->executions(wanted);
  }
  return page_of(request, TRY(scan(*engine, wanted, filters)));
}

Result<std::vector<std::string>> find_execution_ids(Parts& parts, const Request& request) {
  const std::vector<Filter> filters = TRY(all_filters(request, parts.clock().now()));
  flow::Engine* engine = TRY(parts.saved_engine());
  flow::ExecutionFilter wanted;
  push_down(filters, wanted);
  std::vector<std::string> out;
  for (const Value& one : TRY(scan(*engine, wanted, filters))) out.push_back(one["id"].text_or(""));
  return out;
}

}  // namespace outlay::api
