// SPDX-License-Identifier: Apache-2.0
#include <charconv>

#include <fmt/format.h>

#include "base/text.h"
#include "tasks/core/core.h"
#include "tasks/properties.h"
#include "tasks/spec.h"

namespace outlay::tasks {
namespace {

using format::Value;

/// A metric's value: a number, numeric text, or for timers a duration in ISO 8601 (as seconds).
base::Result<double> metric_value(std::string_view name, const Value& value) {
  if (value.is_int()) return static_cast<double>(value.as_int());
  if (value.is_double()) return value.as_double();
  const std::string text = value.is_exact() ? value.as_exact().text : text_of(value);
  double number = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), number);
  if (end.ec == std::errc() && end.ptr == text.data() + text.size()) return number;
  if (const auto duration = base::parse_duration(text)) {
    return std::chrono::duration<double>(*duration).count();
  }
  return base::invalid_input(
      fmt::format("the metric {} wants a number or a duration, found {}", name, text));
}

/// "counter", or the older "io.kestra.core.models.executions.metrics.Counter" and its like.
base::Result<std::string> metric_type(std::string_view name, std::string_view written) {
  const std::string type = base::lower(written.substr(written.rfind('.') + 1));
  for (const std::string_view known : {"counter", "timer", "gauge"}) {
    if (type.starts_with(known)) return std::string(known);
  }
  return base::invalid_input(
      fmt::format("the metric {} must be a counter, timer or gauge, found \"{}\"", name, written));
}

class PublishTask final : public SpecTask {
 public:
  PublishTask() : SpecTask("core/metric_publish.yaml") {}

  base::Result<flow::TaskEnd> run(
      flow::TaskContext& context, const Value& properties) const override {
    const Value metrics = TRY(flow::property(context, properties, "metrics"));
    if (!metrics.is_array()) return base::invalid_input("property metrics must be a list");
    for (const Value& given : metrics.as_array()) {
      flow::Metric metric;
      metric.name = text_of(given["name"]);
      metric.type = TRY(metric_type(metric.name, given["type"].text_or("counter")));
      metric.value = TRY(metric_value(metric.name, given["value"]));
      if (given["tags"].is_object()) {
        for (const auto& [key, value] : given["tags"].as_object())
          metric.tags[key] = text_of(value);
      }
      context.metric(std::move(metric));
    }
    flow::TaskEnd end;
    end.outputs.set("count", static_cast<std::int64_t>(metrics.as_array().size()));
    return end;
  }
};

}  // namespace

std::unique_ptr<flow::TaskType> make_metric_publish() { return std::make_unique<PublishTask>(); }

}  // namespace outlay::tasks
