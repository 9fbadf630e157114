// SPDX-License-Identifier: Apache-2.0
#include "tasks/scripts/script_run.h"

#include <algorithm>
#include <array>
#include <optional>
#include <unistd.h>

#include <fmt/format.h>

#include "base/log.h"
#include "base/text.h"
#include "io/process.h"
#include "tasks/properties.h"
#include "tasks/scripts/docker.h"
#include "tasks/scripts/protocol.h"
#include "tasks/scripts/shell_text.h"

namespace outlay::tasks {
namespace {

using format::Value;

constexpr std::string_view kProcessRunner = "io.kestra.plugin.core.runner.Process";
constexpr std::string_view kDockerRunner = "io.kestra.plugin.scripts.runner.docker.Docker";
constexpr std::size_t kShownCommand = 600;

// What programs need to find their way about, and nothing that gives access to anything.
constexpr std::array<std::string_view, 17> kPlain{
    "PATH",
    "HOME",
    "LANG",
    "LANGUAGE",
    "LC_*",
    "TZ",
    "USER",
    "LOGNAME",
    "TMPDIR",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR"};

template <class Names>
bool is_listed(const Names& names, std::string_view name) {
  return std::any_of(std::begin(names), std::end(names), [&](std::string_view wanted) {
    if (wanted.ends_with('*')) return name.starts_with(wanted.substr(0, wanted.size() - 1));
    return name == wanted;
  });
}

void set(Variables& variables, std::string name, std::string value) {
  for (auto& [known, old] : variables) {
    if (known == name) {
      old = std::move(value);
      return;
    }
  }
  variables.emplace_back(std::move(name), std::move(value));
}

std::string shortened(std::string_view text) {
  const std::string_view trimmed = base::trim(text);
  if (trimmed.size() <= kShownCommand) return std::string(trimmed);
  std::size_t end = kShownCommand;
  while (end > 0 && (static_cast<unsigned char>(trimmed[end]) & 0xC0U) == 0x80U) --end;
  return std::string(trimmed.substr(0, end)) + " ...";
}

/// What the task asks to be run by: the property taskRunner, or the older runner and docker.
base::Result<Value> runner_settings(flow::TaskContext& context, const Value& properties) {
  if (!properties["taskRunner"].is_null()) return flow::property(context, properties, "taskRunner");
  const std::string older = TRY(flow::text_property(context, properties, "runner"));
  if (older != "DOCKER") return Value::object({{"type", kProcessRunner}});
  const Value docker = TRY(flow::property(context, properties, "docker"));
  format::Object out = docker.is_object() ? docker.as_object() : format::Object();
  out.set("type", kDockerRunner);
  return Value(std::move(out));
}

/// The container engine that is asked for; nothing when the script runs as a process of this
/// machine, with a word on why.
std::optional<DockerEngine> engine_of(
    flow::TaskContext& context,
    const Value& properties,
    const ScriptKind& kind,
    const Value& settings) {
  const std::string runner = settings["type"].text_or(kProcessRunner);
  if (runner == kDockerRunner && kind.http != nullptr) {
    DockerEngine engine(*kind.http, settings["host"].text_or(""));
    if (engine.is_there()) return engine;
    context.log(
        base::LogLevel::warn,
        "no container engine answers: the script runs as a process of this machine");
  } else if (runner != kProcessRunner) {
    context.log(
        base::LogLevel::warn,
        fmt::format(
            "task runner {} is not there: the script runs as a process of this machine", runner));
  } else if (!properties["containerImage"].is_null() || !properties["docker"].is_null()) {
    context.log(
        base::LogLevel::info,
        "containerImage is not used: the script runs as a process of this machine");
  }
  return std::nullopt;
}

base::Result<ContainerJob> container_job(
    flow::TaskContext& context,
    const Value& properties,
    const ScriptKind& kind,
    const Value& settings,
    const io::Command& command) {
  ContainerJob job;
  job.image = TRY(flow::text_property(context, properties, "containerImage"));
  if (job.image.empty()) job.image = settings["image"].text_or(kind.image);
  job.settings = settings;
  job.arguments = command.arguments;
  // PATH and HOME of this machine mean nothing in a container.
  for (const auto& [name, value] : command.environment) {
    if (name != "PATH" && name != "HOME" && name != "TMPDIR" && !name.starts_with("SSL_CERT"))
      job.environment.emplace_back(name, value);
  }
  job.folder = command.folder;
  job.task_run_id = std::string(context.task_run_id());
  job.stop = command.stop;
  job.note = [&context](std::string_view text) { context.log(base::LogLevel::debug, text); };
  return job;
}

base::Result<Variables> environment_of(
    flow::TaskContext& context,
    const Value& properties,
    const ScriptKind& kind,
    const ScriptPlan& plan,
    const Workspace& workspace) {
  Variables out = plain_environment(kind.passed_variables);
  set(out, "WORKING_DIR", workspace.folder().string());
  set(out, "OUTPUT_DIR", workspace.output_folder().string());
  for (const auto& [name, value] : plan.environment) set(out, name, value);
  for (const auto& [name, value] : TRY(map_property(context, properties, "env"))) {
    set(out, name, value.is_null() ? "" : text_of(value));
  }
  return out;
}

base::Result<io::Command> command_of(
    flow::TaskContext& context, const Value& properties, const std::string& script) {
  io::Command command;
  command.arguments = TRY(texts_property(context, properties, "interpreter"));
  if (command.arguments.empty()) command.arguments = {"/bin/sh", "-c"};
  command.arguments.push_back(script);
  command.stop = &context.stop();
  return command;
}

/// The script with failFast and beforeCommands in front.
base::Result<std::string> whole_script(
    flow::TaskContext& context,
    const Value& properties,
    bool fail_fast,
    const std::string& script) {
  std::string out;
  if (TRY(flag_property(context, properties, "failFast", fail_fast))) out += "set -e\n";
  for (const std::string& line : TRY(texts_property(context, properties, "beforeCommands"))) {
    out += line + "\n";
  }
  return out + script;
}

base::Error failure(
    const ScriptKind& kind, const ScriptPlan& plan, int exit_status, const ScriptOutput& output) {
  const std::string words = output.last_words();
  std::string message =
      words.empty()
          ? fmt::format("the command ended with status {} and printed nothing", exit_status)
          : fmt::format("{}\nThe command ended with status {}", words, exit_status);
  if (exit_status > 128 && exit_status < 160)
    message += fmt::format(" (killed by signal {})", exit_status - 128);
  message += fmt::format(": {}", shortened(plan.shown));
  const std::string advice = kind.advice ? kind.advice(plan, exit_status, words) : "";
  if (!advice.empty()) message += "\n" + advice;
  return {base::Code::conflict, base::masked(message), {}, nullptr};
}

void remove_temporary(const ScriptPlan& plan, const Workspace& workspace) {
  for (const std::string& name : plan.temporary_files) {
    static_cast<void>(io::remove_tree(workspace.folder() / name));
  }
}

/// How a command ended, and what ran it.
struct RunnerEnd {
  io::ProcessEnd process;
  std::string_view runner = kProcessRunner;
};

base::Result<RunnerEnd> run_command(
    flow::TaskContext& context,
    const Value& properties,
    const ScriptKind& kind,
    const io::Command& command,
    const io::LineHandler& on_line) {
  const Value settings = TRY(runner_settings(context, properties));
  const auto engine = engine_of(context, properties, kind, settings);
  if (!engine) return RunnerEnd{TRY(io::run_process(command, on_line)), kProcessRunner};
  const ContainerJob job = TRY(container_job(context, properties, kind, settings, command));
  return RunnerEnd{TRY(engine->run(job, on_line)), kDockerRunner};
}

base::Result<flow::TaskEnd> end_of(
    flow::TaskContext& context,
    const Value& properties,
    Workspace& workspace,
    const ScriptOutput& output,
    const RunnerEnd& ran) {
  const int exit_status = ran.process.exit_status;
  flow::TaskEnd end;
  end.outputs.set("vars", output.vars());
  end.outputs.set("exitCode", exit_status);
  end.outputs.set("outputFiles", TRY(workspace.take_outputs(context, properties)));
  end.outputs.set("stdOutLineCount", output.lines_out());
  end.outputs.set("stdErrLineCount", output.lines_err());
  end.outputs.set("taskRunner", Value::object({{"type", ran.runner}}));
  end.is_warning =
      output.lines_err() > 0 && TRY(flag_property(context, properties, "warningOnStdErr", false));
  return end;
}

}  // namespace

Variables plain_environment(const std::vector<std::string>& also_passed) {
  Variables out;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::size_t equals = text.find('=');
    const std::string_view name = text.substr(0, equals);
    if (equals == std::string_view::npos || name.starts_with("SECRET_")) continue;
    if (is_listed(kPlain, name) || is_listed(also_passed, name)) {
      out.emplace_back(name, text.substr(equals + 1));
    }
  }
  return out;
}

base::Result<flow::TaskEnd> run_script(
    flow::TaskContext& outer, const Value& properties, const ScriptKind& kind) {
  Workspace workspace = TRY(Workspace::open(outer));
  ContextWithVariables context(
      outer,
      Value::object(
          {{"workingDir", workspace.folder().string()},
           {"outputDir", workspace.output_folder().string()}}));
  TRY(workspace.put_namespace_files(context, properties));
  TRY(workspace.put_inputs(context, properties));
  const ScriptPlan plan = TRY(kind.plan(context, properties, workspace));
  const std::string script =
      TRY(whole_script(context, properties, kind.fail_fast, plan.shell_script));
  io::Command command = TRY(command_of(context, properties, script));
  command.folder = workspace.folder();
  command.environment = TRY(environment_of(context, properties, kind, plan, workspace));

  ScriptOutput output(context);
  const auto ended = run_command(
      context, properties, kind, command, [&](io::Stream stream, std::string_view line) {
        output.line(stream, line);
      });
  remove_temporary(plan, workspace);
  if (!ended) return ended.error();
  if (ended->process.stopped) {
    return base::Error{
        base::Code::cancelled, "stopped, with all processes it had started", {}, nullptr};
  }
  flow::TaskEnd end = TRY(end_of(context, properties, workspace, output, *ended));
  const int status = ended->process.exit_status;
  if (status != 0) end.failure = failure(kind, plan, status, output);
  return end;
}

void check_script(const format::Node& task, std::vector<flow::Problem>& problems) {
  check_shell(task, "commands", problems);
  check_shell(task, "beforeCommands", problems);
  const format::Node* runner = task.find("taskRunner");
  const format::Node* type = runner == nullptr ? nullptr : runner->find("type");
  if (type != nullptr && type->text != kProcessRunner && type->text != kDockerRunner) {
    problems.push_back(
        {flow::Problem::Level::warning,
         fmt::format(
             "task runner {} is not there: the script will run as a process of this machine ({})",
             type->text,
             kProcessRunner),
         type->place});
  }
}

std::string shell_advice(const ScriptPlan& plan, int exit_status, const std::string& last_words) {
  if (const auto found = quoted_back_ticks(plan.shown); !found.empty()) {
    return "Note: " + back_ticks_advice(plan.shown, found.front());
  }
  if (exit_status == 127 || last_words.find("not found") != std::string::npos) {
    return "A program it calls is not on this machine, or not in PATH.";
  }
  return {};
}

}  // namespace outlay::tasks
