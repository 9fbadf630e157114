// SPDX-License-Identifier: Apache-2.0
#include "api/ops/flow_assertions.h"

#include <algorithm>
#include <vector>

#include "base/text.h"
#include "expr/expr.h"
#include "format/json.h"
#include "money/decimal.h"

namespace outlay::api {

using base::Result;
using format::Value;

namespace {

/// `outputs` as expressions see them: by task, and by loop value below it.
Value outputs_of(const Value& execution) {
  format::Object out;
  if (!execution["taskRunList"].is_array()) return Value(std::move(out));
  for (const Value& run : execution["taskRunList"].as_array()) {
    const std::string task = run["taskId"].text_or("");
    const Value outputs = run["outputs"].is_null() ? Value(format::Object()) : run["outputs"];
    if (!run["value"].is_text()) {
      out.set(task, outputs);
      continue;
    }
    const Value* before = out.find(task);
    format::Object by_value =
        before != nullptr && before->is_object() ? before->as_object() : format::Object();
    by_value.set(run["value"].as_text(), outputs);
    out.set(task, Value(std::move(by_value)));
  }
  return Value(std::move(out));
}

Value context_of(const Value& execution) {
  return Value::object(
      {{"outputs", outputs_of(execution)},
       {"inputs", execution["inputs"]},
       {"vars", execution["variables"]},
       {"trigger", execution["trigger"]},
       {"flow",
        Value::object(
            {{"id", execution["flowId"]},
             {"namespace", execution["namespace"]},
             {"revision", execution["flowRevision"]}})},
       {"execution",
        Value::object(
            {{"id", execution["id"]},
             {"state", execution["state"]["current"]},
             {"outputs", execution["outputs"]}})}});
}

std::string text_of(const Value& value) {
  return value.is_text() ? value.as_text() : value.is_null() ? "" : format::print_json(value);
}

bool is_same(const Value& actual, const Value& expected) {
  const std::string left = text_of(actual);
  const std::string right = text_of(expected);
  if (left == right) return true;
  const auto a = money::Decimal::parse(left);
  const auto b = money::Decimal::parse(right);
  return a && b && *a == *b;
}

/// Below, equal or above zero; nothing when the two are no numbers and no texts.
int order(const Value& actual, const Value& expected) {
  const auto a = money::Decimal::parse(text_of(actual));
  const auto b = money::Decimal::parse(text_of(expected));
  if (a && b) return *a < *b ? -1 : *b < *a ? 1 : 0;
  return text_of(actual).compare(text_of(expected));
}

bool is_among(const Value& actual, const Value& list) {
  return list.is_array() &&
         std::any_of(list.as_array().begin(), list.as_array().end(), [&](const Value& one) {
           return is_same(actual, one);
         });
}

using Test = bool (*)(const Value& actual, const Value& expected);

const std::vector<std::pair<std::string, Test>>& tests() {
  static const std::vector<std::pair<std::string, Test>> all{
      {"equalTo", &is_same},
      {"notEqualTo", [](const Value& a, const Value& b) { return !is_same(a, b); }},
      {"contains",
       [](const Value& a, const Value& b) {
         return text_of(a).find(text_of(b)) != std::string::npos;
       }},
      {"startsWith",
       [](const Value& a, const Value& b) { return text_of(a).starts_with(text_of(b)); }},
      {"endsWith", [](const Value& a, const Value& b) { return text_of(a).ends_with(text_of(b)); }},
      {"greaterThan", [](const Value& a, const Value& b) { return order(a, b) > 0; }},
      {"greaterThanOrEqualTo", [](const Value& a, const Value& b) { return order(a, b) >= 0; }},
      {"lessThan", [](const Value& a, const Value& b) { return order(a, b) < 0; }},
      {"lessThanOrEqualTo", [](const Value& a, const Value& b) { return order(a, b) <= 0; }},
      {"in", &is_among},
      {"notIn", [](const Value& a, const Value& b) { return !is_among(a, b); }},
      {"isNull",
       [](const Value& a, const Value& b) { return text_of(a).empty() == b.bool_or(true); }},
      {"isNotNull",
       [](const Value& a, const Value& b) { return text_of(a).empty() != b.bool_or(true); }},
  };
  return all;
}

Value judged(
    const Value& assertion, bool is_success, const Value& actual, const std::string& told) {
  const std::string own = assertion["errorMessage"].text_or("");
  return Value::object(
      {{"isSuccess", is_success},
       {"value", assertion["value"]},
       {"actual", actual},
       {"errorMessage",
        is_success ? Value() : Value(own.empty() ? told : own + " (" + told + ")")}});
}

}  // namespace

Value judge(const Value& assertion, const Value& execution, const base::Clock& clock) {
  expr::Environment environment;
  environment.clock = &clock;
  const expr::Scope scope(context_of(execution));
  const auto parsed = expr::Template::parse(assertion["value"].text_or(""));
  if (!parsed) return judged(assertion, false, {}, parsed.error().text());
  const Result<Value> actual = parsed->render_typed(scope, environment);
  if (!actual) {
    // What is not there is null, which is what the test may ask for.
    if (assertion["isNull"].bool_or(false)) return judged(assertion, true, {}, {});
    return judged(assertion, false, {}, actual.error().text());
  }
  bool is_any = false;
  for (const auto& [name, test] : tests()) {
    const Value& expected = assertion[name];
    if (expected.is_null()) continue;
    is_any = true;
    if (test(*actual, expected)) continue;
    return judged(
        assertion,
        false,
        *actual,
        "expected " + name + " " + text_of(expected) + ", but found \"" + text_of(*actual) + "\"");
  }
  if (is_any) return judged(assertion, true, *actual, {});
  return judged(
      assertion, false, *actual, "the assertion compares with nothing: add equalTo or another");
}

}  // namespace outlay::api
