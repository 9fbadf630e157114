// SPDX-License-Identifier: Apache-2.0
// Rendering of small templates and the next time of a cron expression.
#include <string>

#include <benchmark/benchmark.h>

#include "base/time.h"
#include "base/zone.h"
#include "expr/expr.h"
#include "flow/cron.h"
#include "format/json.h"

namespace {

using namespace outlay;

const expr::Scope& context() {
  static const expr::Scope scope([] {
    std::string json =
        R"({"flow":{"id":"report","namespace":"company.finops"},"inputs":{"month":"2026-01","limit":10},)"
        R"("execution":{"id":"7x3","startDate":"2026-01-31T09:00:00Z"},"items":[)";
    for (int i = 0; i < 100; ++i) {
      json += (i == 0 ? "" : ",") + std::string(R"({"name":"item)") + std::to_string(i) +
              R"(","cost":)" + std::to_string(i) + "}";
    }
    return *format::parse_json(json + "]}");
  }());
  return scope;
}

void render(benchmark::State& state, const char* text) {
  const auto parsed = expr::Template::parse(text);
  const expr::Environment environment;
  for (auto _ : state) {
    auto out = parsed->render(context(), environment);
    benchmark::DoNotOptimize(out);
  }
}

void render_three_paths(benchmark::State& state) {
  render(state, "Hello {{ flow.namespace }}.{{ flow.id }} for {{ inputs.month }}!");
}

void render_loop_of_100(benchmark::State& state) {
  render(
      state,
      "{% for item in items %}{{ loop.index }}: {{ item.name }}={{ item.cost }}\n{% endfor %}");
}

void parse_three_paths(benchmark::State& state) {
  for (auto _ : state) {
    auto out =
        expr::Template::parse("Hello {{ flow.namespace }}.{{ flow.id }} for {{ inputs.month }}!");
    benchmark::DoNotOptimize(out);
  }
}

void cron_next(benchmark::State& state, const char* text, const char* zone_name) {
  const auto cron = flow::Cron::parse(text);
  const auto zone = base::Zone::find(zone_name);
  const base::Instant start = *base::parse_instant("2026-03-01T10:07:00Z");
  base::Instant at = start;
  for (auto _ : state) {
    const auto next = cron->next(at, *zone);
    benchmark::DoNotOptimize(next);
    at = next && *next < start + std::chrono::hours(24 * 365) ? *next : start;
  }
}

}  // namespace

BENCHMARK(render_three_paths);
BENCHMARK(render_loop_of_100);
BENCHMARK(parse_three_paths);
BENCHMARK_CAPTURE(cron_next, every_5_minutes_utc, "*/5 * * * *", "UTC");
BENCHMARK_CAPTURE(cron_next, every_5_minutes_paris, "*/5 * * * *", "Europe/Paris");
BENCHMARK_CAPTURE(cron_next, weekdays_at_nine_paris, "0 9 * * 1-5", "Europe/Paris");
BENCHMARK_CAPTURE(cron_next, leap_day, "0 0 29 2 *", "UTC");
