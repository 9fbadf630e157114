// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "base/text.h"
#include "expr/holidays.h"
#include "flow/parse_parts.h"

namespace outlay::flow {
namespace {

struct Named {
  std::string_view name;  ///< without "Condition" at the end
  Condition::Kind kind;
  std::string_view needs;  ///< properties that must be there, by blanks
};

using Kind = Condition::Kind;

constexpr std::array<Named, 19> kConditions{{
    {"DateTimeBetween", Kind::date_between, ""},
    {"TimeBetween", Kind::time_between, ""},
    {"DayWeek", Kind::day_week, "dayOfWeek"},
    {"DayWeekInMonth", Kind::day_week_in_month, "dayOfWeek dayInMonth"},
    {"Weekend", Kind::weekend, ""},
    {"PublicHoliday", Kind::public_holiday, ""},
    {"Flow", Kind::flow, "namespace flowId"},
    {"FlowNamespace", Kind::flow_namespace, "namespace"},
    {"ExecutionFlow", Kind::execution_flow, "namespace flowId"},
    {"ExecutionNamespace", Kind::execution_namespace, "namespace"},
    {"ExecutionLabels", Kind::execution_labels, "labels"},
    {"ExecutionStatus", Kind::execution_status, ""},
    {"ExecutionOutputs", Kind::execution_outputs, "expression"},
    {"HasRetryAttempt", Kind::retry_attempt, ""},
    {"Multiple", Kind::multiple, "id conditions"},
    {"Not", Kind::none, "conditions"},
    {"Or", Kind::any, "conditions"},
    {"Expression", Kind::expression, "expression"},
    {"Variable", Kind::expression, "expression"},
}};

const Named* named(std::string_view type) {
  for (const std::string_view prefix :
       {"io.kestra.plugin.core.condition.", "io.kestra.core.models.conditions.types."}) {
    if (type.substr(0, prefix.size()) != prefix) continue;
    std::string_view name = type.substr(prefix.size());
    constexpr std::string_view kTail = "Condition";
    if (name.size() > kTail.size() && name.substr(name.size() - kTail.size()) == kTail)
      name = name.substr(0, name.size() - kTail.size());
    for (const Named& entry : kConditions)
      if (entry.name == name) return &entry;
  }
  return nullptr;
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as the document, which is bounded.
Condition parse_condition(const format::Node& node, Problems& problems) {
  const format::Node* type = node.find("type");
  Fields fields(node, problems, "condition");
  Condition condition;
  const Named* known = type == nullptr ? nullptr : named(type->text);
  if (known == nullptr) {
    std::vector<std::string> names;
    for (const Named& entry : kConditions)
      names.push_back("io.kestra.plugin.core.condition." + std::string(entry.name));
    add_error(
        problems,
        type == nullptr ? "a condition needs a type"
                        : "unknown condition type \"" + type->text + "\"." +
                              base::did_you_mean(type->text, names),
        node.place);
    return condition;
  }
  condition.kind = known->kind;
  condition.properties = node.value();
  for (const std::string& key : base::split_trimmed(known->needs, ' '))
    if (fields.get(key) == nullptr) fields.wrong(key, "given");
  const format::Node* country = node.find("country");
  if (known->kind == Kind::public_holiday && country != nullptr &&
      country->text.find("{{") == std::string::npos) {
    const auto answer = expr::is_public_holiday({}, country->text, "");
    if (!answer) add_error(problems, fields.what() + ": " + answer.error().message, country->place);
  }
  const format::Node* inner = node.find("conditions");
  if (inner != nullptr && inner->is_sequence())
    for (const format::Node& item : inner->items)
      condition.inner.push_back(parse_condition(item, problems));
  if (inner != nullptr && inner->is_mapping())
    for (const auto& entry : inner->entries) {
      condition.names.push_back(entry.key);
      condition.inner.push_back(parse_condition(entry.value, problems));
    }
  check_expressions(node, problems);
  return condition;
}

}  // namespace

Condition parse_conditions(const format::Node& list, Problems& problems) {
  Condition all;
  for (const format::Node& item : list.items) all.inner.push_back(parse_condition(item, problems));
  return all;
}

Condition expression_condition(std::string expression) {
  Condition condition;
  condition.kind = Kind::expression;
  condition.properties = format::Value::object({{"expression", std::move(expression)}});
  return condition;
}

}  // namespace outlay::flow
