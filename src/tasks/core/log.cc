// SPDX-License-Identifier: Apache-2.0
#include <map>

#include <fmt/format.h>

#include "base/text.h"
#include "tasks/core/core.h"
#include "tasks/properties.h"
#include "tasks/spec.h"

namespace outlay::tasks {
namespace {

base::Result<base::LogLevel> level_named(const std::string& name) {
  static const std::map<std::string, base::LogLevel, std::less<>> levels{
      {"", base::LogLevel::info},
      {"trace", base::LogLevel::trace},
      {"debug", base::LogLevel::debug},
      {"info", base::LogLevel::info},
      {"warn", base::LogLevel::warn},
      {"warning", base::LogLevel::warn},
      {"error", base::LogLevel::error}};
  const auto found = levels.find(base::lower(name));
  if (found != levels.end()) return found->second;
  return base::invalid_input(
      fmt::format("property level must be TRACE, DEBUG, INFO, WARN or ERROR, found \"{}\"", name));
}

class LogTask final : public SpecTask {
 public:
  LogTask() : SpecTask("core/log.yaml") {}

  base::Result<flow::TaskEnd> run(
      flow::TaskContext& context, const format::Value& properties) const override {
    const std::string name = TRY(flow::text_property(context, properties, "level"));
    const base::LogLevel level = TRY(level_named(name));
    if (properties["message"].is_text()) {
      context.log(level, TRY(flow::text_property(context, properties, "message")));
    } else {
      for (const std::string& line : TRY(texts_property(context, properties, "message"))) {
        context.log(level, line);
      }
    }
    return flow::TaskEnd{};
  }
};

class EchoTask final : public SpecTask {
 public:
  EchoTask() : SpecTask("core/echo.yaml") {}

  base::Result<flow::TaskEnd> run(
      flow::TaskContext& context, const format::Value& properties) const override {
    const std::string name = TRY(flow::text_property(context, properties, "level"));
    const base::LogLevel level = TRY(level_named(name));
    context.log(level, TRY(flow::text_property(context, properties, "format")));
    return flow::TaskEnd{};
  }
};

}  // namespace

std::unique_ptr<flow::TaskType> make_echo() { return std::make_unique<EchoTask>(); }

std::unique_ptr<flow::TaskType> make_log() { return std::make_unique<LogTask>(); }

}  // namespace outlay::tasks
