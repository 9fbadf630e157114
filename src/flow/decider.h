// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "flow/decide.h"

namespace outlay::flow {

/// The working of decide() for one event: finds what follows and moves the execution there.
class Decider {
 public:
  Decider(Execution& execution, const Event& event, Decision& decision);
  void handle();

 private:
  void on_created();
  void on_admitted();
  void on_evaluated();
  void on_attempt_ended();
  void on_timer();
  void pause_expired();
  void on_kill();
  void on_resume();
  void on_child_ended();
  void on_recovered();
  void on_restarted();
  void on_replayed();
  void on_hold();
  void on_forced();
  void on_unqueued();
  void on_proceed();
  void on_status_set();
  void on_run_set();
  void on_labeled();
  void on_replaced();

  void refuse() { decision_.is_accepted = false; }

  /// The flow may change while a replay moves to another revision.
  const Flow& plan() const { return *execution_.flow; }

  void emit(Effect effect);
  void log(int run, std::string text);
  /// -1 is the execution itself, here and below.
  Progress& progress_of(int run);
  State state_of_run(int run) const;

  void begin_execution();
  const TaskList& list_of(int parent, Phase phase) const;
  /// Place of the first task at or after `from` that is not disabled, or -1.
  int next_enabled(const TaskList& list, int from) const;
  bool is_task_per_lane(int parent) const;
  int take_lane(int parent);
  void start_lanes(int parent);
  void lane_done(int parent, int lane);
  void start_child(int parent, Phase phase, int lane, int position);

  void open_attempt(int index);
  void close_attempt(int index, State state);
  void begin(int index);
  void submit(int index);
  void open_list(int index, const TaskList& list, int lanes, int limit);
  void open_dag(int index);
  void open_body(int index);
  void open_switch(int index);
  void open_for_each(int index);
  void open_rounds(int index);
  void round_over(int index, int lane, State state);
  void tell_rounds(int index);
  void open_pause(int index);
  void arm_pause(int index);
  void open_subflow(int index);
  void open_items(int index);
  void item_ended(int index);
  void end_items(int index);
  void start_later_tasks(int index);
  void exit_with(int index);
  void change_labels();
  void add_labels(const Labels& labels);
  void change_variables(const Task& task);
  void end_round(int index);

  State allowed(const Task& task, State state) const;
  void close_slot(int index);
  void finish(int index, State state);
  void abandon_children(int index, State state);
  void child_done(int parent, int child);
  void child_done_while_killing(int parent);
  void drained();
  bool is_draining() const;
  void main_child_done(int parent, int lane, int position, State state);
  void end_main(int parent);
  void end_side_list(int parent);
  void end_execution(State state);
  void set_final_state(State state);
  void begin_after(TaskList tasks);
  void finish_execution();

  void enter_pause(int index);
  void leave_pause();
  /// The attempt's retry if it has one left: schedules it.
  bool retry(int index);
  void attempt_failed(int index);
  void kill_run(int index);
  void stop_run(int index);
  void recover_run(int index);
  void dispatch();
  void launch(int index);
  bool must_wait(int index);
  void release_held();
  bool retry_as_new(const Retry& policy);
  void arm_slas();
  void check_slas();
  void breach(int place);
  /// Ends the execution with everything in it, at once.
  void end_at_once(State state);
  void stop_open(const std::vector<int>& open, State state);

  // Beginning again (decide_again.cc).
  struct Again;
  void drop(int index);
  bool needs_again(int index) const;
  void reset_run(int index);
  void sort_children(Again& again);
  void count_lanes(int parent, Again& again);
  /// `touched`: a run whose state was set; what is around it is decided anew.
  void begin_again(const std::vector<int>& marked, int touched = -1);
  std::vector<int> failed_runs() const;
  void drop_after(int index);
  std::vector<int> runs_after(int index) const;
  void move_to_flow(const Flow& flow);
  const TaskList* chosen_list(int index) const;
  void reset_execution();

  Execution& execution_;
  const Event& event_;
  Decision& decision_;
};

}  // namespace outlay::flow
