// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "base/random.h"
#include "base/text.h"
#include "tasks/properties.h"
#include "tasks/scripts/script_run.h"
#include "tasks/scripts/scripts.h"
#include "tasks/scripts/shell_text.h"
#include "tasks/spec.h"

namespace outlay::tasks {
namespace {

using format::Value;

/// Longer texts do not fit into one argument of a process.
constexpr std::size_t kArgumentMax = 100'000;

base::Result<std::string> write_script(
    const Workspace& workspace,
    std::string_view extension,
    const std::string& text,
    ScriptPlan& plan) {
  std::string name = fmt::format(".script-{}{}", base::new_id(), extension);
  TRY(io::write_file(workspace.folder() / name, text));
  plan.temporary_files.push_back(name);
  return name;
}

/// `p1 file` for the first program that is there; the last one's own "not found" is the error.
std::string runner_line(const ScriptLanguage& language, const std::string& file) {
  std::string choice;
  for (const std::string& program : language.programs) {
    if (!choice.empty()) choice += "; el";
    choice += fmt::format(
        "if command -v {} >/dev/null 2>&1; then {} ./{}",
        program.substr(0, program.find(' ')),
        program,
        file);
  }
  return fmt::format("{}; else {} ./{}; fi", choice, language.programs.front(), file);
}

/// A virtual environment with the packages a Python script asks for, in front of PATH.
base::Result<std::string> dependencies_line(flow::TaskContext& context, const Value& properties) {
  std::string packages;
  for (const std::string& package : TRY(texts_property(context, properties, "dependencies"))) {
    packages += " " + shell_word(package);
  }
  if (packages.empty()) return packages;
  return fmt::format(
      "python3 -m venv --system-site-packages .venv && .venv/bin/pip install --quiet "
      "--disable-pip-version-check{} || exit 1\nPATH=\"$WORKING_DIR/.venv/bin:$PATH\"; export "
      "PATH\n",
      packages);
}

base::Result<ScriptPlan> plan_script(
    const ScriptLanguage& language,
    flow::TaskContext& context,
    const Value& properties,
    const Workspace& workspace) {
  ScriptPlan plan;
  plan.shown = TRY(flow::text_property(context, properties, "script"));
  if (base::trim(plan.shown).empty()) return base::invalid_input("property script is empty");
  if (language.programs.empty()) {
    plan.shell_script = plan.shown;
    if (plan.shown.size() > kArgumentMax) {
      plan.shell_script = ". ./" + TRY(write_script(workspace, ".sh", plan.shown, plan));
    }
    return plan;
  }
  const std::string file = TRY(write_script(workspace, language.extension, plan.shown, plan));
  plan.shell_script = TRY(dependencies_line(context, properties)) + runner_line(language, file);
  // Lines appear in the log when they are printed, not when the script ends.
  plan.environment = {{"PYTHONUNBUFFERED", "1"}};
  return plan;
}

base::Result<ScriptPlan> plan_commands(
    flow::TaskContext& context, const Value& properties, const Workspace& workspace) {
  ScriptPlan plan;
  plan.shown = base::join(TRY(texts_property(context, properties, "commands")), "\n");
  if (base::trim(plan.shown).empty()) return base::invalid_input("property commands is empty");
  plan.shell_script = TRY(dependencies_line(context, properties)) + plan.shown;
  if (plan.shell_script.size() > kArgumentMax) {
    plan.shell_script = ". ./" + TRY(write_script(workspace, ".sh", plan.shell_script, plan));
  }
  plan.environment = {{"PYTHONUNBUFFERED", "1"}};
  return plan;
}

class ScriptTask final : public SpecTask {
 public:
  ScriptTask(const ScriptLanguage& language, io::Http& http)
      : SpecTask(language.script), is_shell_(language.programs.empty()) {
    kind_.http = &http;
    kind_.image = language.image;
    kind_.plan = [language](auto& context, const auto& properties, const auto& workspace) {
      return plan_script(language, context, properties, workspace);
    };
    if (is_shell_) kind_.advice = shell_advice;
  }

  void check(const format::Node& task, std::vector<flow::Problem>& problems) const override {
    check_script(task, problems);
    if (is_shell_) check_shell(task, "script", problems);
  }

  base::Result<flow::TaskEnd> run(
      flow::TaskContext& context, const Value& properties) const override {
    return run_script(context, properties, kind_);
  }

 private:
  bool is_shell_;
  ScriptKind kind_;
};

class CommandsTask final : public SpecTask {
 public:
  CommandsTask(const ScriptLanguage& language, io::Http& http) : SpecTask(language.commands) {
    kind_.http = &http;
    kind_.image = language.image;
    kind_.plan = plan_commands;
    kind_.advice = shell_advice;
  }

  void check(const format::Node& task, std::vector<flow::Problem>& problems) const override {
    check_script(task, problems);
  }

  base::Result<flow::TaskEnd> run(
      flow::TaskContext& context, const Value& properties) const override {
    return run_script(context, properties, kind_);
  }

 private:
  ScriptKind kind_;
};

}  // namespace

std::unique_ptr<flow::TaskType> make_script(const ScriptLanguage& language, io::Http& http) {
  return std::make_unique<ScriptTask>(language, http);
}

std::unique_ptr<flow::TaskType> make_commands(const ScriptLanguage& language, io::Http& http) {
  return std::make_unique<CommandsTask>(language, http);
}

}  // namespace outlay::tasks
