// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "flow/task.h"
#include "io/http.h"

namespace outlay::tasks {

/// A language of the script family: io.kestra.plugin.scripts.<name>.{Script,Commands}. They are
/// listed in languages.yaml.
struct ScriptLanguage {
  std::string name;  ///< "python"
  std::string
      extension;  ///< of the file that an inline script is written to; empty: the shell runs it
  /// Programs that run such a file, with arguments that come before it; the first one found is
  /// taken.
  std::vector<std::string> programs;
  std::string image;  ///< of a container that has such a program
  flow::TaskInfo script, commands;
};

const std::vector<ScriptLanguage>& script_languages();

// `http` speaks to container engines; it outlives the task types.

/// Runs an inline script.
std::unique_ptr<flow::TaskType> make_script(const ScriptLanguage& language, io::Http& http);
/// Runs a list of shell commands.
std::unique_ptr<flow::TaskType> make_commands(const ScriptLanguage& language, io::Http& http);
/// Runs a list of shell commands with credentials and region for the aws program.
std::unique_ptr<flow::TaskType> make_aws_cli(io::Http& http);
/// The command lines of clouds and tools that clis.yaml lists.
std::vector<std::unique_ptr<flow::TaskType>> make_clis(io::Http& http);

}  // namespace outlay::tasks
