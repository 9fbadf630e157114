// SPDX-License-Identifier: Apache-2.0
#include "flow/flow_triggers.h"

#include <algorithm>
#include <regex>

#include "base/log.h"
#include "flow/execution.h"
#include "flow/journal.h"
#include "format/json.h"

namespace outlay::flow {
namespace {

using base::Done;
using base::Result;
using format::Value;

// What `trigger` shows in the flow that is started.
Value variables_of(const Value& execution) {
  return Value::object(
      {{"executionId", execution["id"]},
       {"namespace", execution["namespace"]},
       {"flowId", execution["flowId"]},
       {"flowRevision", execution["flowRevision"]},
       {"state", execution["state"]["current"]},
       {"executionLabels", execution["labels"]},
       {"outputs",
        execution["outputs"].is_null() ? Value(format::Object()) : execution["outputs"]}});
}

bool has_state(const std::vector<State>& states, State state) {
  if (states.empty()) return is_terminal(state) || state == State::paused;
  return std::find(states.begin(), states.end(), state) != states.end();
}

bool has_labels(const Labels& wanted, const Value& execution) {
  const Value& labels = execution["labels"];
  return std::all_of(wanted.begin(), wanted.end(), [&labels](const auto& pair) {
    if (!labels.is_array()) return false;
    return std::any_of(
        labels.as_array().begin(), labels.as_array().end(), [&pair](const Value& label) {
          return label["key"].text_or("") == pair.first &&
                 label["value"].text_or("") == pair.second;
        });
  });
}

bool compares(const std::string& found, const Preconditions::Filter& filter) {
  const auto& values = filter.values;
  const std::string first = values.empty() ? "" : values.front();
  const bool is_in = std::find(values.begin(), values.end(), found) != values.end();
  const std::string& type = filter.type;
  if (type == "EQUAL_TO" || type == "IN") return is_in;
  if (type == "NOT_EQUAL_TO" || type == "NOT_IN") return !is_in;
  if (type == "IS_TRUE") return expr::is_truthy_text(found);
  if (type == "IS_FALSE") return !expr::is_truthy_text(found);
  if (type == "IS_NULL") return found.empty();
  if (type == "IS_NOT_NULL") return !found.empty();
  if (type == "CONTAINS") return found.find(first) != std::string::npos;
  if (type == "STARTS_WITH") return found.rfind(first, 0) == 0;
  if (type == "ENDS_WITH")
    return found.size() >= first.size() &&
           found.compare(found.size() - first.size(), first.size(), first) == 0;
  try {
    return std::regex_match(found, std::regex(first));
  } catch (const std::regex_error&) {
    return false;
  }
}

Result<bool> passes(
    const Preconditions::Filter& filter, const Value& execution, const ConditionFacts& facts) {
  if (filter.field == "FLOW_ID") return compares(execution["flowId"].text_or(""), filter);
  if (filter.field == "NAMESPACE") return compares(execution["namespace"].text_or(""), filter);
  if (filter.field == "STATE") return compares(execution["state"]["current"].text_or(""), filter);
  const auto compiled =
      TRY(expr::Template::parse(filter.values.empty() ? "" : filter.values.front()));
  const std::string rendered = TRY(compiled.render(*facts.scope, *facts.environment));
  if (filter.values.size() < 2)
    return expr::is_truthy_text(rendered) != (filter.type == "IS_FALSE");
  return compares(rendered, filter);
}

std::string name_of(const Preconditions::Upstream& upstream) {
  return upstream.name_space + "." + upstream.flow_id;
}

// Names of everything that must be met.
std::vector<std::string> wanted_by(const Trigger& trigger) {
  std::vector<std::string> names;
  if (const Condition* multiple = multiple_in(trigger.conditions); multiple != nullptr)
    return multiple->names;
  if (!trigger.preconditions) return names;
  for (const auto& upstream : trigger.preconditions->flows) names.push_back(name_of(upstream));
  for (const auto& where : trigger.preconditions->where) names.push_back("where " + where.id);
  return names;
}

// The flows' outputs beside each other; of one name the later one's counts.
Value merged(const Value& met, bool is_scoped) {
  format::Object outputs;
  Value last;
  for (const auto& [name, variables] : met.as_object()) {
    last = variables;
    if (!variables["outputs"].is_object()) continue;
    for (const auto& [key, value] : variables["outputs"].as_object()) outputs.set(key, value);
    if (is_scoped) outputs.set(variables["flowId"].text_or(""), variables["outputs"]);
  }
  format::Object out = last.is_object() ? last.as_object() : format::Object();
  out.set("outputs", std::move(outputs));
  return Value(std::move(out));
}

std::string correlation_of(const Value& execution) {
  const Value& labels =
      execution["executionLabels"].is_array() ? execution["executionLabels"] : execution["labels"];
  if (labels.is_array())
    for (const Value& label : labels.as_array())
      if (label["key"].text_or("") == "system.correlationId") return label["value"].text_or("");
  return "";
}

}  // namespace

std::string id_of(const std::string& parts) {
  Execution named;
  named.id = parts;
  return run_id(named, 0);
}

Result<Done> FlowTriggers::execution_changed(const Value& execution) {
  Result<Done> out = Done{};
  for (const auto& flow : definitions_.listening()) {
    // A flow does not start itself.
    if (flow->id == execution["flowId"].text_or("") &&
        flow->name_space == execution["namespace"].text_or(""))
      continue;
    for (const Trigger& trigger : flow->triggers) {
      if (trigger.kind != Trigger::Kind::flow || trigger.is_disabled) continue;
      const auto looked = look(*flow, trigger, execution);
      if (looked) continue;
      if (is_passing(looked.error())) out = looked.error();
      LOG(error,
          "a flow trigger could not start its flow",
          {"flow", flow->id},
          {"trigger", trigger.id},
          {"because", looked.error().text()});
    }
  }
  return out;
}

Result<Done> FlowTriggers::look(const Flow& flow, const Trigger& trigger, const Value& execution) {
  const auto state = state_of(execution["state"]["current"].text_or(""));
  if (!state) return Done{};
  const Value variables = variables_of(execution);
  const bool is_gathering =
      trigger.preconditions.has_value() || multiple_in(trigger.conditions) != nullptr;
  if (is_gathering) {
    const auto met = TRY(met_by(flow, trigger, execution, variables));
    return met.empty() ? Result<Done>(Done{}) : gather(flow, trigger, met, variables);
  }
  if (!has_state(trigger.states, *state)) return Done{};
  if (!TRY(is_met(flow, trigger, execution, variables))) return Done{};
  const std::string id = id_of(
      execution["id"].text_or("") + "/" + flow.name_space + "/" + flow.id + "/" + trigger.id + "/" +
      std::string(state_name(*state)) + "/" +
      std::to_string(execution["metadata"]["attemptNumber"].int_or(1)));
  return fire(flow, trigger, execution, variables, id);
}

Result<bool> FlowTriggers::is_met(
    const Flow& flow,
    const Trigger& trigger,
    const Value& execution,
    const Value& variables) const {
  const auto environment = ports_.environment(flow.name_space);
  const expr::Scope scope(
      Value::object(
          {{"trigger", variables},
           {"outputs", variables["outputs"]},
           {"execution", execution},
           {"vars", flow.variables},
           {"labels", execution["labels"]},
           {"flow",
            Value::object({{"id", execution["flowId"]}, {"namespace", execution["namespace"]}})},
           {"namespace", execution["namespace"]},
           {"flowId", execution["flowId"]},
           {"state", execution["state"]["current"]}}),
      ports_.globals);
  ConditionFacts facts;
  facts.scope = &scope;
  facts.environment = &environment;
  facts.name_space = flow.name_space;
  facts.flow_id = flow.id;
  facts.execution = execution;
  return holds(trigger.conditions, facts);
}

Result<std::vector<std::string>> FlowTriggers::met_by(
    const Flow& flow,
    const Trigger& trigger,
    const Value& execution,
    const Value& variables) const {
  const auto environment = ports_.environment(flow.name_space);
  const expr::Scope scope(
      Value::object(
          {{"trigger", variables},
           {"outputs", variables["outputs"]},
           {"execution", execution},
           {"labels", execution["labels"]},
           {"vars", flow.variables}}),
      ports_.globals);
  ConditionFacts facts;
  facts.scope = &scope;
  facts.environment = &environment;
  facts.name_space = flow.name_space;
  facts.flow_id = flow.id;
  facts.execution = execution;
  const State state = state_of(execution["state"]["current"].text_or("")).value_or(State::created);
  std::vector<std::string> met;
  if (const Condition* multiple = multiple_in(trigger.conditions); multiple != nullptr) {
    if (!has_state(trigger.states, state)) return met;
    for (std::size_t i = 0; i < multiple->inner.size() && i < multiple->names.size(); ++i)
      if (TRY(holds(multiple->inner[i], facts))) met.push_back(multiple->names[i]);
    return met;
  }
  const Preconditions& wanted = *trigger.preconditions;
  for (const auto& upstream : wanted.flows) {
    const bool is_it =
        upstream.name_space == execution["namespace"].text_or("") &&
        (upstream.flow_id.empty() || upstream.flow_id == execution["flowId"].text_or(""));
    const auto& states = upstream.states.empty() ? trigger.states : upstream.states;
    if (is_it && has_state(states, state) && has_labels(upstream.labels, execution) &&
        TRY(holds(upstream.when, facts)))
      met.push_back(name_of(upstream));
  }
  for (const auto& where : wanted.where) {
    if (!has_state(trigger.states, state)) continue;
    bool any = false;
    bool all = true;
    for (const auto& filter : where.filters) {
      const bool is_true = TRY(passes(filter, execution, facts));
      any = any || is_true;
      all = all && is_true;
    }
    if (where.is_any ? any : all) met.push_back("where " + where.id);
  }
  return met;
}

std::optional<FlowTriggers::Window> FlowTriggers::window_of(const Trigger& trigger) const {
  const base::Instant now = clock_.now();
  const base::Instant day = base::midnight(base::date_of(now));
  Preconditions wanted;
  if (trigger.preconditions) {
    wanted = *trigger.preconditions;
  } else {
    const Value& properties = multiple_in(trigger.conditions)->properties;
    if (const auto length = base::parse_duration(properties["window"].text_or("")); length)
      wanted.length = *length;
    if (const auto offset = base::parse_duration(properties["windowAdvance"].text_or("")); offset)
      wanted.offset = *offset;
  }
  switch (wanted.window) {
    case Preconditions::Window::daily_deadline:
      if (now > day + wanted.ends) return std::nullopt;
      return Window{day, day + wanted.ends};
    case Preconditions::Window::daily_window:
      if (now < day + wanted.starts || now > day + wanted.ends) return std::nullopt;
      return Window{day + wanted.starts, day + wanted.ends};
    case Preconditions::Window::sliding:
      return Window{now, now + wanted.length};
    case Preconditions::Window::duration:
      break;
  }
  if (wanted.length <= base::Duration::zero()) return std::nullopt;
  const auto since = (now - wanted.offset).time_since_epoch();
  const base::Duration into(since.count() % wanted.length.count());
  const base::Instant starts = now - into;
  return Window{starts, starts + wanted.length - std::chrono::milliseconds(1)};
}

// Adds what was met to the window; starts the flow once nothing is missing.
Result<Done> FlowTriggers::gather(
    const Flow& flow,
    const Trigger& trigger,
    const std::vector<std::string>& met,
    const Value& variables) {
  const auto fresh = window_of(trigger);
  if (!fresh) return Done{};
  const std::string condition = trigger.preconditions
                                    ? trigger.preconditions->id
                                    : multiple_in(trigger.conditions)->properties["id"].text_or("");
  const store::Params place{flow.name_space, flow.id, trigger.id, condition};
  const std::string now = base::print_instant(clock_.now());
  Value gathered;
  std::string starts = base::print_instant(fresh->starts);
  const auto wanted = wanted_by(trigger);
  const int needed = trigger.preconditions && trigger.preconditions->needed > 0
                         ? trigger.preconditions->needed
                         : static_cast<int>(wanted.size());
  const bool resets = !trigger.preconditions || trigger.preconditions->resets_on_success;
  bool is_complete = false;
  const auto written = state_.write([&](store::Transaction& transaction) -> Result<Done> {
    const auto rows = TRY(transaction.query(
        "SELECT starts, ends, met FROM flow_windows WHERE namespace = ? AND flow_id = ? "
        "AND trigger_id = ? AND condition_id = ?",
        place));
    std::string ends = base::print_instant(fresh->ends);
    format::Object known;
    if (!rows.rows.empty() && now >= rows.rows[0][0].value_or("") &&
        now <= rows.rows[0][1].value_or("")) {
      starts = rows.rows[0][0].value_or("");
      ends = rows.rows[0][1].value_or("");
      const Value before = TRY(format::parse_json(rows.rows[0][2].value_or("{}")));
      known = before.as_object();
    }
    for (const std::string& name : met) known.set(name, variables);
    is_complete = static_cast<int>(known.size()) >= needed;
    gathered = Value(known);
    TRY(transaction.run(
        "DELETE FROM flow_windows WHERE namespace = ? AND flow_id = ? AND trigger_id = ? "
        "AND condition_id = ?",
        place));
    TRY(transaction.run(
        "INSERT INTO flow_windows (namespace, flow_id, trigger_id, condition_id, starts, ends, "
        "met) VALUES (?, ?, ?, ?, ?, ?, ?)",
        {flow.name_space,
         flow.id,
         trigger.id,
         condition,
         starts,
         ends,
         format::print_json(gathered)}));
    return Done{};
  });
  if (!written) return written.error();
  if (!is_complete) return Done{};
  const bool is_scoped = trigger.preconditions && condition == "dependsOn";
  const std::string id = id_of(
      variables["executionId"].text_or("") + "/" + flow.name_space + "/" + flow.id + "/" +
      trigger.id + "/" + condition + "/" + starts);
  TRY(fire(flow, trigger, variables, merged(gathered, is_scoped), id));
  if (!resets) return Done{};
  // Only now: a process that dies before begins the same execution again, not another.
  return state_.write([&](store::Transaction& transaction) -> Result<Done> {
    TRY(transaction.run(
        "DELETE FROM flow_windows WHERE namespace = ? AND flow_id = ? AND trigger_id = ? "
        "AND condition_id = ?",
        place));
    return Done{};
  });
}

Result<Done> FlowTriggers::fire(
    const Flow& flow,
    const Trigger& trigger,
    const Value& execution,
    const Value& variables,
    const std::string& id) {
  if (TRY(ports_.is_known(id))) return Done{};
  const auto row = TRY(state_.read(
      "SELECT disabled FROM flow_triggers WHERE namespace = ? AND flow_id = ? AND trigger_id = ?",
      {flow.name_space, flow.id, trigger.id}));
  if (!row.rows.empty() && row.rows[0][0].value_or("0") == "1") return Done{};
  NewExecution request;
  request.name_space = flow.name_space;
  request.flow_id = flow.id;
  request.labels = trigger.labels;
  if (const std::string correlation = correlation_of(execution); !correlation.empty())
    request.labels.emplace_back("system.correlationId", correlation);
  request.labels.emplace_back("system.from", "trigger");
  request.trigger =
      Value::object({{"id", trigger.id}, {"type", trigger.type}, {"variables", variables}});
  if (trigger.inputs.is_object()) {
    const auto environment = ports_.environment(flow.name_space);
    const expr::Scope scope(
        Value::object({{"trigger", variables}, {"vars", flow.variables}}), ports_.globals);
    const Value inputs = TRY(expr::render_deep(trigger.inputs, scope, environment, true));
    request.inputs = inputs.as_object();
  }
  const auto created = ports_.create(request, id);
  if (!created) return created.error();
  return Done{};
}

}  // namespace outlay::flow
