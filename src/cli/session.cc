// SPDX-License-Identifier: Apache-2.0
#include "cli/session.h"

#include <ostream>

#include "format/json.h"

namespace outlay::cli {

using base::Result;
using format::Value;

namespace {

base::LogLevel log_level(const std::string& name) {
  if (name == "trace") return base::LogLevel::trace;
  if (name == "debug") return base::LogLevel::debug;
  if (name == "warn") return base::LogLevel::warn;
  if (name == "error") return base::LogLevel::error;
  return base::LogLevel::info;
}

}  // namespace

Result<api::Outlay*> Session::outlay() {
  if (outlay_) return outlay_.get();
  api::ConfigSources sources{.environment = ports_.environment, .flags = overrides_};
  sources.file = globals_.has("config") ? globals_.text("config") : [this] {
    const auto found = ports_.environment.find("OUTLAY_CONFIG");
    return found == ports_.environment.end() ? std::string() : found->second;
  }();
  const std::vector<std::pair<std::string, std::string>> flags{
      {"data", "data"}, {"log-format", "log.format"}, {"log-level", "log.level"}};
  for (const auto& [flag, setting] : flags) {
    if (globals_.has(flag)) sources.flags.emplace_back(setting, globals_.text(flag));
  }
  api::Config config = TRY(api::Config::load(sources));
  if (ports_.start_log) {
    ports_.start_log(
        {.level = log_level(config.text("log.level")),
         .json = config.text("log.format") == "json"});
  }
  outlay_ = api::Outlay::create(std::move(config), ports_.clock);
  return outlay_.get();
}

Result<Value> Session::call(
    std::string_view operation, format::Object request, const api::CallHooks& hooks) {
  api::Outlay* product = TRY(outlay());
  return product->call(operation, Value(std::move(request)), hooks);
}

void Session::print_json(const Value& value) {
  streams_.out << format::print_json_pretty(value) << "\n";
}

}  // namespace outlay::cli
