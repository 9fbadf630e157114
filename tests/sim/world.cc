// SPDX-License-Identifier: Apache-2.0
#include "world.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "format/json.h"
#include "format/yaml.h"
#include "random_flow.h"

namespace outlay::sim {

using format::Value;

namespace {

constexpr const char* kFollower = R"(
id: follower
namespace: sim
tasks: [{id: e, type: test.Step, allowFailure: true}]
triggers:
  - id: after
    type: io.kestra.plugin.core.trigger.Flow
    states: [SUCCESS, WARNING, FAILED, KILLED, CANCELLED, RETRIED, SKIPPED]
    conditions: [{type: io.kestra.plugin.core.condition.ExecutionFlow, namespace: sim, flowId: flow0}]
)";
constexpr int kStepsMax = 100'000;

}  // namespace

/// A task that ends as it likes, after as long as it likes.
class World::Step final : public flow::TaskType {
 public:
  explicit Step(World& world) : world_(world) { info_.type = "test.Step"; }

  const flow::TaskInfo& info() const override { return info_; }

  base::Result<flow::TaskEnd> run(
      flow::TaskContext& context, const Value& properties) const override {
    ++world_.began_[std::string(context.task_run_id())];
    base::Random& random = world_.random_;
    if (random.below(2) == 0) world_.simulation_->takes(std::chrono::seconds(1 + random.below(70)));
    flow::TaskEnd end;
    // What an expression cannot make is an error of the attempt.
    end.outputs.set("said", TRY(flow::text_property(context, properties, "say")));
    end.outputs.set("value", random.below(2) == 0 ? "x" : "y");
    const std::uint64_t luck = random.below(10);
    end.is_warning = luck == 0;
    if (luck == 1) return base::unavailable("bad luck");
    if (luck == 2) end.failure = base::unavailable("bad luck, with outputs");
    return end;
  }

 private:
  World& world_;
  flow::TaskInfo info_;
};

World::World(std::uint64_t seed, bool is_loud)
    : random_(seed),
      is_loud_(is_loud),
      make_id_(flow::Simulation::seeded_ids(seed)),
      clock_(base::parse_instant("2024-05-01T02:00:00Z").value()),
      scratch_(io::ScratchFolder::create(std::filesystem::temp_directory_path()).value()),
      real_(store::open_sqlite(":memory:").value()),
      state_(*real_) {
  registry_.add(std::make_unique<Step>(*this));
  boot();
  save_flows();
  state_.on_write([this] {
    if (chance(8))
      clock_.advance(std::chrono::milliseconds(random_.below(chance(10) ? 9'000 : 90)));
  });
}

World::~World() = default;

void World::say(const std::string& what) const {
  if (is_loud_) std::printf("%s %s\n", base::print_instant(clock_.now()).c_str(), what.c_str());
}

void World::say_all() {
  if (!is_loud_) return;
  const auto rows = real_->read("SELECT id FROM flow_executions ORDER BY number");
  for (const auto& row : rows->rows) say(format::print_json(seen(row[0].value_or(""))));
}

void World::boot() {
  flow::EngineSettings settings;
  settings.storage = scratch_.path() / "storage";
  settings.work = scratch_.path() / "work";
  settings.encryption_key = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
  executor_ = std::make_unique<flow::Executor>(settings, state_, registry_, secrets_, clock_);
  executor_->use_ids(make_id_);
  simulation_ = std::make_unique<flow::Simulation>(*executor_, clock_);
  if (const auto opened = executor_->open(); !opened)
    return complain("the engine does not open: " + opened.error().text());
  note_in_flight();
  executor_->resume_recovered(false);
}

void World::reboot() {
  ++crashes_;
  say("the process dies");
  state_.die();
  simulation_.reset();
  executor_.reset();
  state_.rise();
  clock_.advance(std::chrono::seconds(random_.below(100)));
  boot();
}

// What the journal knows as running may be made again.
void World::note_in_flight() {
  for (const auto& [id, state] : unfinished()) {
    const Value execution = seen(id);
    for (const Value& run : execution["taskRunList"].as_array())
      if (!flow::is_terminal(*flow::state_of(run["state"]["current"].text_or(""))))
        ++may_repeat_[run["id"].text_or("")];
  }
}

void World::save_flows() {
  std::vector<std::string> callable;
  for (int i = 0; i < 5; ++i) {
    const std::string id = "flow" + std::to_string(i);
    save(id, callable);
    callable.push_back(id);
  }
  flows_ = callable;
  if (const auto saved = executor_->save(kFollower, "follower.yaml"); !saved)
    complain(saved.error().text());
}

void World::save(const std::string& id, std::vector<std::string> callable) {
  const Value flow = RandomFlow(random_, std::move(callable)).draw(id);
  const std::string yaml = format::print_yaml(flow);
  const auto saved = executor_->save(yaml, id + ".yaml");
  if (!saved) {
    if (saved.error().code == base::Code::invalid_input)
      complain(saved.error().text() + "\n" + yaml);
    return;
  }
  say(yaml);
  // While two revisions run beside each other either limit may hold.
  const int limit = static_cast<int>(flow["concurrency"]["limit"].int_or(0));
  const auto known = limits_.find(id);
  if (known == limits_.end())
    limits_[id] = limit;
  else
    known->second = known->second == 0 || limit == 0 ? 0 : std::max(limit, known->second);
}

void World::create() {
  flow::NewExecution request;
  request.name_space = "sim";
  request.flow_id = flows_[random_.below(flows_.size())];
  if (chance(12)) request.breakpoints = {"s" + std::to_string(random_.below(6))};
  if (chance(15))
    request.schedule_date =
        base::print_instant(clock_.now() + std::chrono::seconds(random_.below(300)));
  if (const auto id = executor_->create(request); id) accepted_.push_back(*id);
}

void World::arm_fault() {
  if (faults_left_ == 0 || !chance(25)) return;
  --faults_left_;
  switch (random_.below(5)) {
    case 0:
      return state_.fail_writes(static_cast<int>(1 + random_.below(3)));
    case 1:
      return state_.fail_reads(static_cast<int>(1 + random_.below(2)));
    case 2:
      return reboot();  // between two steps
    default:
      return state_.die_at(static_cast<int>(random_.below(8)), chance(2));
  }
}

std::vector<std::pair<std::string, std::string>> World::unfinished() {
  const auto rows =
      real_->read("SELECT id, state FROM flow_executions WHERE finished = 0 ORDER BY number");
  std::vector<std::pair<std::string, std::string>> all;
  for (const auto& row : rows->rows) all.emplace_back(row[0].value_or(""), row[1].value_or(""));
  return all;
}

Value World::seen(const std::string& id) {
  const auto execution = executor_->execution(id);
  if (execution) return *execution;
  return Value::object({{"taskRunList", format::Array()}});
}

// ---- people
// ----------------------------------------------------------------------------------------------------

void World::meddle() {
  if (!chance(30) || executor_->journal().is_stuck()) return;
  if (chance(12) && !executor_->journal().is_stuck()) {
    const std::size_t which = random_.below(flows_.size());
    return save(flows_[which], {flows_.begin(), flows_.begin() + static_cast<long>(which)});
  }
  const auto open = unfinished();
  if (!open.empty() && !chance(4)) {
    const auto& [id, state] = open[random_.below(open.size())];
    return meddle_with(id, state);
  }
  if (accepted_.empty()) return;
  const std::string& id = accepted_[random_.below(accepted_.size())];
  meddle_with(id, seen(id)["state"]["current"].text_or(""));
}

void World::meddle_with(const std::string& id, const std::string& state) {
  const std::uint64_t what = random_.below(9);
  say("somebody does " + std::to_string(what) + " to " + id + ", which is " + state);
  switch (what) {
    case 0:
      static_cast<void>(executor_->kill(id));
      return;
    case 1:
      static_cast<void>(executor_->pause(id));
      return;
    case 2:
      static_cast<void>(executor_->resume(id, {}));
      return;
    case 3:
      static_cast<void>(executor_->restart(id, std::nullopt));
      return;
    case 4: {
      flow::Replay replay;
      const Value execution = seen(id);
      const auto& runs = execution["taskRunList"].as_array();
      if (!runs.empty() && chance(2))
        replay.task_run_id = runs[random_.below(runs.size())]["id"].text_or("");
      if (const auto made = executor_->replay(id, replay); made) accepted_.push_back(*made);
      return;
    }
    case 5:
      if (executor_->force_run(id)) is_unlimited_ = true;
      return;
    case 6:
      if (state == "QUEUED" &&
          executor_->unqueue(id, chance(2) ? flow::State::running : flow::State::cancelled))
        is_unlimited_ = true;
      return;
    case 7:
      if (executor_->change_status(id, chance(2) ? flow::State::success : flow::State::failed))
        touched_.insert(id);
      return;
    default: {
      const Value execution = seen(id);
      const auto& runs = execution["taskRunList"].as_array();
      if (runs.empty() || !chance(3)) {
        static_cast<void>(executor_->set_labels(id, {{"seen", "yes"}}));
        return;
      }
      const std::string run = runs[random_.below(runs.size())]["id"].text_or("");
      if (executor_->change_run_state(
              id, run, chance(2) ? flow::State::success : flow::State::failed))
        touched_.insert(id);
    }
  }
}

// A result that comes again, of an attempt long gone, or before its worker is done.
void World::post_stray_result() {
  if (!chance(12)) return;
  const auto open = unfinished();
  if (open.empty()) return;
  const std::string& id = open[random_.below(open.size())].first;
  flow::Event stray;
  stray.kind = flow::Event::Kind::attempt_ended;
  stray.state = chance(2) ? flow::State::success : flow::State::failed;
  stray.run = static_cast<int>(random_.below(12));
  stray.attempt = chance(3) ? 99 : static_cast<int>(1 + random_.below(3));
  stray.at = clock_.now();
  stray.started = clock_.now();
  const Value before = seen(id);
  const auto& runs = before["taskRunList"].as_array();
  if (static_cast<std::size_t>(stray.run) >= runs.size()) stray.attempt = 99;
  if (executor_->inject(id, stray)) {
    say("a stray result was taken by " + id + ", run " + std::to_string(stray.run));
    if (stray.attempt == 99)
      complain("a result of no attempt was taken: " + format::print_json(before));
    return;
  }
  if (!executor_->journal().is_stuck() && !state_.is_dead() &&
      format::print_json(seen(id)) != format::print_json(before))
    complain("a refused result changed the execution: " + format::print_json(before));
}

bool World::unblock() {
  bool any = false;
  for (const auto& [id, kept] : unfinished()) {
    // Also what waits within afterExecution, whose execution has its final state already.
    any = executor_->resume_from_breakpoint(id, {}).has_value() || any;
    any = executor_->resume(id, {}).has_value() || any;
  }
  return any;
}

// ---- the run
// ---------------------------------------------------------------------------------------------------

void World::run(int executions) {
  int made = 0;
  for (int steps = 0; complaint_.empty(); ++steps) {
    if (steps > kStepsMax) return complain("it does not end");
    if (made < executions || !chance(4)) arm_fault();
    if (made < executions && chance(3)) {
      create();
      ++made;
    }
    if (made < executions) meddle();
    const bool moved = simulation_->step();
    post_stray_result();
    fingerprint_ =
        fingerprint_ * 31 + static_cast<std::uint64_t>(clock_.now().time_since_epoch().count());
    if (state_.is_dead()) {
      reboot();
    } else if (!moved && made >= executions) {
      if (unfinished().empty()) break;
      if (!unblock()) {
        say_all();
        return complain("stuck: " + format::print_json(seen(unfinished().front().first)));
      }
    }
    if (steps % 16 == 0) check_limits();
  }
  state_.rise();
  while (simulation_->step()) {
  }
  if (complaint_.empty()) check();
}

}  // namespace outlay::sim
