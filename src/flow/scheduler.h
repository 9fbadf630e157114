// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "flow/definitions.h"
#include "flow/timers.h"
#include "flow/trigger_ports.h"

namespace outlay::flow {

/// Starts the executions of Schedule triggers when they are due, and has polling triggers look. The
/// date of the last fire is kept in the state store, so that what was missed while the process was
/// down is known. Safe from any thread.
class Scheduler {
 public:
  Scheduler(
      store::Database& state,
      Definitions& definitions,
      Timers& timers,
      const base::Clock& clock,
      const TriggerPorts& ports);
  ~Scheduler();

  /// Arms every schedule, after what was missed.
  void start();
  void stop();
  /// A flow was saved or removed.
  void refresh(std::string_view name_space, std::string_view id);
  /// Unlocks the trigger that started the execution; disables it when it is to stop after `state`.
  void execution_ended(const std::string& execution_id, State state);
  /// Every trigger as Engine::triggers() answers it.
  base::Result<format::Value> describe();

  base::Result<base::Done> set_disabled(const TriggerId& id, bool is_disabled);
  base::Result<base::Done> unlock(const TriggerId& id);
  base::Result<base::Done> restart(const TriggerId& id);
  base::Result<base::Done> start_backfill(const TriggerId& id, const Backfill& what);
  base::Result<base::Done> pause_backfill(const TriggerId& id, bool is_paused);
  base::Result<base::Done> remove_backfill(const TriggerId& id);

 private:
  struct Schedule {
    std::shared_ptr<const Flow> flow;
    const Trigger* trigger = nullptr;
    std::optional<base::Instant> next;
    std::optional<Timers::Handle> timer;
    std::string execution;   ///< the one that locks it
    format::Value backfill;  ///< {start, end, next, paused, inputs, labels}, or null
  };

  using Key = std::tuple<std::string, std::string, std::string>;

  void arm_flow(const std::shared_ptr<const Flow>& flow);
  void arm_trigger(const std::shared_ptr<const Flow>& flow, const Trigger& trigger);
  /// Where the schedule goes on after what is stored of it.
  std::optional<base::Instant> first_date(
      const Flow& flow, const Trigger& trigger, base::Instant last) const;
  /// Dates that the trigger's conditions accept.
  std::optional<base::Instant> next_allowed(
      const Flow& flow, const Trigger& trigger, base::Instant after) const;
  std::optional<base::Instant> previous_allowed(
      const Flow& flow, const Trigger& trigger, base::Instant before) const;
  bool is_allowed(const Flow& flow, const Trigger& trigger, base::Instant date) const;
  void arm(const Key& key, Schedule& schedule) REQUIRES(mutex_);
  void fire(const Key& key);
  /// The date that is due and moves the schedule on; nothing when it was too late.
  std::optional<base::Instant> take_date(const Key& key, Schedule& schedule) REQUIRES(mutex_);
  void poll(const Key& key, const Schedule& schedule, const std::string& id);
  void polled(const Key& key, bool is_begun);
  base::Result<std::string> begin(
      const Key& key, const Schedule& schedule, base::Instant date, const std::string& id);
  base::Result<std::string> create(
      const Schedule& schedule,
      const format::Object& variables,
      const format::Value& backfill,
      const std::string& id);
  base::Result<base::Done> keep(const Key& key, base::Instant date, const std::string& id);
  base::Result<base::Done> keep_column(
      const TriggerId& id, std::string_view column, const store::Param& value);
  base::Result<std::shared_ptr<const Flow>> owner_of(const TriggerId& id);
  void rearm(const TriggerId& id);

  store::Database& state_;
  Definitions& definitions_;
  Timers& timers_;
  const base::Clock& clock_;
  TriggerPorts ports_;
  base::Mutex mutex_;
  std::map<Key, Schedule> schedules_ GUARDED_BY(mutex_);
  std::map<std::string, Key> locks_ GUARDED_BY(mutex_);  ///< by execution
  bool is_started_ GUARDED_BY(mutex_) = false;
};

}  // namespace outlay::flow
