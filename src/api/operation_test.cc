// SPDX-License-Identifier: Apache-2.0
#include "api/operation.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/ops/flow_json.h"
#include "format/json.h"

namespace outlay::api {
namespace {

using format::Value;
using testing::HasSubstr;

Value json(std::string_view text) { return format::parse_json(text).value(); }

TEST(operations, each_has_a_summary_a_permission_an_answer_and_an_example_that_is_valid) {
  for (const Operation& operation : operations()) {
    EXPECT_FALSE(operation.summary.empty()) << operation.name;
    EXPECT_FALSE(operation.permission.empty()) << operation.name;
    EXPECT_FALSE(operation.answer.empty()) << operation.name;
    const auto example = format::parse_json(operation.example);
    ASSERT_TRUE(example) << operation.name;
    const auto request = Request::check(operation, *example);
    EXPECT_TRUE(request) << operation.name << ": " << request.error().text();
  }
}

TEST(operations, names_and_rest_paths_are_unique) {
  std::set<std::string> names;
  std::set<std::string> paths;
  for (const Operation& operation : operations()) {
    EXPECT_TRUE(names.insert(operation.name).second) << operation.name;
    EXPECT_EQ(operation.method.empty(), operation.path.empty()) << operation.name;
    if (!operation.path.empty()) {
      EXPECT_TRUE(paths.insert(operation.method + " " + operation.path).second) << operation.path;
    }
  }
}

TEST(operations, each_placeholder_of_a_path_is_a_required_parameter) {
  for (const Operation& operation : operations()) {
    for (std::size_t at = operation.path.find('{'); at != std::string::npos;
         at = operation.path.find('{', at + 1)) {
      const std::string name = operation.path.substr(at + 1, operation.path.find('}', at) - at - 1);
      const Param* param = operation.find(name);
      ASSERT_NE(param, nullptr) << operation.name << " " << name;
      EXPECT_TRUE(param->is_required) << operation.name << " " << name;
    }
  }
}

TEST(request, texts_become_what_the_parameter_takes) {
  const auto request = Request::check(
      *find_operation("ledger.query"), json(R"({"by":"ServiceName, tag:team","limit":"5"})"));
  ASSERT_TRUE(request) << request.error().text();
  EXPECT_THAT(request->list("by"), testing::ElementsAre("ServiceName", "tag:team"));
  EXPECT_EQ(request->integer("limit"), 5);
  EXPECT_THAT(request->list("metric"), testing::ElementsAre("EffectiveCost"));
}

TEST(request, every_wrong_parameter_is_told_at_once) {
  const auto request = Request::check(
      *find_operation("ledger.query"),
      json(R"({"form":"2026-01-01","limit":"few","granularity":"weekly","to":"2026-02-30"})"));
  ASSERT_FALSE(request);
  const std::string told = request.error().text();
  EXPECT_THAT(told, HasSubstr("Did you mean \"from\"?"));
  EXPECT_THAT(told, HasSubstr("\"limit\" must be a whole number"));
  EXPECT_THAT(told, HasSubstr("one of day, month, none"));
  EXPECT_THAT(told, HasSubstr("\"to\" must be a day"));
}

TEST(request, a_missing_required_parameter_is_named_with_its_doc) {
  const auto request = Request::check(*find_operation("ledger.sql"), json("{}"));
  ASSERT_FALSE(request);
  EXPECT_THAT(request.error().text(), HasSubstr("needs \"statement\""));
}

TEST(split_documents, line_numbers_stay_those_of_the_stream) {
  const auto documents = split_documents("# two flows\n---\nid: a\n---\nid: b\n");
  ASSERT_EQ(documents.size(), 2U);
  EXPECT_EQ(documents[0], "\n\nid: a\n");
  EXPECT_EQ(documents[1], "\n\n\n\nid: b\n");
}

TEST(split_documents, a_rule_inside_a_block_of_text_splits_nothing) {
  EXPECT_EQ(split_documents("id: a\nscript: |\n  ---\n  x\n").size(), 1U);
}

}  // namespace
}  // namespace outlay::api
