// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "faulty_store.h"
#include "flow/simulation.h"
#include "io/file.h"
#include "io/secrets.h"

namespace outlay::sim {

/// The real engine in a simulated world: random flows, a clock that jumps, workers whose attempts
/// take simulated time and end as they like, people who meddle, a store and a process that fail.
/// Everything follows from the seed. What must hold:
///  1. Whatever was accepted, and whatever the engine itself began, ends: nothing is lost or stuck.
///  2. An execution or task run ends once, unless a person had it run again.
///  3. An attempt whose end is durable is never made again: after a crash only attempts in flight
///     are repeated.
///  4. The journal through decide() gives the execution that was kept.
///  5. No more executions of a flow run at a time than its concurrency limit lets.
class World {
 public:
  /// `is_loud`: tells what happens on stdout.
  explicit World(std::uint64_t seed, bool is_loud = false);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  /// Makes so many executions, lets all of them end, and checks what must hold.
  void run(int executions);

  /// The first thing that did not hold; empty: all did.
  const std::string& complaint() const { return complaint_; }

  /// All there were: those made, their subflows, retries, replays and followers.
  long long executions() const { return executions_; }

  int crashes() const { return crashes_; }

  /// One line per step, for two runs of a seed to be compared.
  std::uint64_t fingerprint() const { return fingerprint_; }

 private:
  class Step;

  bool chance(std::uint64_t one_in) { return random_.below(one_in) == 0; }

  void complain(const std::string& what) {
    if (complaint_.empty()) complaint_ = what;
  }

  void say(const std::string& what) const;
  void say_all();
  void boot();
  void reboot();
  void save_flows();
  void save(const std::string& id, std::vector<std::string> callable);
  void create();
  void arm_fault();
  void meddle();
  void meddle_with(const std::string& id, const std::string& state);
  void post_stray_result();
  /// Lets what waits for a person go on; false when something is left that cannot.
  bool unblock();
  std::vector<std::pair<std::string, std::string>> unfinished();
  format::Value seen(const std::string& id);
  void note_in_flight();

  void check();
  void check_limits();
  void check_execution(const std::string& id, const format::Value& execution);
  void check_runs(const std::string& id, const format::Value& execution);
  void check_replay(const std::string& id, const format::Value& execution);
  void check_followers();

  base::Random random_;
  const bool is_loud_;
  std::function<std::string()> make_id_;
  base::ManualClock clock_;
  io::ScratchFolder scratch_;
  std::unique_ptr<store::Database> real_;
  FaultyStore state_;
  io::EnvironmentSecrets secrets_;
  flow::TaskRegistry registry_;
  std::unique_ptr<flow::Executor> executor_;
  std::unique_ptr<flow::Simulation> simulation_;

  std::vector<std::string> flows_, accepted_;
  std::map<std::string, int> limits_;      ///< of the flows that have one
  std::set<std::string> touched_;          ///< executions a person gave another end, or forced
  std::map<std::string, int> began_;       ///< attempts begun, by task run
  std::map<std::string, int> may_repeat_;  ///< attempts in flight at a crash, by task run
  bool is_unlimited_ = false;              ///< somebody forced an execution past its limit
  int crashes_ = 0, faults_left_ = 24;
  long long executions_ = 0;
  std::uint64_t fingerprint_ = 0;
  std::string complaint_;
};

}  // namespace outlay::sim
