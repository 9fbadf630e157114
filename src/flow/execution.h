// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "flow/model.h"
#include "flow/state.h"

namespace outlay::flow {

/// Which list of its tasks a flowable (or the execution) is in.
enum class Phase { main, errors, finally, after, done };

/// One try at a task.
struct Attempt {
  Track state;
};

/// How far a flowable, or the execution itself, has come with its children.
struct Progress {
  Phase phase = Phase::main;
  const TaskList* main = nullptr;   ///< the list that was chosen
  std::vector<std::string> values;  ///< ForEach: one lane per distinct value
  std::vector<int> unmet;           ///< Dag: dependencies each task still waits for
  std::vector<int> ready;           ///< Dag: lanes that may start
  int lanes = 1;                    ///< groups that may run beside each other
  int next_lane = 0, active = 0, limit = 1;
  int finished = 0;
  int round = 1;  ///< LoopUntil
  State worst = State::success;
  std::vector<int> of_round;           ///< LoopUntil: children started in this round
  std::vector<int> open;               ///< children that have not ended
  std::vector<format::Value> results;  ///< item loop: how each batch ended; Loop: how each round
  std::vector<std::string> keys;       ///< Loop over a map: its keys
};

/// One task within an execution.
struct TaskRun {
  int task = 0;      ///< place in Flow::tasks
  int parent = -1;   ///< place in Execution::runs
  int lane = 0;      ///< group within the parent
  int position = 0;  ///< place in the parent's list
  Phase phase = Phase::main;
  int slot = 0;           ///< place in the parent's open children
  int iteration = -1;     ///< -1: none
  bool is_after = false;  ///< belongs to afterExecution
  bool is_waiting_for_child = false;
  bool is_resumed = false;   ///< a Pause whose later tasks run
  bool is_replaced = false;  ///< a later round of its loop took its place; holds for all below it
  std::string value;         ///< loop value; meaningful when iteration >= 0
  Track state;
  std::vector<Attempt> attempts;
  format::Value outputs;           ///< null or an object
  std::vector<std::string> files;  ///< names it left in its working folder
  std::optional<base::Instant> wake_at;
  format::Value settings;  ///< what its own expressions came to: Pause, LoopUntil, Subflow
  std::unique_ptr<Progress> progress;
};

/// A flow's run: everything decide() knows. Changed by decide() alone.
struct Execution {
  std::string id;
  const Flow* flow = nullptr;
  format::Value inputs;     ///< an object
  format::Value variables;  ///< an object, unrendered
  Labels labels;
  format::Value trigger;
  format::Value outputs;
  std::string parent_id, original_id, schedule_date, kind;
  std::string original_created;             ///< ISO 8601; empty: when this one was
  int parent_run = -1, parent_attempt = 0;  ///< who waits for a subflow
  int parent_batch = -1;                    ///< of an item loop
  int attempt_number = 1;
  Track state;
  std::vector<TaskRun> runs;
  Progress progress;
  TaskList after;                         ///< what follows the end: listeners and afterExecution
  std::vector<int> file_runs;             ///< runs that left files, in the order they ended
  std::vector<std::vector<int>> by_task;  ///< runs of each task of the flow
  int paused = 0;                         ///< Pause runs that wait
  std::optional<base::Instant> start_at;  ///< set while it waits for its date
  bool is_killed = false;
  bool is_draining = false;  ///< killed, and work in flight has not ended yet
  bool is_finished = false;  ///< nothing will follow, afterExecution included
  bool is_held = false;      ///< paused by a person: nothing new begins
  std::vector<int> held;     ///< runs whose beginning waits for that, or for a breakpoint
  std::vector<std::string> breakpoints;   ///< task ids, or id.value within loops
  std::optional<base::Instant> began_at;  ///< first RUNNING
  std::optional<base::Instant> retry_at;  ///< a new execution takes its place then
  std::vector<bool> is_breached;          ///< each of Flow::slas
  std::shared_ptr<const Flow> next_flow;  ///< a replay with another revision moves on to it

  const Task& task_of(const TaskRun& run) const {
    return flow->tasks[static_cast<std::size_t>(run.task)];
  }

  TaskRun& run(int index) { return runs[static_cast<std::size_t>(index)]; }

  const TaskRun& run(int index) const { return runs[static_cast<std::size_t>(index)]; }
};

/// Id of a task run: the same for the same execution and place, so that replay gives the same ids.
std::string run_id(const Execution& execution, int run);
/// Place of the run with that id, or -1.
int find_run(const Execution& execution, std::string_view id);
/// True when a later round of an enclosing loop took the run's place.
bool is_hidden(const Execution& execution, int run);
/// When workers began the attempts they are making, by place of the run.
using Beginnings = std::map<int, base::Instant>;
/// The execution in Kestra's JSON shape; runs in `beginnings` are shown as RUNNING.
format::Value execution_json(const Execution& execution, const Beginnings& beginnings = {});

}  // namespace outlay::flow
