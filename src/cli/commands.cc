// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.h"

namespace outlay::cli {

const std::vector<Command>& all_commands() {
  static const std::vector<Command> all = [] {
    std::vector<Command> out{up_command(), ingest_command()};
    for (const std::vector<Command>& family :
         {source_commands(),
          cost_commands(),
          book_commands(),
          conformance_commands(),
          care_commands(),
          flow_commands(),
          execution_commands(),
          flow_control_commands(),
          store_commands(),
          expr_commands(),
          demo_commands(),
          sync_commands(),
          system_commands()}) {
      out.insert(out.end(), family.begin(), family.end());
    }
    return out;
  }();
  return all;
}

const std::vector<Argument>& global_arguments() {
  using Kind = Argument::Kind;
  static const std::vector<Argument> all{
      {.name = "data",
       .value_name = "FOLDER",
       .doc = "data folder (OUTLAY_DATA)",
       .fallback = "outlay-data"},
      {.name = "config",
       .value_name = "FILE",
       .doc = "configuration file (OUTLAY_CONFIG)",
       .fallback = "outlay.yaml, when there is one"},
      {.name = "log-format",
       .value_name = "FORMAT",
       .doc = "log lines for people or as JSON",
       .fallback = "text",
       .choices = {"text", "json"}},
      {.name = "log-level",
       .value_name = "LEVEL",
       .doc = "least level that is logged",
       .fallback = "info",
       .choices = {"trace", "debug", "info", "warn", "error"}},
      {.name = "json", .kind = Kind::flag, .doc = "answer in JSON"},
      {.name = "help", .kind = Kind::flag, .doc = "explain the command"},
  };
  return all;
}

}  // namespace outlay::cli
