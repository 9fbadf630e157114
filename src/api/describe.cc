// SPDX-License-Identifier: Apache-2.0
#include "api/describe.h"

#include "api/config.h"
#include "api/operation.h"
#include "base/text.h"
#include "connectors/connector.h"
#include "format/json.h"

namespace outlay::api {

using base::Result;
using format::Value;

namespace {

Value texts(const std::vector<std::string>& all) {
  format::Array out;
  for (const std::string& one : all) out.emplace_back(one);
  return Value(std::move(out));
}

Value param_json(const Param& param) {
  return Value::object({
      {"name", param.name},
      {"kind", kind_name(param.kind)},
      {"doc", param.doc},
      {"required", param.is_required},
      {"default", param.fallback},
      {"choices", texts(param.choices)},
  });
}

std::string_view setting_kind_name(SettingKind kind) {
  switch (kind) {
    case SettingKind::text:
      return "text";
    case SettingKind::integer:
      return "integer";
    case SettingKind::boolean:
      return "boolean";
    case SettingKind::path:
      return "path";
    case SettingKind::size:
      return "size";
    case SettingKind::paths:
      return "paths";
    case SettingKind::sources:
      return "map";
    case SettingKind::map:
      return "map";
    case SettingKind::users:
      return "users";
  }
  return "text";
}

}  // namespace

Value describe_operations() {
  format::Array out;
  for (const Operation& operation : operations()) {
    format::Array params;
    for (const Param& param : operation.params) params.push_back(param_json(param));
    const auto example = format::parse_json(operation.example);
    out.push_back(Value::object({
        {"name", operation.name},
        {"summary", operation.summary},
        {"permission", operation.permission},
        {"method", operation.method},
        {"path", operation.path},
        {"params", Value(std::move(params))},
        {"also", texts(operation.also)},
        {"body", operation.body},
        {"answer", operation.answer},
        {"example", example ? *example : Value()},
    }));
  }
  return Value(std::move(out));
}

Value describe_settings() {
  format::Array out;
  for (const Setting& setting : settings()) {
    out.push_back(Value::object({
        {"name", setting.name},
        {"kind", setting_kind_name(setting.kind)},
        {"default", setting.fallback},
        {"doc", setting.doc},
        {"environment", setting.variable()},
        {"secret", setting.is_secret},
        {"choices", texts(setting.choices)},
    }));
  }
  return Value(std::move(out));
}

Value describe_connectors() {
  format::Array out;
  for (const auto& connector : connectors::all_connectors()) {
    out.push_back(Value::object({{"name", connector->name()}, {"summary", connector->summary()}}));
  }
  return Value(std::move(out));
}

Value describe_errors() {
  using enum base::Code;
  format::Array out;
  for (const base::Code code :
       {invalid_input, not_found, conflict, denied, unavailable, exhausted, cancelled, internal}) {
    out.push_back(Value::object({
        {"code", base::code_name(code)},
        {"httpStatus", base::http_status(code)},
        {"exitCode", base::exit_code(code)},
    }));
  }
  return Value(std::move(out));
}

namespace {

Value line_of(const flow::TaskInfo& info, std::string_view kind) {
  return Value::object(
      {{"type", info.type},
       {"kind", std::string(kind)},
       {"summary", info.summary},
       {"aliases", texts(info.aliases)}});
}

Value whole_of(const flow::TaskInfo& info, std::string_view kind) {
  return Value::object({
      {"type", info.type},
      {"kind", std::string(kind)},
      {"summary", info.summary},
      {"aliases", texts(info.aliases)},
      {"properties", info.properties},
      {"outputs", info.outputs},
      {"example", info.example},
  });
}

}  // namespace

Value describe_tasks(const flow::TaskRegistry& registry) {
  format::Array out;
  for (const flow::TaskType* type : registry.all()) out.push_back(line_of(type->info(), "task"));
  for (const flow::PollingType* type : registry.all_polling())
    out.push_back(line_of(type->info(), "trigger"));
  return Value(std::move(out));
}

Result<Value> describe_task(const flow::TaskRegistry& registry, std::string_view type) {
  if (const flow::TaskType* found = registry.find(type); found != nullptr)
    return whole_of(found->info(), "task");
  if (const flow::PollingType* found = registry.find_polling(type); found != nullptr)
    return whole_of(found->info(), "trigger");
  std::vector<std::string> names = registry.names();
  for (const flow::PollingType* polling : registry.all_polling())
    names.push_back(polling->info().type);
  return base::not_found(
      "There is no task type \"" + std::string(type) + "\"." + base::did_you_mean(type, names));
}

}  // namespace outlay::api
