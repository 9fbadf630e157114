// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/random.h"
#include "flow/attempt.h"
#include "flow/decide.h"
#include "flow/definitions.h"
#include "flow/engine.h"
#include "flow/evaluate.h"
#include "flow/journal.h"
#include "flow/ready_queue.h"
#include "flow/shared_folder.h"
#include "flow/timers.h"
#include "flow/trigger_ports.h"

namespace outlay::flow {

class FlowTriggers;
class Scheduler;

/// The engine on one machine. Every step of an execution is: an event comes, decide() moves the
/// execution under its lock, the event is journaled, and only then its effects are carried out.
///
/// Lock order: slots_mutex_ before Live::mutex before the journal's. lives_mutex_ is held alone.
class Executor final : public Engine {
 public:
  Executor(
      const EngineSettings& settings,
      store::Database& state,
      const TaskRegistry& tasks,
      io::Secrets& secrets,
      const base::Clock& clock);
  ~Executor() override;

  /// Creates tables, reads flows, replays unfinished executions.
  base::Result<base::Done> open();

  CheckedFlow check(std::string_view yaml, std::string_view file) const override;
  base::Result<StoredFlow> save(
      std::string_view yaml, std::string_view file, std::string_view author = {}) override;
  base::Result<StoredFlow> flow(
      std::string_view name_space, std::string_view id, std::optional<long long> revision) override;
  base::Result<std::vector<StoredFlow>> flows(std::string_view name_space) override;
  base::Result<std::vector<StoredFlow>> revisions(
      std::string_view name_space, std::string_view id) override;
  base::Result<base::Done> remove_flow(std::string_view name_space, std::string_view id) override;
  base::Result<std::string> create(const NewExecution& request) override;
  /// Under an id of the caller's choice: the same request made again changes nothing.
  base::Result<std::string> create_as(const NewExecution& request, std::string id);
  base::Result<format::Value> wait(
      std::string_view id, std::optional<base::Duration> timeout) override;
  base::Result<format::Value> execution(std::string_view id) override;
  base::Result<format::Value> executions(const ExecutionFilter& filter) override;
  base::Result<base::Done> kill(std::string_view id) override;
  base::Result<CheckedInputs> check_inputs(const NewExecution& request) override;
  base::Result<base::Done> resume(std::string_view id, const format::Object& inputs) override;
  base::Result<CheckedInputs> check_resume(
      std::string_view id, const format::Object& inputs) override;
  base::Result<std::string> restart(
      std::string_view id, std::optional<long long> revision) override;
  base::Result<std::string> replay(std::string_view id, const Replay& what) override;
  base::Result<base::Done> pause(std::string_view id) override;
  base::Result<base::Done> force_run(std::string_view id) override;
  base::Result<base::Done> unqueue(std::string_view id, State state) override;
  base::Result<base::Done> resume_from_breakpoint(
      std::string_view id, const std::vector<std::string>& breakpoints) override;
  base::Result<base::Done> change_status(std::string_view id, State state) override;
  base::Result<base::Done> change_run_state(
      std::string_view id, std::string_view task_run_id, State state) override;
  base::Result<base::Done> set_labels(
      std::string_view id, const std::vector<std::pair<std::string, std::string>>& labels) override;
  base::Result<base::Done> remove_execution(std::string_view id) override;
  base::Result<std::string> evaluate_expression(
      std::string_view id, std::string_view task_run_id, std::string_view expression) override;
  base::Result<std::vector<LogLine>> logs(
      std::string_view execution_id, long long after_id, long long limit) override;
  base::Result<LogPage> search_logs(const LogSearch& wanted) override;
  base::Result<std::vector<MetricPoint>> metrics(std::string_view execution_id) override;
  base::Result<Purged> purge(const Purge& what) override;
  base::Result<std::string> read_uri(std::string_view uri) override;
  base::Result<format::Value> triggers() override;
  base::Result<base::Done> set_trigger_disabled(
      const TriggerId& trigger, bool is_disabled) override;
  base::Result<base::Done> unlock_trigger(const TriggerId& trigger) override;
  base::Result<base::Done> restart_trigger(const TriggerId& trigger) override;
  base::Result<base::Done> start_backfill(const TriggerId& trigger, const Backfill& what) override;
  base::Result<base::Done> pause_backfill(const TriggerId& trigger, bool is_paused) override;
  base::Result<base::Done> remove_backfill(const TriggerId& trigger) override;
  base::Result<WebhookAnswer> webhook(const WebhookCall& call) override;

  KvStore& kv() override { return kv_; }

  NamespaceFiles& namespace_files() override { return namespace_files_; }

  base::Result<base::Done> start(bool with_scheduler) override;
  void stop(base::Duration grace) override;
  long long listen(std::function<void(const EngineEvent&)> listener) override;
  void unlisten(long long handle) override;

  // For a simulation, which moves the clock itself and starts no threads.

  /// Fresh ids come from `make_id` from now on: with seeded ones a run can be made again.
  void use_ids(std::function<std::string()> make_id) { make_id_ = std::move(make_id); }

  /// Sends recovered executions on; start() does so too.
  void resume_recovered(bool with_scheduler);
  /// The next attempt that waits for a worker. Whoever takes it must try_task() and settle() it.
  std::optional<WorkItem> take();
  /// Does the task; the event that tells how it ended is not posted yet.
  Event try_task(const WorkItem& item);
  void settle(const WorkItem& item, Event event);
  /// The attempt was told to stop.
  bool is_stopped(const WorkItem& item) const;

  /// Nothing will follow in the execution, or there is none of that id.
  bool is_finished(std::string_view execution_id) const {
    return find_live(execution_id) == nullptr;
  }

  Timers& timers() { return timers_; }

  Journal& journal() { return journal_; }

  /// Posts an event as a worker would; false when it was refused.
  bool inject(std::string_view execution_id, const Event& event);

 private:
  struct Start {
    std::shared_ptr<const Flow> flow;
    std::string id;
    format::Value given;  ///< the created event's value
  };

  /// What is known of an execution before it is created.
  struct Creation {
    const Flow& flow;
    const NewExecution& request;
    std::string id;
    Labels inherited;  ///< of a parent; the flow's own labels count for more
  };

  struct Slots {
    int running = 0;
    std::deque<LiveRef> queued;
  };

  base::Result<format::Value> created_value(
      const Creation& creation, std::vector<std::string>& ignored);
  base::Result<format::Object> labels_for(const Creation& creation) const;
  /// Checks whose condition is false, as {message, style, behavior}.
  base::Result<format::Array> failed_checks(
      const Flow& flow, const format::Value& inputs, const format::Value& trigger);
  base::Result<bool> is_known(const std::string& id);
  /// Journals the creation; when `wait_durable`, answers only once it is durable.
  base::Result<std::string> accept(const Start& start, bool wait_durable);
  State admit(const LiveRef& live);
  void release_slot(const LiveRef& live);

  /// Moves the execution by an event and journals it; advance() under the execution's lock. False
  /// when the event changed nothing.
  bool post(const LiveRef& live, const Event& event);
  bool advance(const LiveRef& live, Event event);
  void pump();
  /// Tries a journal that could not be written again and again until it can.
  void unstick_later();
  Journal::Entry entry_for(
      const LiveRef& live, const std::vector<Event>& events, std::vector<Effect> effects);
  void perform(const LiveRef& live, const Effect& effect);
  void start_attempt(const LiveRef& live, const Effect& effect);
  void start_child(const LiveRef& live, int run, int batch, int tries = 0);
  struct Child;
  Child child_of(const Live& live, int run, int batch) const;
  base::Result<base::Done> begin_child(const Child& child, Event& answer);
  void kill_children(const LiveRef& live, int run);
  static format::Object again_value(const Execution& old);
  void child_over(const Live& child);
  void ended(const LiveRef& live);
  void finished(const LiveRef& live);

  Event run_task(const WorkItem& item, const std::shared_ptr<AttemptControl>& control);
  base::Result<base::Done> arm_timeout(
      const WorkItem& item,
      const RunningAttempt& attempt,
      const std::shared_ptr<AttemptControl>& control);
  void log(LogLine line);
  void log_error(const Execution& execution, int run, const std::string& message);
  EvaluationPorts evaluation_ports(const LiveRef& live);
  SharedFolder shared_folder(const Live& live, int run);
  base::Result<base::Done> read_key();
  base::Result<base::Done> drop_unborn(std::int64_t number, const std::string& id);
  /// Tells flow triggers, and forgets that they are to be told.
  void tell_flows(const LiveRef& live, State state);
  base::Result<base::Done> tell_again();
  /// `finished_number`: of the execution when nothing will follow in it, else 0.
  void tell_flows_of(const format::Value& execution, std::int64_t finished_number);
  /// Does it again when the store may have recovered.
  void later(std::function<void()> action);
  static std::string key_of_cache(const RunningAttempt& attempt);
  std::optional<format::Value> cached_outputs(
      RunningAttempt& attempt, const std::string& cache_key);
  void keep_outputs(const std::string& cache_key, const format::Value& outputs);
  /// The execution in memory, read from its journal when it ended before.
  base::Result<LiveRef> revive(const std::string& id);
  base::Result<base::Done> read_events(Live& live);
  base::Result<base::Done> post_to(
      std::string_view id, Event event, std::string_view refusal, bool is_revived);
  void replace(const LiveRef& live);
  base::Result<WebhookAnswer> called(
      const Flow& flow, const Trigger& trigger, const WebhookCall& call);
  TriggerPorts trigger_ports();
  base::Result<std::string> replay_from(const LiveRef& old, const Replay& what);
  base::Result<std::string> replay_whole(const LiveRef& old, const Replay& what);
  void book_metric(const RunningAttempt& attempt, const Metric& metric);
  base::Result<base::Done> check_given(const Execution& execution, format::Object& inputs);
  expr::Environment evaluation_environment(const Live& live, int run);

  base::Result<base::Done> load(
      std::int64_t number,
      const std::string& id,
      const std::shared_ptr<const Flow>& flow,
      bool is_finished);
  LiveRef find_live(std::string_view id) const;
  void tell(const EngineEvent& event);
  void work();
  /// The calling thread is a worker from now on.
  static void take_items_myself();

  const EngineSettings settings_;
  store::Database& state_;
  const TaskRegistry& tasks_;
  io::Secrets& secrets_;
  const base::Clock& clock_;
  expr::Scope globals_;
  FileHouse files_;
  Definitions definitions_;
  KvStore kv_;
  NamespaceFiles namespace_files_;
  Journal journal_;
  Timers timers_;
  ReadyQueue ready_;
  AttemptHouse house_;
  std::unique_ptr<Scheduler> scheduler_;
  std::unique_ptr<FlowTriggers> flow_triggers_;

  mutable base::Mutex lives_mutex_;
  std::unordered_map<std::string, LiveRef> lives_ GUARDED_BY(lives_mutex_);
  std::atomic<std::int64_t> next_number_{1};
  base::Mutex slots_mutex_;
  std::map<std::string, Slots> slots_ GUARDED_BY(slots_mutex_);

  base::Mutex listeners_mutex_;
  std::map<long long, std::function<void(const EngineEvent&)>> listeners_
      GUARDED_BY(listeners_mutex_);
  long long next_listener_ GUARDED_BY(listeners_mutex_) = 1;
  std::atomic<bool> has_listeners_{false};

  std::function<std::string()> make_id_ = base::new_id;
  std::vector<std::thread> threads_;
  std::atomic<bool> is_stopping_{false};
  std::atomic<bool> flush_is_due_{false};
  std::atomic<bool> is_unsticking_{false};
  std::atomic<int> working_{0};
};

}  // namespace outlay::flow
