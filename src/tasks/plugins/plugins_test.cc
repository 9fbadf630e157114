// SPDX-License-Identifier: Apache-2.0
#include "tasks/plugins/plugins.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tasks/internal/fake_context.h"

namespace outlay::tasks {
namespace {

using testing::Contains;
using testing::HasSubstr;

class plugins : public testing::Test {
 protected:
  /// A plug-in of one task that a shell script does.
  base::Result<flow::TaskEnd> run(std::string_view script, std::string_view yaml) {
    const io::Path home = context.path("plugins/own");
    EXPECT_TRUE(io::make_folders(home));
    EXPECT_TRUE(io::write_file(home / "main.sh", script));
    EXPECT_TRUE(io::write_file(home / "plugin.yaml", R"(
command: [/bin/sh, main.sh]
tasks:
  - {type: own.Task, summary: Tests., example: "id: x", properties: {n: {type: integer, default: 7}, s: {type: string}}}
)"));
    EXPECT_TRUE(add_plugins(registry, context.path("plugins")));
    return run_yaml(*registry.find("own.Task"), context, yaml);
  }

  flow::TaskRegistry registry;
  FakeContext context;
};

TEST_F(plugins, a_program_gets_rendered_properties_and_gives_outputs_logs_and_metrics) {
  const auto end =
      run("read -r line; echo \"$line\" > \"$WORKING_DIR/got.json\"\n"
          "echo '{\"log\":{\"level\":\"warn\",\"message\":\"careful\"}}'\n"
          "echo 'a plain line'\n"
          "echo '{\"metric\":{\"name\":\"m\",\"value\":2}}'\n"
          "echo '{\"file\":{\"path\":\"got.json\",\"output\":\"request\"}}'\n"
          "echo '{\"outputs\":{\"a\":1}}'; echo '{\"outputs\":{\"b\":[2]}}'\n",
          "{s: \"{{ 1 + 1 }}\"}");
  ASSERT_TRUE(end) << end.error().text();
  EXPECT_FALSE(end->failure);
  EXPECT_EQ(*end->outputs.find("a"), format::Value(1));
  EXPECT_EQ(*end->outputs.find("b"), format::Value(format::Array{2}));
  EXPECT_THAT(context.logged(base::LogLevel::warn), Contains("careful"));
  EXPECT_THAT(context.logged(base::LogLevel::info), Contains("a plain line"));
  EXPECT_EQ(context.metrics.front().value, 2);
  const std::string request =
      context.environment().read(end->outputs.find("request")->as_text()).value();
  EXPECT_THAT(request, HasSubstr(R"("type":"own.Task")"));
  EXPECT_THAT(request, HasSubstr(R"("n":7)"));
  EXPECT_THAT(request, HasSubstr(R"("s":2)"));
}

TEST_F(plugins, an_error_line_or_a_status_fails_the_attempt) {
  auto end = run("echo '{\"error\":\"no such account\"}'", "{}");
  ASSERT_TRUE(end);
  ASSERT_TRUE(end->failure);
  EXPECT_EQ(end->failure->message, "no such account");
  flow::TaskRegistry fresh;
  registry = std::move(fresh);
  end = run("exit 3", "{}");
  ASSERT_TRUE(end);
  ASSERT_TRUE(end->failure);
  EXPECT_THAT(end->failure->message, HasSubstr("status 3"));
}

TEST(plugin_folders, the_examples_are_plug_ins_and_a_wrong_one_is_named) {
  flow::TaskRegistry registry;
  ASSERT_TRUE(add_plugins(registry, "examples/plugins"));
  EXPECT_NE(registry.find("example.python.WordCount"), nullptr);
  EXPECT_NE(registry.find("example.shell.DiskUse"), nullptr);
  EXPECT_TRUE(add_plugins(registry, "no/such/folder"));
  FakeContext context;
  ASSERT_TRUE(io::make_folders(context.path("p/bad")));
  ASSERT_TRUE(io::write_file(context.path("p/bad/plugin.yaml"), "tasks: []\n"));
  const auto added = add_plugins(registry, context.path("p"));
  ASSERT_FALSE(added);
  EXPECT_THAT(added.error().text(), HasSubstr("command"));
}

TEST(plugin_folders, the_python_example_counts) {
  flow::TaskRegistry registry;
  ASSERT_TRUE(add_plugins(registry, "examples/plugins"));
  FakeContext context;
  const auto end =
      run_yaml(*registry.find("example.python.WordCount"), context, "{text: one two three}");
  ASSERT_TRUE(end) << end.error().text();
  EXPECT_FALSE(end->failure) << end->failure->message;
  EXPECT_EQ(*end->outputs.find("count"), format::Value(3));
}

}  // namespace
}  // namespace outlay::tasks
