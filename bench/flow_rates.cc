// SPDX-License-Identifier: Apache-2.0
// Executions of a three-task flow, every transition durable: one after the other, and 64 at a time;
// a ForEach. Floor: plain durable appends to a file on the same disk, measured in the same run.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

#include <fmt/format.h>

#include "flow/executor.h"
#include "format/json.h"

namespace {

using namespace outlay;
using Steady = std::chrono::steady_clock;

class Return final : public flow::TaskType {
 public:
  Return() { info_.type = "io.kestra.plugin.core.debug.Return"; }

  const flow::TaskInfo& info() const override { return info_; }

  base::Result<flow::TaskEnd> run(
      flow::TaskContext& context, const format::Value& properties) const override {
    flow::TaskEnd end;
    end.outputs.set("value", TRY(flow::text_property(context, properties, "format")));
    return end;
  }

 private:
  flow::TaskInfo info_;
};

constexpr const char* kThree = R"(
id: three
namespace: bench
tasks:
  - {id: a, type: io.kestra.plugin.core.debug.Return, format: "hello {{ execution.id }}"}
  - {id: b, type: io.kestra.plugin.core.debug.Return, format: "{{ outputs.a.value }}!"}
  - {id: c, type: io.kestra.plugin.core.debug.Return, format: "{{ outputs.b.value }}!"}
)";

std::string loop_of(int count) {
  std::string values;
  for (int i = 0; i < count; ++i) values += (i == 0 ? "" : ",") + std::to_string(i);
  return fmt::format(
      "id: loop{0}\nnamespace: bench\ntasks:\n  - id: f\n    type: "
      "io.kestra.plugin.core.flow.ForEach\n"
      "    concurrencyLimit: 0\n    values: [{1}]\n    tasks:\n      - {{id: r, type: "
      "io.kestra.plugin.core.debug.Return, format: \"{{{{ taskrun.value }}}}\"}}\n",
      count,
      values);
}

double seconds_since(Steady::time_point start) {
  return std::chrono::duration<double>(Steady::now() - start).count();
}

double at_share(std::vector<double>& times, double share) {
  std::sort(times.begin(), times.end());
  return times[std::min(
      times.size() - 1, static_cast<std::size_t>(share * static_cast<double>(times.size())))];
}

// p50 of `count` appends of 512 bytes, each followed by fdatasync.
double append_floor(const std::filesystem::path& folder, int count) {
  const int file = open((folder / "floor").c_str(), O_CREAT | O_WRONLY | O_APPEND, 0600);
  const std::string record(512, 'x');
  std::vector<double> times;
  for (int i = 0; i < count; ++i) {
    const auto start = Steady::now();
    if (write(file, record.data(), record.size()) < 0 || fdatasync(file) != 0) break;
    times.push_back(seconds_since(start));
  }
  close(file);
  return times.empty() ? 0 : at_share(times, 0.5);
}

double run_one(flow::Executor& engine, const std::string& id) {
  flow::NewExecution request;
  request.name_space = "bench";
  request.flow_id = id;
  const auto start = Steady::now();
  const auto execution = engine.create(request);
  if (!execution) {
    fmt::print("failed: {}\n", execution.error().text());
    std::exit(1);
  }
  const auto end = engine.wait(*execution, std::nullopt);
  if (!end || (*end)["state"]["current"].text_or("") != "SUCCESS") std::exit(1);
  return seconds_since(start);
}

void one_after_the_other(flow::Executor& engine, double floor) {
  for (int i = 0; i < 10; ++i) run_one(engine, "three");
  std::vector<double> times;
  const auto commits = engine.journal().commits();
  for (int i = 0; i < 300; ++i) times.push_back(run_one(engine, "three"));
  const auto made = engine.journal().commits() - commits;
  const double p50 = at_share(times, 0.5);
  fmt::print(
      "three steps, one after the other: p50 {:.3f} ms, p99 {:.3f} ms; {:.2f} commits each; "
      "floor of four durable appends {:.3f} ms; measured / floor {:.2f}\n",
      p50 * 1e3,
      at_share(times, 0.99) * 1e3,
      static_cast<double>(made) / 300,
      floor * 4e3,
      p50 / (4 * floor));
}

void many_at_a_time(flow::Executor& engine, int clients, int total) {
  const auto commits = engine.journal().commits();
  const auto start = Steady::now();
  std::vector<std::vector<double>> times(static_cast<std::size_t>(clients));
  std::vector<std::thread> threads;
  for (auto& mine : times)
    threads.emplace_back([&engine, &mine, count = total / clients] {
      for (int i = 0; i < count; ++i) mine.push_back(run_one(engine, "three"));
    });
  for (std::thread& thread : threads) thread.join();
  const double seconds = seconds_since(start);
  std::vector<double> all;
  for (const auto& mine : times) all.insert(all.end(), mine.begin(), mine.end());
  const auto made = engine.journal().commits() - commits;
  fmt::print(
      "three steps, {} at a time: {:.0f} steps/s, p50 {:.2f} ms, p99 {:.2f} ms; {} executions in "
      "{} "
      "commits\n",
      clients,
      static_cast<double>(all.size()) * 3 / seconds,
      at_share(all, 0.5) * 1e3,
      at_share(all, 0.99) * 1e3,
      all.size(),
      made);
}

}  // namespace

int main(int argc, char** argv) {
  auto scratch = io::ScratchFolder::create(argc > 1 ? argv[1] : ".").value();
  auto state = store::open_sqlite((scratch.path() / "state.sqlite").string()).value();
  flow::TaskRegistry registry;
  registry.add(std::make_unique<Return>());
  io::EnvironmentSecrets secrets;
  base::SystemClock clock;
  flow::EngineSettings settings;
  settings.storage = scratch.path() / "storage";
  settings.work = scratch.path() / "work";
  flow::Executor engine(settings, *state, registry, secrets, clock);
  if (!engine.open() || !engine.save(kThree, "three.yaml") || !engine.save(loop_of(100), "loop") ||
      !engine.save(loop_of(1'000), "loop") || !engine.save(loop_of(10'000), "loop") ||
      !engine.start(false))
    return 1;
  const double floor = append_floor(scratch.path(), 300);
  one_after_the_other(engine, floor);
  many_at_a_time(engine, 16, 1'600);
  many_at_a_time(engine, 64, 6'400);
  for (const char* loop : {"loop100", "loop1000", "loop10000"})
    fmt::print("ForEach, {}: {:.1f} ms\n", loop, run_one(engine, loop) * 1e3);
  engine.stop(std::chrono::seconds(1));
  return 0;
}
