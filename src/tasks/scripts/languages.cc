// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "base/check.h"
#include "format/yaml.h"
#include "tasks/embedded.h"
#include "tasks/scripts/scripts.h"

namespace outlay::tasks {
namespace {

using format::Object;
using format::Value;

std::vector<std::string> texts_of(const Value& list) {
  std::vector<std::string> out;
  if (!list.is_array()) return out;
  for (const Value& item : list.as_array()) out.push_back(item.as_text());
  return out;
}

std::string indented(std::string_view text, std::string_view with) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    out += line.empty() ? "\n" : fmt::format("{}{}\n", with, line);
    at = end + 1;
  }
  return out;
}

/// A flow that counts the rows of a file with a script, or with commands.
std::string example_of(const Value& language, const std::string& type, bool is_script) {
  std::string out = fmt::format(
      "id: {}_{}\nnamespace: company.examples\ntasks:\n  - id: count\n    type: {}\n"
      "    inputFiles:\n      data.csv: |\n        a,1\n        b,2\n",
      language["name"].as_text(),
      is_script ? "script" : "commands",
      type);
  if (is_script) {
    out += "    script: |\n" + indented(language["script"].as_text(), "      ");
    out +=
        "  - id: show\n    type: io.kestra.plugin.core.log.Log\n"
        "    message: \"{{ outputs.count.vars.rows }} rows\"\n";
    return out;
  }
  out += "    outputFiles:\n      - \"*.txt\"\n    commands:\n";
  for (const std::string& command : texts_of(language["commands"]))
    out += fmt::format("      - |\n{}", indented(command, "        "));
  out +=
      "  - id: show\n    type: io.kestra.plugin.core.log.Log\n"
      "    message: \"{{ read(outputs.count.outputFiles['report.txt']) }}\"\n";
  return out;
}

flow::TaskInfo info_of(const Value& file, const Value& language, bool is_script) {
  const std::string own = is_script ? "script" : "commands";
  Object properties;
  properties.set(own, file[own]);
  for (const auto& [name, schema] : file["properties"].as_object()) properties.set(name, schema);
  if (language["properties"].is_object()) {
    for (const auto& [name, schema] : language["properties"].as_object())
      properties.set(name, schema);
  }
  flow::TaskInfo info;
  info.type = fmt::format(
      "io.kestra.plugin.scripts.{}.{}",
      language["name"].as_text(),
      is_script ? "Script" : "Commands");
  if (!is_script) info.aliases = texts_of(language["aliases"]);
  const std::string title = language["title"].as_text();
  info.summary =
      is_script ? fmt::format("Runs an inline {} script in a working folder of its own.", title)
                : fmt::format(
                      "Runs shell commands, such as a {} program, in a working folder of its own.",
                      title);
  info.properties = Value::object(
      {{"type", "object"},
       {"properties", std::move(properties)},
       {"required", format::Array{Value(own)}}});
  info.outputs = Value::object({{"type", "object"}, {"properties", file["outputs"]}});
  info.example = example_of(language, info.type, is_script);
  return info;
}

std::vector<ScriptLanguage> read_languages() {
  constexpr std::string_view kFile = "scripts/languages.yaml";
  const auto node = format::parse_yaml(embedded_file(kFile), kFile);
  CHECK(node.has_value());
  const Value file = node->value();
  std::vector<ScriptLanguage> out;
  for (const Value& language : file["languages"].as_array()) {
    ScriptLanguage made;
    made.name = language["name"].as_text();
    made.extension = language["extension"].text_or("");
    made.programs = texts_of(language["programs"]);
    made.image = language["image"].as_text();
    made.script = info_of(file, language, true);
    made.commands = info_of(file, language, false);
    out.push_back(std::move(made));
  }
  return out;
}

}  // namespace

const std::vector<ScriptLanguage>& script_languages() {
  static const std::vector<ScriptLanguage> languages = read_languages();
  return languages;
}

}  // namespace outlay::tasks
