// SPDX-License-Identifier: Apache-2.0
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "base/random.h"
#include "flow/engine.h"
#include "format/json.h"

extern char** environ;

namespace outlay::flow {
namespace {

using format::Value;

class Step final : public TaskType {
 public:
  Step() { info_.type = "test.Step"; }

  const TaskInfo& info() const override { return info_; }

  base::Result<TaskEnd> run(TaskContext& context, const Value& properties) const override {
    TaskEnd end;
    end.outputs.set("value", TRY(text_property(context, properties, "say")));
    return end;
  }

 private:
  TaskInfo info_;
};

constexpr const char* kFlow = R"(
id: load
namespace: crash
tasks:
  - {id: a, type: test.Step, say: one}
  - id: f
    type: io.kestra.plugin.core.flow.ForEach
    values: [1, 2, 3]
    concurrencyLimit: 0
    tasks: [{id: b, type: test.Step, say: "{{ taskrun.value }}"}]
  - {id: c, type: test.Step, say: "{{ outputs.a.value }}"}
)";

/// An engine on a folder that outlives the process.
struct House {
  explicit House(const io::Path& folder)
      : state(store::open_sqlite((folder / "state.sqlite").string()).value()) {
    registry.add(std::make_unique<Step>());
    EngineSettings settings;
    settings.storage = folder / "storage";
    settings.work = folder / "work";
    settings.workers = 2;
    engine = Engine::open(settings, *state, registry, secrets, clock).value();
  }

  base::SystemClock clock;
  io::EnvironmentSecrets secrets;
  TaskRegistry registry;
  std::unique_ptr<store::Database> state;
  std::unique_ptr<Engine> engine;
};

// Runs in the child process that is to be killed: makes executions without end and tells each one
// it was promised.
TEST(CrashChild, works_until_it_is_killed) {
  const char* folder = std::getenv("OUTLAY_CRASH_FOLDER");
  if (folder == nullptr) GTEST_SKIP() << "only for the child of the crash test";
  House house(folder);
  ASSERT_TRUE(house.engine->save(kFlow, "load.yaml"));
  ASSERT_TRUE(house.engine->start(false));
  while (true) {
    NewExecution request;
    request.name_space = "crash";
    request.flow_id = "load";
    const auto id = house.engine->create(request);
    if (!id) return;
    std::printf("made %s\n", id->c_str());
    std::fflush(stdout);
  }
}

/// Starts this program as the child and reads what it promised until it has made `count`
/// executions; then kill -9.
std::vector<std::string> run_and_kill(const io::Path& folder, int count) {
  int pipe_ends[2];
  EXPECT_EQ(pipe(pipe_ends), 0);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], 1);
  posix_spawn_file_actions_addclose(&actions, pipe_ends[0]);
  std::vector<std::string> environment;
  for (char** at = environ; *at != nullptr; ++at) environment.emplace_back(*at);
  environment.push_back("OUTLAY_CRASH_FOLDER=" + folder.string());
  std::vector<char*> envp;
  for (std::string& entry : environment) envp.push_back(entry.data());
  envp.push_back(nullptr);
  std::string filter = "--gtest_filter=CrashChild.*";
  std::string self = std::filesystem::read_symlink("/proc/self/exe").string();
  char* argv[] = {self.data(), filter.data(), nullptr};
  pid_t child = 0;
  EXPECT_EQ(posix_spawn(&child, self.c_str(), &actions, nullptr, argv, envp.data()), 0);
  posix_spawn_file_actions_destroy(&actions);
  close(pipe_ends[1]);
  std::vector<std::string> ids;
  FILE* lines = fdopen(pipe_ends[0], "r");
  char line[256];
  bool is_killed = false;
  while (std::fgets(line, sizeof line, lines) != nullptr) {
    const std::string text(line);
    if (text.rfind("made ", 0) == 0 && text.back() == '\n')
      ids.push_back(text.substr(5, text.size() - 6));
    if (!is_killed && static_cast<int>(ids.size()) >= count) {
      kill(child, SIGKILL);
      is_killed = true;
    }
  }
  std::fclose(lines);
  int status = 0;
  waitpid(child, &status, 0);
  return ids;
}

TEST(Crash, every_promised_execution_ends_after_kill_nine) {
  const int rounds = std::getenv("OUTLAY_SLOW") != nullptr ? 200 : 10;
  base::Random random(20261123);
  auto scratch = io::ScratchFolder::create(std::filesystem::temp_directory_path()).value();
  std::vector<std::string> promised;
  for (int round = 0; round < rounds; ++round) {
    const auto made = run_and_kill(scratch.path(), 1 + static_cast<int>(random.below(40)));
    ASSERT_FALSE(made.empty());
    promised.insert(promised.end(), made.begin(), made.end());
  }
  House house(scratch.path());
  ASSERT_TRUE(house.engine->start(false));
  for (const std::string& id : promised) {
    const auto end = house.engine->wait(id, std::chrono::seconds(60));
    ASSERT_TRUE(end) << end.error().text();
    ASSERT_EQ((*end)["state"]["current"].text_or(""), "SUCCESS") << format::print_json(*end);
    EXPECT_EQ((*end)["taskRunList"].as_array().size(), 6U);
  }
}

}  // namespace
}  // namespace outlay::flow
