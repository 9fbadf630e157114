// SPDX-License-Identifier: Apache-2.0
#include "flow/scheduler.h"

#include <algorithm>

#include "base/log.h"
#include "base/random.h"
#include "flow/schedule_dates.h"
#include "flow/trigger_context.h"
#include "format/json.h"

namespace outlay::flow {

using base::Done;
using base::Result;
using format::Value;

namespace {

// Conditions that reject every date must not be searched for ever.
constexpr int kTriesMax = 100'000;
constexpr auto kSearchMax = std::chrono::hours(24 * 3653);

bool is_timed(const Trigger& trigger) {
  return trigger.kind == Trigger::Kind::schedule ||
         trigger.kind == Trigger::Kind::schedule_on_dates || trigger.kind == Trigger::Kind::polling;
}

}  // namespace

Scheduler::Scheduler(
    store::Database& state,
    Definitions& definitions,
    Timers& timers,
    const base::Clock& clock,
    const TriggerPorts& ports)
    : state_(state), definitions_(definitions), timers_(timers), clock_(clock), ports_(ports) {}

Scheduler::~Scheduler() = default;

void Scheduler::start() {
  {
    const base::Lock lock(mutex_);
    is_started_ = true;
  }
  for (const auto& flow : definitions_.current()) arm_flow(flow);
}

void Scheduler::stop() {
  const base::Lock lock(mutex_);
  is_started_ = false;
  for (auto& [key, schedule] : schedules_)
    if (schedule.timer) timers_.cancel(*schedule.timer);
  schedules_.clear();
  locks_.clear();
}

void Scheduler::refresh(std::string_view name_space, std::string_view id) {
  {
    const base::Lock lock(mutex_);
    if (!is_started_) return;
    for (auto at = schedules_.begin(); at != schedules_.end();) {
      const bool is_same = std::get<0>(at->first) == name_space && std::get<1>(at->first) == id;
      if (is_same && at->second.timer) timers_.cancel(*at->second.timer);
      at = is_same ? schedules_.erase(at) : std::next(at);
    }
  }
  const auto flow = definitions_.flow(name_space, id, std::nullopt);
  if (flow && !(*flow)->is_disabled) arm_flow(*flow);
}

// ---- dates

bool Scheduler::is_allowed(const Flow& flow, const Trigger& trigger, base::Instant date) const {
  const Condition& condition = trigger.conditions;
  if (condition.kind == Condition::Kind::all && condition.inner.empty()) return true;
  const auto environment = ports_.environment(flow.name_space);
  const Value shown = Value::object({{"date", print_date_of(trigger, date)}});
  const expr::Scope scope(
      Value::object(
          {{"trigger", shown},
           {"schedule", shown},
           {"vars", flow.variables},
           {"flow", Value::object({{"id", flow.id}, {"namespace", flow.name_space}})}}),
      ports_.globals);
  ConditionFacts facts;
  facts.scope = &scope;
  facts.environment = &environment;
  facts.zone = trigger.zone;
  facts.name_space = flow.name_space;
  facts.flow_id = flow.id;
  const auto answer = holds(condition, facts);
  if (!answer)
    LOG(warn,
        "a condition of a schedule could not be looked at",
        {"flow", flow.id},
        {"trigger", trigger.id},
        {"because", answer.error().text()});
  return answer && *answer;
}

std::optional<base::Instant> Scheduler::next_allowed(
    const Flow& flow, const Trigger& trigger, base::Instant after) const {
  const base::Instant last = after + kSearchMax;
  for (int i = 0; i < kTriesMax; ++i) {
    const auto date = next_date(trigger, after);
    if (!date || *date > last) return std::nullopt;
    if (is_allowed(flow, trigger, *date)) return date;
    after = *date;
  }
  return std::nullopt;
}

std::optional<base::Instant> Scheduler::previous_allowed(
    const Flow& flow, const Trigger& trigger, base::Instant before) const {
  const base::Instant first = before - kSearchMax;
  for (int i = 0; i < kTriesMax; ++i) {
    const auto date = previous_date(trigger, before);
    if (!date || *date < first) return std::nullopt;
    if (is_allowed(flow, trigger, *date)) return date;
    before = *date;
  }
  return std::nullopt;
}

std::optional<base::Instant> Scheduler::first_date(
    const Flow& flow, const Trigger& trigger, base::Instant last) const {
  const base::Instant now = clock_.now();
  if (trigger.kind == Trigger::Kind::polling) return std::max(now, last + trigger.interval);
  if (trigger.recover == Trigger::Recover::none && last < now)
    return next_allowed(flow, trigger, now);
  if (trigger.recover == Trigger::Recover::last && last < now) {
    const auto latest = previous_allowed(flow, trigger, now);
    if (latest && *latest > last) return latest;
  }
  return next_allowed(flow, trigger, last);
}

// ---- arming

void Scheduler::arm_flow(const std::shared_ptr<const Flow>& flow) {
  for (const Trigger& trigger : flow->triggers)
    if (is_timed(trigger) && !trigger.is_disabled) arm_trigger(flow, trigger);
}

void Scheduler::arm_trigger(const std::shared_ptr<const Flow>& flow, const Trigger& trigger) {
  const Key key{flow->name_space, flow->id, trigger.id};
  const auto rows = state_.read(
      "SELECT date, execution, (SELECT finished FROM flow_executions WHERE id = t.execution), "
      "disabled, backfill FROM flow_triggers AS t "
      "WHERE namespace = ? AND flow_id = ? AND trigger_id = ?",
      {flow->name_space, flow->id, trigger.id});
  const bool is_new = !rows || rows->rows.empty();
  base::Instant last = clock_.now();
  if (is_new && trigger.kind == Trigger::Kind::polling) last -= trigger.interval;
  Schedule schedule{flow, &trigger, std::nullopt, std::nullopt, "", Value()};
  std::string unborn;
  if (!is_new) {
    const auto& row = rows->rows[0];
    if (row[3].value_or("0") == "1") return;
    last = base::parse_instant(row[0].value_or("")).value_or(last);
    // The date was booked, but the process died before the execution was.
    if (row[1] && !row[2]) unborn = *row[1];
    if (row[1] && row[2].value_or("1") == "0") schedule.execution = *row[1];
    if (row[4]) schedule.backfill = format::parse_json(*row[4]).value_or(Value());
  } else {
    const auto kept = keep(key, last, "");
    if (!kept) LOG(error, "a schedule was not kept", {"because", kept.error().text()});
  }
  if (!unborn.empty() && trigger.kind != Trigger::Kind::polling) {
    const auto begun = begin(key, schedule, last, unborn);
    if (begun) schedule.execution = unborn;
  }
  schedule.next = first_date(*flow, trigger, last);
  const base::Lock lock(mutex_);
  if (!schedule.execution.empty() && !trigger.allow_concurrent)
    locks_[schedule.execution] = key;
  else
    schedule.execution.clear();
  Schedule& placed = schedules_[key] = std::move(schedule);
  arm(key, placed);
}

void Scheduler::arm(const Key& key, Schedule& schedule) {
  if (schedule.timer) timers_.cancel(*schedule.timer);
  schedule.timer.reset();
  if (!schedule.execution.empty()) return;
  const bool is_backfilling =
      !schedule.backfill.is_null() && !schedule.backfill["paused"].bool_or(false);
  if (is_backfilling)
    schedule.timer = timers_.add(clock_.now(), [this, key] { fire(key); });
  else if (schedule.next)
    schedule.timer = timers_.add(*schedule.next, [this, key] { fire(key); });
}

// ---- firing

std::optional<base::Instant> Scheduler::take_date(const Key& key, Schedule& schedule) {
  const Trigger& trigger = *schedule.trigger;
  const Flow& flow = *schedule.flow;
  const bool is_backfilling =
      !schedule.backfill.is_null() && !schedule.backfill["paused"].bool_or(false);
  if (is_backfilling) {
    const auto date = base::parse_instant(schedule.backfill["next"].text_or(""));
    const auto end = base::parse_instant(schedule.backfill["end"].text_or(""));
    const auto next = date ? next_allowed(flow, trigger, *date) : std::nullopt;
    if (next && end && *next <= *end) {
      format::Object moved = schedule.backfill.as_object();
      moved.set("next", base::print_instant(*next));
      schedule.backfill = Value(std::move(moved));
    } else {
      schedule.backfill = Value();
    }
    if (date) return *date;
    return std::nullopt;
  }
  if (!schedule.next) return std::nullopt;
  const base::Instant date = *schedule.next;
  if (trigger.kind == Trigger::Kind::polling) {
    schedule.next = clock_.now() + trigger.interval;
    return date;
  }
  schedule.next = next_allowed(flow, trigger, date);
  static_cast<void>(key);
  if (trigger.lateness_max && clock_.now() - date > *trigger.lateness_max) return std::nullopt;
  return date;
}

void Scheduler::fire(const Key& key) {
  Schedule schedule;
  const std::string id = ports_.make_id();
  std::optional<base::Instant> date;
  {
    const base::Lock lock(mutex_);
    const auto found = schedules_.find(key);
    if (!is_started_ || found == schedules_.end()) return;
    Schedule& mine = found->second;
    mine.timer.reset();
    schedule = mine;
    date = take_date(key, mine);
    if (!date) return arm(key, mine);
    if (mine.trigger->kind == Trigger::Kind::polling || !mine.trigger->allow_concurrent) {
      mine.execution = id;
      locks_[id] = key;
    }
    arm(key, mine);
  }
  if (schedule.trigger->kind == Trigger::Kind::polling) {
    ports_.work([this, key, schedule, id] { poll(key, schedule, id); });
    return;
  }
  const auto begun = begin(key, schedule, *date, id);
  if (begun) return;
  LOG(error,
      "a schedule could not start its flow",
      {"flow", schedule.flow->id},
      {"trigger", schedule.trigger->id},
      {"because", begun.error().text()});
  execution_ended(id, State::failed);
}

// Runs on a worker: a look at the outside may take its time.
void Scheduler::poll(const Key& key, const Schedule& schedule, const std::string& id) {
  const Trigger& trigger = *schedule.trigger;
  TriggerContext context(ports_, *schedule.flow, trigger, id);
  const auto seen = trigger.polling->events(context, trigger.properties);
  const auto kept = keep(key, clock_.now(), "");
  if (!kept) LOG(error, "a trigger was not kept", {"because", kept.error().text()});
  if (!seen)
    LOG(warn,
        "a trigger could not look",
        {"flow", schedule.flow->id},
        {"trigger", trigger.id},
        {"because", seen.error().text()});
  if (!seen && trigger.fails_on_error) {
    const auto told = create(schedule, {}, seen.error().text(), id);
    if (!told) LOG(error, "a trigger could not tell", {"because", told.error().text()});
  }
  bool is_begun = false;
  for (std::size_t i = 0; seen && i < seen->size(); ++i) {
    const auto begun = create(schedule, (*seen)[i], Value(), i == 0 ? id : base::new_id());
    if (begun) {
      is_begun = true;
    } else {
      LOG(error, "a trigger could not start its flow", {"because", begun.error().text()});
    }
  }
  if (!is_begun || trigger.allow_concurrent) execution_ended(id, State::skipped);
}

Result<Done> Scheduler::keep(const Key& key, base::Instant date, const std::string& id) {
  store::Param execution = nullptr;
  if (!id.empty()) execution = id;
  return state_.write([&](store::Transaction& transaction) -> Result<Done> {
    const std::string when = base::print_instant(date);
    TRY(transaction.run(
        "INSERT INTO flow_triggers (namespace, flow_id, trigger_id, date, execution) "
        "VALUES (?, ?, ?, ?, ?) ON CONFLICT (namespace, flow_id, trigger_id) "
        "DO UPDATE SET date = excluded.date, execution = excluded.execution",
        {std::get<0>(key), std::get<1>(key), std::get<2>(key), when, execution}));
    return Done{};
  });
}

Result<std::string> Scheduler::begin(
    const Key& key, const Schedule& schedule, base::Instant date, const std::string& id) {
  const Trigger& trigger = *schedule.trigger;
  const Flow& flow = *schedule.flow;
  const bool is_backfill =
      !schedule.backfill.is_null() && !schedule.backfill["paused"].bool_or(false);
  // The date and the id come first: after a crash here the same execution is begun again, not
  // another. A backfill keeps its own place instead.
  if (is_backfill) {
    const TriggerId place{flow.name_space, flow.id, trigger.id};
    Value now_at;
    {
      const base::Lock lock(mutex_);
      if (const auto found = schedules_.find(key); found != schedules_.end())
        now_at = found->second.backfill;
    }
    store::Param body = nullptr;
    if (!now_at.is_null()) body = format::print_json(now_at);
    TRY(keep_column(place, "backfill", body));
    TRY(keep_column(place, "execution", store::Param(id)));
  } else {
    TRY(keep(key, date, id));
  }
  format::Object variables;
  variables.set("date", print_date_of(trigger, date));
  if (const auto next = next_allowed(flow, trigger, date); next)
    variables.set("next", print_date_of(trigger, *next));
  if (const auto before = previous_allowed(flow, trigger, date); before)
    variables.set("previous", print_date_of(trigger, *before));
  return create(schedule, variables, is_backfill ? schedule.backfill : Value(), id);
}

Result<std::string> Scheduler::create(
    const Schedule& schedule,
    const format::Object& variables,
    const Value& backfill,
    const std::string& id) {
  const Trigger& trigger = *schedule.trigger;
  const Flow& flow = *schedule.flow;
  NewExecution request;
  request.name_space = flow.name_space;
  request.flow_id = flow.id;
  request.labels = trigger.labels;
  request.labels.emplace_back("system.from", "trigger");
  if (backfill["labels"].is_object())
    for (const auto& [key, value] : backfill["labels"].as_object())
      request.labels.emplace_back(key, value.text_or(""));
  const Value seen(variables);
  request.trigger =
      Value::object({{"id", trigger.id}, {"type", trigger.type}, {"variables", seen}});
  if (backfill.is_text()) {
    // Not a backfill: what went wrong with a trigger that is to fail.
    format::Object failed = request.trigger.as_object();
    failed.set("error", backfill);
    request.trigger = Value(std::move(failed));
  }
  if (trigger.inputs.is_object()) {
    const expr::Scope scope(
        Value::object({{"trigger", seen}, {"schedule", seen}, {"vars", flow.variables}}),
        ports_.globals);
    const auto environment = ports_.environment(flow.name_space);
    const Value inputs = TRY(expr::render_deep(trigger.inputs, scope, environment, true));
    request.inputs = inputs.as_object();
  }
  if (backfill["inputs"].is_object())
    for (const auto& [key, value] : backfill["inputs"].as_object()) request.inputs.set(key, value);
  return ports_.create(request, id);
}

void Scheduler::execution_ended(const std::string& execution_id, State state) {
  TriggerId stopped;
  {
    const base::Lock lock(mutex_);
    const auto found = locks_.find(execution_id);
    if (found == locks_.end()) return;
    const Key key = found->second;
    locks_.erase(found);
    const auto schedule = schedules_.find(key);
    if (schedule == schedules_.end() || schedule->second.execution != execution_id) return;
    schedule->second.execution.clear();
    const auto& stop_after = schedule->second.trigger->stop_after;
    if (std::find(stop_after.begin(), stop_after.end(), state) == stop_after.end())
      return arm(key, schedule->second);
    stopped = {std::get<0>(key), std::get<1>(key), std::get<2>(key)};
  }
  const auto disabled = set_disabled(stopped, true);
  if (!disabled) LOG(error, "a trigger was not disabled", {"because", disabled.error().text()});
}

}  // namespace outlay::flow
