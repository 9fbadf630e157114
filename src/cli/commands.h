// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "cli/command.h"

namespace outlay::cli {

Command up_command();
Command ingest_command();
std::vector<Command> source_commands();
std::vector<Command> cost_commands();
std::vector<Command> book_commands();
std::vector<Command> conformance_commands();
std::vector<Command> care_commands();
std::vector<Command> flow_commands();
std::vector<Command> execution_commands();
std::vector<Command> flow_control_commands();
std::vector<Command> store_commands();
std::vector<Command> expr_commands();
std::vector<Command> demo_commands();
std::vector<Command> sync_commands();
std::vector<Command> system_commands();

/// Every command, in the order of help.
const std::vector<Command>& all_commands();
/// Options that every command takes.
const std::vector<Argument>& global_arguments();

}  // namespace outlay::cli
