// SPDX-License-Identifier: Apache-2.0
#include "server/server.h"

#include <condition_variable>
#include <cstdlib>
#include <mutex>

#include <gtest/gtest.h>

#include "base/text.h"
#include "server/assets.h"
#include "server/test_client.h"

namespace outlay::server {
namespace {

using base::Result;
using format::Value;

/// Knows one execution, whose state and log the test moves on; answers every other operation with
/// what it was asked.
class FakeOutlay final : public api::Outlay {
 public:
  const api::Config& config() const override { return config_; }

  Result<Value> call(
      std::string_view operation, const Value& request, const api::CallHooks&) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (operation == "executions.get") {
      if (request["id"].text_or("") != "e1") return base::not_found("No such execution");
      return Value::object({{"id", "e1"}, {"state", Value::object({{"current", state_}})}});
    }
    if (operation == "logs.get") {
      format::Array lines;
      for (std::int64_t id = request["after"].int_or(0) + 1; id <= log_lines_; ++id) {
        lines.push_back(Value::object({{"id", id}, {"message", "line " + std::to_string(id)}}));
      }
      return Value(std::move(lines));
    }
    if (operation == "executions.kill") return Value();
    return Value::object({{"operation", std::string(operation)}, {"request", request}});
  }

  Result<base::Done> start(const api::EngineStart&) override { return base::Done{}; }

  void stop(base::Duration) override {}

  Result<std::string> read_uri(std::string_view uri) override {
    return "bytes of " + std::string(uri);
  }

  long long listen(std::function<void(const api::Event&)> listener) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    listener_ = std::move(listener);
    return 1;
  }

  void unlisten(long long) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    listener_ = {};
  }

  void move_on(std::string state, std::int64_t log_lines) {
    std::function<void(const api::Event&)> listener;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      state_ = std::move(state);
      log_lines_ = log_lines;
      listener = listener_;
    }
    if (listener)
      listener({.kind = "execution", .execution_id = "e1", .state = state_, .source = ""});
  }

 private:
  const api::Config config_ = api::Config::defaults();
  std::mutex mutex_;
  std::string state_ = "RUNNING";
  std::int64_t log_lines_ = 1;
  std::function<void(const api::Event&)> listener_;
};

class ServerTest : public testing::Test {
 protected:
  void open(ServerSettings settings = {}) {
    settings.port = 0;
    auto started = Server::start(settings, outlay_, clock_);
    ASSERT_TRUE(started) << started.error().text();
    server_ = std::move(*started);
  }

  void open_for_anybody() {
    ServerSettings settings;
    settings.is_insecure = true;
    open(settings);
  }

  std::string ask(
      std::string_view method,
      std::string_view target,
      std::string_view headers = {},
      std::string_view body = {}) {
    return TestClient(server_->port()).ask(method, target, headers, body);
  }

  static std::string body_of(const std::string& answer) {
    return answer.substr(answer.find("\r\n\r\n") + 4);
  }

  base::ManualClock clock_{base::Instant(std::chrono::hours(500'000))};
  FakeOutlay outlay_;
  std::unique_ptr<Server> server_;
};

TEST_F(ServerTest, the_printed_address_opens_one_session) {
  open();
  const std::string url = server_->url_with_token();
  const std::string target = url.substr(url.find("/?"));
  const std::string redirect = ask("GET", target);
  ASSERT_TRUE(redirect.starts_with("HTTP/1.1 303 ")) << redirect;
  const std::size_t at = redirect.find("Set-Cookie: ") + 12;
  const std::string cookie = "Cookie: " + redirect.substr(at, redirect.find(';', at) - at) + "\r\n";
  EXPECT_TRUE(ask("GET", "/", cookie).starts_with("HTTP/1.1 200 "));
  EXPECT_TRUE(ask("GET", "/api/v1/main/flows/search", cookie).starts_with("HTTP/1.1 200 "));
  EXPECT_TRUE(ask("GET", "/").starts_with("HTTP/1.1 401 "));
  EXPECT_TRUE(ask("GET", target).starts_with("HTTP/1.1 403 "));
}

TEST_F(ServerTest, health_needs_no_session) {
  open();
  EXPECT_NE(ask("GET", "/health").find(R"({"status":"UP")"), std::string::npos);
}

TEST_F(ServerTest, it_does_not_listen_for_everybody_without_users) {
  ServerSettings settings;
  settings.host = "0.0.0.0";
  settings.port = 0;
  const auto refused = Server::start(settings, outlay_, clock_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, base::Code::invalid_input);
  EXPECT_NE(refused.error().message.find("--insecure"), std::string::npos);
  settings.users = {{.name = "ada", .password = "lovelace", .token = ""}};
  EXPECT_TRUE(Server::start(settings, outlay_, clock_));
}

TEST_F(ServerTest, an_operation_gets_path_query_and_body) {
  open_for_anybody();
  EXPECT_EQ(
      body_of(ask("GET", "/api/v1/main/ledger/query?by=ServiceName&by=tag:team&limit=5")),
      R"({"operation":"ledger.query","request":{"by":["ServiceName","tag:team"],"limit":"5"}})");
  EXPECT_EQ(
      body_of(
          ask("PUT", "/api/v1/main/flows/a.b/c", "Content-Type: application/x-yaml\r\n", "id: c")),
      R"({"operation":"flows.update","request":{"source":"id: c","namespace":"a.b","id":"c"}})");
  EXPECT_EQ(
      body_of(
          ask("POST",
              "/api/v1/main/executions/a.b/c?labels=x:y",
              "Content-Type: multipart/form-data; boundary=xx\r\n",
              "--xx\r\nContent-Disposition: form-data; name=\"team\"\r\n\r\nweb\r\n--xx--\r\n")),
      R"({"operation":"executions.create","request":{"labels":"x:y","inputs":{"team":"web"},"namespace":"a.b","id":"c"}})");
  EXPECT_EQ(
      body_of(
          ask("POST",
              "/api/v1/main/ledger/sql",
              "Content-Type: application/json\r\n",
              R"({"statement":"SELECT 1.50"})")),
      R"({"operation":"ledger.sql","request":{"statement":"SELECT 1.50"}})");
}

TEST_F(ServerTest, an_error_has_its_status_and_the_shape_that_clients_read) {
  open_for_anybody();
  const std::string answer = ask("GET", "/api/v1/main/executions/nothing");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 404 ")) << answer;
  EXPECT_NE(
      answer.find(R"("_embedded":{"errors":[{"message":"No such execution"}]})"),
      std::string::npos);
  EXPECT_TRUE(ask("POST", "/api/v1/main/ledger/sql", "", "{oops").starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(ask("GET", "/api/v1/main/nothing").starts_with("HTTP/1.1 404 "));
}

TEST_F(ServerTest, filters_of_the_query_reach_the_search) {
  open_for_anybody();
  EXPECT_EQ(
      body_of(
          ask("GET",
              "/api/v1/main/executions/search?size=5&filters%5Bstate%5D%5BIN%5D=FAILED,KILLED&"
              "filters[labels][EQUALS][team]=web")),
      R"({"operation":"executions.search","request":{"size":"5","filters":[)"
      R"({"field":"state","operation":"IN","key":"","value":"FAILED,KILLED"},)"
      R"({"field":"labels","operation":"EQUALS","key":"team","value":"web"}]}})");
}

TEST_F(ServerTest, a_list_or_a_text_can_be_the_whole_body) {
  open_for_anybody();
  EXPECT_EQ(
      body_of(
          ask("POST",
              "/api/v1/main/executions/restart/by-ids",
              "Content-Type: application/json\r\n",
              R"(["a","b"])")),
      R"({"operation":"executions.restart_by_ids","request":{"ids":["a","b"]}})");
  EXPECT_EQ(
      body_of(
          ask("PUT",
              "/api/v1/main/namespaces/demo/kv/month",
              "Content-Type: text/plain\r\nttl: P1D\r\n",
              "2026-01")),
      R"({"operation":"kv.put","request":{"ttl":"P1D","value":"2026-01","namespace":"demo","key":"month"}})");
}

TEST_F(ServerTest, files_of_a_form_are_given_by_name) {
  open_for_anybody();
  EXPECT_EQ(
      body_of(
          ask("POST",
              "/api/v1/main/executions/a.b/c",
              "Content-Type: multipart/form-data; boundary=xx\r\n",
              "--xx\r\nContent-Disposition: form-data; name=\"bill\"; filename=\"b.csv\"\r\n\r\n"
              "1,2\r\n--xx--\r\n")),
      R"({"operation":"executions.create","request":{"files":{"bill":{"name":"b.csv","bytes":"1,2"}},"namespace":"a.b","id":"c"}})");
}

TEST_F(ServerTest, older_clients_leave_out_the_tenant_and_newer_ones_say_actions) {
  open_for_anybody();
  EXPECT_NE(
      ask("GET", "/api/v1/flows/search").find(R"({"operation":"flows.search")"), std::string::npos);
  const std::string newer = ask("POST", "/api/v1/main/executions/e1/actions/resume");
  EXPECT_TRUE(newer.starts_with("HTTP/1.1 200 ")) << newer;
  EXPECT_TRUE(ask("POST", "/api/v1/main/executions/e1/resume").starts_with("HTTP/1.1 204 "));
}

TEST_F(ServerTest, a_webhook_needs_its_key_and_nothing_else) {
  open();
  const std::string called =
      ask("POST", "/api/v1/main/executions/webhook/demo/hook/key1?a=b", "", "{}");
  EXPECT_TRUE(called.starts_with("HTTP/1.1 200 ")) << called;
  EXPECT_TRUE(
      ask("GET", "/api/v1/main/executions/webhook/demo/hook/key1/").starts_with("HTTP/1.1 404 "));
  EXPECT_TRUE(ask("GET", "/api/v1/main/executions/webhook/demo/hook/key1/more")
                  .starts_with("HTTP/1.1 404 "));
  EXPECT_TRUE(ask("GET", "/api/v1/main/executions/e1").starts_with("HTTP/1.1 401 "));
}

TEST_F(ServerTest, a_kill_is_accepted_without_a_body) {
  open_for_anybody();
  EXPECT_TRUE(ask("DELETE", "/api/v1/main/executions/e1/kill").starts_with("HTTP/1.1 202 "));
}

TEST_F(ServerTest, an_execution_is_followed_until_its_end) {
  open_for_anybody();
  TestClient client(server_->port());
  client.send("GET /api/v1/main/executions/e1/follow HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  EXPECT_NE(client.read_until("\n\n").find("200 OK"), std::string::npos);
  EXPECT_EQ(
      client.read_until("\n\n"),
      "id: progress\ndata: {\"id\":\"e1\",\"state\":{\"current\":\"RUNNING\"}}\n\n");
  outlay_.move_on("PAUSED", 1);
  EXPECT_EQ(
      client.read_until("\n\n"),
      "id: progress\ndata: {\"id\":\"e1\",\"state\":{\"current\":\"PAUSED\"}}\n\n");
  outlay_.move_on("SUCCESS", 1);
  EXPECT_EQ(
      client.read_all(), "id: end\ndata: {\"id\":\"e1\",\"state\":{\"current\":\"SUCCESS\"}}\n\n");
}

TEST_F(ServerTest, every_log_line_is_told_once) {
  open_for_anybody();
  TestClient client(server_->port());
  client.send("GET /api/v1/main/logs/e1/follow HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  client.read_until("line 1\"}\n\n");
  outlay_.move_on("RUNNING", 3);
  EXPECT_EQ(
      client.read_until("line 3\"}\n\n"),
      "id: progress\ndata: {\"id\":2,\"message\":\"line 2\"}\n\nid: progress\ndata: "
      "{\"id\":3,\"message\":\"line 3\"}\n\n");
  outlay_.move_on("FAILED", 3);
  EXPECT_EQ(client.read_all(), "id: end\ndata: {}\n\n");
}

TEST_F(ServerTest, an_unknown_execution_cannot_be_followed) {
  open_for_anybody();
  EXPECT_TRUE(ask("GET", "/api/v1/main/executions/e2/follow").starts_with("HTTP/1.1 404 "));
}

TEST_F(ServerTest, a_file_is_given_only_for_its_own_execution) {
  open_for_anybody();
  EXPECT_EQ(
      body_of(ask("GET", "/api/v1/main/executions/e1/file?path=kestra:///a/executions/e1/out.txt")),
      "bytes of kestra:///a/executions/e1/out.txt");
  EXPECT_TRUE(ask("GET", "/api/v1/main/executions/e1/file?path=kestra:///a/executions/e2/out.txt")
                  .starts_with("HTTP/1.1 404 "));
}

TEST_F(ServerTest, the_pages_are_part_of_the_program) {
  if (ui_files().empty()) {
    ASSERT_EQ(std::getenv("CI"), nullptr)
        << "built without the web UI: run tools/build_web, then configure again";
    GTEST_SKIP() << "built without the web UI";
  }
  open_for_anybody();
  const std::string index = ask("GET", "/");
  EXPECT_NE(index.find("<div id=\"root\">"), std::string::npos) << index;
  EXPECT_NE(index.find("Cache-Control: no-cache"), std::string::npos);
  EXPECT_EQ(body_of(ask("GET", "/executions/e1")), body_of(index))
      << "a page of the UI is found by the UI";
  EXPECT_TRUE(ask("GET", "/assets/nothing.js").starts_with("HTTP/1.1 404 "));
  for (const UiFile& file : ui_files()) {
    if (!file.name.starts_with("assets/")) continue;
    const std::string answer = ask("GET", "/" + std::string(file.name));
    EXPECT_NE(answer.find("immutable"), std::string::npos) << file.name;
    const std::size_t at = answer.find("ETag: ") + 6;
    const std::string etag = answer.substr(at, answer.find("\r\n", at) - at);
    EXPECT_TRUE(ask("GET", "/" + std::string(file.name), "If-None-Match: " + etag + "\r\n")
                    .starts_with("HTTP/1.1 304 "));
  }
}

}  // namespace
}  // namespace outlay::server
