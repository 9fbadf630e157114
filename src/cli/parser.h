// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "cli/command.h"

namespace outlay::cli {

/// A command line that was understood.
struct Parsed {
  const Command* command = nullptr;  ///< null when only help is wanted
  std::string group;                 ///< whose overview is wanted then; empty for all
  bool wants_help = false;
  Given given;
  Given globals;
};

/// Reads a command line. A wrong one is invalid_input with the nearest command or option, and the
/// usage.
base::Result<Parsed> parse_command_line(const std::vector<std::string>& arguments);

}  // namespace outlay::cli
