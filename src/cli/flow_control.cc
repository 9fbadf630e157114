// SPDX-License-Identifier: Apache-2.0
#include <ostream>

#include "cli/commands.h"
#include "cli/flow_print.h"
#include "cli/print.h"
#include "cli/session.h"

namespace outlay::cli {
namespace {

using base::Result;
using format::Value;
using Kind = Argument::Kind;

Result<int> go_on(Session& session, const Given& given, const std::string& action) {
  format::Object request = request_of("flow.go_on", given);
  request.set("action", action);
  request.set("id", given.text("EXECUTION"));
  if (given.has("inputs")) request.set("inputs", TRY(inputs_of(given.text("inputs"))));
  api::CallHooks hooks;
  if (!session.wants_json())
    hooks.logged = [&](const Value& line) { print_log(session.err(), line); };
  const Value execution = TRY(session.call("flow.go_on", std::move(request), hooks));
  if (session.wants_json())
    session.print_json(execution);
  else
    print_execution(session.out(), execution);
  const std::string state = execution["state"]["current"].text_or("");
  if (action == "kill") return state == "KILLED" ? 0 : 1;
  return is_success(state, given.text("until")) ? 0 : 1;
}

Result<int> restart(Session& session, const Given& given) {
  return go_on(session, given, "restart");
}

Result<int> replay(Session& session, const Given& given) { return go_on(session, given, "replay"); }

Result<int> resume(Session& session, const Given& given) { return go_on(session, given, "resume"); }

Result<int> kill(Session& session, const Given& given) { return go_on(session, given, "kill"); }

Result<int> sync(Session& session, const Given& given) {
  format::Object request = request_of("flows.sync", given);
  request.set("folder", given.text("FOLDER"));
  const Value changes = TRY(session.call("flows.sync", std::move(request)));
  if (session.wants_json()) {
    session.print_json(changes);
    return 0;
  }
  for (const Value& one : changes.as_array()) {
    session.out() << one["change"].text_or("") << " " << one["namespace"].text_or("") << "."
                  << one["id"].text_or("") << "\n";
  }
  return 0;
}

void print_case(std::ostream& out, const Value& one) {
  out << (one["state"].text_or("") == "SUCCESS" ? "ok    " : "FAIL  ") << one["testId"].text_or("")
      << " " << one["testCase"].text_or("") << "\n";
  for (const Value& error : one["errors"].as_array()) out << "      " << error.text_or("") << "\n";
  for (const Value& assertion : one["assertionResults"].as_array()) {
    if (assertion["isSuccess"].bool_or(false)) continue;
    out << "      " << assertion["value"].text_or("") << ": "
        << assertion["errorMessage"].text_or("") << "\n";
  }
}

Result<int> test(Session& session, const Given& given) {
  format::Array flows;
  for (const std::string& file : given.list("with")) flows.emplace_back(file);
  format::Array all;
  bool is_good = true;
  for (const std::string& file : given.list("FILE")) {
    format::Object request;
    request.set("file", file);
    request.set("with", Value(flows));
    const Value cases = TRY(session.call("flows.test", std::move(request)));
    for (const Value& one : cases.as_array()) {
      is_good = is_good && one["state"].text_or("") == "SUCCESS";
      if (!session.wants_json()) print_case(session.out(), one);
      all.push_back(one);
    }
  }
  if (session.wants_json()) session.print_json(Value(std::move(all)));
  return is_good ? 0 : 1;
}

Command test_command() {
  return {
      .words = "flow test",
      .summary = "Runs flow test files in memory: fixtures stand for tasks, waiting costs nothing.",
      .details =
          "A test file names a flow and has test cases: fixtures (inputs, files for FILE inputs, "
          "tasks that are not run, the trigger), assertions on expressions, and the expected "
          "state. "
          "Exit status 1 when a case fails.",
      .arguments =
          {{.name = "FILE", .kind = Kind::positionals, .doc = "test files", .is_required = true},
           {.name = "with",
            .kind = Kind::list,
            .value_name = "FLOW",
            .doc = "file of the flow, and of those it calls; may be said several times",
            .is_required = true}},
      .examples = {"outlay flow test tests/hello.yaml --with flows/hello.yaml"},
      .run = &test};
}

Argument execution_argument() {
  return {
      .name = "EXECUTION",
      .kind = Kind::positional,
      .doc = "the execution's id",
      .is_required = true};
}

Argument inputs_argument() {
  return {.name = "inputs", .value_name = "JSON|@FILE", .doc = "input values"};
}

Command control(
    const std::string& words,
    const std::string& summary,
    const std::vector<std::string>& without,
    Result<int> (*run)(Session&, const Given&)) {
  std::vector<std::string> left_out = without;
  left_out.insert(left_out.end(), {"id", "action", "inputs"});
  std::vector<Argument> arguments{execution_argument()};
  if (words == "flow replay" || words == "flow resume") arguments.push_back(inputs_argument());
  return {
      .words = words,
      .summary = summary,
      .details =
          "Does it here, and waits for the end of the execution. When `outlay up` runs on the data "
          "folder, ask it over REST instead.",
      .arguments = joined(std::move(arguments), options_of("flow.go_on", left_out)),
      .examples = {"outlay " + words + " 4fV0bQ2mY8kXr1TzLw6JpA --data outlay-data"},
      .run = run};
}

}  // namespace

std::vector<Command> flow_control_commands() {
  return {
      control(
          "flow restart",
          "Runs what failed of an ended execution again, under the same id.",
          {"taskRunId"},
          &restart),
      control("flow replay", "Runs an ended execution again as a new one.", {}, &replay),
      control(
          "flow resume",
          "Lets a paused execution go on.",
          {"taskRunId", "revision", "breakpoints"},
          &resume),
      control(
          "flow kill",
          "Ends an execution that waits.",
          {"taskRunId", "revision", "breakpoints", "until"},
          &kill),
      test_command(),
      {.words = "flow sync",
       .summary = "Makes the flows of a local folder those of the data folder: all or none.",
       .arguments = joined(
           {{.name = "FOLDER",
             .kind = Kind::positional,
             .doc = "the folder, such as a checked-out repository",
             .is_required = true}},
           options_of("flows.sync", {"folder"})),
       .examples = {"outlay flow sync flows --delete", "outlay flow sync flows --dry-run --json"},
       .run = &sync},
  };
}

}  // namespace outlay::cli
