// SPDX-License-Identifier: Apache-2.0
#include <ostream>

#include "cli/commands.h"
#include "cli/help.h"
#include "cli/print.h"
#include "cli/reference.h"
#include "cli/session.h"
#include "format/json.h"

namespace outlay::cli {
namespace {

using base::Result;
using format::Value;

Result<int> show_config(Session& session, const Given&) {
  const Value answer = TRY(session.call("config.show", {}));
  if (session.wants_json()) {
    session.print_json(answer["settings"]);
    return 0;
  }
  TextTable table{.heads = {"setting", "value", "from"}, .is_number = {}};
  for (const Value& one : answer["settings"].as_array()) {
    table.rows.push_back(
        {one["name"].text_or(""), cell_text(one["value"]), one["source"].text_or("")});
  }
  print_text_table(session.out(), table);
  return 0;
}

Result<int> list_plugins(Session& session, const Given&) {
  const Value answer = TRY(session.call("plugins.list", {}));
  if (session.wants_json()) {
    session.print_json(answer["plugins"]);
    return 0;
  }
  TextTable table{.heads = {"type", "what it does"}, .is_number = {}};
  for (const Value& one : answer["plugins"].as_array()) {
    table.rows.push_back({one["type"].text_or(""), one["summary"].text_or("")});
  }
  print_text_table(session.out(), table);
  return 0;
}

Result<int> show_plugin(Session& session, const Given& given) {
  format::Object request;
  request.set("type", given.text("TYPE"));
  const Value plugin = TRY(session.call("plugins.get", std::move(request)));
  if (session.wants_json())
    session.print_json(plugin);
  else
    session.out() << task_markdown(plugin);
  return 0;
}

Result<int> show_schema(Session& session, const Given& given) {
  if (given.has("TYPE")) {
    format::Object request;
    request.set("type", given.text("TYPE"));
    const Value plugin = TRY(session.call("plugins.get", std::move(request)));
    session.print_json(plugin["properties"]);
    return 0;
  }
  format::Object schemas;
  const Value all = TRY(session.call("plugins.list", {}));
  for (const Value& one : all["plugins"].as_array()) {
    format::Object request;
    request.set("type", one["type"]);
    const Value plugin = TRY(session.call("plugins.get", std::move(request)));
    schemas.set(one["type"].text_or(""), plugin["properties"]);
  }
  session.print_json(Value(std::move(schemas)));
  return 0;
}

Result<Value> described(Session& session) {
  const Value answer = TRY(session.call("system.describe", {}));
  format::Object out = answer.as_object();
  out.set("commands", describe_commands());
  return Value(std::move(out));
}

Result<int> describe(Session& session, const Given& given) {
  const Value all = TRY(described(session));
  const std::string wanted = given.text("markdown");
  if (wanted == "commands")
    session.out() << commands_markdown();
  else if (wanted == "rest")
    session.out() << rest_markdown(all["operations"]);
  else if (wanted == "settings")
    session.out() << settings_markdown(all["settings"]);
  else if (wanted == "tasks")
    session.out() << TRY(tasks_markdown(session));
  else
    session.print_json(all);
  return 0;
}

Result<int> show_version(Session& session, const Given&) {
  if (session.wants_json())
    session.print_json(Value::object({{"version", api::version()}}));
  else
    session.out() << "outlay " << api::version() << "\n";
  return 0;
}

std::vector<Command> plugin_commands() {
  using Kind = Argument::Kind;
  return {
      {.words = "plugins list",
       .summary = "Lists the task types that flows can use.",
       .examples = {"outlay plugins list"},
       .run = &list_plugins},
      {.words = "plugins doc",
       .summary = "Explains one task type: properties, outputs, an example.",
       .arguments =
           {{.name = "TYPE",
             .kind = Kind::positional,
             .doc = "the task type",
             .is_required = true}},
       .examples = {"outlay plugins doc io.kestra.plugin.core.log.Log"},
       .run = &show_plugin},
      {.words = "plugins schema",
       .summary = "Prints the JSON schema of one task type, or of all.",
       .arguments =
           {{.name = "TYPE", .kind = Kind::positional, .doc = "the task type; all when absent"}},
       .examples = {"outlay plugins schema io.kestra.plugin.core.log.Log"},
       .run = &show_schema},
  };
}

}  // namespace

std::vector<Command> system_commands() {
  std::vector<Command> all = plugin_commands();
  all.push_back(
      {.words = "config show",
       .summary = "Prints every setting, where its value came from, and no secret.",
       .examples = {"outlay config show", "outlay config show --config deploy/outlay.yaml --json"},
       .run = &show_config});
  all.push_back(
      {.words = "describe",
       .summary = "Prints what the program knows of itself: operations, commands, settings, task "
                  "types, errors.",
       .arguments =
           {{.name = "markdown",
             .value_name = "PART",
             .doc = "a part as a page of the docs",
             .choices = {"commands", "rest", "settings", "tasks"}}},
       .examples = {"outlay describe --json", "outlay describe --markdown commands"},
       .run = &describe});
  all.push_back(
      {.words = "version",
       .summary = "Prints the program's version.",
       .examples = {"outlay version"},
       .run = &show_version});
  return all;
}

}  // namespace outlay::cli
