// SPDX-License-Identifier: Apache-2.0
#include "tasks/scripts/protocol.h"

#include <fmt/format.h>

#include "base/text.h"
#include "format/json.h"
#include "tasks/properties.h"

namespace outlay::tasks {
namespace {

using base::LogLevel;
using format::Value;

constexpr std::size_t kLastLines = 12;
constexpr std::size_t kLastLineBytes = 1000;

LogLevel level_of(std::string_view name) {
  const std::string level = base::lower(name);
  if (level == "trace") return LogLevel::trace;
  if (level == "debug") return LogLevel::debug;
  if (level == "warn" || level == "warning") return LogLevel::warn;
  return level == "error" ? LogLevel::error : LogLevel::info;
}

/// The same text with bytes that are no UTF-8 replaced, so that it can be stored and shown.
std::string readable(std::string_view text) {
  if (base::is_utf8(text)) return std::string(text);
  std::string out;
  std::size_t i = 0;
  while (i < text.size()) {
    std::size_t size = 1;
    while (size <= 4 && i + size <= text.size() && !base::is_utf8(text.substr(i, size))) ++size;
    if (size <= 4 && i + size <= text.size()) {
      out += text.substr(i, size);
      i += size;
    } else {
      out += "\xEF\xBF\xBD";
      ++i;
    }
  }
  return out;
}

void remember(std::deque<std::string>& lines, const std::string& text) {
  lines.push_back(text.substr(0, kLastLineBytes));
  if (lines.size() > kLastLines) lines.pop_front();
}

double number_of(const Value& value) {
  if (value.is_int()) return static_cast<double>(value.as_int());
  return value.is_double() ? value.as_double() : 0.0;
}

}  // namespace

void ScriptOutput::line(io::Stream stream, std::string_view text) {
  const bool is_out = stream == io::Stream::out;
  ++(is_out ? lines_out_ : lines_err_);
  if (take_message(text)) return;
  const std::string shown = readable(text);
  remember(is_out ? last_out_ : last_err_, shown);
  context_.log(is_out ? LogLevel::info : LogLevel::error, shown);
}

bool ScriptOutput::take_message(std::string_view text) {
  if (!text.starts_with("::{") || !text.ends_with("}::")) return false;
  const std::string_view json = text.substr(2, text.size() - 4);
  const auto message = format::parse_json(json);
  if (!message) {
    context_.log(
        LogLevel::warn,
        fmt::format(
            "a line of the form ::{{...}}:: was not taken as outputs: {}",
            message.error().message));
    return false;
  }
  take(*message);
  return true;
}

void ScriptOutput::take(const Value& message) {
  if (message["outputs"].is_object()) {
    for (const auto& [name, value] : message["outputs"].as_object()) vars_.set(name, value);
  }
  if (message["metrics"].is_array()) {
    for (const Value& metric : message["metrics"].as_array()) take_metric(metric);
  }
  if (message["logs"].is_array()) {
    for (const Value& log : message["logs"].as_array()) {
      context_.log(level_of(log["level"].text_or("")), text_of(log["message"]));
    }
  }
}

void ScriptOutput::take_metric(const Value& metric) {
  flow::Metric taken;
  taken.name = metric["name"].text_or("");
  taken.type = metric["type"].text_or("counter");
  taken.value = number_of(metric["value"]);
  if (metric["tags"].is_object()) {
    for (const auto& [name, value] : metric["tags"].as_object()) taken.tags[name] = text_of(value);
  }
  context_.metric(std::move(taken));
}

std::string ScriptOutput::last_words() const {
  std::string out;
  for (const std::string& line : last_err_.empty() ? last_out_ : last_err_) {
    if (!out.empty()) out += '\n';
    out += line;
  }
  return out;
}

}  // namespace outlay::tasks
