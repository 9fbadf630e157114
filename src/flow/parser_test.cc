// SPDX-License-Identifier: Apache-2.0
#include "flow/parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "flow/testing_tasks.h"

namespace outlay::flow {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// "line:column message" of every problem.
std::vector<std::string> problems_of(std::string_view yaml) {
  TaskRegistry registry;
  TestingScript script;
  add_testing_tasks(registry, script);
  std::vector<std::string> out;
  for (const Problem& problem : parse_flow(yaml, "flow.yaml", registry).problems)
    out.push_back(
        std::to_string(problem.place.line) + ":" + std::to_string(problem.place.column) + " " +
        problem.message);
  return out;
}

TEST(Parser, a_problem_stands_where_the_mistake_is) {
  EXPECT_THAT(
      problems_of("id: a\n"
                  "namespace: test\n"
                  "labls: {x: y}\n"
                  "tasks:\n"
                  "  - id: one\n"
                  "    type: test.Stap\n"
                  "  - id: one\n"
                  "    type: test.Step\n"
                  "    timeout: soon\n"),
      ElementsAre(
          HasSubstr("3:1 flow: unknown property \"labls\""),
          HasSubstr("6:11 task \"one\": unknown task type"),
          HasSubstr("7:5 duplicate task id"),
          HasSubstr("9:14 task \"one\": property timeout")));
}

TEST(Parser, an_expression_in_a_block_is_told_with_its_line) {
  EXPECT_THAT(
      problems_of("id: a\n"
                  "namespace: test\n"
                  "tasks:\n"
                  "  - id: one\n"
                  "    type: test.Step\n"
                  "    script: |\n"
                  "      first\n"
                  "      second {{ broken. }}\n"),
      ElementsAre(HasSubstr("8:")));
}

TEST(Parser, yaml_that_cannot_be_read_is_one_problem) {
  EXPECT_THAT(problems_of("id: [a\n"), testing::SizeIs(1));
  EXPECT_THAT(problems_of("just text"), ElementsAre(HasSubstr("a flow must be a map")));
}

TEST(Parser, a_cron_is_checked_when_the_flow_is_read) {
  const std::string head =
      "id: a\nnamespace: test\ntasks: [{id: t, type: test.Step}]\ntriggers:\n"
      "  - id: s\n    type: io.kestra.plugin.core.trigger.Schedule\n    cron: ";
  EXPECT_THAT(problems_of(head + "\"0 9 * * 1-5\"\n"), testing::IsEmpty());
  EXPECT_THAT(problems_of(head + "\"0 25 * * *\"\n"), ElementsAre(HasSubstr("cron")));
  EXPECT_THAT(problems_of(head + "\"0 0 30 2 *\"\n"), ElementsAre(HasSubstr("never")));
}

}  // namespace
}  // namespace outlay::flow
