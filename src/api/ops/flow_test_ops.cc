// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "api/ops/bound.h"
#include "api/ops/flow_assertions.h"
#include "api/ops/flow_fixtures.h"
#include "api/ops/flow_json.h"
#include "api/ops/params.h"
#include "api/parts.h"
#include "base/text.h"
#include "flow/executor.h"
#include "flow/simulation.h"
#include "format/yaml.h"

namespace outlay::api {
namespace {

using base::Done;
using base::Result;
using format::Value;

/// Runs one test case: a flow on an engine in memory, whose clock jumps from one thing due to the
/// next.
class CaseRun {
 public:
  static Result<std::unique_ptr<CaseRun>> create(
      Parts& parts, const Value& suite, const Value& one) {
    auto run = std::unique_ptr<CaseRun>(new CaseRun(parts, suite, one));
    TRY(run->read_fixtures());
    run->scratch_.emplace(TRY(io::ScratchFolder::create(std::filesystem::temp_directory_path())));
    run->state_ = TRY(store::open_sqlite(":memory:"));
    add_with_fixtures(parts.tasks(), run->fixtures_, run->registry_);
    flow::EngineSettings settings;
    settings.storage = run->scratch_->path() / "storage";
    settings.work = run->scratch_->path() / "work";
    TRY(io::make_folders(settings.storage));
    TRY(io::make_folders(settings.work));
    run->executor_ = std::make_unique<flow::Executor>(
        settings, *run->state_, run->registry_, parts.secrets(), run->clock_);
    TRY(run->executor_->open());
    return run;
  }

  Result<Value> run(const std::vector<std::string>& flows) {
    for (const std::string& file : flows) {
      const std::string text = TRY(io::read_file(file));
      for (const std::string& document : split_documents(text))
        TRY(executor_->save(document, file));
    }
    executor_->resume_recovered(false);
    const std::string id = TRY(executor_->create(wanted_execution()));
    flow::Simulation simulation(*executor_, clock_);
    const bool has_ended = simulation.run(id);
    const Value execution = TRY(executor_->execution(id));
    return answer(execution, has_ended);
  }

 private:
  CaseRun(Parts& parts, const Value& suite, const Value& one)
      : suite_(suite), case_(one), clock_(parts.clock().now()) {}

  Result<Done> read_fixtures() {
    const Value& tasks = case_["fixtures"]["tasks"];
    if (!tasks.is_array()) return Done();
    for (const Value& task : tasks.as_array()) {
      TaskFixture fixture;
      fixture.state = task["state"].text_or("SUCCESS");
      if (fixture.state != "SUCCESS" && fixture.state != "WARNING" && fixture.state != "FAILED") {
        return base::invalid_input(
            "The fixture of task \"" + task["id"].text_or("") +
            "\" may end in SUCCESS, WARNING or FAILED, not in " + fixture.state + ".");
      }
      if (task["outputs"].is_object()) fixture.outputs = task["outputs"].as_object();
      fixtures_.insert_or_assign(task["id"].text_or(""), std::move(fixture));
    }
    return Done();
  }

  flow::NewExecution wanted_execution() const {
    const Value& fixtures = case_["fixtures"];
    flow::NewExecution wanted;
    wanted.name_space = suite_["namespace"].text_or("");
    wanted.flow_id = suite_["flowId"].text_or("");
    wanted.kind = "TEST";
    if (fixtures["inputs"].is_object()) wanted.inputs = fixtures["inputs"].as_object();
    if (fixtures["trigger"].is_object()) wanted.trigger = fixtures["trigger"];
    if (fixtures["files"].is_object()) {
      for (const auto& [name, content] : fixtures["files"].as_object())
        wanted.files.push_back(
            {.input = name, .name = name, .path = {}, .bytes = content.text_or("")});
    }
    return wanted;
  }

  Value answer(const Value& execution, bool has_ended) const {
    format::Array assertions;
    format::Array errors;
    bool is_success = true;
    const std::string state = execution["state"]["current"].text_or("");
    const std::string wanted = case_["expectedState"].text_or("SUCCESS");
    if (!has_ended) errors.emplace_back("the execution waits for something that never comes");
    if (state != wanted)
      errors.emplace_back("expected the state " + wanted + ", but the execution ended " + state);
    if (case_["assertions"].is_array()) {
      for (const Value& assertion : case_["assertions"].as_array()) {
        assertions.push_back(judge(assertion, execution, clock_));
        is_success = is_success && assertions.back()["isSuccess"].bool_or(false);
      }
    }
    is_success = is_success && errors.empty();
    return Value::object(
        {{"testId", suite_["id"]},
         {"testCase", case_["id"]},
         {"state", is_success ? "SUCCESS" : "FAILED"},
         {"executionState", state},
         {"assertionResults", Value(std::move(assertions))},
         {"errors", Value(std::move(errors))}});
  }

  const Value suite_, case_;
  base::ManualClock clock_;
  TaskFixtures fixtures_;
  std::optional<io::ScratchFolder> scratch_;
  std::unique_ptr<store::Database> state_;
  flow::TaskRegistry registry_;
  std::unique_ptr<flow::Executor> executor_;
};

Result<Value> run_case(
    Parts& parts, const Value& suite, const Value& one, const std::vector<std::string>& flows) {
  const std::unique_ptr<CaseRun> run = TRY(CaseRun::create(parts, suite, one));
  return run->run(flows);
}

/// A case that cannot be run failed, with the reason.
Value refused(const Value& suite, const Value& one, const base::Error& error) {
  return Value::object(
      {{"testId", suite["id"]},
       {"testCase", one["id"]},
       {"state", "FAILED"},
       {"executionState", Value()},
       {"assertionResults", Value(format::Array())},
       {"errors", Value(format::Array{Value(error.text())})}});
}

Result<Value> test_flows(Parts& parts, const Request& request, const CallHooks&) {
  const std::string file = request.text("file");
  const std::string text = TRY(io::read_file(file));
  format::Array out;
  for (const std::string& document : split_documents(text)) {
    const Value suite = TRY(format::parse_yaml(document, file)).value();
    if (!suite["testCases"].is_array()) {
      return base::invalid_input(
          file + " is no test of a flow: it needs \"testCases\", \"namespace\" and \"flowId\".");
    }
    for (const Value& one : suite["testCases"].as_array()) {
      if (one["disabled"].bool_or(false)) continue;
      const auto answer = run_case(parts, suite, one, request.list("with"));
      out.push_back(answer ? *answer : refused(suite, one, answer.error()));
    }
  }
  return Value(std::move(out));
}

}  // namespace

std::vector<BoundOperation> flow_test_operations() {
  return {
      {{.name = "flows.test",
        .summary = "Runs the test cases of a flow test file in memory, on a clock that jumps.",
        .permission = "execution.create",
        .params =
            {required("file", ParamKind::text, "the test file"),
             required("with", ParamKind::list, "files of the flow and of those it calls")},
        .answer =
            R"([{"testId":"...","testCase":"...","state":"SUCCESS","assertionResults":[{"isSuccess":true,"value":"...","actual":"..."}],"errors":[]}])",
        .example = R"({"file":"tests/hello.yaml","with":["flows/hello.yaml"]})"},
       &test_flows},
  };
}

}  // namespace outlay::api
