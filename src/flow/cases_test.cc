// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "flow/parser.h"
#include "flow/simulation.h"
#include "flow/testing_tasks.h"
#include "format/json.h"
#include "format/yaml.h"

namespace outlay::flow {
namespace {

using format::Value;

/// One flow case: a flow, circumstances, and what must come of it.
class FlowCase {
 public:
  explicit FlowCase(const Value& document)
      : document_(document),
        clock_(base::parse_instant(document["given"]["start"].text_or("2024-05-01T02:00:00Z"))
                   .value()),
        scratch_(io::ScratchFolder::create(std::filesystem::temp_directory_path()).value()),
        state_(store::open_sqlite(":memory:").value()) {
    script_.results = document["given"]["tasks"];
    script_.takes = [this](base::Duration time) { simulation_->takes(time); };
    add_testing_tasks(registry_, script_);
    EngineSettings settings;
    settings.storage = scratch_.path() / "storage";
    settings.work = scratch_.path() / "work";
    settings.globals = document["given"]["globals"];
    executor_ = std::make_unique<Executor>(settings, *state_, registry_, secrets_, clock_);
    simulation_ = std::make_unique<Simulation>(*executor_, clock_);
  }

  void run() {
    ASSERT_TRUE(executor_->open());
    if (!document_["expect"]["problems"].is_null()) return expect_problems();
    ASSERT_NO_FATAL_FAILURE(save(document_["flow"]));
    if (document_["also"].is_object()) save(document_["also"]);
    if (document_["also"].is_array())
      for (const Value& flow : document_["also"].as_array()) save(flow);
    if (testing::Test::HasFatalFailure()) return;
    prepare();
    const int count = static_cast<int>(document_["given"]["executions"].int_or(1));
    executor_->resume_recovered(document_["given"]["scheduler"].bool_or(false));
    if (!document_["given"]["until"].is_null()) return run_schedule();
    for (int i = 0; i < count; ++i) {
      const auto id = create();
      if (!document_["expect"]["refused"].is_null()) {
        ASSERT_FALSE(id);
        EXPECT_THAT(
            id.error().text(), testing::HasSubstr(document_["expect"]["refused"].text_or("")));
        return;
      }
      ASSERT_TRUE(id) << id.error().text();
      ids_.push_back(*id);
    }
    plan_actions();
    for (const std::string& id : ids_) ASSERT_TRUE(simulation_->run(id)) << "stuck: " << shown(id);
    do_later();
    while (simulation_->step()) {
    }
    check(execution(ids_.back()));
  }

 private:
  void save(const Value& flow) {
    const auto saved = executor_->save(format::print_yaml(flow), "case.yaml");
    ASSERT_TRUE(saved) << saved.error().text();
  }

  // Values and files that are there before.
  void prepare() {
    const Value& given = document_["given"];
    const std::string name_space = document_["flow"]["namespace"].text_or("");
    if (given["kv"].is_object())
      for (const auto& [key, value] : given["kv"].as_object()) {
        KvPut what;
        what.value = value;
        EXPECT_TRUE(executor_->kv().put(name_space, key, what));
      }
    if (!given["files"].is_object()) return;
    for (const auto& [name, content] : given["files"].as_object()) {
      const auto put = executor_->namespace_files().put(name_space, name, content.text_or(""));
      EXPECT_TRUE(put) << put.error().text();
    }
  }

  // What is done once all has ended: {restart: true}, {replay: task}, {run_state: {task: STATE}}
  // ...
  void do_later() {
    const Value& steps = document_["given"]["then"];
    if (!steps.is_array()) return;
    for (const Value& step : steps.as_array()) {
      std::string id = ids_.back();
      base::Result<base::Done> done = base::Done{};
      for (const auto& [what, with] : step.as_object()) done = do_one(what, with, id);
      if (!done) {
        EXPECT_THAT(
            done.error().text(), testing::HasSubstr(document_["expect"]["denied"].text_or("-")));
        continue;
      }
      if (id != ids_.back()) ids_.push_back(id);
      EXPECT_TRUE(simulation_->run(id)) << "stuck: " << shown(id);
    }
  }

  std::string run_of(const std::string& id, const std::string& task) {
    const Value found = execution(id);
    for (const Value& run : found["taskRunList"].as_array())
      if (run["taskId"].text_or("") == task) return run["id"].text_or("");
    return "";
  }

  base::Result<base::Done> do_one(const std::string& what, const Value& with, std::string& id) {
    if (what == "kill") return executor_->kill(id);
    if (what == "pause") return executor_->pause(id);
    if (what == "force_run") return executor_->force_run(id);
    if (what == "unqueue") return executor_->unqueue(id, *state_of(with.text_or("RUNNING")));
    if (what == "status") return executor_->change_status(id, *state_of(with.text_or("")));
    if (what == "labels") return executor_->set_labels(id, {{"extra", with.text_or("")}});
    if (what == "proceed") return executor_->resume_from_breakpoint(id, texts(with));
    if (what == "resume")
      return executor_->resume(id, with.is_object() ? with.as_object() : format::Object());
    if (what == "run_state") {
      const auto& [task, state] = *with.as_object().begin();
      return executor_->change_run_state(id, run_of(id, task), *state_of(state.text_or("")));
    }
    if (what == "save") {
      const auto saved = executor_->save(format::print_yaml(with), "case.yaml");
      if (!saved) return saved.error();
      return base::Done{};
    }
    return do_again(what, with, id);
  }

  base::Result<base::Done> do_again(const std::string& what, const Value& with, std::string& id) {
    std::optional<long long> revision;
    if (with["revision"].is_int()) revision = with["revision"].as_int();
    Replay replay;
    replay.revision = revision;
    if (with["from"].is_text()) replay.task_run_id = run_of(id, with["from"].as_text());
    if (with["inputs"].is_object()) replay.inputs = with["inputs"].as_object();
    auto begun =
        what == "restart" ? executor_->restart(id, revision) : executor_->replay(id, replay);
    if (!begun) return begun.error();
    id = *begun;
    return base::Done{};
  }

  base::Result<std::string> create() {
    if (const Value& call = document_["given"]["webhook"]; !call.is_null())
      return call_webhook(call);
    NewExecution request;
    request.breakpoints = texts(document_["given"]["breakpoints"]);
    request.name_space = document_["flow"]["namespace"].text_or("");
    request.flow_id = document_["flow"]["id"].text_or("");
    if (document_["given"]["inputs"].is_object())
      request.inputs = document_["given"]["inputs"].as_object();
    if (document_["given"]["labels"].is_object())
      for (const auto& [key, value] : document_["given"]["labels"].as_object())
        request.labels.emplace_back(key, value.text_or(""));
    request.schedule_date = document_["given"]["scheduleDate"].text_or("");
    return executor_->create(request);
  }

  base::Result<std::string> call_webhook(const Value& with) {
    WebhookCall call;
    call.name_space = document_["flow"]["namespace"].text_or("");
    call.flow_id = document_["flow"]["id"].text_or("");
    call.key = with["key"].text_or("");
    call.body = with["body"].text_or("");
    for (const char* part : {"headers", "parameters"})
      if (with[part].is_object())
        for (const auto& [key, value] : with[part].as_object())
          (part[0] == 'h' ? call.headers : call.parameters).emplace_back(key, value.text_or(""));
    const auto answer = executor_->webhook(call);
    if (!answer) return answer.error();
    return answer->execution_id;
  }

  base::Instant moment(const Value& text) const {
    return clock_.now() + base::parse_duration(text.text_or("")).value();
  }

  void plan_actions() {
    const Value& given = document_["given"];
    if (!given["kill_after"].is_null())
      simulation_->at(
          moment(given["kill_after"]), [this] { EXPECT_TRUE(executor_->kill(ids_.front())); });
    if (!given["resume_after"].is_null())
      simulation_->at(moment(given["resume_after"]), [this] {
        const auto& inputs = document_["given"]["resume"];
        EXPECT_TRUE(executor_->resume(
            ids_.front(), inputs.is_object() ? inputs.as_object() : format::Object()));
      });
    if (!given["during"].is_array()) return;
    for (const Value& step : given["during"].as_array())
      simulation_->at(moment(step["after"]), [this, step] {
        for (const auto& [what, with] : step.as_object()) {
          if (what == "after" || what == "of") continue;
          std::string id = ids_[static_cast<std::size_t>(step["of"].int_or(0))];
          const auto done = do_one(what, with, id);
          EXPECT_TRUE(done) << done.error().text();
        }
      });
  }

  Value execution(const std::string& id) {
    const auto json = executor_->execution(id);
    return json ? *json : Value();
  }

  std::string shown(const std::string& id) { return format::print_json(execution(id)); }

  void run_schedule() {
    const Value& backfill = document_["given"]["backfill"];
    if (!backfill.is_null()) {
      Backfill what;
      what.start = backfill["start"].text_or("");
      what.end = backfill["end"].text_or("");
      const TriggerId trigger{
          document_["flow"]["namespace"].text_or(""),
          document_["flow"]["id"].text_or(""),
          backfill["trigger"].text_or("")};
      const auto begun = executor_->start_backfill(trigger, what);
      EXPECT_TRUE(begun) << begun.error().text();
    }
    const auto until = base::parse_instant(document_["given"]["until"].text_or("")).value();
    simulation_->at(until, [] {});
    while (clock_.now() < until && simulation_->step()) {
    }
    const auto all = executor_->executions({}).value();
    std::vector<std::string> dates;
    for (const Value& one : all["results"].as_array())
      dates.push_back(one["trigger"]["variables"]["date"].text_or("?"));
    std::reverse(dates.begin(), dates.end());
    EXPECT_THAT(dates, testing::ElementsAreArray(texts(document_["expect"]["fired"])));
  }

  static std::vector<std::string> texts(const Value& list) {
    std::vector<std::string> out;
    if (list.is_array())
      for (const Value& item : list.as_array())
        out.push_back(item.is_text() ? item.as_text() : format::print_json(item));
    return out;
  }

  void expect_problems() {
    const auto checked = executor_->check(format::print_yaml(document_["flow"]), "case.yaml");
    std::vector<std::string> found;
    for (const Problem& problem : checked.problems) found.push_back(problem.message);
    std::vector<testing::Matcher<std::string>> wanted;
    for (const std::string& text : texts(document_["expect"]["problems"]))
      wanted.push_back(testing::HasSubstr(text));
    EXPECT_THAT(found, testing::UnorderedElementsAreArray(wanted));
  }

  void check(const Value& execution) {
    const Value& expect = document_["expect"];
    const std::string all = format::print_json(execution);
    EXPECT_EQ(execution["state"]["current"].text_or(""), expect["state"].text_or("SUCCESS")) << all;
    if (!expect["at"].is_null()) {
      EXPECT_EQ(execution["state"]["endDate"].text_or(""), expect["at"].text_or("")) << all;
    }
    if (!expect["trace"].is_null()) {
      EXPECT_THAT(script_.trace, testing::ElementsAreArray(texts(expect["trace"]))) << all;
    }
    if (!expect["outputs"].is_null()) {
      EXPECT_EQ(format::print_json(execution["outputs"]), format::print_json(expect["outputs"]));
    }
    if (expect["no_outputs"].bool_or(false)) {
      EXPECT_TRUE(execution["outputs"].is_null()) << all;
    }
    check_labels(execution, expect["labels"]);
    check_runs(execution, expect["runs"]);
    check_logs(execution["id"].text_or(""), texts(expect["logs"]));
    if (!expect["states"].is_null()) check_states(texts(expect["states"]));
    check_metadata(execution, expect);
    check_others(expect["others"]);
  }

  static void check_metadata(const Value& execution, const Value& expect) {
    if (!expect["attempt"].is_null()) {
      EXPECT_EQ(execution["metadata"]["attemptNumber"].int_or(0), expect["attempt"].int_or(0));
    }
    if (!expect["histories"].is_null()) {
      std::vector<std::string> states;
      for (const Value& step : execution["state"]["histories"].as_array())
        states.push_back(step["state"].text_or(""));
      EXPECT_THAT(states, testing::ElementsAreArray(texts(expect["histories"])));
    }
    if (!expect["is_replay"].is_null()) {
      EXPECT_EQ(
          execution["id"].text_or("") != execution["originalId"].text_or(""),
          expect["is_replay"].bool_or(false));
    }
  }

  // others: {flow: [STATE of each of its executions, oldest first]}
  void check_others(const Value& wanted) {
    if (!wanted.is_object()) return;
    for (const auto& [flow, states] : wanted.as_object()) {
      ExecutionFilter filter;
      filter.flow_id = flow;
      const auto all = executor_->executions(filter).value();
      std::vector<std::string> found;
      for (const Value& one : all["results"].as_array())
        found.push_back(one["state"]["current"].text_or(""));
      std::reverse(found.begin(), found.end());
      EXPECT_THAT(found, testing::ElementsAreArray(texts(states))) << flow;
    }
  }

  static void check_labels(const Value& execution, const Value& wanted) {
    if (!wanted.is_object()) return;
    std::map<std::string, std::string> found;
    for (const Value& label : execution["labels"].as_array())
      found[label["key"].text_or("")] = label["value"].text_or("");
    for (const auto& [key, value] : wanted.as_object())
      EXPECT_EQ(found[key], value.text_or("")) << key;
  }

  // runs: {task: STATE} or {task: [STATE, STATE]} or {task: {outputs: ..., value: ..., attempts:
  // n}}.
  void check_runs(const Value& execution, const Value& wanted) {
    if (!wanted.is_object()) return;
    for (const auto& [task, want] : wanted.as_object()) {
      std::vector<Value> runs;
      for (const Value& run : execution["taskRunList"].as_array())
        if (run["taskId"].text_or("") == task) runs.push_back(run);
      if (want.is_object()) {
        ASSERT_FALSE(runs.empty()) << task;
        check_run(runs.back(), want);
        continue;
      }
      std::vector<std::string> states;
      for (const Value& run : runs) states.push_back(run["state"]["current"].text_or(""));
      const auto expected = want.is_text() ? std::vector<std::string>{want.as_text()} : texts(want);
      EXPECT_THAT(states, testing::ElementsAreArray(expected)) << task;
    }
  }

  static void check_run(const Value& run, const Value& want) {
    for (const auto& [key, value] : want.as_object()) {
      if (key == "attempts") {
        EXPECT_EQ(static_cast<int>(run["attempts"].as_array().size()), value.int_or(0));
      } else if (key == "histories") {
        std::vector<std::string> states;
        for (const Value& step : run["state"]["histories"].as_array())
          states.push_back(step["state"].text_or(""));
        EXPECT_THAT(states, testing::ElementsAreArray(texts(value)));
      } else {
        EXPECT_EQ(format::print_json(run[key]), format::print_json(value)) << key;
      }
    }
  }

  void check_logs(const std::string& id, const std::vector<std::string>& wanted) {
    if (wanted.empty()) return;
    const auto lines = executor_->logs(id, 0, 1000).value();
    std::string all;
    for (const LogLine& line : lines) all += line.level + " " + line.message + "\n";
    for (const std::string& text : wanted) EXPECT_THAT(all, testing::HasSubstr(text));
  }

  void check_states(const std::vector<std::string>& wanted) {
    std::vector<std::string> found;
    for (const std::string& id : ids_)
      found.push_back(execution(id)["state"]["current"].text_or(""));
    EXPECT_THAT(found, testing::ElementsAreArray(wanted));
  }

  const Value document_;
  base::ManualClock clock_;
  io::ScratchFolder scratch_;
  std::unique_ptr<store::Database> state_;
  io::EnvironmentSecrets secrets_;
  TestingScript script_;
  TaskRegistry registry_;
  std::unique_ptr<Executor> executor_;
  std::unique_ptr<Simulation> simulation_;
  std::vector<std::string> ids_;
};

std::vector<std::string> case_files() {
  std::vector<std::string> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("tests/flows", error))
    if (entry.path().extension() == ".yaml") files.push_back(entry.path().string());
  std::sort(files.begin(), files.end());
  return files;
}

class FlowCases : public testing::TestWithParam<std::string> {};

TEST_P(FlowCases, comes_out_as_the_case_says) {
  const std::string text = io::read_file(GetParam()).value();
  const auto documents = format::parse_yaml_stream(text, GetParam());
  ASSERT_TRUE(documents) << documents.error().text();
  for (const format::Node& document : *documents) {
    if (!document.is_mapping()) continue;
    const Value value = document.value();
    SCOPED_TRACE(GetParam() + ": " + value["case"].text_or("?"));
    FlowCase(value).run();
  }
}

INSTANTIATE_TEST_SUITE_P(Files, FlowCases, testing::ValuesIn(case_files()), [](const auto& file) {
  std::string name = std::filesystem::path(file.param).stem().string();
  std::replace_if(
      name.begin(),
      name.end(),
      [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; },
      '_');
  return name;
});
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(FlowCases);

}  // namespace
}  // namespace outlay::flow
