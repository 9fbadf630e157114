// SPDX-License-Identifier: Apache-2.0
#include "cli/help.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/print.h"

namespace outlay::cli {
namespace {

using Kind = Argument::Kind;

bool is_positional(const Argument& argument) {
  return argument.kind == Kind::positional || argument.kind == Kind::positionals;
}

// "--by A,B" as it is written.
std::string written(const Argument& argument) {
  switch (argument.kind) {
    case Kind::positional:
      return argument.name;
    case Kind::positionals:
      return argument.name + "...";
    case Kind::flag:
      return "--" + argument.name;
    case Kind::values:
      return "--" + argument.name + " " + argument.value_name + "...";
    default:
      return "--" + argument.name + " " + argument.value_name;
  }
}

std::string explained(const Argument& argument) {
  std::string out = argument.doc;
  // The value's name already lists the choices when it is made of them.
  if (!argument.choices.empty() && argument.value_name.find('|') == std::string::npos) {
    out += ": " + base::join(argument.choices, ", ");
  }
  if (!argument.fallback.empty()) out += " [" + argument.fallback + "]";
  return out;
}

std::string argument_lines(const std::vector<Argument>& arguments) {
  std::size_t width = 0;
  for (const Argument& argument : arguments) width = std::max(width, written(argument).size());
  width = std::min<std::size_t>(width, 30);
  std::string out;
  for (const Argument& argument : arguments) {
    const std::string left = written(argument);
    if (left.size() > width)
      out += fmt::format("  {}\n  {:{}}  {}\n", left, "", width, explained(argument));
    else
      out += fmt::format("  {:{}}  {}\n", left, width, explained(argument));
  }
  return out;
}

bool is_in_group(const Command& command, std::string_view group) {
  return group.empty() || command.words.starts_with(std::string(group) + " ");
}

}  // namespace

std::string usage_line(const Command& command) {
  std::string out = "outlay " + command.words;
  for (const Argument& argument : command.arguments) {
    if (is_positional(argument)) {
      out += argument.is_required ? " " + written(argument) : " [" + written(argument) + "]";
    }
  }
  bool has_options = false;
  for (const Argument& argument : command.arguments) {
    if (is_positional(argument)) continue;
    if (argument.is_required)
      out += " " + written(argument);
    else
      has_options = true;
  }
  return has_options ? out + " [OPTIONS]" : out;
}

std::string help_of(const Command& command) {
  std::string out = fmt::format("{}\n\n  {}\n", command.summary, usage_line(command));
  if (!command.details.empty()) out += "\n" + command.details + "\n";
  if (!command.arguments.empty()) out += "\nArguments\n" + argument_lines(command.arguments);
  out += "\nEvery command\n" + argument_lines(global_arguments());
  if (!command.examples.empty()) {
    out += "\nExamples\n";
    for (const std::string& example : command.examples) out += "  " + example + "\n";
  }
  return out;
}

std::string overview(std::string_view group) {
  std::string out = group.empty() ? "Outlay: every provider's bill in one open cost ledger, and "
                                    "the flows that act on it.\n\n"
                                  : fmt::format("outlay {} COMMAND\n\n", group);
  std::size_t width = 0;
  for (const Command& command : all_commands()) width = std::max(width, command.words.size());
  for (const Command& command : all_commands()) {
    if (is_in_group(command, group)) {
      out += fmt::format("  {:{}}  {}\n", command.words, width, command.summary);
    }
  }
  if (group.empty()) {
    out += "\nEvery command\n" + argument_lines(global_arguments());
    out +=
        "\nExit status: 0 done, 1 the answer is \"no\", 2 wrong use or bad input, 3 a fault of "
        "ours or of the outside.\n";
  }
  return out + "\n`outlay COMMAND --help` explains one command.\n";
}

std::string commands_markdown() {
  std::string out =
      "# Commands\n\nMade by `outlay describe --markdown commands`.\n\n"
      "Exit status: 0 done, 1 the answer is \"no\" (an execution failed, an invoice does not tie), "
      "2 wrong use or "
      "bad input, 3 a fault of ours or of the outside.\n\n## Every command\n\n```\n" +
      argument_lines(global_arguments()) + "```\n";
  for (const Command& command : all_commands()) {
    out += fmt::format(
        "\n## outlay {}\n\n{}\n\n```\n{}\n```\n",
        command.words,
        command.summary,
        usage_line(command));
    if (!command.details.empty()) out += "\n" + command.details + "\n";
    if (!command.arguments.empty()) out += "\n```\n" + argument_lines(command.arguments) + "```\n";
    if (command.examples.empty()) continue;
    out += "\n```sh\n";
    for (const std::string& example : command.examples) out += example + "\n";
    out += "```\n";
  }
  return out;
}

}  // namespace outlay::cli
