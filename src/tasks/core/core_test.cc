// SPDX-License-Identifier: Apache-2.0
#include "tasks/core/core.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "format/json.h"
#include "tasks/internal/fake_context.h"

namespace outlay::tasks {
namespace {

using base::LogLevel;
using format::Value;
using testing::ElementsAre;
using testing::HasSubstr;

Value inputs(format::Object values) {
  return Value::object({{"inputs", Value(std::move(values))}});
}

Value two() {
  format::Object values;
  values.set("name", "web");
  values.set("count", 3);
  return inputs(std::move(values));
}

std::string outputs_of(const base::Result<flow::TaskEnd>& end) {
  return end ? format::print_json(end->outputs) : end.error().text();
}

TEST(log_task, logs_a_line_or_several_at_a_level) {
  FakeContext context(two());
  const auto task = make_log();
  ASSERT_TRUE(run_yaml(*task, context, "message: 'hello {{ inputs.name }}'"));
  ASSERT_TRUE(run_yaml(*task, context, "{message: [one, '{{ inputs.count }}'], level: WARN}"));
  EXPECT_THAT(context.logged(LogLevel::info), ElementsAre("hello web"));
  EXPECT_THAT(context.logged(LogLevel::warn), ElementsAre("one", "3"));
  EXPECT_FALSE(run_yaml(*task, context, "{message: x, level: LOUD}"));
}

TEST(return_task, returns_rendered_text) {
  FakeContext context(two());
  EXPECT_EQ(
      outputs_of(
          run_yaml(*make_return(), context, "format: '{{ inputs.count }} of {{ inputs.name }}'")),
      R"({"value":"3 of web"})");
  EXPECT_EQ(outputs_of(run_yaml(*make_return(), context, "{}")), R"({"value":null})");
}

TEST(output_values_task, keeps_types) {
  FakeContext context(two());
  EXPECT_EQ(
      outputs_of(run_yaml(
          *make_output_values(),
          context,
          "values: {n: '{{ inputs.count }}', t: 'x{{ inputs.count }}', l: [1]}")),
      R"({"values":{"n":3,"t":"x3","l":[1]}})");
}

TEST(fail_task, fails_always_or_when_its_condition_holds) {
  FakeContext context(two());
  const auto task = make_fail();
  EXPECT_EQ(run_yaml(*task, context, "{}").error().message, "Task failure");
  EXPECT_TRUE(run_yaml(*task, context, "condition: '{{ inputs.count > 5 }}'"));
  const auto failed = run_yaml(
      *task,
      context,
      "{condition: '{{ inputs.count > 2 }}', errorMessage: 'too many: {{ inputs.count }}'}");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message, "too many: 3");
}

TEST(assert_task, names_the_conditions_that_do_not_hold) {
  FakeContext context(two());
  const auto result = run_yaml(
      *make_assert(),
      context,
      "conditions: ['{{ inputs.count == 3 }}', '{{ inputs.name == \"db\" }}']");
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message, HasSubstr("1 of 2 conditions"));
  EXPECT_THAT(result.error().message, HasSubstr("inputs.name"));
  EXPECT_TRUE(run_yaml(*make_assert(), context, "conditions: ['{{ inputs.count == 3 }}']"));
}

TEST(sleep_task, ends_when_it_is_stopped) {
  FakeContext context;
  context.stop_asked = true;
  EXPECT_EQ(
      run_yaml(*make_sleep(), context, "duration: PT10H").error().code, base::Code::cancelled);
  EXPECT_FALSE(run_yaml(*make_sleep(), context, "duration: ten"));
  EXPECT_TRUE(run_yaml(*make_sleep(), context, "duration: PT0S"));
}

TEST(storage_write_task, stores_its_content) {
  FakeContext context(two());
  const auto end =
      run_yaml(*make_storage_write(), context, "{content: 'hi {{ inputs.name }}', extension: md}");
  ASSERT_TRUE(end) << end.error().text();
  const std::string uri = end->outputs.find("uri")->as_text();
  EXPECT_TRUE(uri.ends_with(".md"));
  EXPECT_EQ(context.environment().read(uri).value(), "hi web");
}

}  // namespace
}  // namespace outlay::tasks
