// SPDX-License-Identifier: Apache-2.0
// Cost Explorer as tasks: what AWS itself says of cost, between two deliveries of the bill.
// https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_Operations_AWS_Cost_Explorer_Service.html
#include <fmt/format.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/time.h"
#include "format/json.h"
#include "tasks/aws/families.h"
#include "tasks/items.h"
#include "tasks/properties.h"
#include "tasks/seen.h"
#include "tasks/sql/fetch.h"

namespace outlay::tasks {
namespace {

using flow::TaskContext;
using flow::TaskEnd;
using format::Array;
using format::Object;
using format::Value;

base::Result<Value> ask(AwsClient& client, std::string_view action, const Object& call) {
  return client.json(fmt::format("AWSInsightsIndexService.{}", action), Value(call), "1.1");
}

/// An amount as a number with all its digits; a text that is none stays.
Value amount(const Value& text) {
  const auto parsed = format::parse_json(text.text_or(""), format::JsonNumbers::exact);
  return parsed && parsed->is_number() ? *parsed : text;
}

/// The call's parts that all cost questions share.
base::Result<Object> cost_call(TaskContext& context, const Value& properties) {
  Object out;
  out.set(
      "TimePeriod",
      Value::object(
          {{"Start", TRY(needed_property(context, properties, "start"))},
           {"End", TRY(needed_property(context, properties, "end"))}}));
  std::string granularity = TRY(flow::text_property(context, properties, "granularity"));
  out.set("Granularity", granularity.empty() ? "DAILY" : granularity);
  const Value filter = TRY(flow::property(context, properties, "filter"));
  if (filter.is_object()) out.set("Filter", filter);
  return out;
}

/// "SERVICE", "TAG:team" or "COST_CATEGORY:unit" as Cost Explorer writes groups.
Value group_of(const std::string& text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos) return Value::object({{"Type", "DIMENSION"}, {"Key", text}});
  return Value::object({{"Type", text.substr(0, colon)}, {"Key", text.substr(colon + 1)}});
}

/// Rows of one period: one for each group, or one for all.
void add_period(const Value& period, const std::vector<std::string>& groups, Array& rows) {
  const auto add = [&](const Value& keys, const Value& metrics) {
    Object row;
    row.set("start", period["TimePeriod"]["Start"]);
    row.set("end", period["TimePeriod"]["End"]);
    row.set("estimated", period["Estimated"]);
    for (std::size_t i = 0; keys.is_array() && i < keys.as_array().size(); ++i)
      row.set(i < groups.size() ? groups[i] : fmt::format("key{}", i + 1), keys.as_array()[i]);
    if (metrics.is_object()) {
      for (const auto& [name, value] : metrics.as_object()) {
        row.set(name, amount(value["Amount"]));
        // Every metric names its unit; quantities have others than costs.
        row.set(name + "Unit", value["Unit"]);
      }
    }
    rows.emplace_back(std::move(row));
  };
  const Value& grouped = period["Groups"];
  if (!grouped.is_array() || grouped.as_array().empty()) {
    if (groups.empty()) add(Value(), period["Total"]);
    return;
  }
  for (const Value& group : grouped.as_array()) add(group["Keys"], group["Metrics"]);
}

base::Result<TaskEnd> cost_and_usage(
    TaskContext& context, AwsClient& client, const Value& properties) {
  Object call = TRY(cost_call(context, properties));
  std::vector<std::string> metrics = TRY(texts_property(context, properties, "metrics"));
  if (metrics.empty()) metrics = {"UnblendedCost"};
  Array named;
  for (const std::string& metric : metrics) named.emplace_back(metric);
  call.set("Metrics", std::move(named));
  const std::vector<std::string> groups = TRY(texts_property(context, properties, "groupBy"));
  Array by;
  for (const std::string& group : groups) by.push_back(group_of(group));
  if (!by.empty()) call.set("GroupBy", std::move(by));
  const Fetch fetch = TRY(fetch_property(context, properties, Fetch::all));
  Array rows;
  while (!context.stop()) {
    const Value page = TRY(ask(client, "GetCostAndUsage", call));
    if (page["ResultsByTime"].is_array())
      for (const Value& period : page["ResultsByTime"].as_array()) add_period(period, groups, rows);
    if (!page["NextPageToken"].is_text()) break;
    call.set("NextPageToken", page["NextPageToken"]);
  }
  TaskEnd end;
  TRY(put_items(context, fetch, std::move(rows), end.outputs));
  return end;
}

base::Result<TaskEnd> cost_forecast(
    TaskContext& context, AwsClient& client, const Value& properties) {
  Object call = TRY(cost_call(context, properties));
  const std::string metric = TRY(flow::text_property(context, properties, "metric"));
  call.set("Metric", metric.empty() ? "UNBLENDED_COST" : metric);
  if (const auto level = TRY(integer_property(context, properties, "predictionIntervalLevel")))
    call.set("PredictionIntervalLevel", *level);
  const Value answer = TRY(ask(client, "GetCostForecast", call));
  Array rows;
  const Value& periods = answer["ForecastResultsByTime"];
  for (const Value& period : periods.is_array() ? periods.as_array() : Array()) {
    rows.push_back(Value::object(
        {{"start", period["TimePeriod"]["Start"]},
         {"end", period["TimePeriod"]["End"]},
         {"mean", amount(period["MeanValue"])},
         {"lower", amount(period["PredictionIntervalLowerBound"])},
         {"upper", amount(period["PredictionIntervalUpperBound"])}}));
  }
  TaskEnd end;
  end.outputs.set("total", amount(answer["Total"]["Amount"]));
  end.outputs.set("unit", answer["Total"]["Unit"]);
  const Fetch fetch = TRY(fetch_property(context, properties, Fetch::all));
  TRY(put_items(context, fetch, std::move(rows), end.outputs));
  return end;
}

/// The anomalies Cost Anomaly Detection found; `seen` (may be null) says which are to be told.
base::Result<TaskEnd> find_anomalies(
    TaskContext& context, AwsClient& client, const Value& properties, Seen* seen) {
  std::string start = TRY(flow::text_property(context, properties, "start"));
  // Anomaly Detection keeps 90 days; a week is what a person still acts on.
  if (start.empty())
    start =
        base::print_instant(base::SystemClock().now() - std::chrono::hours(7 * 24)).substr(0, 10);
  Object dates;
  dates.set("StartDate", start);
  const std::string last = TRY(flow::text_property(context, properties, "end"));
  if (!last.empty()) dates.set("EndDate", last);
  Object call;
  call.set("DateInterval", std::move(dates));
  const std::string monitor = TRY(flow::text_property(context, properties, "monitorArn"));
  if (!monitor.empty()) call.set("MonitorArn", monitor);
  const std::string least = TRY(flow::text_property(context, properties, "minimumImpact"));
  if (!least.empty()) {
    const auto number = format::parse_json(least, format::JsonNumbers::exact);
    if (!number || !number->is_number())
      return base::invalid_input("property minimumImpact must be a number, found " + least);
    call.set(
        "TotalImpact",
        Value::object({{"NumericOperator", "GREATER_THAN_OR_EQUAL"}, {"StartValue", *number}}));
  }
  Array rows;
  while (!context.stop()) {
    const Value page = TRY(ask(client, "GetAnomalies", call));
    const Value& found = page["Anomalies"];
    for (const Value& one : found.is_array() ? found.as_array() : Array()) {
      const std::string id = one["AnomalyId"].text_or("");
      if (seen != nullptr && !seen->take(id, "")) continue;
      rows.push_back(Value::object(
          {{"id", one["AnomalyId"]},
           {"start", one["AnomalyStartDate"]},
           {"end", one["AnomalyEndDate"]},
           {"dimension", one["DimensionValue"]},
           {"impact", one["Impact"]["TotalImpact"]},
           {"expectedSpend", one["Impact"]["TotalExpectedSpend"]},
           {"actualSpend", one["Impact"]["TotalActualSpend"]},
           {"rootCauses", one["RootCauses"]},
           {"monitorArn", one["MonitorArn"]},
           {"feedback", one["Feedback"]}}));
    }
    if (!page["NextPageToken"].is_text()) break;
    call.set("NextPageToken", page["NextPageToken"]);
  }
  TaskEnd end;
  const Fetch fetch = TRY(fetch_property(context, properties, Fetch::all));
  TRY(put_items(context, fetch, std::move(rows), end.outputs));
  return end;
}

base::Result<TaskEnd> anomalies(TaskContext& context, AwsClient& client, const Value& properties) {
  return find_anomalies(context, client, properties, nullptr);
}

base::Result<TaskEnd> new_anomalies(
    TaskContext& context, AwsClient& client, const Value& properties) {
  Seen seen = TRY(Seen::open(context, properties));
  TaskEnd end = TRY(find_anomalies(context, client, properties, &seen));
  TRY(seen.keep());
  return end;
}

}  // namespace

std::vector<AwsKind> billing_kinds() {
  return {
      {"aws/billing_cost_and_usage.yaml", "ce", cost_and_usage},
      {"aws/billing_cost_forecast.yaml", "ce", cost_forecast},
      {"aws/billing_anomalies.yaml", "ce", anomalies}};
}

std::vector<AwsLook> billing_looks() {
  return {{"aws/billing_anomaly_trigger.yaml", "ce", new_anomalies, "size"}};
}

}  // namespace outlay::tasks
