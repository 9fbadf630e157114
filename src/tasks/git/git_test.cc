// SPDX-License-Identifier: Apache-2.0
#include "tasks/git/git.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "io/process.h"
#include "tasks/internal/fake_context.h"

namespace outlay::tasks {
namespace {

/// A repository with one commit, made with the machine's git.
bool make_repository(const io::Path& folder) {
  io::Command command;
  command.arguments = {
      "/bin/sh",
      "-c",
      "git init -q -b main . && git config user.email t@t && git config user.name t && "
      "mkdir _flows && echo hello > readme.txt && git add . && git commit -qm first"};
  command.environment = {{"PATH", "/usr/bin:/bin:/usr/local/bin"}, {"HOME", folder.string()}};
  command.folder = folder;
  const auto end = io::run_process(command, [](io::Stream, std::string_view) {});
  return end && end->exit_status == 0;
}

TEST(git, clones_into_the_working_folder) {
  FakeContext context;
  const auto scratch =
      std::move(io::ScratchFolder::create(std::filesystem::temp_directory_path()).value());
  if (!make_repository(scratch.path())) GTEST_SKIP() << "there is no git here";
  const auto end = run_yaml(
      *make_git_clone(),
      context,
      fmt::format("{{url: 'file://{}', branch: main, directory: repo}}", scratch.path().string()));
  ASSERT_TRUE(end) << end.error().text();
  EXPECT_EQ(io::read_file(context.path("repo/readme.txt")).value(), "hello\n");
  EXPECT_EQ(end->outputs.find("commitId")->as_text().size(), 40U);
}

TEST(git, a_repository_that_is_not_there_is_told_in_gits_words) {
  FakeContext context;
  const auto end = run_yaml(*make_git_clone(), context, "{url: 'file:///no/such/repository'}");
  ASSERT_FALSE(end);
  EXPECT_THAT(end.error().message, testing::HasSubstr("git"));
  EXPECT_FALSE(run_yaml(*make_git_clone(), context, "{url: '--upload-pack=x'}"));
}

}  // namespace
}  // namespace outlay::tasks
