// SPDX-License-Identifier: Apache-2.0
// What people do to triggers: disable, unlock, backfill; and the list of them.
#include "flow/schedule_dates.h"
#include "flow/scheduler.h"
#include "format/json.h"

namespace outlay::flow {

using base::Done;
using base::Result;
using format::Value;

Result<std::shared_ptr<const Flow>> Scheduler::owner_of(const TriggerId& id) {
  const auto flow = TRY(definitions_.flow(id.name_space, id.flow_id, std::nullopt));
  for (const Trigger& trigger : flow->triggers)
    if (trigger.id == id.trigger_id) return flow;
  return base::not_found(
      "the flow " + id.name_space + "." + id.flow_id + " has no trigger \"" + id.trigger_id + "\"");
}

Result<Done> Scheduler::keep_column(
    const TriggerId& id, std::string_view column, const store::Param& value) {
  return state_.write([&](store::Transaction& transaction) -> Result<Done> {
    TRY(transaction.run(
        "INSERT INTO flow_triggers (namespace, flow_id, trigger_id, date) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (namespace, flow_id, trigger_id) DO NOTHING",
        {id.name_space, id.flow_id, id.trigger_id, base::print_instant(clock_.now())}));
    TRY(transaction.run(
        "UPDATE flow_triggers SET " + std::string(column) +
            " = ? WHERE namespace = ? AND flow_id = ? AND trigger_id = ?",
        {value, id.name_space, id.flow_id, id.trigger_id}));
    return Done{};
  });
}

void Scheduler::rearm(const TriggerId& id) { refresh(id.name_space, id.flow_id); }

Result<Done> Scheduler::set_disabled(const TriggerId& id, bool is_disabled) {
  TRY(owner_of(id));
  TRY(keep_column(id, "disabled", std::int64_t{is_disabled ? 1 : 0}));
  // The dates while it was off are not made up for.
  if (!is_disabled) TRY(keep_column(id, "date", base::print_instant(clock_.now())));
  rearm(id);
  return Done{};
}

Result<Done> Scheduler::unlock(const TriggerId& id) {
  TRY(owner_of(id));
  TRY(keep_column(id, "execution", nullptr));
  {
    const base::Lock lock(mutex_);
    const auto found = schedules_.find({id.name_space, id.flow_id, id.trigger_id});
    if (found != schedules_.end()) {
      locks_.erase(found->second.execution);
      found->second.execution.clear();
    }
  }
  rearm(id);
  return Done{};
}

Result<Done> Scheduler::restart(const TriggerId& id) {
  TRY(owner_of(id));
  TRY(keep_column(id, "date", base::print_instant(clock_.now())));
  return unlock(id);
}

Result<Done> Scheduler::start_backfill(const TriggerId& id, const Backfill& what) {
  const auto flow = TRY(owner_of(id));
  const base::Instant start = TRY(base::parse_instant(what.start));
  const base::Instant end = what.end.empty() ? clock_.now() : TRY(base::parse_instant(what.end));
  if (end < start)
    return base::invalid_input("a backfill must end after it starts; found " + what.end);
  for (const Trigger& trigger : flow->triggers) {
    if (trigger.id != id.trigger_id) continue;
    if (trigger.kind != Trigger::Kind::schedule)
      return base::invalid_input("only a Schedule can be backfilled; found " + trigger.type);
    const auto first = next_allowed(*flow, trigger, start - std::chrono::microseconds(1));
    if (!first || *first > end)
      return base::invalid_input(
          "no date of the schedule lies between " + what.start + " and " +
          base::print_instant(end));
    format::Object labels;
    for (const auto& [key, value] : what.labels) labels.set(key, value);
    const Value body = Value::object(
        {{"start", base::print_instant(start)},
         {"end", base::print_instant(end)},
         {"next", base::print_instant(*first)},
         {"paused", false},
         {"inputs", what.inputs},
         {"labels", std::move(labels)}});
    TRY(keep_column(id, "backfill", format::print_json(body)));
  }
  rearm(id);
  return Done{};
}

Result<Done> Scheduler::pause_backfill(const TriggerId& id, bool is_paused) {
  TRY(owner_of(id));
  const auto rows = TRY(state_.read(
      "SELECT backfill FROM flow_triggers WHERE namespace = ? AND flow_id = ? AND trigger_id = ?",
      {id.name_space, id.flow_id, id.trigger_id}));
  if (rows.rows.empty() || !rows.rows[0][0])
    return base::conflict("the trigger " + id.trigger_id + " has no backfill");
  const Value known = TRY(format::parse_json(*rows.rows[0][0]));
  format::Object body = known.as_object();
  body.set("paused", is_paused);
  TRY(keep_column(id, "backfill", format::print_json(Value(std::move(body)))));
  rearm(id);
  return Done{};
}

Result<Done> Scheduler::remove_backfill(const TriggerId& id) {
  TRY(owner_of(id));
  TRY(keep_column(id, "backfill", nullptr));
  rearm(id);
  return Done{};
}

Result<Value> Scheduler::describe() {
  const auto rows =
      TRY(state_.read("SELECT namespace, flow_id, trigger_id, date, execution, disabled, backfill "
                      "FROM flow_triggers"));
  std::map<Key, const std::vector<store::Cell>*> kept;
  for (const auto& row : rows.rows)
    kept[{row[0].value_or(""), row[1].value_or(""), row[2].value_or("")}] = &row;
  format::Array out;
  for (const auto& flow : definitions_.current()) {
    for (const Trigger& trigger : flow->triggers) {
      const auto found = kept.find({flow->name_space, flow->id, trigger.id});
      const auto* row = found == kept.end() ? nullptr : found->second;
      const bool is_disabled =
          trigger.is_disabled || (row != nullptr && (*row)[5].value_or("0") == "1");
      format::Object entry;
      entry.set("namespace", flow->name_space);
      entry.set("flowId", flow->id);
      entry.set("triggerId", trigger.id);
      entry.set("type", trigger.type);
      entry.set("disabled", is_disabled);
      if (!trigger.cron.empty()) entry.set("cron", trigger.cron);
      if (row != nullptr && (*row)[3]) entry.set("date", *(*row)[3]);
      if (row != nullptr && (*row)[4] && !(*row)[4]->empty()) {
        const auto state =
            state_.read("SELECT finished FROM flow_executions WHERE id = ?", {*(*row)[4]});
        if (state && !state->rows.empty() && state->rows[0][0].value_or("1") == "0")
          entry.set("executionId", *(*row)[4]);
      }
      if (row != nullptr && (*row)[6]) entry.set("backfill", TRY(format::parse_json(*(*row)[6])));
      const bool has_dates = trigger.kind == Trigger::Kind::schedule ||
                             trigger.kind == Trigger::Kind::schedule_on_dates;
      const auto next =
          is_disabled || !has_dates ? std::nullopt : next_allowed(*flow, trigger, clock_.now());
      if (next) entry.set("next", base::print_instant(*next));
      out.emplace_back(std::move(entry));
    }
  }
  return Value(std::move(out));
}

}  // namespace outlay::flow
