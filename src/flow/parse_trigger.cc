// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "base/text.h"
#include "flow/parse_parts.h"

namespace outlay::flow {
namespace {

struct TriggerName {
  std::string_view name;
  Trigger::Kind kind;
};

constexpr std::array<TriggerName, 4> kTriggers{{
    {"Schedule", Trigger::Kind::schedule},
    {"ScheduleOnDates", Trigger::Kind::schedule_on_dates},
    {"Webhook", Trigger::Kind::webhook},
    {"Flow", Trigger::Kind::flow},
}};

std::optional<Trigger::Kind> kind_of(std::string_view type) {
  for (const std::string_view prefix :
       {"io.kestra.plugin.core.trigger.", "io.kestra.core.models.triggers.types."})
    for (const TriggerName& entry : kTriggers)
      if (type == std::string(prefix) + std::string(entry.name)) return entry.kind;
  return std::nullopt;
}

std::vector<State> read_states(Fields& fields, std::string_view key) {
  std::vector<State> states;
  for (const std::string& name : fields.texts(key)) {
    const auto state = state_of(name);
    if (state)
      states.push_back(*state);
    else
      fields.wrong(key, "a list of states such as SUCCESS, FAILED");
  }
  return states;
}

void read_cron(Fields& fields, Trigger& trigger) {
  if (trigger.cron.empty())
    return fields.wrong("cron", "a cron expression such as \"0 9 * * 1-5\"");
  auto rule = Cron::parse(trigger.cron, trigger.with_seconds);
  if (rule) {
    trigger.rule = *std::move(rule);
    return;
  }
  const format::Node* node = fields.node().find("cron");
  add_error(
      fields.problems(),
      fields.what() + ": cron: " + rule.error().message,
      node == nullptr ? fields.node().place : node->place);
}

void read_schedule(Fields& fields, Trigger& trigger) {
  const std::string recover =
      fields.choice("recoverMissedSchedules", {"ALL", "LAST", "NONE"}, "ALL");
  trigger.recover = recover == "LAST"   ? Trigger::Recover::last
                    : recover == "NONE" ? Trigger::Recover::none
                                        : Trigger::Recover::all;
  if (const std::string name = fields.text("timezone"); !name.empty()) {
    auto zone = base::Zone::find(name);
    if (zone)
      trigger.zone = *std::move(zone);
    else
      fields.wrong("timezone", "a time zone such as Europe/Paris (" + zone.error().message + ")");
  }
  if (trigger.kind == Trigger::Kind::schedule) {
    trigger.with_seconds = fields.flag("withSeconds");
    trigger.cron = fields.text("cron");
    read_cron(fields, trigger);
    trigger.lateness_max = fields.duration("lateMaximumDelay");
    fields.unsupported({"backfill"});
    return;
  }
  for (const std::string& text : fields.texts("dates")) {
    const auto date = base::parse_instant(text);
    if (date)
      trigger.dates.push_back(*date);
    else
      fields.wrong("dates", "a list of dates such as 2026-01-31T09:00:00Z");
  }
}

/// Where conditions may be written; the older name of a schedule's too.
void read_conditions(Fields& fields, Trigger& trigger) {
  std::vector<Condition> all;
  for (const std::string_view key : {"conditions", "scheduleConditions"}) {
    const format::Node* list = fields.get(key);
    if (list == nullptr || (key == "conditions" && trigger.preconditions && !list->is_sequence()))
      continue;
    if (!list->is_sequence())
      fields.wrong(key, "a list of conditions");
    else
      all.push_back(parse_conditions(*list, fields.problems()));
  }
  if (const std::string when = fields.text("when"); !when.empty())
    all.push_back(expression_condition(when));
  if (all.size() == 1)
    trigger.conditions = std::move(all.front());
  else
    trigger.conditions.inner = std::move(all);
}

std::optional<base::Duration> time_of_day(Fields& fields, std::string_view key) {
  const std::string text = fields.text(key);
  if (text.empty()) return std::nullopt;
  const std::string clock = text.substr(0, text.find_first_of("Z+"));
  const auto moment =
      base::parse_instant("1970-01-01T" + (clock.size() == 5 ? clock + ":00" : clock) + "Z");
  if (moment) return moment->time_since_epoch();
  fields.wrong(key, "a time such as 09:00:00");
  return std::nullopt;
}

void read_window(const format::Node& node, Preconditions& wanted, Problems& problems) {
  Fields fields(node, problems, "timeWindow");
  using Window = Preconditions::Window;
  const std::string type = fields.choice(
      "type",
      {"DURATION_WINDOW", "DAILY_TIME_DEADLINE", "DAILY_TIME_WINDOW", "SLIDING_WINDOW"},
      "DURATION_WINDOW");
  wanted.window = type == "DAILY_TIME_DEADLINE" ? Window::daily_deadline
                  : type == "DAILY_TIME_WINDOW" ? Window::daily_window
                  : type == "SLIDING_WINDOW"    ? Window::sliding
                                                : Window::duration;
  if (const auto length = fields.duration("window"); length) wanted.length = *length;
  if (const auto offset = fields.duration("windowAdvance"); offset) wanted.offset = *offset;
  if (const auto deadline = time_of_day(fields, "deadline"); deadline) wanted.ends = *deadline;
  if (const auto start = time_of_day(fields, "startTime"); start) wanted.starts = *start;
  if (const auto end = time_of_day(fields, "endTime"); end) wanted.ends = *end;
  fields.done();
}

Preconditions::Upstream read_upstream(const format::Node& node, Problems& problems) {
  Fields fields(node, problems, "upstream flow");
  Preconditions::Upstream upstream;
  upstream.name_space = fields.text("namespace");
  upstream.flow_id = fields.text("flowId");
  upstream.states = read_states(fields, "states");
  upstream.labels = parse_labels(fields);
  if (const std::string when = fields.text("when"); !when.empty())
    upstream.when = expression_condition(when);
  if (upstream.name_space.empty()) fields.wrong("namespace", "the namespace of a flow");
  fields.done();
  return upstream;
}

Preconditions::Where read_where(const format::Node& node, Problems& problems) {
  Fields fields(node, problems, "where");
  Preconditions::Where where;
  where.id = fields.text("id");
  where.is_any = fields.choice("operand", {"AND", "OR"}, "AND") == "OR";
  const format::Node* filters = fields.list("filters");
  if (filters == nullptr) fields.wrong("filters", "a list of {field, type, value}");
  fields.done();
  if (filters == nullptr) return where;
  for (const format::Node& item : filters->items) {
    Fields inner(item, problems, "filter");
    Preconditions::Filter filter;
    filter.field =
        inner.choice("field", {"FLOW_ID", "NAMESPACE", "STATE", "EXPRESSION"}, "EXPRESSION");
    filter.type = inner.choice(
        "type",
        {"EQUAL_TO",
         "NOT_EQUAL_TO",
         "IN",
         "NOT_IN",
         "IS_TRUE",
         "IS_FALSE",
         "IS_NULL",
         "IS_NOT_NULL",
         "STARTS_WITH",
         "ENDS_WITH",
         "REGEX",
         "CONTAINS"},
        "EQUAL_TO");
    filter.values = inner.texts("values");
    if (const std::string value = inner.text("value"); !value.empty())
      filter.values.push_back(value);
    inner.done();
    where.filters.push_back(std::move(filter));
  }
  return where;
}

void read_preconditions(Fields& owner, Trigger& trigger) {
  const format::Node* node = owner.get("preconditions");
  if (node == nullptr) return;
  if (!node->is_mapping()) return owner.wrong("preconditions", "a map with id and flows");
  Fields fields(*node, owner.problems(), owner.what() + " preconditions");
  Preconditions wanted;
  wanted.id = fields.text("id");
  if (wanted.id.empty()) fields.wrong("id", "a name");
  wanted.resets_on_success = fields.flag("resetOnSuccess", true);
  if (const format::Node* window = fields.get("timeWindow"); window != nullptr)
    read_window(*window, wanted, owner.problems());
  if (const format::Node* flows = fields.list("flows"); flows != nullptr)
    for (const format::Node& item : flows->items)
      wanted.flows.push_back(read_upstream(item, owner.problems()));
  if (const format::Node* where = fields.list("where"); where != nullptr)
    for (const format::Node& item : where->items)
      wanted.where.push_back(read_where(item, owner.problems()));
  fields.ignore({"description"});
  fields.done();
  trigger.preconditions = std::move(wanted);
}

// The 2.x form: dependsOn with mode and window.
void read_depends_on(Fields& owner, Trigger& trigger) {
  const format::Node* list = owner.list("dependsOn");
  if (list == nullptr) return;
  Preconditions wanted;
  wanted.id = "dependsOn";
  for (const format::Node& item : list->items)
    wanted.flows.push_back(read_upstream(item, owner.problems()));
  const std::string mode = owner.choice("mode", {"ALL", "ANY", "AT_LEAST"}, "ALL");
  if (mode == "ANY") wanted.needed = 1;
  if (mode == "AT_LEAST")
    wanted.needed = static_cast<int>(owner.integer("minSatisfied", 1).value_or(1));
  if (const format::Node* window = owner.get("window"); window != nullptr) {
    Fields fields(*window, owner.problems(), owner.what() + " window");
    if (const auto deadline = time_of_day(fields, "deadline"); deadline) {
      wanted.window = Preconditions::Window::daily_deadline;
      wanted.ends = *deadline;
    }
    if (const auto start = time_of_day(fields, "from"); start) {
      wanted.window = Preconditions::Window::daily_window;
      wanted.starts = *start;
      wanted.ends = time_of_day(fields, "to").value_or(base::Duration{});
    }
    if (const auto every = fields.duration("every"); every) wanted.length = *every;
    if (const auto offset = fields.duration("offset"); offset) wanted.offset = *offset;
    if (const auto back = fields.duration("lookback"); back) {
      wanted.window = Preconditions::Window::sliding;
      wanted.length = *back;
    }
    fields.ignore({"to"});
    fields.unsupported({"fireOnce"});
    fields.done();
  }
  owner.unsupported({"onMiss"});
  trigger.preconditions = std::move(wanted);
}

void read_polling(Fields& fields, Trigger& trigger, Problems& problems) {
  const TaskInfo& info = trigger.polling->info();
  if (trigger.polling->is_realtime()) {
    trigger.interval = std::chrono::seconds(1);
    trigger.allow_concurrent = true;
  }
  if (const auto interval = fields.duration("interval"); interval) trigger.interval = *interval;
  trigger.properties = fields.node().value();
  if (info.properties["properties"].is_object()) {
    std::vector<std::string> keys;
    for (const auto& [key, schema] : info.properties["properties"].as_object()) keys.push_back(key);
    fields.also_known(keys);
  }
  trigger.polling->check(fields.node(), problems);
}

void read_kind(Fields& fields, Trigger& trigger) {
  switch (trigger.kind) {
    case Trigger::Kind::schedule:
    case Trigger::Kind::schedule_on_dates:
      return read_schedule(fields, trigger);
    case Trigger::Kind::webhook:
      trigger.key = fields.text("key");
      if (trigger.key.empty()) fields.wrong("key", "a secret word that callers put in the URL");
      trigger.wait = fields.flag("wait");
      trigger.return_outputs = fields.flag("returnOutputs");
      trigger.response_type = fields.text("responseContentType");
      if (const auto status = fields.integer("responseCode", 100); status)
        trigger.response_status = static_cast<int>(*status);
      return;
    case Trigger::Kind::flow:
      trigger.states = read_states(fields, "states");
      read_preconditions(fields, trigger);
      return read_depends_on(fields, trigger);
    case Trigger::Kind::polling:
      return read_polling(fields, trigger, fields.problems());
    case Trigger::Kind::absent:
      return;
  }
}

// A trigger of a plugin that is not here does not keep the flow from running by other means.
bool is_plugin_trigger(std::string_view type) {
  constexpr std::string_view kPlugin = "io.kestra.plugin.";
  constexpr std::string_view kCore = "io.kestra.plugin.core.";
  return type.substr(0, kPlugin.size()) == kPlugin && type.substr(0, kCore.size()) != kCore &&
         type.size() > 7 && type.substr(type.size() - 7) == "Trigger";
}

void tell_unknown(Fields& fields, const Trigger& trigger) {
  std::vector<std::string> names;
  for (const TriggerName& entry : kTriggers)
    names.push_back("io.kestra.plugin.core.trigger." + std::string(entry.name));
  const format::Node* type = fields.node().find("type");
  add_error(
      fields.problems(),
      trigger.type.empty() ? fields.what() + ": property type is missing; give a trigger type"
                           : fields.what() + ": unknown trigger type \"" + trigger.type + "\"." +
                                 base::did_you_mean(trigger.type, names),
      type == nullptr ? fields.node().place : type->place);
}

void tell_absent(Fields& fields, const Trigger& trigger) {
  add_warning(
      fields.problems(),
      fields.what() + ": the trigger type " + trigger.type +
          " is not in this version: it never fires; the flow runs by its other triggers and by "
          "hand",
      fields.node().place);
}

}  // namespace

Trigger parse_trigger(const format::Node& node, const TaskRegistry& registry, Problems& problems) {
  const format::Node* id = node.find("id");
  Fields fields(node, problems, "trigger \"" + (id == nullptr ? "" : id->text) + "\"");
  Trigger trigger;
  trigger.place = node.place;
  trigger.id = fields.text("id");
  if (!is_identifier(trigger.id, "_-", 256))
    fields.wrong("id", "letters, digits, dashes or underscores");
  trigger.type = fields.text("type");
  trigger.polling = registry.find_polling(trigger.type);
  if (const auto kind = kind_of(trigger.type); kind) {
    trigger.kind = *kind;
  } else if (trigger.polling != nullptr) {
    trigger.kind = Trigger::Kind::polling;
  } else if (is_plugin_trigger(trigger.type)) {
    trigger.kind = Trigger::Kind::absent;
    tell_absent(fields, trigger);
    return trigger;
  } else {
    tell_unknown(fields, trigger);
    return trigger;
  }
  trigger.is_disabled = fields.flag("disabled");
  trigger.allow_concurrent = fields.flag("allowConcurrent");
  trigger.inputs = fields.value("inputs");
  trigger.labels = parse_labels(fields);
  trigger.stop_after = read_states(fields, "stopAfter");
  read_kind(fields, trigger);
  read_conditions(fields, trigger);
  trigger.fails_on_error = fields.flag("failOnTriggerError");
  fields.ignore({"description", "version", "pluginDefaultsRef", "logLevel", "logToFile"});
  fields.without_effect({"workerGroup", "assets"}, "there are no worker groups or assets here");
  fields.done();
  if (const format::Node* inputs = node.find("inputs"); inputs != nullptr)
    check_expressions(*inputs, problems);
  return trigger;
}

}  // namespace outlay::flow
