// SPDX-License-Identifier: Apache-2.0
#include "api/ops/flow_search.h"

#include <algorithm>

#include "api/ops/flow_json.h"
#include "api/ops/params.h"
#include "base/text.h"

namespace outlay::api {

using base::Result;
using format::Value;

namespace {

Result<bool> fits(flow::Engine& engine, const Filter& filter, const flow::StoredFlow& stored) {
  if (filter.field == "labels") {
    const flow::StoredFlow whole = TRY(engine.flow(stored.name_space, stored.id, std::nullopt));
    return matches_labels(filter, flow_json(whole, false)["labels"]);
  }
  if (filter.field == "namespace") return matches(filter, stored.name_space);
  if (filter.field == "scope") {
    return (stored.name_space == "system") ==
           base::equal_ignoring_case(filter.values.front(), "SYSTEM");
  }
  if (filter.field == "q") return matches(filter, stored.id) || matches(filter, stored.name_space);
  return matches(filter, stored.id);
}

}  // namespace

std::vector<Param> flow_search_params() {
  std::vector<Param> params = search_params();
  params.push_back(optional("namespace", ParamKind::text, "only this namespace, or below it"));
  params.push_back(
      optional("q", ParamKind::text, "only flows whose id or namespace has this text"));
  params.push_back(optional("labels", ParamKind::list, "only with these key:value labels"));
  return params;
}

Result<std::vector<flow::StoredFlow>> find_flows(Parts& parts, const Request& request) {
  std::vector<Filter> filters = TRY(filters_of(
      request, {"q", "namespace", "flowId", "id", "labels", "scope"}, parts.clock().now()));
  if (request.has("namespace"))
    filters.push_back({Filter::Compare::prefix, "namespace", {}, {request.text("namespace")}});
  if (request.has("q"))
    filters.push_back({Filter::Compare::contains, "q", {}, {request.text("q")}});
  for (const std::string& label : request.list("labels"))
    filters.push_back({Filter::Compare::equals, "labels", {}, {label}});
  flow::Engine* engine = TRY(parts.saved_engine());
  std::vector<flow::StoredFlow> out;
  for (flow::StoredFlow& one : TRY(engine->flows({}))) {
    bool is_found = true;
    for (const Filter& filter : filters) is_found = is_found && TRY(fits(*engine, filter, one));
    if (is_found) out.push_back(std::move(one));
  }
  return out;
}

}  // namespace outlay::api
