// SPDX-License-Identifier: Apache-2.0
#include "cli/reference.h"

#include <fmt/format.h>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/help.h"
#include "cli/print.h"
#include "format/json.h"

namespace outlay::cli {

using base::Result;
using format::Value;

Value describe_commands() {
  format::Array out;
  for (const Command& command : all_commands()) {
    format::Array arguments;
    for (const Argument& argument : command.arguments) {
      arguments.push_back(Value::object(
          {{"name", argument.name}, {"doc", argument.doc}, {"required", argument.is_required}}));
    }
    format::Array examples;
    for (const std::string& example : command.examples) examples.emplace_back(example);
    out.push_back(Value::object({
        {"words", command.words},
        {"summary", command.summary},
        {"usage", usage_line(command)},
        {"arguments", Value(std::move(arguments))},
        {"examples", Value(std::move(examples))},
    }));
  }
  return Value(std::move(out));
}

namespace {

// A cell of a Markdown table.
std::string cell(std::string text) {
  return base::replace_all(base::replace_all(text, "|", "\\|"), "\n", " ");
}

std::string param_table(const Value& params) {
  if (params.as_array().empty()) return {};
  std::string out = "\n| parameter | kind | default | what it is |\n|---|---|---|---|\n";
  for (const Value& param : params.as_array()) {
    std::string doc = param["doc"].text_or("");
    std::vector<std::string> choices;
    for (const Value& choice : param["choices"].as_array()) choices.push_back(choice.text_or(""));
    if (!choices.empty()) doc += ": " + base::join(choices, ", ");
    out += fmt::format(
        "| `{}`{} | {} | {} | {} |\n",
        param["name"].text_or(""),
        param["required"].bool_or(false) ? " (required)" : "",
        param["kind"].text_or(""),
        cell(cell_text(param["default"])),
        cell(doc));
  }
  return out;
}

std::string schema_table(const Value& schema) {
  const Value& properties = schema["properties"].is_object() ? schema["properties"] : schema;
  if (!properties.is_object() || properties.as_object().empty()) return {};
  std::string out = "\n| name | type | what it is |\n|---|---|---|\n";
  for (const auto& [name, property] : properties.as_object()) {
    if (!property.is_object()) continue;
    out += fmt::format(
        "| `{}` | {} | {} |\n",
        name,
        cell(cell_text(property["type"])),
        cell(cell_text(property["description"])));
  }
  return out;
}

}  // namespace

namespace {

/// Further routes, and the parameter that is the body.
std::string more_of(const Value& operation) {
  std::vector<std::string> routes;
  if (operation["also"].is_array()) {
    for (const Value& route : operation["also"].as_array())
      routes.push_back("`" + route.text_or("") + "`");
  }
  std::string out;
  if (!routes.empty()) out += " Also " + base::join(routes, ", ") + ".";
  const std::string body = operation["body"].text_or("");
  if (!body.empty()) out += " The body is `" + body + "`.";
  return out;
}

}  // namespace

std::string rest_markdown(const Value& operations) {
  std::string out =
      "# REST\n\nMade by `outlay describe --markdown rest`.\n\n"
      "All paths are below `/api/v1/main/`; `main` may be left out for flows, executions, logs, "
      "metrics, triggers, namespaces, kv and plugins. Parameters of a GET stand in the query "
      "string, those of a POST or PUT in a JSON object, unless one parameter is the body as a "
      "whole. An execution's inputs are multipart fields, its files multipart files. Lists are "
      "separated by commas, or said several times. Searches take `page`, `size`, "
      "`sort=field:asc` and `filters[field][OPERATION]=value` "
      "(`filters[labels][EQUALS][team]=web`).\n\n"
      "Errors are `{\"message\": ..., \"_links\": ..., \"_embedded\": {\"errors\": [...]}}`: "
      "400 for what cannot be read, 404 for what is not there, 409 for what the state does not "
      "allow, 422 for what is read and wrong. A call over many that did not do all answers 400 "
      "with "
      "`invalids`. Amounts are numbers with all their digits; unknown is null.\n\n"
      "Streams (server-sent events): `GET executions/{id}/follow` (ids `start`, `progress`, "
      "`end`), `GET logs/{id}/follow`, `GET events`. Files: `GET executions/{id}/file?path=URI`, "
      "`.../file/metas`, `.../file/preview`. Webhooks: `GET`, `POST`, `PUT "
      "executions/webhook/{namespace}/{id}/{key}` (operation `executions.webhook`) need no user: "
      "their key is the secret.\n";
  for (const Value& operation : operations.as_array()) {
    if (operation["path"].text_or("").empty()) continue;
    out += fmt::format(
        "\n## {} {}\n\n{} Operation `{}`, permission `{}`.{}\n{}\nAnswer: `{}`\n",
        operation["method"].text_or(""),
        operation["path"].text_or(""),
        operation["summary"].text_or(""),
        operation["name"].text_or(""),
        operation["permission"].text_or(""),
        more_of(operation),
        param_table(operation["params"]),
        operation["answer"].text_or(""));
  }
  return out;
}

std::string settings_markdown(const Value& settings) {
  std::string out =
      "# Settings\n\nMade by `outlay describe --markdown settings`.\n\n"
      "A setting comes from `outlay.yaml` (or the file that `--config` or `OUTLAY_CONFIG` names), "
      "from the "
      "environment, or from a flag; the later wins. `outlay config show` prints each with its "
      "source.\n\n"
      "| setting | kind | default | environment | what it is |\n|---|---|---|---|---|\n";
  for (const Value& setting : settings.as_array()) {
    out += fmt::format(
        "| `{}` | {} | {} | `{}` | {} |\n",
        setting["name"].text_or(""),
        setting["kind"].text_or(""),
        cell(setting["default"].text_or("")),
        setting["environment"].text_or(""),
        cell(setting["doc"].text_or("")));
  }
  return out;
}

std::string task_markdown(const Value& plugin) {
  std::string out =
      fmt::format("## {}\n\n{}\n", plugin["type"].text_or(""), plugin["summary"].text_or(""));
  if (plugin["kind"].text_or("") == "trigger") out += "\nA trigger that looks now and then.\n";
  std::vector<std::string> aliases;
  for (const Value& alias : plugin["aliases"].as_array())
    aliases.push_back("`" + alias.text_or("") + "`");
  if (!aliases.empty()) out += "\nAlso known as " + base::join(aliases, ", ") + ".\n";
  if (const std::string table = schema_table(plugin["properties"]); !table.empty())
    out += "\nProperties\n" + table;
  if (const std::string table = schema_table(plugin["outputs"]); !table.empty())
    out += "\nOutputs\n" + table;
  if (const std::string example = plugin["example"].text_or(""); !example.empty()) {
    out += "\n```yaml\n" + std::string(base::trim(example)) + "\n```\n";
  }
  return out;
}

Result<std::string> tasks_markdown(Session& session) {
  std::string out = "# Task types\n\nMade by `outlay describe --markdown tasks`.\n";
  const Value all = TRY(session.call("plugins.list", {}));
  for (const Value& one : all["plugins"].as_array()) {
    format::Object request;
    request.set("type", one["type"]);
    const Value plugin = TRY(session.call("plugins.get", std::move(request)));
    out += "\n" + task_markdown(plugin);
  }
  return out;
}

}  // namespace outlay::cli
