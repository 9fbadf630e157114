// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <vector>

#include <fmt/format.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include "base/mutex.h"
#include "base/text.h"

namespace outlay::base {
namespace {

struct Hidden {
  Mutex mutex;
  std::vector<std::string> secrets GUARDED_BY(mutex);
};

Hidden& hidden() {
  static Hidden instance;
  return instance;
}

bool& writes_json() {
  static bool json = false;
  return json;
}

spdlog::level::level_enum spdlog_level(LogLevel level) {
  return static_cast<spdlog::level::level_enum>(level);
}

std::string json_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\', out += c;
    else if (c == '\n') out += "\\n";
    else if (static_cast<unsigned char>(c) < 0x20) out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    else out += c;
  }
  return out + "\"";
}

}  // namespace

void start_log(const LogSettings& settings) {
  auto logger = spdlog::stderr_color_mt("outlay");
  logger->set_level(spdlog_level(settings.level));
  if (!settings.json) {
    logger->set_pattern("%H:%M:%S %^%-5l%$ %v");
  } else {
    logger->set_formatter(std::make_unique<spdlog::pattern_formatter>(
        R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})", spdlog::pattern_time_type::utc));
  }
  writes_json() = settings.json;
  spdlog::set_default_logger(std::move(logger));
}

void log_line(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  spdlog::logger* logger = spdlog::default_logger_raw();
  if (logger == nullptr || !logger->should_log(spdlog_level(level))) return;
  std::string line;
  if (writes_json()) {
    line = "\"message\":" + json_text(masked(message));
    for (const auto& [name, value] : fields) {
      line += fmt::format(",{}:{}", json_text(name), json_text(masked(value)));
    }
  } else {
    line = masked(message);
    for (const auto& [name, value] : fields) line += fmt::format("  {}={}", name, masked(value));
  }
  logger->log(spdlog_level(level), "{}", line);
}

void hide_in_log(std::string_view secret) {
  if (secret.size() < 4) return;
  Hidden& all = hidden();
  const Lock lock(all.mutex);
  for (const std::string& known : all.secrets) {
    if (known == secret) return;
  }
  all.secrets.emplace_back(secret);
}

std::string masked(std::string_view text) {
  Hidden& all = hidden();
  const Lock lock(all.mutex);
  std::string out(text);
  for (const std::string& secret : all.secrets) {
    if (out.find(secret) != std::string::npos) out = replace_all(out, secret, "******");
  }
  return out;
}

}  // namespace outlay::base
