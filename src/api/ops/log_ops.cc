// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <map>

#include <fmt/format.h>

#include "api/ops/bound.h"
#include "api/ops/flow_json.h"
#include "api/ops/params.h"
#include "api/ops/query_filter.h"
#include "api/parts.h"
#include "base/text.h"

namespace outlay::api {
namespace {

using base::Result;
using format::Value;

int level_rank(std::string_view level) {
  static const std::vector<std::string_view> ranks{"TRACE", "DEBUG", "INFO", "WARN", "ERROR"};
  for (std::size_t at = 0; at < ranks.size(); ++at) {
    if (base::equal_ignoring_case(ranks[at], level)) return static_cast<int>(at);
  }
  return 0;
}

Result<std::vector<flow::LogLine>> lines_of(flow::Engine& engine, const Request& request) {
  const Value execution = TRY(engine.execution(request.text("id")));
  std::vector<flow::LogLine> lines =
      TRY(engine.logs(request.text("id"), request.integer("after"), request.integer("limit")));
  const int least = level_rank(request.text("minLevel"));
  std::erase_if(lines, [&](const flow::LogLine& line) {
    return level_rank(line.level) < least ||
           (request.has("taskRunId") && line.task_run_id != request.text("taskRunId")) ||
           (request.has("taskId") && line.task_id != request.text("taskId")) ||
           (request.has("attempt") && line.attempt != request.integer("attempt"));
  });
  for (flow::LogLine& line : lines) {
    line.name_space = execution["namespace"].text_or("");
    line.flow_id = execution["flowId"].text_or("");
  }
  return lines;
}

Result<Value> get_logs(Parts& parts, const Request& request, const CallHooks&) {
  flow::Engine* engine = TRY(parts.saved_engine());
  format::Array out;
  for (const flow::LogLine& line : TRY(lines_of(*engine, request))) out.push_back(log_json(line));
  return Value(std::move(out));
}

Result<Value> download_logs(Parts& parts, const Request& request, const CallHooks&) {
  flow::Engine* engine = TRY(parts.saved_engine());
  std::string out;
  for (const flow::LogLine& line : TRY(lines_of(*engine, request))) {
    out += fmt::format(
        "{} {} {}{}\n",
        line.time,
        line.level,
        line.task_id.empty() ? "" : "[" + line.task_id + "] ",
        line.message);
  }
  return Value(std::move(out));
}

using TextOf = std::string flow::LogSearch::*;

/// Sets what a filter says; filters that SQL cannot answer are refused.
Result<base::Done> put(flow::LogSearch& wanted, const Filter& filter) {
  static const std::map<std::string, TextOf, std::less<>> texts{
      {"namespace", &flow::LogSearch::name_space},
      {"flowId", &flow::LogSearch::flow_id},
      {"executionId", &flow::LogSearch::execution_id},
      {"taskId", &flow::LogSearch::task_id},
      {"q", &flow::LogSearch::text},
      {"level", &flow::LogSearch::min_level},
      {"minLevel", &flow::LogSearch::min_level},
      {"startDate", &flow::LogSearch::from},
      {"endDate", &flow::LogSearch::to}};
  using Compare = Filter::Compare;
  const auto field = texts.find(filter.field);
  const bool is_range = filter.field == "startDate" || filter.field == "endDate" ||
                        filter.field == "level" || filter.field == "q" ||
                        filter.compare == Compare::equals || filter.compare == Compare::prefix ||
                        filter.compare == Compare::starts_with;
  if (field == texts.end() || !is_range) {
    return base::invalid_input(
        "A search of logs takes EQUALS for \"" + filter.field +
        "\" (PREFIX for namespace); narrow it down with other filters.");
  }
  wanted.*(field->second) = filter.values.front();
  return base::Done();
}

Result<Value> search_logs(Parts& parts, const Request& request, const CallHooks&) {
  flow::LogSearch wanted;
  const std::vector<std::string> fields{
      "q",
      "namespace",
      "flowId",
      "executionId",
      "taskId",
      "level",
      "minLevel",
      "startDate",
      "endDate",
      "timeRange"};
  for (const Filter& filter : TRY(filters_of(request, fields, parts.clock().now())))
    TRY(put(wanted, filter));
  for (const std::string& field : fields) {
    if (!request.has(field) || field == "timeRange") continue;
    TRY(
        put(wanted,
            {.compare = Filter::Compare::equals,
             .field = field,
             .key = {},
             .values = {request.text(field)}}));
  }
  wanted.page = std::max(1LL, request.integer("page"));
  wanted.size = std::max(0LL, request.integer("size"));
  const std::vector<std::string> sort = request.list("sort");
  wanted.is_oldest_first = !sort.empty() && !sort.front().ends_with("desc");
  flow::Engine* engine = TRY(parts.saved_engine());
  const flow::LogPage found = TRY(engine->search_logs(wanted));
  format::Array results;
  for (const flow::LogLine& line : found.lines) results.push_back(log_json(line));
  return Value::object(
      {{"results", Value(std::move(results))}, {"total", static_cast<std::int64_t>(found.total)}});
}

Value metric_json(const Value& execution, const flow::MetricPoint& point) {
  return Value::object(
      {{"namespace", execution["namespace"]},
       {"flowId", execution["flowId"]},
       {"executionId", point.execution_id},
       {"taskId", point.task_id},
       {"taskRunId", point.task_run_id},
       {"type", point.type},
       {"name", point.name},
       {"value", point.value},
       {"timestamp", point.time},
       {"tags", point.tags.is_null() ? Value(format::Object()) : point.tags}});
}

Result<Value> get_metrics(Parts& parts, const Request& request, const CallHooks&) {
  flow::Engine* engine = TRY(parts.saved_engine());
  const Value execution = TRY(engine->execution(request.text("id")));
  std::vector<Value> all;
  for (const flow::MetricPoint& point : TRY(engine->metrics(request.text("id")))) {
    if (request.has("taskRunId") && point.task_run_id != request.text("taskRunId")) continue;
    if (request.has("taskId") && point.task_id != request.text("taskId")) continue;
    all.push_back(metric_json(execution, point));
  }
  return page_of(request, std::move(all));
}

Param execution_param() { return required("id", ParamKind::text, "the execution's id"); }

std::vector<Param> line_params() {
  return {
      execution_param(),
      optional("minLevel", ParamKind::text, "TRACE, DEBUG, INFO, WARN or ERROR"),
      optional("taskRunId", ParamKind::text, "only of this task run"),
      optional("taskId", ParamKind::text, "only of this task"),
      optional("attempt", ParamKind::integer, "only of this attempt"),
      with_fallback("after", ParamKind::integer, "only lines with a larger id", 0),
      with_fallback("limit", ParamKind::integer, "lines at most", 10'000)};
}

std::vector<Param> log_search_params() {
  std::vector<Param> params = search_params();
  for (const auto& [name, doc] : std::vector<std::pair<const char*, const char*>>{
           {"q", "only lines with this text"},
           {"namespace", "only of this namespace, or below it"},
           {"flowId", "only of this flow"},
           {"executionId", "only of this execution"},
           {"taskId", "only of this task"},
           {"minLevel", "TRACE, DEBUG, INFO, WARN or ERROR"},
           {"startDate", "only at or after this moment"},
           {"endDate", "only before this moment"}}) {
    params.push_back(optional(name, ParamKind::text, doc));
  }
  return params;
}

const char* const kLineShape =
    R"({"id":1,"namespace":"...","flowId":"...","executionId":"...","taskId":"...","taskRunId":"...","attemptNumber":0,"timestamp":"...","level":"INFO","message":"..."})";

BoundOperation searching() {
  return {
      {.name = "logs.search",
       .summary = "Lists log lines of all executions, newest first.",
       .permission = "execution.read",
       .method = "GET",
       .path = "logs/search",
       .params = log_search_params(),
       .answer = std::string(R"({"results":[)") + kLineShape + R"(],"total":1})",
       .example = R"({"minLevel":"ERROR","size":10})",
       .is_lenient = true},
      &search_logs};
}

BoundOperation metrics() {
  std::vector<Param> params = search_params();
  params.push_back(execution_param());
  params.push_back(optional("taskRunId", ParamKind::text, "only of this task run"));
  params.push_back(optional("taskId", ParamKind::text, "only of this task"));
  return {
      {.name = "metrics.get",
       .summary = "Lists the metrics that an execution's tasks reported.",
       .permission = "execution.read",
       .method = "GET",
       .path = "metrics/{id}",
       .params = std::move(params),
       .answer =
           R"({"results":[{"name":"...","type":"counter","value":1,"taskId":"...","tags":{}}],"total":1})",
       .example = R"({"id":"4fV0bQ2mY8kXr1TzLw6JpA"})",
       .is_lenient = true},
      &get_metrics};
}

}  // namespace

std::vector<BoundOperation> log_operations() {
  return {
      {{.name = "logs.get",
        .summary = "Answers an execution's log lines, oldest first.",
        .permission = "execution.read",
        .method = "GET",
        .path = "logs/{id}",
        .params = line_params(),
        .answer = std::string("[") + kLineShape + "]",
        .example = R"({"id":"4fV0bQ2mY8kXr1TzLw6JpA","minLevel":"WARN"})",
        .is_lenient = true},
       &get_logs},
      {{.name = "logs.download",
        .summary = "Answers an execution's log lines as text.",
        .permission = "execution.read",
        .method = "GET",
        .path = "logs/{id}/download",
        .params = line_params(),
        .answer = "text, a line each",
        .example = R"({"id":"4fV0bQ2mY8kXr1TzLw6JpA"})",
        .media = "text/plain; charset=utf-8",
        .is_lenient = true},
       &download_logs},
      searching(),
      metrics(),
  };
}

}  // namespace outlay::api
