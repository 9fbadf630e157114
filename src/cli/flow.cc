// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <ostream>

#include <fmt/format.h>

#include "base/text.h"
#include "base/time.h"
#include "cli/commands.h"
#include "cli/flow_print.h"
#include "cli/print.h"
#include "cli/session.h"
#include "format/json.h"
#include "io/file.h"

namespace outlay::cli {
namespace {

using base::Result;
using format::Value;

// "file:3:7: error: message", one a line; as compilers write it, so that editors jump to the place.
void print_problem(std::ostream& out, const std::string& file, const Value& problem) {
  const std::string named = problem["file"].text_or("");
  out << (named.empty() ? file : named);
  if (problem["line"].int_or(0) > 0) {
    out << ":" << problem["line"].int_or(0) << ":" << problem["column"].int_or(0);
  }
  out << ": " << problem["level"].text_or("") << ": " << problem["message"].text_or("") << "\n";
}

bool is_valid(const Value& checked) {
  for (const Value& problem : checked["problems"].as_array()) {
    if (problem["level"].text_or("") == "error") return false;
  }
  return true;
}

struct Validated {
  format::Array answers;
  bool all_valid = true;
};

Result<base::Done> validate_file(Session& session, const std::string& file, Validated& validated) {
  const std::string source = TRY(io::read_file(file));
  format::Object request;
  request.set("source", source);
  request.set("file", file);
  const Value checked = TRY(session.call("flows.validate", std::move(request)));
  for (const Value& one : checked.as_array()) {
    validated.all_valid = validated.all_valid && is_valid(one);
    format::Object answer = one.as_object();
    answer.set("file", file);
    answer.set("valid", is_valid(one));
    validated.answers.emplace_back(std::move(answer));
    if (session.wants_json()) continue;
    for (const Value& problem : one["problems"].as_array())
      print_problem(session.out(), file, problem);
    if (is_valid(one)) {
      session.out() << file << ": " << one["namespace"].text_or("") << "."
                    << one["flow"].text_or("") << " is valid\n";
    }
  }
  return base::Done();
}

Result<int> validate(Session& session, const Given& given) {
  Validated validated;
  for (const std::string& file : given.list("FILE")) TRY(validate_file(session, file, validated));
  if (session.wants_json()) session.print_json(Value(std::move(validated.answers)));
  return validated.all_valid ? 0 : 2;
}

Result<base::Done> set_environment(const std::vector<std::string>& pairs) {
  for (const std::string& pair : pairs) {
    const std::size_t equals = pair.find('=');
    if (equals == std::string::npos || equals == 0) {
      return base::invalid_input("--env takes NAME=VALUE, but got \"" + pair + "\".");
    }
    // Only one thread runs yet: the engine starts later.
    ::setenv(
        pair.substr(0, equals).c_str(),
        pair.substr(equals + 1).c_str(),
        1);  // NOLINT(concurrency-mt-unsafe)
  }
  return base::Done();
}

// An execution that was retried as a new one ends as that one does.
std::string final_state(const Value& execution) {
  std::string state = execution["state"]["current"].text_or("");
  const Value& others = execution["otherExecutions"];
  if (state != "RETRIED" || !others.is_array()) return state;
  for (const Value& other : others.as_array()) {
    if (other["originalId"].text_or("") == execution["id"].text_or("")) {
      state = other["state"]["current"].text_or("");
    }
  }
  return state;
}

// Asks for a scratch run unless the data folder was named and is free.
Result<int> run_flow(Session& session, const Given& given) {
  TRY(set_environment(given.list("env")));
  format::Object request = request_of("flow.run", given);
  request.set("file", given.text("FILE"));
  format::Array others;
  for (const std::string& file : given.list("with")) others.emplace_back(file);
  request.set("with", Value(std::move(others)));
  if (given.has("inputs")) request.set("inputs", TRY(inputs_of(given.text("inputs"))));
  if (session.names_data()) request.set("keep", true);
  api::CallHooks hooks;
  if (!session.wants_json())
    hooks.logged = [&](const Value& line) { print_log(session.err(), line); };
  const Value execution = TRY(session.call("flow.run", std::move(request), hooks));
  if (session.wants_json())
    session.print_json(execution);
  else
    print_execution(session.out(), execution);
  const std::string state = final_state(execution);
  if (is_success(state, given.text("until"))) return 0;
  if (state == "RUNNING" || state == "CREATED" || state == "PAUSED" || state == "QUEUED") {
    session.err() << "outlay: the execution was still " << state << " when the time was over.\n";
  }
  return 1;
}

Result<int> save(Session& session, const Given& given) {
  for (const std::string& file : given.list("FILE")) {
    format::Object request;
    request.set("file", file);
    const Value saved = TRY(session.call("flows.save", std::move(request)));
    if (session.wants_json())
      session.print_json(saved);
    else {
      for (const Value& one : saved.as_array()) {
        session.out() << one["namespace"].text_or("") << "." << one["id"].text_or("")
                      << " revision " << one["revision"].int_or(0) << "\n";
      }
    }
  }
  return 0;
}

Result<int> list(Session& session, const Given& given) {
  format::Object request = request_of("flows.search", given);
  if (!given.has("size")) request.set("size", 10'000);
  const Value answer = TRY(session.call("flows.search", std::move(request)));
  if (session.wants_json()) {
    session.print_json(answer["results"]);
    return 0;
  }
  TextTable table{
      .heads = {"namespace", "flow", "revision", "disabled"}, .is_number = {false, false, true}};
  for (const Value& one : answer["results"].as_array()) {
    table.rows.push_back(
        {one["namespace"].text_or(""),
         one["id"].text_or(""),
         std::to_string(one["revision"].int_or(0)),
         one["disabled"].bool_or(false) ? "yes" : "no"});
  }
  print_text_table(session.out(), table);
  return 0;
}

Result<int> executions(Session& session, const Given& given) {
  const Value answer =
      TRY(session.call("executions.search", request_of("executions.search", given)));
  if (session.wants_json()) {
    session.print_json(answer["results"]);
    return 0;
  }
  TextTable table{
      .heads = {"execution", "flow", "state", "started", "time"},
      .is_number = {false, false, false, false, true}};
  for (const Value& one : answer["results"].as_array()) {
    table.rows.push_back(
        {one["id"].text_or(""),
         one["namespace"].text_or("") + "." + one["flowId"].text_or(""),
         one["state"]["current"].text_or(""),
         one["state"]["startDate"].text_or(""),
         duration_of(one["state"])});
  }
  print_text_table(session.out(), table);
  return 0;
}

Result<int> show(Session& session, const Given& given) {
  const Value execution = TRY(session.call("executions.get", request_of("executions.get", given)));
  if (session.wants_json())
    session.print_json(execution);
  else
    print_execution(session.out(), execution);
  return 0;
}

Result<int> logs(Session& session, const Given& given) {
  format::Object request = request_of("logs.get", given);
  request.set("id", given.text("EXECUTION"));
  const Value lines = TRY(session.call("logs.get", std::move(request)));
  if (session.wants_json())
    session.print_json(lines);
  else {
    for (const Value& line : lines.as_array()) print_log(session.out(), line);
  }
  return 0;
}

Result<int> show_named(Session& session, const Given& given) {
  Given named = given;
  named.set("id", {given.text("EXECUTION")});
  return show(session, named);
}

Argument execution_argument() {
  return {
      .name = "EXECUTION",
      .kind = Argument::Kind::positional,
      .doc = "the execution's id",
      .is_required = true};
}

Argument files_argument() {
  return {
      .name = "FILE",
      .kind = Argument::Kind::positionals,
      .doc = "flow files; a file may hold several flows",
      .is_required = true};
}

Command run_command() {
  using Kind = Argument::Kind;
  std::vector<Argument> arguments{
      {.name = "FILE", .kind = Kind::positional, .doc = "the flow's file", .is_required = true},
      {.name = "with",
       .kind = Kind::values,
       .value_name = "FILE",
       .doc = "files of other flows that it calls"},
      {.name = "inputs",
       .value_name = "JSON|@FILE",
       .doc = "input values; a FILE input takes a local path"},
      {.name = "labels",
       .kind = Kind::list,
       .value_name = "K=V,...",
       .doc = "labels of the execution"},
      {.name = "env",
       .kind = Kind::values,
       .value_name = "K=V",
       .doc = "variables of the environment, as SECRET_X or ENV_X"},
      {.name = "until", .value_name = "STATE", .doc = "stop waiting in this state, e.g. PAUSED"},
      {.name = "timeout",
       .value_name = "DURATION",
       .doc = "stop waiting after this time, e.g. PT30S"},
      {.name = "logs", .kind = Kind::flag, .doc = "put the log lines into the JSON answer"}};
  return {
      .words = "flow run",
      .summary = "Runs a flow file without a server and prints the execution.",
      .details =
          "The run's state is kept in memory, or in the data folder when --data names one "
          "(unless its engine is running). Log lines go to the standard error. Exit status 0 when "
          "the execution "
          "ended in SUCCESS or "
          "WARNING or reached --until, 1 otherwise, 2 when the flow or its inputs are wrong.",
      .arguments = std::move(arguments),
      .examples =
          {"outlay flow run examples/flows/hello.yaml --json --logs",
           "outlay flow run report.yaml --inputs '{\"month\": \"2026-01\"}' --env "
           "SECRET_TOKEN=c2VjcmV0"},
      .run = &run_flow};
}

}  // namespace

std::vector<Command> flow_commands() {
  return {
      {.words = "flow validate",
       .summary = "Checks flow files and prints every problem with its line and column.",
       .details =
           "Exit status 0 when all flows are valid (warnings are allowed), 2 when one is not.",
       .arguments = {files_argument()},
       .examples = {"outlay flow validate flows/*.yaml"},
       .run = &validate},
      run_command(),
      {.words = "flow save",
       .summary = "Saves flow files in the data folder, as new revisions where they changed.",
       .arguments = {files_argument()},
       .examples = {"outlay flow save flows/nightly.yaml"},
       .run = &save},
      {.words = "flow list",
       .summary = "Lists the flows in the data folder.",
       .arguments = options_of("flows.search", {"filters"}),
       .examples = {"outlay flow list"},
       .run = &list},
  };
}

std::vector<Command> execution_commands() {
  return {
      {.words = "flow executions",
       .summary = "Lists executions, newest first.",
       .arguments = options_of("executions.search", {"filters"}),
       .examples = {"outlay flow executions --state FAILED"},
       .run = &executions},
      {.words = "flow show",
       .summary = "Prints one execution with its task runs.",
       .arguments = {execution_argument()},
       .examples = {"outlay flow show 4fV0bQ2mY8kXr1TzLw6JpA --json"},
       .run = &show_named},
      {.words = "flow logs",
       .summary = "Prints an execution's log lines.",
       .arguments = joined({execution_argument()}, options_of("logs.get", {"id"})),
       .examples = {"outlay flow logs 4fV0bQ2mY8kXr1TzLw6JpA --min-level WARN"},
       .run = &logs},
  };
}

}  // namespace outlay::cli
