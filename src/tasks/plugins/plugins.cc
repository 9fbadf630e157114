// SPDX-License-Identifier: Apache-2.0
#include "tasks/plugins/plugins.h"

#include <algorithm>
#include <system_error>

#include <fmt/format.h>

#include "base/log.h"
#include "base/random.h"
#include "base/text.h"
#include "format/json.h"
#include "format/yaml.h"
#include "io/process.h"
#include "tasks/items.h"
#include "tasks/properties.h"
#include "tasks/scripts/script_run.h"
#include "tasks/spec.h"

namespace outlay::tasks {
namespace {

using base::LogLevel;
using format::Object;
using format::Value;

LogLevel level_of(std::string_view name) {
  const std::string level = base::lower(name);
  if (level == "trace") return LogLevel::trace;
  if (level == "debug") return LogLevel::debug;
  if (level == "warn" || level == "warning") return LogLevel::warn;
  return level == "error" ? LogLevel::error : LogLevel::info;
}

/// What a plug-in says while it works.
class PluginAnswer {
 public:
  PluginAnswer(flow::TaskContext& context, io::Path folder)
      : context_(context), folder_(std::move(folder)) {}

  /// One line; what is no JSON map is a line for the log.
  void line(io::Stream stream, std::string_view text) {
    const auto message =
        stream == io::Stream::out ? format::parse_json(text) : base::Result<Value>(Value());
    if (!message || !message->is_object()) {
      if (!base::trim(text).empty())
        context_.log(stream == io::Stream::out ? LogLevel::info : LogLevel::error, text);
      return;
    }
    take(*message);
  }

  const Object& outputs() const { return outputs_; }

  const std::optional<std::string>& problem() const { return problem_; }

  bool is_warning() const { return is_warning_; }

 private:
  void take(const Value& message) {
    if (const Value& log = message["log"]; log.is_object())
      context_.log(level_of(log["level"].text_or("info")), text_of(log["message"]));
    if (const Value& outputs = message["outputs"]; outputs.is_object()) {
      for (const auto& [name, value] : outputs.as_object()) outputs_.set(name, value);
    }
    if (const Value& metric = message["metric"]; metric.is_object()) take_metric(metric);
    if (const Value& file = message["file"]; file.is_object()) take_file(file);
    if (!message["warning"].is_null()) {
      is_warning_ = true;
      context_.log(LogLevel::warn, text_of(message["warning"]));
    }
    if (!message["error"].is_null()) problem_ = text_of(message["error"]);
  }

  void take_metric(const Value& given) {
    flow::Metric metric;
    metric.name = text_of(given["name"]);
    metric.type = given["type"].text_or("counter");
    metric.value = given["value"].is_int()      ? static_cast<double>(given["value"].as_int())
                   : given["value"].is_double() ? given["value"].as_double()
                                                : 0.0;
    if (given["tags"].is_object()) {
      for (const auto& [name, value] : given["tags"].as_object())
        metric.tags[name] = text_of(value);
    }
    context_.metric(std::move(metric));
  }

  /// A file that the plug-in left becomes an output of its name.
  void take_file(const Value& file) {
    const std::string path = file["path"].text_or("");
    const std::string name = file["name"].text_or(name_in(path));
    auto stored = context_.store_file(folder_ / path, name);
    if (stored) {
      outputs_.set(file["output"].text_or("uri"), *stored);
    } else {
      problem_ = stored.error().text();
    }
  }

  flow::TaskContext& context_;
  io::Path folder_;
  Object outputs_;
  std::optional<std::string> problem_;
  bool is_warning_ = false;
};

class PluginTask final : public SpecTask {
 public:
  PluginTask(flow::TaskInfo info, std::vector<std::string> command, io::Path home)
      : SpecTask(std::move(info)), command_(std::move(command)), home_(std::move(home)) {}

  base::Result<flow::TaskEnd> run(
      flow::TaskContext& context, const Value& properties) const override {
    const io::Path folder = std::filesystem::absolute(TRY(context.working_folder()));
    const io::Path request = folder / fmt::format(".request-{}.json", base::new_id());
    const Value asked = TRY(request_of(context, properties, folder));
    TRY(io::write_file(request, format::print_json(asked) + "\n"));
    io::Command command;
    // The shell only connects the request to stdin.
    command.arguments = {"/bin/sh", "-c", "in=$1; shift; exec \"$@\" < \"$in\"", "sh"};
    command.arguments.push_back(request.string());
    command.arguments.insert(command.arguments.end(), command_.begin(), command_.end());
    command.environment = plain_environment({});
    command.environment.emplace_back("WORKING_DIR", folder.string());
    command.folder = home_;
    command.stop = &context.stop();
    PluginAnswer answer(context, folder);
    const auto ended = io::run_process(
        command, [&](io::Stream stream, std::string_view line) { answer.line(stream, line); });
    static_cast<void>(io::remove_tree(request));
    if (!ended) return ended.error();
    if (ended->stopped)
      return base::Error{base::Code::cancelled, "stopped with the plug-in", {}, nullptr};
    flow::TaskEnd end;
    end.outputs = answer.outputs();
    end.is_warning = answer.is_warning();
    if (answer.problem()) {
      end.failure = base::unavailable(base::masked(*answer.problem()));
    } else if (ended->exit_status != 0) {
      end.failure = base::unavailable(fmt::format(
          "the plug-in {} ended with status {} and no error of its own",
          command_.front(),
          ended->exit_status));
    }
    return end;
  }

 private:
  base::Result<Value> request_of(
      flow::TaskContext& context, const Value& properties, const io::Path& folder) const {
    Object rendered;
    for (const auto& [name, schema] : info().properties["properties"].as_object()) {
      Value value = TRY(flow::property(context, properties, name));
      if (value.is_null()) value = schema["default"];
      if (!value.is_null()) rendered.set(name, std::move(value));
    }
    return Value::object(
        {{"type", info().type},
         {"properties", std::move(rendered)},
         {"context",
          Value::object(
              {{"namespace", context.name_space()},
               {"flowId", context.flow_id()},
               {"executionId", context.execution_id()},
               {"taskRunId", context.task_run_id()},
               {"workingDir", folder.string()}})}});
  }

  std::vector<std::string> command_;
  io::Path home_;
};

Value schema_of(const Value& members, const Value& required) {
  Object schema;
  schema.set("type", "object");
  schema.set("properties", members.is_object() ? members : Value(Object()));
  if (required.is_array()) schema.set("required", required);
  return schema;
}

base::Result<flow::TaskInfo> info_of(const Value& task, const std::string& file) {
  flow::TaskInfo info;
  info.type = task["type"].text_or("");
  info.summary = task["summary"].text_or("");
  info.example = task["example"].text_or("");
  if (info.type.empty() || info.summary.empty() || info.example.empty()) {
    return base::invalid_input(fmt::format("{}: each task needs type, summary and example", file));
  }
  if (task["aliases"].is_array()) {
    for (const Value& alias : task["aliases"].as_array()) info.aliases.push_back(text_of(alias));
  }
  info.properties = schema_of(task["properties"], task["required"]);
  info.outputs = schema_of(task["outputs"], {});
  return info;
}

base::Result<base::Done> add_plugin(flow::TaskRegistry& registry, const io::Path& home) {
  const std::string file = (home / "plugin.yaml").string();
  const std::string text = TRY(io::read_file(file));
  const auto node = format::parse_yaml(text, file);
  if (!node) return node.error();
  const Value plugin = node->value();
  std::vector<std::string> command;
  if (plugin["command"].is_array()) {
    for (const Value& word : plugin["command"].as_array()) command.push_back(text_of(word));
  }
  if (command.empty() || !plugin["tasks"].is_array()) {
    return base::invalid_input(fmt::format(
        "{}: a plug-in needs command (a list: program and arguments) and tasks (a list)", file));
  }
  for (const Value& task : plugin["tasks"].as_array()) {
    flow::TaskInfo info = TRY(info_of(task, file));
    if (registry.find(info.type) != nullptr)
      return base::conflict(fmt::format("{}: there is a task type {} already", file, info.type));
    registry.add(std::make_unique<PluginTask>(std::move(info), command, home));
  }
  return base::Done{};
}

}  // namespace

base::Result<base::Done> add_plugins(flow::TaskRegistry& registry, const io::Path& folder) {
  std::vector<io::Path> homes;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(folder, failed)) {
    std::error_code ignored;
    if (std::filesystem::exists(entry.path() / "plugin.yaml", ignored))
      homes.push_back(std::filesystem::absolute(entry.path()));
  }
  std::sort(homes.begin(), homes.end());
  for (const io::Path& home : homes) TRY(add_plugin(registry, home));
  return base::Done{};
}

}  // namespace outlay::tasks
