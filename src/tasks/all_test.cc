// SPDX-License-Identifier: Apache-2.0
#include "tasks/all.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "flow/parser.h"
#include "format/yaml.h"
#include "tasks/internal/fake_context.h"

namespace outlay::tasks {
namespace {

class all_tasks : public testing::Test {
 protected:
  void SetUp() override { add_all_tasks(registry, world); }

  FakeHttp http;
  TaskWorld world{.http = &http};
  flow::TaskRegistry registry;
};

TEST_F(all_tasks, are_found_by_their_names_of_today_and_before) {
  for (const char* type :
       {"io.kestra.plugin.core.log.Log",
        "io.kestra.plugin.core.debug.Return",
        "io.kestra.plugin.core.output.OutputValues",
        "io.kestra.plugin.core.execution.Fail",
        "io.kestra.plugin.core.http.Request",
        "io.kestra.plugin.scripts.shell.Script",
        "io.kestra.plugin.scripts.shell.Commands",
        "io.kestra.plugin.scripts.python.Script",
        "io.kestra.plugin.scripts.python.Commands",
        "io.kestra.plugin.aws.cli.AwsCLI",
        "io.kestra.plugin.slack.notifications.SlackIncomingWebhook",
        "io.kestra.plugin.slack.SlackIncomingWebhook",
        "io.kestra.plugin.notifications.slack.SlackIncomingWebhook",
        "outlay.ledger.Ingest",
        "outlay.ledger.Query"}) {
    EXPECT_NE(registry.find(type), nullptr) << type;
  }
}

/// What is known of every task type and polling trigger.
std::vector<flow::TaskInfo> infos_of(const flow::TaskRegistry& registry) {
  std::vector<flow::TaskInfo> out;
  for (const flow::TaskType* type : registry.all()) out.push_back(type->info());
  for (const flow::PollingType* type : registry.all_polling()) out.push_back(type->info());
  return out;
}

TEST_F(all_tasks, describe_every_property_and_output) {
  for (const flow::TaskInfo& info : infos_of(registry)) {
    for (const format::Value& schema : {info.properties, info.outputs}) {
      for (const auto& [name, member] : schema["properties"].as_object()) {
        EXPECT_FALSE(member["description"].text_or("").empty()) << info.type << " " << name;
      }
    }
  }
}

TEST_F(all_tasks, have_an_example_that_is_a_flow_without_problems) {
  for (const flow::TaskInfo& info : infos_of(registry)) {
    EXPECT_NE(info.example.find("type: " + info.type), std::string::npos) << info.type;
    const flow::ParsedFlow parsed = flow::parse_flow(info.example, info.type, registry);
    for (const flow::Problem& problem : parsed.problems) {
      ADD_FAILURE() << problem.place.text() << ": " << problem.message;
    }
  }
}

/// The example flows of the repository; tests run in its root.
std::vector<std::string> problems_of(const io::Path& file, const flow::TaskRegistry& registry) {
  const std::string text = io::read_file(file).value();
  std::vector<std::string> out;
  for (const flow::Problem& problem : flow::parse_flow(text, file.string(), registry).problems) {
    out.push_back(problem.place.text() + ": " + problem.message);
  }
  return out;
}

TEST_F(all_tasks, the_example_flows_have_no_problems) {
  const std::vector<std::string> names = io::list_files("examples/flows").value();
  for (const std::string& name : names) {
    if (name.ends_with(".yaml")) {
      EXPECT_THAT(problems_of(io::Path("examples/flows") / name, registry), testing::IsEmpty());
    }
  }
}

TEST_F(all_tasks, the_published_report_is_warned_about_twice) {
  const auto problems =
      problems_of("examples/wrong_flows/untagged_ec2_report_with_back_ticks.yaml", registry);
  ASSERT_EQ(problems.size(), 2U);
  EXPECT_THAT(problems[0], testing::HasSubstr(":11:"));
  EXPECT_THAT(problems[0], testing::HasSubstr("back-ticks"));
  EXPECT_THAT(problems[1], testing::HasSubstr("toJson"));
}

}  // namespace
}  // namespace outlay::tasks
