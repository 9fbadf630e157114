// SPDX-License-Identifier: Apache-2.0
#include "cli/parser.h"

#include <algorithm>
#include <map>
#include <memory>

#include <CLI/CLI.hpp>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/help.h"

namespace outlay::cli {

using base::Error;
using base::Result;
using Kind = Argument::Kind;

namespace {

/// Where CLI11 puts what it reads for one argument.
struct Slot {
  const Argument* argument = nullptr;
  CLI::Option* option = nullptr;
  std::vector<std::string> values;
};

void add(CLI::App& app, const Argument& argument, std::vector<std::unique_ptr<Slot>>& slots) {
  auto slot = std::make_unique<Slot>();
  slot->argument = &argument;
  const std::string flag = "--" + argument.name;
  switch (argument.kind) {
    case Kind::flag:
      slot->option = app.add_flag(flag);
      break;
    case Kind::value:
      slot->option = app.add_option(flag, slot->values)->expected(1);
      slot->option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
      break;
    case Kind::list:
      slot->option = app.add_option(flag, slot->values)->expected(1);
      slot->option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
      break;
    case Kind::values:
      slot->option = app.add_option(flag, slot->values);
      break;
    case Kind::positional:
      slot->option = app.add_option(argument.name, slot->values)->expected(1);
      break;
    case Kind::positionals:
      slot->option = app.add_option(argument.name, slot->values);
      break;
  }
  if (argument.kind == Kind::value || argument.kind == Kind::list ||
      argument.kind == Kind::positional) {
    slot->option->allow_extra_args(false);
  }
  slots.push_back(std::move(slot));
}

Error usage_error(const std::string& message, const Command& command) {
  return base::invalid_input(
      message + "\nUsage: " + usage_line(command) + "\n`outlay " + command.words +
      " --help` explains it.");
}

Result<base::Done> check_choices(const Slot& slot, const Command& command) {
  if (slot.argument->choices.empty()) return base::Done();
  for (const std::string& value : slot.values) {
    const auto& choices = slot.argument->choices;
    if (std::find(choices.begin(), choices.end(), value) != choices.end()) continue;
    return usage_error(
        "--" + slot.argument->name + " must be one of " + base::join(choices, ", ") +
            ", but is \"" + value + "\"." + base::did_you_mean(value, choices),
        command);
  }
  return base::Done();
}

// An option that takes all that follow also takes a positional that stands behind it; that is the
// last of them.
void give_back_positional(const std::vector<std::unique_ptr<Slot>>& slots, Given& given) {
  for (const auto& wanting : slots) {
    const Argument& argument = *wanting->argument;
    if (argument.kind != Kind::positional || given.has(argument.name)) continue;
    for (const auto& slot : slots) {
      if (slot->argument->kind != Kind::values || slot->values.size() < 2) continue;
      given.set(argument.name, {slot->values.back()});
      slot->values.pop_back();
      given.set(slot->argument->name, slot->values);
      break;
    }
  }
}

Result<base::Done> take(
    const std::vector<std::unique_ptr<Slot>>& slots, const Command& command, Given& given) {
  for (const auto& slot : slots) {
    if (slot->option->count() == 0) continue;
    TRY(check_choices(*slot, command));
    given.set(slot->argument->name, slot->values);
  }
  give_back_positional(slots, given);
  for (const auto& slot : slots) {
    const Argument& argument = *slot->argument;
    if (!argument.is_required || given.has(argument.name)) continue;
    const bool is_option = argument.kind != Kind::positional && argument.kind != Kind::positionals;
    return usage_error(
        "`outlay " + command.words + "` needs " + (is_option ? "--" : "") + argument.name + " (" +
            argument.doc + ").",
        command);
  }
  return base::Done();
}

std::vector<std::string> option_names(const Command& command) {
  std::vector<std::string> names;
  for (const std::vector<Argument>* arguments : {&command.arguments, &global_arguments()}) {
    for (const Argument& argument : *arguments) {
      if (argument.kind != Kind::positional && argument.kind != Kind::positionals) {
        names.push_back("--" + argument.name);
      }
    }
  }
  return names;
}

Error unexpected(const std::vector<std::string>& extras, const Command& command) {
  // CLI11 gives them last first.
  const std::string& extra = extras.front();
  const std::string name = extra.substr(0, extra.find('='));
  if (name.starts_with("-")) {
    return usage_error(
        "`outlay " + command.words + "` has no option " + name + "." +
            base::did_you_mean(name, option_names(command)),
        command);
  }
  return usage_error(
      "\"" + extra + "\" is one argument too many for `outlay " + command.words + "`.", command);
}

Result<Parsed> parse_arguments(const Command& command, std::vector<std::string> rest) {
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  std::vector<std::unique_ptr<Slot>> own;
  std::vector<std::unique_ptr<Slot>> global;
  for (const Argument& argument : command.arguments) add(app, argument, own);
  for (const Argument& argument : global_arguments()) {
    const bool is_own =
        std::any_of(command.arguments.begin(), command.arguments.end(), [&](const Argument& known) {
          return known.name == argument.name;
        });
    if (!is_own) add(app, argument, global);
  }
  std::reverse(rest.begin(), rest.end());
  try {
    app.parse(std::move(rest));
  } catch (const CLI::ParseError& error) {
    return usage_error(std::string(error.what()) + ".", command);
  }
  if (const std::vector<std::string> extras = app.remaining(); !extras.empty()) {
    return unexpected(extras, command);
  }
  Parsed parsed;
  parsed.command = &command;
  TRY(take(own, command, parsed.given));
  TRY(take(global, command, parsed.globals));
  return parsed;
}

bool takes_value(const std::string& flag) {
  for (const Argument& argument : global_arguments()) {
    if ("--" + argument.name == flag) return argument.kind == Kind::value;
  }
  return false;
}

/// The command's words and everything else, in order; global options may come before the command.
struct Words {
  const Command* command = nullptr;
  std::string words;  ///< as far as they were understood, or the first that was not
  std::vector<std::string> rest;
};

bool is_group(const std::string& words) {
  return std::any_of(all_commands().begin(), all_commands().end(), [&](const Command& command) {
    return command.words.starts_with(words + " ");
  });
}

const Command* find_command(const std::string& words) {
  for (const Command& command : all_commands()) {
    if (command.words == words) return &command;
  }
  return nullptr;
}

Words find_words(const std::vector<std::string>& arguments) {
  Words found;
  for (std::size_t at = 0; at < arguments.size(); ++at) {
    const std::string& argument = arguments[at];
    if (found.command != nullptr || argument.starts_with("-")) {
      found.rest.push_back(argument);
      if (found.command == nullptr && takes_value(argument) && at + 1 < arguments.size()) {
        found.rest.push_back(arguments[++at]);
      }
      continue;
    }
    if (!found.words.empty() && !is_group(found.words)) {
      found.rest.push_back(argument);
      continue;
    }
    found.words += (found.words.empty() ? "" : " ") + argument;
    found.command = find_command(found.words);
  }
  return found;
}

bool asks_for_help(const std::vector<std::string>& arguments) {
  for (const std::string& argument : arguments) {
    if (argument == "--") return false;
    if (argument == "--help" || argument == "-h") return true;
  }
  return false;
}

Error unknown_command(const std::string& words) {
  std::vector<std::string> known;
  for (const Command& command : all_commands()) known.push_back(command.words);
  return base::invalid_input(
      "There is no command \"" + words + "\"." + base::did_you_mean(words, known) +
      "\n`outlay --help` lists the commands.");
}

}  // namespace

Result<Parsed> parse_command_line(const std::vector<std::string>& arguments) {
  std::vector<std::string> all = arguments;
  if (!all.empty() && all.front() == "help") {
    all.erase(all.begin());
    all.emplace_back("--help");
  }
  if (!all.empty() && (all.front() == "--version" || all.front() == "-V")) all.front() = "version";
  Words words = find_words(all);
  Parsed parsed;
  parsed.wants_help = asks_for_help(all);
  if (words.command == nullptr) {
    if (!words.words.empty() && !is_group(words.words)) return unknown_command(words.words);
    parsed.group = words.words;
    return parsed;
  }
  if (parsed.wants_help) {
    parsed.command = words.command;
    return parsed;
  }
  return parse_arguments(*words.command, std::move(words.rest));
}

}  // namespace outlay::cli
