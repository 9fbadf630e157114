// SPDX-License-Identifier: Apache-2.0
#include "io/process.h"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace outlay::io {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;

struct Ran {
  ProcessEnd end;
  std::vector<std::string> out, err;
};

Command shell(std::string script) {
  Command command;
  command.arguments = {"/bin/sh", "-c", std::move(script)};
  command.environment = {{"PATH", "/usr/local/bin:/usr/bin:/bin"}};
  return command;
}

Ran run(const Command& command) {
  Ran ran;
  ran.end = run_process(command, [&](Stream stream, std::string_view line) {
              (stream == Stream::out ? ran.out : ran.err).emplace_back(line);
            }).value();
  return ran;
}

TEST(process, both_streams_come_line_by_line) {
  const Ran ran = run(shell("echo one; echo two >&2; printf 'a\\r\\n\\nlast'"));
  EXPECT_EQ(ran.end.exit_status, 0);
  EXPECT_THAT(ran.out, ElementsAre("one", "a", "", "last"));
  EXPECT_THAT(ran.err, ElementsAre("two"));
}

TEST(process, the_exit_status_is_the_childs_or_128_and_the_signal) {
  EXPECT_EQ(run(shell("exit 7")).end.exit_status, 7);
  EXPECT_EQ(run(shell("kill -9 $$")).end.exit_status, 137);
}

TEST(process, the_environment_is_exactly_what_was_given) {
  Command command = shell("env | grep -v -e ^PWD -e ^_ -e ^SHLVL -e ^OLDPWD | sort");
  command.environment.emplace_back("A_B", "x y=z");
  EXPECT_THAT(run(command).out, ElementsAre("A_B=x y=z", "PATH=/usr/local/bin:/usr/bin:/bin"));
}

TEST(process, runs_in_the_folder_it_was_given) {
  const ScratchFolder scratch = std::move(ScratchFolder::create(testing::TempDir()).value());
  Command command = shell("pwd -P");
  command.folder = scratch.path();
  EXPECT_THAT(run(command).out, ElementsAre(std::filesystem::canonical(scratch.path()).string()));
  command.folder = scratch.path() / "none";
  const auto result = run_process(command, {});
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message, HasSubstr("no such folder"));
}

TEST(process, a_missing_program_says_what_to_do) {
  Command command = shell("");
  command.arguments = {"no-such-program-here"};
  const auto result = run_process(command, {});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, base::Code::not_found);
  EXPECT_THAT(result.error().message, HasSubstr("Install it"));
}

TEST(process, the_child_has_no_files_of_ours) {
  const auto file = std::fopen("/dev/zero", "r");
  EXPECT_THAT(run(shell("ls /proc/$$/fd")).out, ElementsAre("0", "1", "2"));
  std::fclose(file);
}

TEST(process, reading_stdin_ends_at_once) {
  EXPECT_TRUE(run(shell("cat; echo done")).out == std::vector<std::string>{"done"});
}

TEST(process, much_output_on_both_streams_does_not_block) {
  const Ran ran = run(shell(
      "i=0; while [ $i -lt 20000 ]; do echo out-line-$i; echo err-line-$i >&2; i=$((i+1)); done"));
  EXPECT_EQ(ran.out.size(), 20000U);
  EXPECT_EQ(ran.err.back(), "err-line-19999");
}

TEST(process, an_endless_line_comes_in_pieces) {
  const Ran ran = run(shell("head -c 9000000 /dev/zero | tr '\\0' x"));
  std::size_t total = 0;
  for (const std::string& piece : ran.out) total += piece.size();
  EXPECT_EQ(total, 9'000'000U);
  EXPECT_GT(ran.out.size(), 1U);
}

TEST(process, a_timeout_ends_the_whole_group) {
  Command command = shell("sleep 600 & sleep 600; echo never");
  command.timeout = milliseconds(100);
  const Ran ran = run(command);
  EXPECT_TRUE(ran.end.timed_out);
  EXPECT_EQ(ran.end.exit_status, 143);
  EXPECT_TRUE(ran.out.empty());
}

TEST(process, who_ignores_the_friendly_signal_is_killed_after_the_grace) {
  Command command = shell("trap '' TERM; while true; do sleep 1; done");
  command.timeout = milliseconds(50);
  command.grace = milliseconds(50);
  const Ran ran = run(command);
  EXPECT_TRUE(ran.end.timed_out);
  EXPECT_EQ(ran.end.exit_status, 137);
}

TEST(process, a_child_may_tidy_up_when_it_is_stopped) {
  std::atomic<bool> stop = false;
  Command command =
      shell("trap 'echo tidied; exit 3' TERM; echo ready; while true; do sleep 0.01; done");
  command.stop = &stop;
  std::vector<std::string> lines;
  // On the error stream the shell may tell that its own sleep was terminated.
  const ProcessEnd end = run_process(command, [&](Stream stream, std::string_view line) {
                           if (stream == Stream::out) lines.emplace_back(line);
                           stop = true;
                         }).value();
  EXPECT_TRUE(end.stopped);
  EXPECT_EQ(end.exit_status, 3);
  EXPECT_THAT(lines, ElementsAre("ready", "tidied"));
}

TEST(process, a_background_child_that_holds_the_output_does_not_hold_us) {
  Command command = shell("sleep 600 & echo started");
  command.grace = milliseconds(50);
  const Ran ran = run(command);
  EXPECT_EQ(ran.end.exit_status, 0);
  EXPECT_THAT(ran.out, ElementsAre("started"));
}

TEST(process, a_child_that_fled_the_group_does_not_hold_us_after_a_kill) {
  Command command = shell("setsid sleep 5 & sleep 600");
  command.timeout = milliseconds(100);
  command.grace = milliseconds(50);
  EXPECT_TRUE(run(command).end.timed_out);
}

TEST(process, what_a_background_child_still_prints_is_read) {
  EXPECT_THAT(run(shell("(sleep 0.05; echo late) & echo early")).out, ElementsAre("early", "late"));
}

TEST(process, many_at_once_do_not_disturb_each_other) {
  std::vector<std::thread> threads;
  std::atomic<int> good = 0;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([i, &good] {
      const Ran ran =
          run(shell("sleep 0.02; echo " + std::to_string(i) + "; exit " + std::to_string(i)));
      if (ran.end.exit_status == i && ran.out == std::vector<std::string>{std::to_string(i)})
        ++good;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 8);
}

}  // namespace
}  // namespace outlay::io
