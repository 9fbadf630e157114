// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace outlay::base {

enum class LogLevel { trace, debug, info, warn, error };

/// One named value of a log line.
using LogField = std::pair<std::string_view, std::string>;

struct LogSettings {
  LogLevel level = LogLevel::info;
  /// JSON lines instead of text for people.
  bool json = false;
};

/// Sets up the process's log on stderr. Call once, before threads start.
void start_log(const LogSettings& settings);
/// Writes one line; safe from any thread. Values that were announced by hide_in_log() show as ******.
void log_line(LogLevel level, std::string_view message, std::initializer_list<LogField> fields);
/// From now on `secret` never appears in a log line. Secrets shorter than 4 characters are not hidden.
void hide_in_log(std::string_view secret);
/// `text` with every announced secret replaced by ******.
std::string masked(std::string_view text);

}  // namespace outlay::base

/// LOG(info, "booked", {"rows", "12"}, {"source", name}): message first, then fields.
#define LOG(level, message, ...) \
  ::outlay::base::log_line(::outlay::base::LogLevel::level, message, {__VA_ARGS__})
