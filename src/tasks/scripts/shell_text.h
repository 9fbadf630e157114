// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "flow/task.h"

namespace outlay::tasks {

/// Back-ticks inside a double-quoted shell text: the shell runs what stands between them.
struct BackTicks {
  std::string inside;
  long line = 1;  ///< within the script, from 1
};

std::vector<BackTicks> quoted_back_ticks(std::string_view script);
/// What to write instead of back-ticks in this command.
std::string back_ticks_advice(std::string_view script, const BackTicks& found);
/// Warns about quoted back-ticks in a property that holds a shell script or a list of shell
/// commands.
void check_shell(
    const format::Node& task, std::string_view property, std::vector<flow::Problem>& problems);
/// 'it'\''s': one word for the shell.
std::string shell_word(std::string_view text);

}  // namespace outlay::tasks
