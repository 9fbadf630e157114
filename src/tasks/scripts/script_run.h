// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "flow/task.h"
#include "io/http.h"
#include "tasks/scripts/workspace.h"

namespace outlay::tasks {

using Variables = std::vector<std::pair<std::string, std::string>>;

/// What one kind of script task wants to run, once its properties are rendered.
struct ScriptPlan {
  std::string shell_script;  ///< what the interpreter gets
  std::string shown;         ///< the command as its author knows it, for errors
  Variables environment;     ///< beside the plain one; the property env comes after it
  std::vector<std::string> temporary_files;  ///< below the working folder, removed at the end
};

struct ScriptKind {
  io::Http* http = nullptr;  ///< speaks to a container engine
  std::string image;         ///< of the container, unless the task names one
  bool fail_fast = true;     ///< the default of failFast
  /// Names of server variables (or their beginnings, ending in *) that the child gets beside the
  /// plain ones.
  std::vector<std::string> passed_variables;
  std::function<base::Result<ScriptPlan>(
      flow::TaskContext& context, const format::Value& properties, const Workspace& workspace)>
      plan;
  /// What to add to the error of a script that failed with these last words.
  std::function<std::string(const ScriptPlan& plan, int exit_status, const std::string& last_words)>
      advice;
};

/// Runs a task of the script family: files in, process, protocol lines, files out.
base::Result<flow::TaskEnd> run_script(
    flow::TaskContext& context, const format::Value& properties, const ScriptKind& kind);
/// The variables a child gets: PATH, HOME, LANG, TZ and the like from the server; never SECRET_
/// ones.
Variables plain_environment(const std::vector<std::string>& also_passed);
/// Checks that all script tasks share: quoted back-ticks, runners that are not there.
void check_script(const format::Node& task, std::vector<flow::Problem>& problems);
/// Advice for failures of the shell itself: quoted back-ticks, programs that are not there.
std::string shell_advice(const ScriptPlan& plan, int exit_status, const std::string& last_words);

}  // namespace outlay::tasks
