// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <filesystem>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "flow/simulation.h"
#include "flow/testing_tasks.h"
#include "format/json.h"

namespace outlay::flow {
namespace {

using format::Value;

/// A state store whose process dies at one of its writes: before the commit, or just after it.
class MortalDatabase final : public store::Database {
 public:
  explicit MortalDatabase(store::Database& real) : real_(real) {}

  void die_at(int write, bool after_commit) {
    left_ = write;
    after_commit_ = after_commit;
  }

  void rise() {
    is_dead_ = false;
    left_ = -1;
  }

  bool is_dead() const { return is_dead_; }

  base::Result<base::Done> migrate(
      std::string_view module, const std::vector<store::Migration>& steps) override {
    return real_.migrate(module, steps);
  }

  base::Result<base::Done> write(
      const std::function<base::Result<base::Done>(store::Transaction&)>& work) override {
    if (left_ >= 0 && left_-- == 0) {
      is_dead_ = true;
      if (after_commit_) static_cast<void>(real_.write(work));
    }
    if (is_dead_) return base::unavailable("the process died");
    return real_.write(work);
  }

  base::Result<store::Table> read(std::string_view sql, const store::Params& params) override {
    return real_.read(sql, params);
  }

 private:
  store::Database& real_;
  int left_ = -1;
  bool after_commit_ = false, is_dead_ = false;
};

constexpr const char* kFlows[] = {
    R"(
id: steps
namespace: sim
tasks:
  - {id: a, type: test.Step, retry: {type: constant, interval: PT1M, maxAttempts: 3}}
  - {id: b, type: io.kestra.plugin.core.debug.Return, format: "{{ execution.id }}"}
  - {id: c, type: test.Step, allowFailure: true}
errors: [{id: tell, type: test.Step}]
finally: [{id: tidy, type: test.Step}]
)",
    R"(
id: wide
namespace: sim
concurrency: {limit: 2}
tasks:
  - id: p
    type: io.kestra.plugin.core.flow.Parallel
    tasks:
      - {id: a, type: test.Step}
      - id: f
        type: io.kestra.plugin.core.flow.ForEach
        values: [1, 2, 3]
        concurrencyLimit: 2
        tasks: [{id: b, type: test.Step}, {id: c, type: test.Step, runIf: "{{ taskrun.value != '2' }}"}]
  - id: i
    type: io.kestra.plugin.core.flow.If
    condition: "{{ outputs.f is null }}"
    then: [{id: t, type: test.Step}]
    else: [{id: e, type: test.Step}]
afterExecution: [{id: z, type: test.Step}]
)",
    R"(
id: caller
namespace: sim
tasks:
  - {id: s, type: io.kestra.plugin.core.flow.Subflow, namespace: sim, flowId: steps, transmitFailed: false}
  - {id: h, type: io.kestra.plugin.core.flow.Pause, pauseDuration: PT1M}
  - id: l
    type: io.kestra.plugin.core.flow.LoopUntil
    condition: "{{ outputs.r.value == 'never' }}"
    checkFrequency: {interval: PT1S, maxIterations: 3}
    tasks: [{id: r, type: io.kestra.plugin.core.debug.Return, format: x}]
)",
    R"(
id: anew
namespace: sim
retry: {type: constant, interval: PT1M, maxAttempts: 3, behavior: CREATE_NEW_EXECUTION}
tasks:
  - id: d
    type: io.kestra.plugin.core.flow.Dag
    tasks: [{task: {id: a, type: test.Step}}, {task: {id: b, type: test.Step}, dependsOn: [a]}]
)",
    R"(
id: follower
namespace: sim
tasks: [{id: e, type: test.Step, allowFailure: true}]
triggers:
  - id: after
    type: io.kestra.plugin.core.trigger.Flow
    conditions: [{type: io.kestra.plugin.core.condition.ExecutionFlow, namespace: sim, flowId: anew}]
)"};

/// Executions under crashes at random writes, with repeated and late results.
class World {
 public:
  explicit World(std::uint64_t seed)
      : random_(seed),
        make_id_(Simulation::seeded_ids(seed)),
        clock_(base::parse_instant("2024-05-01T02:00:00Z").value()),
        scratch_(io::ScratchFolder::create(std::filesystem::temp_directory_path()).value()),
        real_(store::open_sqlite(":memory:").value()),
        state_(*real_) {
    add_testing_tasks(registry_, script_);
    script_.takes = [this](base::Duration time) { simulation_->takes(time); };
    boot();
    for (const char* flow : kFlows) {
      const auto saved = executor_->save(flow, "sim.yaml");
      EXPECT_TRUE(saved) << saved.error().text();
    }
  }

  void run(int executions) {
    int deaths = 12;
    for (int made = 0; made < executions || has_open();) {
      if (deaths > 0 && random_.below(20) == 0) {
        state_.die_at(static_cast<int>(random_.below(6)), random_.below(2) == 0);
        --deaths;
      }
      shuffle_results();
      if (random_.below(25) == 0) restart_one();
      if (made < executions && random_.below(3) == 0) {
        create();
        ++made;
      }
      const bool moved = step();
      if (state_.is_dead()) {
        reboot();
      } else if (!moved && made >= executions && has_open()) {
        ADD_FAILURE() << "stuck: " << format::print_json(*executor_->execution(first_open()));
        return;
      }
    }
    // Executions whose creator was not told before the process died are in the journal too: they
    // end as well.
    state_.rise();
    while (simulation_->step()) {
    }
  }

  /// Without the task runs that workers are at: that one has begun is not in the journal.
  static Value as_journaled(const Value& execution) {
    format::Array runs;
    for (const Value& run : execution["taskRunList"].as_array()) {
      const Value& attempts = run["attempts"];
      const bool is_at_work =
          attempts.is_array() &&
          !is_terminal(*state_of(attempts.as_array().back()["state"]["current"].text_or("")));
      if (!is_at_work) runs.push_back(run);
    }
    format::Object out = execution.as_object();
    out.set("taskRunList", std::move(runs));
    return Value(std::move(out));
  }

  /// Another engine that reads the same journal knows the same of every execution.
  void compare_with_replay() {
    executor_->journal().flush();
    EngineSettings settings;
    Executor replayed(settings, *real_, registry_, secrets_, clock_);
    ASSERT_TRUE(replayed.open());
    for (const std::string& id : accepted_)
      ASSERT_EQ(
          format::print_json(as_journaled(*replayed.execution(id))),
          format::print_json(as_journaled(*executor_->execution(id))));
  }

  void run_some(int steps) {
    for (int i = 0; i < steps; ++i) {
      shuffle_results();
      if (random_.below(5) == 0) create();
      step();
      if (i % 10 == 0) compare_with_replay();
    }
  }

  void check() {
    for (const std::string& id : accepted_) {
      const auto execution = executor_->execution(id);
      ASSERT_TRUE(execution) << "lost: " << id;
      int ends = 0;
      int restarts = 0;  // of an end; a pause that is over is followed by RESTARTED too
      bool is_ended = false;
      for (const Value& step : (*execution)["state"]["histories"].as_array()) {
        if (step["state"].text_or("") == "RESTARTED" && is_ended) ++restarts;
        is_ended = is_terminal(*state_of(step["state"].text_or("")));
        if (is_ended) ++ends;
      }
      EXPECT_EQ(ends, 1 + restarts) << format::print_json(*execution);
      // Work deep inside a flowable that failed may still have been going on when the execution
      // ended.
      if ((*execution)["state"]["current"].text_or("") != "SUCCESS") continue;
      for (const Value& run : (*execution)["taskRunList"].as_array()) {
        EXPECT_TRUE(is_terminal(*state_of(run["state"]["current"].text_or(""))))
            << format::print_json(*execution);
      }
    }
    executor_->journal().flush();
    const auto left =
        real_->read("SELECT count(*) FROM flow_executions WHERE finished <> 1").value();
    EXPECT_EQ(left.rows[0][0].value_or(""), "0") << unfinished();
  }

 private:
  void boot() {
    EngineSettings settings;
    settings.storage = scratch_.path() / "storage";
    settings.work = scratch_.path() / "work";
    executor_ = std::make_unique<Executor>(settings, state_, registry_, secrets_, clock_);
    executor_->use_ids(make_id_);
    simulation_ = std::make_unique<Simulation>(*executor_, clock_);
    const auto opened = executor_->open();
    EXPECT_TRUE(opened) << opened.error().text();
    executor_->resume_recovered(false);
  }

  void reboot() {
    simulation_.reset();
    executor_.reset();
    state_.rise();
    boot();
  }

  void create() {
    NewExecution request;
    request.name_space = "sim";
    const char* ids[] = {"steps", "wide", "caller", "anew"};
    request.flow_id = ids[random_.below(4)];
    const auto id = executor_->create(request);
    if (!id) return;
    accepted_.push_back(*id);
    open_.insert(*id);
  }

  std::string unfinished() {
    std::string all;
    const auto rows = real_->read("SELECT id, finished FROM flow_executions WHERE finished <> 1");
    for (const auto& row : rows->rows)
      all += row[1].value_or("") + " " +
             format::print_json(executor_->execution(row[0].value_or("")).value_or(Value())) + "\n";
    return all;
  }

  // Somebody starts an execution that failed again.
  void restart_one() {
    if (accepted_.empty()) return;
    const std::string& id = accepted_[random_.below(accepted_.size())];
    const auto execution = executor_->execution(id);
    if (!execution || (*execution)["state"]["current"].text_or("") != "FAILED" ||
        !executor_->is_finished(id))
      return;
    if (executor_->restart(id, std::nullopt)) open_.insert(id);
  }

  // Each attempt draws anew how it ends and how long it takes.
  void shuffle_results() {
    const auto draw = [this]() -> Value {
      format::Object result;
      const char* words[] = {"ok", "ok", "ok", "fail", "warn"};
      result.set("state", words[random_.below(5)]);
      if (random_.below(2) == 0)
        result.set("takes", "PT" + std::to_string(random_.below(90) + 1) + "S");
      return result;
    };
    format::Object results;
    for (const char* id : {"a", "b", "c", "t", "e", "tell", "tidy", "z"}) results.set(id, draw());
    script_.results = std::move(results);
  }

  bool step() {
    const bool moved = simulation_->step();
    if (random_.below(10) != 0) return moved;
    // A result that comes again, or of an attempt long gone.
    Event late;
    late.kind = Event::Kind::attempt_ended;
    late.state = random_.below(2) == 0 ? State::success : State::failed;
    late.run = static_cast<int>(random_.below(4));
    late.attempt = 99;
    late.at = clock_.now();
    if (open_.empty()) return moved;
    EXPECT_FALSE(executor_->inject(*open_.begin(), late));
    return moved;
  }

  bool has_open() {
    while (!open_.empty() && executor_->is_finished(*open_.begin())) open_.erase(open_.begin());
    for (auto at = open_.begin(); at != open_.end();)
      at = executor_->is_finished(*at) ? open_.erase(at) : std::next(at);
    return !open_.empty();
  }

  std::string first_open() const { return *open_.begin(); }

  base::Random random_;
  std::function<std::string()> make_id_;
  base::ManualClock clock_;
  io::ScratchFolder scratch_;
  std::unique_ptr<store::Database> real_;
  MortalDatabase state_;
  io::EnvironmentSecrets secrets_;
  TestingScript script_;
  TaskRegistry registry_;
  std::unique_ptr<Executor> executor_;
  std::unique_ptr<Simulation> simulation_;
  std::vector<std::string> accepted_;
  std::set<std::string> open_;
};

std::uint64_t number_from(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

// OUTLAY_SEED: the first seed, to make a failing run again; OUTLAY_SEEDS: how many.
TEST(Recovery, no_execution_is_lost_repeated_or_stuck_whatever_write_the_process_dies_at) {
  const bool is_slow = std::getenv("OUTLAY_SLOW") != nullptr;
  const std::uint64_t first = number_from("OUTLAY_SEED", 1);
  const std::uint64_t seeds = number_from("OUTLAY_SEEDS", is_slow ? 2'000 : 6);
  for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    World world(seed);
    world.run(50);
    world.check();
    if (testing::Test::HasFailure()) return;
  }
}

TEST(Recovery, replaying_the_journal_gives_the_same_execution) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    World(seed).run_some(150);
  }
}

}  // namespace
}  // namespace outlay::flow
