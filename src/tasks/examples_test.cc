// SPDX-License-Identifier: Apache-2.0
// Runs the example of every task type that needs nothing from outside, in a real engine.
#include <cstdlib>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/text.h"
#include "flow/engine.h"
#include "format/json.h"
#include "io/process.h"
#include "io/secrets.h"
#include "store/database.h"
#include "tasks/all.h"
#include "tasks/internal/fake_context.h"

namespace outlay::tasks {
namespace {

/// An engine in a scratch folder.
struct House {
  House() : state(store::open_sqlite((scratch.path() / "state.sqlite").string()).value()) {
    TaskWorld world;
    world.http = &http;
    add_all_tasks(registry, world);
    flow::EngineSettings settings;
    settings.storage = scratch.path() / "storage";
    settings.work = scratch.path() / "work";
    settings.workers = 2;
    engine = flow::Engine::open(settings, *state, registry, secrets, clock).value();
    EXPECT_TRUE(engine->start(false));
  }

  ~House() { engine->stop(std::chrono::seconds(1)); }

  /// The execution as JSON, once it has ended.
  format::Value run(const std::string& source) {
    const auto saved = engine->save(source, "example.yaml");
    EXPECT_TRUE(saved) << (saved ? "" : saved.error().text());
    if (!saved) return {};
    flow::NewExecution request;
    request.name_space = saved->name_space;
    request.flow_id = saved->id;
    const auto id = engine->create(request);
    EXPECT_TRUE(id) << (id ? "" : id.error().text());
    if (!id) return {};
    const auto ended = engine->wait(*id, std::chrono::seconds(60));
    EXPECT_TRUE(ended) << (ended ? "" : ended.error().text());
    return ended ? *ended : format::Value();
  }

  std::string log_of(const format::Value& execution) {
    std::string out;
    const auto lines = engine->logs(execution["id"].text_or(""), 0, 100);
    if (!lines) return out;
    for (const flow::LogLine& line : *lines) out += line.level + " " + line.message + "\n";
    return out;
  }

  io::ScratchFolder scratch =
      std::move(io::ScratchFolder::create(std::filesystem::temp_directory_path()).value());
  FakeHttp http;
  base::SystemClock clock;
  io::EnvironmentSecrets secrets;
  flow::TaskRegistry registry;
  std::unique_ptr<store::Database> state;
  std::unique_ptr<flow::Engine> engine;
};

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

/// What an example needs from outside; empty when it needs nothing.
std::string outside_of(const flow::TaskInfo& info) {
  if (contains(info.example, "secret(")) return "a secret";
  if (contains(info.example, "http://") || contains(info.example, "https://")) return "a server";
  if (info.type.starts_with("outlay.")) return "a cost book";
  for (const char* family :
       {".scripts.", ".cli.", ".git.", ".kubernetes.", ".aws.", ".plugin.fs."}) {
    if (contains(info.type, family)) return "a program of the machine";
  }
  return {};
}

TEST(examples, that_need_nothing_from_outside_succeed) {
  House house;
  int count = 0;
  for (const flow::TaskType* type : house.registry.all()) {
    const flow::TaskInfo& info = type->info();
    if (!outside_of(info).empty()) continue;
    ++count;
    const format::Value execution = house.run(info.example);
    const std::string state = execution["state"]["current"].text_or("?");
    // What the engine does not offer yet says so.
    if (contains(house.log_of(execution), "is not in this build yet")) continue;
    EXPECT_EQ(state, "SUCCESS") << info.type << "\n" << house.log_of(execution);
  }
  EXPECT_GT(count, 40);
}

TEST(examples, of_shell_and_python_scripts_succeed) {
  House house;
  for (const char* type :
       {"io.kestra.plugin.scripts.shell.Script",
        "io.kestra.plugin.scripts.shell.Commands",
        "io.kestra.plugin.scripts.python.Script",
        "io.kestra.plugin.scripts.python.Commands"}) {
    const format::Value execution = house.run(house.registry.find(type)->info().example);
    EXPECT_EQ(execution["state"]["current"].text_or("?"), "SUCCESS") << type << "\n"
                                                                     << house.log_of(execution);
  }
}

TEST(examples, scripts_find_the_files_of_their_namespace) {
  House house;
  ASSERT_TRUE(house.engine->namespace_files().put("company.examples", "sql/a.sql", "select 1"));
  ASSERT_TRUE(house.engine->namespace_files().put("company.examples", "notes.txt", "no"));
  const format::Value execution = house.run(R"(
id: with_files
namespace: company.examples
tasks:
  - id: read
    type: io.kestra.plugin.scripts.shell.Commands
    namespaceFiles: {enabled: true, include: ["sql/**"]}
    commands:
      - cat sql/a.sql
      - test ! -e notes.txt
)");
  EXPECT_EQ(execution["state"]["current"].text_or("?"), "SUCCESS") << house.log_of(execution);
  EXPECT_TRUE(contains(house.log_of(execution), "select 1"));
}

TEST(examples, expressions_ask_for_error_lines_and_files) {
  House house;
  ASSERT_TRUE(house.engine->namespace_files().put("company.examples", "a.txt", "four"));
  const format::Value execution = house.run(R"(
id: asks
namespace: company.examples
tasks:
  - {id: shout, type: io.kestra.plugin.core.log.Log, level: ERROR, message: the price is wrong}
  - id: tell
    type: io.kestra.plugin.core.debug.Return
    format: "{{ errorLogs() | jq('.[].message') | first }}|{{ fileSize('a.txt') }}|{{ fileExists('b.txt') }}|{{ isFileEmpty('a.txt') }}|{{ read(fileURI('a.txt')) }}"
)");
  EXPECT_EQ(execution["state"]["current"].text_or("?"), "SUCCESS") << house.log_of(execution);
  const format::Value& run = execution["taskRunList"].as_array().back();
  EXPECT_EQ(run["outputs"]["value"].text_or(""), "the price is wrong|4|false|false|four");
}

TEST(examples, an_unknown_property_names_the_nearest_known_one) {
  House house;
  const auto saved = house.engine->save(
      R"(
id: typo
namespace: company.examples
tasks:
  - {id: ask, type: io.kestra.plugin.jdbc.duckdb.Query, sql: select 1, fetchTyp: FETCH}
)",
      "typo.yaml");
  ASSERT_FALSE(saved);
  EXPECT_TRUE(contains(saved.error().text(), "fetchTyp")) << saved.error().text();
  EXPECT_TRUE(contains(saved.error().text(), "fetchType\"")) << saved.error().text();
}

TEST(examples, flows_and_files_go_into_a_repository_and_come_back) {
  House house;
  const io::Path far = house.scratch.path() / "far.git";
  io::Command make;
  make.arguments = {"git", "init", "-q", "--bare", "-b", "main", far.string()};
  make.environment = {
      {"PATH", "/usr/bin:/bin:/usr/local/bin"}, {"HOME", far.parent_path().string()}};
  make.folder = far.parent_path();
  const auto made = io::run_process(make, [](io::Stream, std::string_view) {});
  if (!made || made->exit_status != 0) GTEST_SKIP() << "there is no git here";
  ASSERT_TRUE(house.engine->namespace_files().put("company.team", "sql/cost ü.sql", "select 1"));
  ASSERT_TRUE(house.engine->save(
      "id: daily\nnamespace: company.team.web\ntasks:\n  - {id: a, type: "
      "io.kestra.plugin.core.log.Log, message: a}\n",
      "daily.yaml"));
  const std::string source = R"(
id: push
namespace: company.team
variables: {url: "URL"}
tasks:
  - {id: flows, type: io.kestra.plugin.git.PushFlows, url: "{{ vars.url }}", includeChildNamespaces: true, authorName: Ada}
  - {id: files, type: io.kestra.plugin.git.PushNamespaceFiles, url: "{{ vars.url }}"}
  - {id: again, type: io.kestra.plugin.git.PushNamespaceFiles, url: "{{ vars.url }}"}
  - {id: back, type: io.kestra.plugin.git.SyncNamespaceFiles, url: "{{ vars.url }}", branch: main, namespace: other}
  - {id: flows_back, type: io.kestra.plugin.git.SyncFlows, url: "{{ vars.url }}", branch: main, targetNamespace: other}
  - id: told
    type: io.kestra.plugin.core.debug.Return
    format: "{{ outputs.flows.count }} {{ outputs.flows.commitId | length }} {{ outputs.files.count }} {{ outputs.again.commitId ?? 'nothing' }} {{ outputs.back.count }} {{ outputs.flows_back.count }}"
)";
  const format::Value execution =
      house.run(base::replace_all(source, "URL", "file://" + far.string()));
  EXPECT_EQ(execution["state"]["current"].text_or("?"), "SUCCESS") << house.log_of(execution);
  const auto& runs = execution["taskRunList"].as_array();
  EXPECT_EQ(runs.back()["outputs"]["value"].text_or(""), "2 40 1 nothing 1 2");
  EXPECT_EQ(house.engine->namespace_files().read("other", "sql/cost ü.sql").value(), "select 1");
}

}  // namespace
}  // namespace outlay::tasks
