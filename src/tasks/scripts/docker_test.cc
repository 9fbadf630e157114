// SPDX-License-Identifier: Apache-2.0
#include "tasks/scripts/docker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "format/json.h"
#include "tasks/internal/fake_context.h"
#include "tasks/scripts/scripts.h"
#include "tasks/scripts/tar.h"

namespace outlay::tasks {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

std::string frame(char stream, std::string_view text) {
  std::string out(8, '\0');
  out[0] = stream;
  out[7] = static_cast<char>(text.size());
  return out + std::string(text);
}

/// A container engine whose containers print two lines, leave a file and end with a status.
class StubEngine final : public io::Http {
 public:
  base::Result<io::HttpAnswer> send(const io::HttpRequest& request) override {
    const std::string path = request.url.substr(request.url.find("/v1.41") + 6);
    calls.push_back(request.method + " " + path.substr(0, path.find('?')));
    sockets.push_back(request.unix_socket);
    if (path == "/_ping") return io::HttpAnswer{is_running ? 200 : 503, {}, "OK"};
    if (path.starts_with("/images/") && request.method == "GET")
      return io::HttpAnswer{has_image ? 200 : 404, {}, "{}"};
    if (path.starts_with("/images/create")) return io::HttpAnswer{200, {}, "{\"status\":\"ok\"}"};
    if (path == "/containers/create") {
      created = *format::parse_json(request.body);
      return io::HttpAnswer{201, {}, "{\"Id\":\"c1\"}"};
    }
    if (path.find("/logs") != std::string::npos) {
      // Frames come in pieces.
      const std::string log = frame(1, "::{\"outputs\":{\"n\":2}}::\nout") + frame(2, "bad\n");
      EXPECT_TRUE(request.body_sink(log.substr(0, 11)));
      EXPECT_TRUE(request.body_sink(log.substr(11)));
      return io::HttpAnswer{200, {}, ""};
    }
    if (path.ends_with("/wait"))
      return io::HttpAnswer{200, {}, fmt::format("{{\"StatusCode\":{}}}", status)};
    if (request.method == "PUT") uploaded = request.body;
    if (request.method == "GET") {
      const io::ScratchFolder made =
          std::move(io::ScratchFolder::create(std::filesystem::temp_directory_path()).value());
      EXPECT_TRUE(io::write_file(made.path() / "result.txt", "from the container"));
      return io::HttpAnswer{200, {}, tar_of(made.path(), "work/").value()};
    }
    return io::HttpAnswer{204, {}, ""};
  }

  bool is_running = true, has_image = false;
  int status = 0;
  std::vector<std::string> calls, sockets;
  format::Value created;
  std::string uploaded;
};

class docker : public testing::Test {
 protected:
  base::Result<flow::TaskEnd> shell(std::string_view yaml) {
    for (const ScriptLanguage& language : script_languages()) {
      if (language.name == "shell")
        return run_yaml(*make_commands(language, engine), context, yaml);
    }
    return base::internal_error("no shell");
  }

  StubEngine engine;
  FakeContext context;
};

constexpr std::string_view kTask = R"(
commands: ["cat in.txt"]
containerImage: registry:5000/team/tool:1.2
taskRunner: {type: io.kestra.plugin.scripts.runner.docker.Docker, memory: {memory: 512MB}, cpu: {cpus: 1.5}}
inputFiles: {in.txt: hello}
outputFiles: [result.txt]
)";

TEST_F(docker, a_script_runs_in_a_container_with_its_files) {
  const auto end = shell(kTask);
  ASSERT_TRUE(end) << end.error().text();
  EXPECT_FALSE(end->failure);
  EXPECT_THAT(
      engine.calls,
      ElementsAre(
          "GET /_ping",
          "GET /images/registry:5000/team/tool:1.2/json",
          "POST /images/create",
          "POST /containers/create",
          "PUT /containers/c1/archive",
          "POST /containers/c1/start",
          "GET /containers/c1/logs",
          "POST /containers/c1/wait",
          "GET /containers/c1/archive",
          "DELETE /containers/c1"));
  EXPECT_EQ(engine.sockets.back(), "/var/run/docker.sock");
  EXPECT_EQ(engine.created["Image"], format::Value("registry:5000/team/tool:1.2"));
  EXPECT_EQ(engine.created["Cmd"].as_array().back(), format::Value("set -e\ncat in.txt"));
  EXPECT_EQ(engine.created["HostConfig"]["Memory"], format::Value(512 << 20));
  EXPECT_EQ(engine.created["HostConfig"]["NanoCpus"], format::Value(1'500'000'000));
  EXPECT_THAT(engine.uploaded, HasSubstr("hello"));
  EXPECT_EQ((*end->outputs.find("vars"))["n"], format::Value(2));
  EXPECT_THAT(context.logged(base::LogLevel::info), Contains("out"));
  EXPECT_THAT(context.logged(base::LogLevel::error), Contains("bad"));
  const std::string uri = (*end->outputs.find("outputFiles"))["result.txt"].as_text();
  EXPECT_EQ(context.environment().read(uri).value(), "from the container");
}

TEST_F(docker, an_image_that_is_there_is_not_pulled_and_a_status_fails_the_task) {
  engine.has_image = true;
  engine.status = 3;
  const auto end = shell(kTask);
  ASSERT_TRUE(end) << end.error().text();
  EXPECT_THAT(engine.calls, testing::Not(Contains("POST /images/create")));
  ASSERT_TRUE(end->failure);
  EXPECT_EQ(end->outputs.find("exitCode")->as_int(), 3);
}

TEST_F(docker, without_an_engine_the_script_runs_as_a_process_and_says_so) {
  engine.is_running = false;
  const auto end = shell(
      "{commands: [echo here], taskRunner: {type: "
      "io.kestra.plugin.scripts.runner.docker.Docker}}");
  ASSERT_TRUE(end) << end.error().text();
  EXPECT_THAT(context.logged(base::LogLevel::info), Contains("here"));
  EXPECT_THAT(
      context.logged(base::LogLevel::warn), Contains(HasSubstr("no container engine answers")));
}

TEST(tar, keeps_names_longer_than_a_header_holds_and_never_leaves_its_folder) {
  const auto scratch =
      std::move(io::ScratchFolder::create(std::filesystem::temp_directory_path()).value());
  const std::string name = std::string(60, 'a') + "/" + std::string(80, 'b') + ".txt";
  ASSERT_TRUE(io::make_folders(scratch.path() / "in" / std::string(60, 'a')));
  ASSERT_TRUE(io::write_file(scratch.path() / "in" / name, "long"));
  const std::string archive = tar_of(scratch.path() / "in", "top/").value();
  ASSERT_TRUE(untar(archive, scratch.path() / "out", 1));
  EXPECT_EQ(io::read_file(scratch.path() / "out" / name).value(), "long");
  const std::string evil = tar_of(scratch.path() / "in", "../../").value();
  ASSERT_TRUE(untar(evil, scratch.path() / "safe", 0));
  EXPECT_FALSE(std::filesystem::exists(scratch.path() / "safe"));
  EXPECT_FALSE(untar(std::string_view(archive).substr(0, 1100), scratch.path() / "cut", 0));
}

}  // namespace
}  // namespace outlay::tasks
