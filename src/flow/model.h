// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/zone.h"
#include "flow/condition.h"
#include "flow/cron.h"
#include "flow/state.h"
#include "flow/task.h"
#include "format/yaml.h"

namespace outlay::flow {

using Labels = std::vector<std::pair<std::string, std::string>>;

/// When a failed attempt is tried again.
struct Retry {
  enum class Kind { constant, exponential, random } kind = Kind::constant;
  base::Duration interval{};      ///< random: the shortest wait
  base::Duration max_interval{};  ///< zero: no bound
  double factor = 2;
  std::optional<int> max_attempts;
  std::optional<base::Duration> max_duration;
  bool is_warning = false;        ///< a success after a retry is a WARNING
  bool is_new_execution = false;  ///< CREATE_NEW_EXECUTION
};

/// How the engine treats a task.
enum class TaskKind {
  work,  ///< a TaskType does it
  sequential,
  parallel,
  choice_if,
  choice_switch,
  for_each,
  dag,
  allow_failure,
  working_directory,
  pause,
  subflow,
  loop_until,
  exit,
  set_labels,
  set_variables,
  unset_variables,
  item_loop,  ///< the part of a ForEachItem that starts a subflow per batch
};

/// What a task's expressions look at, found once when the flow is parsed.
struct Mentions {
  bool all_outputs = false;
  bool tasks = false;
  std::vector<std::string> outputs;  ///< names after "outputs."
};

/// Tasks by their place in Flow::tasks.
using TaskList = std::vector<int>;

enum class InputType {
  string,
  integer,
  floating,
  boolean,
  date_time,
  date,
  time,
  duration,
  select,
  multi_select,
  array,
  file,
  json,
  yaml,
  uri,
  email,
  secret,
  ion,
  table,
};

/// A declared input, or the type of an output.
struct Input {
  std::string id;
  InputType type = InputType::string;
  bool is_required = true;
  format::Value defaults, prefill;  ///< null: none
  std::string validator;
  format::Value min, max, after, before;
  std::vector<std::string> values;
  std::string expression, json_schema;
  bool allows_custom_value = false, selects_first = false;
  std::optional<InputType> item_type;
  std::vector<Input> columns;  ///< of a TABLE
  std::vector<std::string> extensions;
  std::vector<std::string> depends_on;
  std::string condition, display_name, description;
  base::Place place;
};

struct Output {
  std::string id;
  format::Value value;
  std::optional<Input> type;
  bool is_required = true;
  base::Place place;
};

/// One task as written, flowable or not.
struct Task {
  std::string id, type;
  TaskKind kind = TaskKind::work;
  const TaskType* work = nullptr;
  int parent = -1;
  base::Place place;
  format::Value properties;  ///< as written, plugin defaults filled in
  Mentions mentions;
  std::string run_if;   ///< empty: always
  std::string timeout;  ///< ISO duration or expression; empty: none
  bool is_disabled = false, allow_failure = false, allow_warning = false;
  base::LogLevel log_level = base::LogLevel::trace;
  std::optional<Retry> retry;

  // Flowables.
  TaskList tasks, otherwise, errors, finally;
  std::vector<std::pair<std::string, TaskList>> cases;  ///< Switch
  std::vector<std::vector<int>> dependencies;           ///< Dag: positions in `tasks`
  int concurrency = 1;                                  ///< 0: unlimited
  std::string expression;  ///< If condition, Switch value, LoopUntil condition

  // Loop (2.x): rounds that see only themselves and what is around the loop.
  bool is_loop = false;
  bool transmits_failure = true;
  std::string fetch_type;        ///< AUTO, FETCH or STORE
  std::vector<Output> gathered;  ///< what each round gives

  bool is_cached = false;        ///< taskCache
  std::string cache_ttl;         ///< ISO duration or expression; empty: for ever
  bool is_item_loop = false;     ///< a ForEachItem: its parts are `tasks`
  bool has_folder = false;       ///< a WorkingDirectory that brings or keeps files
  std::vector<Input> on_resume;  ///< Pause
};

/// Tasks that run when an execution has ended and the conditions hold (an older form).
struct Listener {
  Condition conditions;
  TaskList tasks;
};

/// What a Flow trigger waits for: upstream executions within a window of time.
struct Preconditions {
  enum class Window { duration, daily_deadline, daily_window, sliding } window = Window::duration;

  struct Upstream {
    std::string name_space, flow_id;
    std::vector<State> states;  ///< empty: those of the trigger
    Labels labels;
    Condition when;  ///< 2.x
  };

  struct Filter {
    std::string field, type;
    std::vector<std::string> values;
  };

  struct Where {
    std::string id;
    bool is_any = false;  ///< OR
    std::vector<Filter> filters;
  };

  std::string id;
  bool resets_on_success = true;
  base::Duration length = std::chrono::hours(24);  ///< duration and sliding
  base::Duration offset{};                         ///< of duration windows
  base::Duration starts{}, ends{};                 ///< after midnight UTC: daily windows
  std::vector<Upstream> flows;
  std::vector<Where> where;
  int needed = 0;  ///< of `flows`; 0: all of them
};

struct Trigger {
  enum class Kind {
    schedule,
    schedule_on_dates,
    webhook,
    flow,
    polling,
    absent  ///< of a plugin that is not here: never fires
  } kind = Kind::schedule;
  enum class Recover { all, last, none } recover = Recover::all;
  std::string id, type;
  base::Place place;
  bool is_disabled = false, allow_concurrent = false, with_seconds = false;
  bool fails_on_error = false;  ///< failOnTriggerError: a look that fails makes a FAILED execution
  std::string cron;
  std::optional<Cron> rule;  ///< what `cron` says
  base::Zone zone;
  std::vector<base::Instant> dates;
  std::optional<base::Duration> lateness_max;
  format::Value inputs;  ///< unrendered map, or null
  Labels labels;
  std::vector<State> stop_after;
  Condition conditions;       ///< all of them
  std::string key;            ///< webhook
  std::vector<State> states;  ///< flow
  std::optional<Preconditions> preconditions;
  bool wait = false, return_outputs = false;
  std::string response_type;
  std::optional<int> response_status;
  const PollingType* polling = nullptr;
  format::Value properties;  ///< polling
  base::Duration interval = std::chrono::seconds(60);
};

/// A promise about executions and what follows when it is broken.
struct Sla {
  enum class Behavior { fail, cancel, none } behavior = Behavior::fail;
  std::string id;
  std::optional<base::Duration> duration;  ///< MAX_DURATION
  std::string assertion;                   ///< EXECUTION_ASSERTION
  Labels labels;
};

/// A condition on inputs that is looked at before an execution is created.
struct Check {
  enum class Behavior { block, fail, create } behavior = Behavior::block;
  std::string condition, message, style;
};

struct Concurrency {
  enum class Behavior { queue, cancel, fail } behavior = Behavior::queue;
  int limit = 1;
};

/// A flow as it runs. Immutable once parsed; shared between threads.
struct Flow {
  std::string id, name_space, description;
  long long revision = 1;
  bool is_disabled = false;
  Labels labels;
  std::vector<Input> inputs;
  std::vector<Output> outputs;
  format::Value variables;  ///< an object, unrendered
  std::vector<Task> tasks;  ///< the whole tree; a parent stands before its children
  TaskList main, errors, finally, after_execution;
  std::vector<Listener> listeners;
  std::map<std::string, int, std::less<>> by_id;  ///< places of tasks
  std::vector<Trigger> triggers;
  std::optional<Retry> retry;
  std::optional<Concurrency> concurrency;
  std::vector<Sla> slas;
  std::vector<Check> checks;
  bool has_loops = false;     ///< Loops of 2.x
  bool is_dialect_2 = false;  ///< label system.dialect: 2.x
};

}  // namespace outlay::flow
