// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"

namespace outlay::cli {

/// "outlay flow run FILE [--with FILE...] ..."
std::string usage_line(const Command& command);
/// What --help prints for a command.
std::string help_of(const Command& command);
/// What `outlay` and `outlay --help` print; with a group ("flow") only its commands.
std::string overview(std::string_view group);
/// docs/reference/cli.md, whole.
std::string commands_markdown();

}  // namespace outlay::cli
