// SPDX-License-Identifier: Apache-2.0
#include "api/operation.h"

#include <charconv>

#include "api/ops/bound.h"
#include "base/text.h"
#include "base/time.h"
#include "format/json.h"

namespace outlay::api {

using base::Error;
using base::Result;
using format::Value;

std::string_view kind_name(ParamKind kind) {
  switch (kind) {
    case ParamKind::text:
      return "text";
    case ParamKind::integer:
      return "integer";
    case ParamKind::boolean:
      return "boolean";
    case ParamKind::list:
      return "list";
    case ParamKind::date:
      return "date";
    case ParamKind::instant:
      return "instant";
    case ParamKind::map:
      return "map";
    case ParamKind::any:
      return "any";
  }
  return "any";
}

const Param* Operation::find(std::string_view param) const {
  for (const Param& known : params) {
    if (known.name == param) return &known;
  }
  return nullptr;
}

const std::vector<BoundOperation>& bound_operations() {
  static const std::vector<BoundOperation> all = [] {
    std::vector<BoundOperation> out;
    for (const auto& family :
         {booking_operations(),
          ledger_operations(),
          conformance_operations(),
          ledger_care_operations(),
          flow_operations(),
          flow_list_operations(),
          flow_bulk_operations(),
          flow_sync_operations(),
          flow_test_operations(),
          execution_operations(),
          source_operations(),
          execution_control_operations(),
          execution_bulk_operations(),
          webhook_operations(),
          log_operations(),
          trigger_operations(),
          kv_operations(),
          namespace_operations(),
          system_operations()}) {
      out.insert(out.end(), family.begin(), family.end());
    }
    return out;
  }();
  return all;
}

const std::vector<Operation>& operations() {
  static const std::vector<Operation> all = [] {
    std::vector<Operation> out;
    for (const BoundOperation& bound : bound_operations()) out.push_back(bound.operation);
    return out;
  }();
  return all;
}

const Operation* find_operation(std::string_view name) {
  for (const Operation& operation : operations()) {
    if (operation.name == name) return &operation;
  }
  return nullptr;
}

namespace {

Error wrong(const Param& param, const std::string& wanted, const Value& found) {
  const std::string shown =
      found.is_text() ? "\"" + found.as_text() + "\"" : std::string(found.kind());
  return base::invalid_input(
      "\"" + param.name + "\" must be " + wanted + ", but is " + shown + ".");
}

Result<Value> to_integer(const Param& param, const Value& given) {
  if (given.is_int()) return given;
  if (given.is_text()) {
    const std::string& text = given.as_text();
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc() && end == text.data() + text.size()) return Value(number);
  }
  return wrong(param, "a whole number", given);
}

Result<Value> to_boolean(const Param& param, const Value& given) {
  if (given.is_bool()) return given;
  if (given.text_or("") == "true") return Value(true);
  if (given.text_or("") == "false") return Value(false);
  return wrong(param, "true or false", given);
}

Result<Value> to_list(const Param& param, const Value& given) {
  if (given.is_text()) {
    format::Array pieces;
    for (std::string& piece : base::split_trimmed(given.as_text(), ',')) {
      pieces.emplace_back(std::move(piece));
    }
    return Value(std::move(pieces));
  }
  if (!given.is_array()) return wrong(param, "a list of texts", given);
  for (const Value& item : given.as_array()) {
    if (!item.is_text()) return wrong(param, "a list of texts only", item);
  }
  return given;
}

Result<Value> to_map(const Param& param, const Value& given) {
  if (given.is_object()) return given;
  if (!given.is_text()) return wrong(param, "a map", given);
  Result<Value> parsed = format::parse_json(given.as_text());
  if (!parsed) return parsed.error().within("\"" + param.name + "\" must be a JSON object");
  if (!parsed->is_object()) return wrong(param, "a JSON object", given);
  return parsed;
}

Result<Value> to_text(const Param& param, const Value& given) {
  if (!given.is_text()) return wrong(param, "text", given);
  if (param.choices.empty()) return given;
  for (const std::string& choice : param.choices) {
    if (choice == given.as_text()) return given;
  }
  return wrong(param, "one of " + base::join(param.choices, ", "), given);
}

Result<Value> converted(const Param& param, const Value& given) {
  switch (param.kind) {
    case ParamKind::text:
      return to_text(param, given);
    case ParamKind::integer:
      return to_integer(param, given);
    case ParamKind::boolean:
      return to_boolean(param, given);
    case ParamKind::list:
      return to_list(param, given);
    case ParamKind::map:
      return to_map(param, given);
    case ParamKind::any:
      return given;
    case ParamKind::date:
      if (!given.is_text() || !base::parse_date(given.as_text())) {
        return wrong(param, "a day such as 2026-01-31", given);
      }
      return given;
    case ParamKind::instant:
      if (!given.is_text() || !base::parse_instant(given.as_text())) {
        return wrong(param, "a time such as 2026-01-31T09:00:00Z", given);
      }
      return given;
  }
  return given;
}

std::vector<std::string> names_of(const Operation& operation) {
  std::vector<std::string> names;
  for (const Param& param : operation.params) names.push_back(param.name);
  return names;
}

}  // namespace

Result<Request> Request::check(const Operation& operation, const Value& given) {
  static const format::Object none;
  if (!given.is_null() && !given.is_object()) {
    return base::invalid_input(
        operation.name + " takes a map of parameters, but got a " + std::string(given.kind()) +
        ".");
  }
  const format::Object& object = given.is_object() ? given.as_object() : none;
  std::vector<Error> errors;
  for (const auto& [name, value] : object) {
    if (operation.find(name) != nullptr || operation.is_lenient) continue;
    errors.push_back(base::invalid_input(
        operation.name + " has no parameter \"" + name + "\"." +
        base::did_you_mean(name, names_of(operation))));
  }
  Request request;
  for (const Param& param : operation.params) {
    const Value* value = object.find(param.name);
    if (value == nullptr || value->is_null()) {
      if (param.is_required) {
        errors.push_back(base::invalid_input(
            operation.name + " needs \"" + param.name + "\" (" + param.doc + ")."));
      } else if (!param.fallback.is_null()) {
        request.values_.set(param.name, param.fallback);
      }
      continue;
    }
    Result<Value> checked = converted(param, *value);
    if (checked)
      request.values_.set(param.name, *std::move(checked));
    else
      errors.push_back(checked.error());
  }
  if (!errors.empty()) return base::join_errors(errors);
  return request;
}

bool Request::has(std::string_view name) const { return values_.find(name) != nullptr; }

const Value& Request::value(std::string_view name) const {
  static const Value null;
  const Value* found = values_.find(name);
  return found == nullptr ? null : *found;
}

std::string Request::text(std::string_view name) const { return value(name).text_or(""); }

std::vector<std::string> Request::list(std::string_view name) const {
  std::vector<std::string> out;
  const Value& found = value(name);
  if (!found.is_array()) return out;
  for (const Value& item : found.as_array()) out.push_back(item.text_or(""));
  return out;
}

long long Request::integer(std::string_view name) const { return value(name).int_or(0); }

bool Request::boolean(std::string_view name) const { return value(name).bool_or(false); }

}  // namespace outlay::api
