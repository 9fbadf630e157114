// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "flow/kv.h"
#include "flow/namespace_files.h"
#include "flow/state.h"
#include "flow/task.h"
#include "io/secrets.h"
#include "store/database.h"

namespace outlay::flow {

struct EngineSettings {
  io::Path storage;  ///< internal storage: files of executions, kestra:// URIs
  io::Path work;     ///< working folders of attempts
  int workers = 8;
  /// Base64 of 32 bytes, for SECRET inputs; empty: a key of its own is kept in the storage.
  std::string encryption_key;
  /// Variables every flow sees: {"envs": {...}, "globals": {...}, "kestra": {...}}.
  format::Value globals;
};

/// A stored flow: one revision.
struct StoredFlow {
  std::string name_space, id, source;
  long long revision = 0;
  bool is_disabled = false;
  std::string updated;  ///< ISO 8601
  std::string author;   ///< who saved it; empty when unknown
};

struct CheckedFlow {
  std::string name_space, id;
  std::vector<Problem> problems;  ///< errors and warnings, in file order
  bool has_errors() const;
};

/// A file given for an input of type FILE. It is copied into the execution's storage and the input
/// becomes its kestra:// URI.
struct GivenFile {
  std::string input;  ///< id of the input
  std::string name;   ///< as its owner calls it; may be empty
  io::Path path;      ///< the local file; empty: `bytes` are its content
  std::string bytes;
};

struct NewExecution {
  std::string name_space, flow_id;
  std::optional<long long> revision;
  format::Object inputs;  ///< as given; texts are parsed by input type
  std::vector<std::pair<std::string, std::string>> labels;
  /// What started it, in Kestra's shape {id, type, variables}; null for a person.
  format::Value trigger;
  std::string schedule_date;
  std::vector<GivenFile> files;
  std::vector<std::string> breakpoints;  ///< ids of tasks to stop before
  std::string kind;                      ///< NORMAL, TEST, PLAYGROUND; empty: NORMAL
};

/// What a new execution would start with, without starting it.
struct CheckedInputs {
  format::Value inputs;  ///< as they would be; null when there are problems
  std::vector<std::string> problems;
  /// [{message, style, behavior}] of the flow's checks whose condition is false.
  format::Value checks;
};

/// What a replay changes against the execution it repeats.
struct Replay {
  std::string task_run_id;  ///< starts again here, keeping what precedes; empty: from the start
  std::optional<long long> revision;
  std::optional<format::Object> inputs;  ///< instead of the old ones
  std::vector<std::string> breakpoints;
};

/// A call to a webhook's address.
struct WebhookCall {
  std::string name_space, flow_id, key;
  std::string method = "POST";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  std::vector<std::pair<std::string, std::string>> parameters;  ///< of the query
};

/// What to answer to it.
struct WebhookAnswer {
  std::string execution_id;
  bool waits = false;            ///< the caller wants the end: wait(execution_id), then answer
  bool returns_outputs = false;  ///< the answer is the execution's outputs
  std::string content_type;      ///< empty: application/json
  std::optional<int> status;     ///< responseCode, when the trigger sets one
};

struct TriggerId {
  std::string name_space, flow_id, trigger_id;
};

/// Walks the dates of a schedule between two moments.
struct Backfill {
  std::string start, end;  ///< ISO 8601; end empty: now
  format::Value inputs;    ///< a map or null
  std::vector<std::pair<std::string, std::string>> labels;
};

struct MetricPoint {
  std::string execution_id, task_id, task_run_id, name, type, time;
  double value = 0;
  format::Value tags;
};

/// What purge() removes; empty texts are no limit. Only executions that have ended.
struct Purge {
  std::string name_space, flow_id;
  std::string before;               ///< ended before this moment, ISO 8601
  std::string after;                ///< and after this one
  std::vector<std::string> states;  ///< empty: every terminal state
  bool executions = true, logs = true, metrics = true, files = true;
  std::string log_level;  ///< logs up to and with this level; empty: all
};

struct Purged {
  long long executions = 0, logs = 0, metrics = 0, files = 0;
};

struct ExecutionFilter {
  std::string name_space, flow_id, state;
  long long page = 1, size = 25;
  std::vector<std::string> states;            ///< any of these; empty: all
  std::string created_after, created_before;  ///< ISO 8601; empty: no bound
  std::string parent_id;
  std::vector<std::pair<std::string, std::string>> labels;  ///< all of these
};

struct LogLine {
  long long id = 0;
  std::string execution_id, task_id, task_run_id, level, time, message;
  long long attempt = 0;
  std::string name_space, flow_id;  ///< set by search_logs()
};

/// Which log lines to find; empty texts are no limit.
struct LogSearch {
  std::string name_space;  ///< this one or below it
  std::string flow_id, execution_id, task_id;
  std::string text;       ///< within the message, regardless of case
  std::string min_level;  ///< this one or above
  std::string from, to;   ///< ISO 8601
  bool is_oldest_first = false;
  long long page = 1, size = 25;
};

struct LogPage {
  std::vector<LogLine> lines;
  long long total = 0;
};

/// Something that happened to an execution, for live views.
struct EngineEvent {
  std::string kind;  ///< "execution", "log"
  std::string execution_id;
  std::string state;
};

/// Flows, their executions, their schedules: journals every decision, does the work, recovers after
/// a crash. Safe from any thread. Executions are answered in Kestra's JSON shape.
class Engine {
 public:
  /// Opens the journal and recovers: what was running when the process died goes on once start() is
  /// called.
  static base::Result<std::unique_ptr<Engine>> open(
      const EngineSettings& settings,
      store::Database& state,
      const TaskRegistry& tasks,
      io::Secrets& secrets,
      const base::Clock& clock);
  virtual ~Engine() = default;

  /// Parses and checks without saving. `file` names the source in messages.
  virtual CheckedFlow check(std::string_view yaml, std::string_view file) const = 0;
  /// Saves as a new revision unless the text is unchanged; all problems at once when it is wrong.
  virtual base::Result<StoredFlow> save(
      std::string_view yaml, std::string_view file, std::string_view author = {}) = 0;
  virtual base::Result<StoredFlow> flow(
      std::string_view name_space, std::string_view id, std::optional<long long> revision) = 0;
  virtual base::Result<std::vector<StoredFlow>> flows(std::string_view name_space) = 0;
  /// All revisions of a flow, oldest first, without source.
  virtual base::Result<std::vector<StoredFlow>> revisions(
      std::string_view name_space, std::string_view id) = 0;
  virtual base::Result<base::Done> remove_flow(
      std::string_view name_space, std::string_view id) = 0;

  /// Accepts an execution durably and answers its id; it runs in the background.
  virtual base::Result<std::string> create(const NewExecution& request) = 0;
  /// Waits until the execution is terminal (or `timeout`) and answers it as JSON.
  virtual base::Result<format::Value> wait(
      std::string_view id, std::optional<base::Duration> timeout) = 0;
  virtual base::Result<format::Value> execution(std::string_view id) = 0;
  /// {results: [...], total: n}, newest first.
  virtual base::Result<format::Value> executions(const ExecutionFilter& filter) = 0;
  /// What create() would do with these inputs: rendered values, problems, failed checks.
  virtual base::Result<CheckedInputs> check_inputs(const NewExecution& request) = 0;
  virtual base::Result<base::Done> kill(std::string_view id) = 0;
  /// Lets a paused execution go on; `inputs` become the Pause task's onResume outputs. Answers
  /// invalid_input when a declared onResume input is missing or wrong.
  virtual base::Result<base::Done> resume(std::string_view id, const format::Object& inputs) = 0;
  /// Problems that resume() would tell, and the inputs as they would be.
  virtual base::Result<CheckedInputs> check_resume(
      std::string_view id, const format::Object& inputs) = 0;
  /// Starts failed and paused task runs of an ended (not killed) or paused execution again, under
  /// the same id; with another revision as a new execution. Answers the id that runs.
  virtual base::Result<std::string> restart(
      std::string_view id, std::optional<long long> revision) = 0;
  /// Runs an ended execution again as a new one and answers its id.
  virtual base::Result<std::string> replay(std::string_view id, const Replay& what) = 0;
  /// Holds a running execution: what runs goes on to its end, nothing new begins.
  virtual base::Result<base::Done> pause(std::string_view id) = 0;
  /// Lets a created, queued or paused execution run whatever its flow's limits say.
  virtual base::Result<base::Done> force_run(std::string_view id) = 0;
  /// Takes an execution out of its flow's queue: RUNNING runs it, CANCELLED or FAILED end it.
  virtual base::Result<base::Done> unqueue(std::string_view id, State state) = 0;
  virtual base::Result<base::Done> resume_from_breakpoint(
      std::string_view id, const std::vector<std::string>& breakpoints) = 0;
  /// Gives an ended (not killed) execution another end.
  virtual base::Result<base::Done> change_status(std::string_view id, State state) = 0;
  /// Gives one task run of an ended execution another end; what follows is decided anew.
  virtual base::Result<base::Done> change_run_state(
      std::string_view id, std::string_view task_run_id, State state) = 0;
  /// Sets labels of an ended execution; system labels cannot be set.
  virtual base::Result<base::Done> set_labels(
      std::string_view id, const std::vector<std::pair<std::string, std::string>>& labels) = 0;
  /// Removes an ended execution with its logs, metrics and files.
  virtual base::Result<base::Done> remove_execution(std::string_view id) = 0;
  /// Renders an expression as this execution (or one of its task runs) would see it.
  virtual base::Result<std::string> evaluate_expression(
      std::string_view id, std::string_view task_run_id, std::string_view expression) = 0;
  virtual base::Result<std::vector<LogLine>> logs(
      std::string_view execution_id, long long after_id, long long limit) = 0;
  /// Lines of all executions, newest first.
  virtual base::Result<LogPage> search_logs(const LogSearch& wanted) = 0;
  virtual base::Result<std::vector<MetricPoint>> metrics(std::string_view execution_id) = 0;
  virtual base::Result<Purged> purge(const Purge& what) = 0;
  /// The bytes of a stored file of an execution.
  virtual base::Result<std::string> read_uri(std::string_view uri) = 0;

  /// Every trigger: {namespace, flowId, triggerId, type, cron, disabled, date, next, executionId,
  /// backfill}.
  virtual base::Result<format::Value> triggers() = 0;
  virtual base::Result<base::Done> set_trigger_disabled(
      const TriggerId& trigger, bool is_disabled) = 0;
  /// Forgets the execution that locks the trigger.
  virtual base::Result<base::Done> unlock_trigger(const TriggerId& trigger) = 0;
  /// Forgets lock and last date: the schedule goes on from now.
  virtual base::Result<base::Done> restart_trigger(const TriggerId& trigger) = 0;
  virtual base::Result<base::Done> start_backfill(
      const TriggerId& trigger, const Backfill& what) = 0;
  virtual base::Result<base::Done> pause_backfill(const TriggerId& trigger, bool is_paused) = 0;
  virtual base::Result<base::Done> remove_backfill(const TriggerId& trigger) = 0;
  /// Starts what a webhook's trigger says. not_found: no flow or trigger with that key; conflict:
  /// the trigger's conditions are false.
  virtual base::Result<WebhookAnswer> webhook(const WebhookCall& call) = 0;

  virtual KvStore& kv() = 0;
  virtual NamespaceFiles& namespace_files() = 0;

  /// Starts workers, and the scheduler too when asked. Without it nothing is run.
  virtual base::Result<base::Done> start(bool with_scheduler) = 0;
  /// Stops taking new work, lets running attempts end for `grace`, then stops them; they run again
  /// at the next start.
  virtual void stop(base::Duration grace) = 0;
  /// `listener` is called from engine threads, one at a time, and must neither block nor call
  /// listen() or unlisten(); returns a handle for unlisten(), after which it is not called any
  /// more.
  virtual long long listen(std::function<void(const EngineEvent&)> listener) = 0;
  virtual void unlisten(long long handle) = 0;
};

}  // namespace outlay::flow
