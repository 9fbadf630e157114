// SPDX-License-Identifier: Apache-2.0
#include "server/listener.h"

#include <future>

#include <gtest/gtest.h>

#include "server/test_client.h"

namespace outlay::server {
namespace {

/// Answers with what it was asked; /stream hands its sink out.
class Echo final : public Handler {
 public:
  std::optional<Response> answer_at_once(Request& request) override {
    if (request.path() == "/quick") return text_response(200, "at once");
    return std::nullopt;
  }

  Response answer(const Request& request) override {
    if (request.path() == "/throw") throw std::runtime_error("boom");
    if (request.path() == "/stream") {
      Response response;
      response.stream = [this](std::shared_ptr<EventSink> sink) {
        sink_.set_value(std::move(sink));
      };
      return response;
    }
    return text_response(
        200, request.method + " " + std::string(request.path()) + " " + request.body);
  }

  std::shared_ptr<EventSink> sink() { return sink_.get_future().get(); }

 private:
  std::promise<std::shared_ptr<EventSink>> sink_;
};

class ListenerTest : public testing::Test {
 protected:
  std::unique_ptr<Listener> start(ListenerSettings settings = {}) {
    settings.port = 0;
    auto listener = Listener::start(settings, echo_);
    EXPECT_TRUE(listener) << listener.error().text();
    return std::move(*listener);
  }

  Echo echo_;
};

TEST_F(ListenerTest, a_request_is_answered_with_security_headers) {
  const auto listener = start();
  const std::string answer = TestClient(listener->port()).ask("POST", "/a?b=c", "", "hello");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\nPOST /a hello"));
  for (const char* header :
       {"Content-Security-Policy: default-src 'none'; script-src 'self'",
        "frame-ancestors 'none'",
        "X-Content-Type-Options: nosniff",
        "Referrer-Policy: no-referrer"}) {
    EXPECT_NE(answer.find(header), std::string::npos) << header;
  }
}

TEST_F(ListenerTest, requests_on_one_connection_are_answered_in_order) {
  const auto listener = start();
  TestClient client(listener->port());
  client.send(
      "GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /quick HTTP/1.1\r\nHost: x\r\n\r\nGET /3 "
      "HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_NE(client.read_until("GET /1 ").find("200 OK"), std::string::npos);
  EXPECT_NE(client.read_until("at once").find("200 OK"), std::string::npos);
  EXPECT_NE(client.read_until("GET /3 ").find("200 OK"), std::string::npos);
}

TEST_F(ListenerTest, HEAD_has_the_length_and_no_body) {
  const auto listener = start();
  const std::string answer = TestClient(listener->port()).ask("HEAD", "/quick");
  EXPECT_NE(answer.find("Content-Length: 7\r\n"), std::string::npos) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
}

TEST_F(ListenerTest, a_header_over_the_limit_is_refused) {
  const auto listener = start();
  const std::string large = "X-Large: " + std::string(20'000, 'x') + "\r\n";
  const std::string answer = TestClient(listener->port()).ask("GET", "/a", large);
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 431 ")) << answer;
  EXPECT_NE(answer.find("16,384 bytes"), std::string::npos);
}

TEST_F(ListenerTest, a_body_over_the_limit_is_refused) {
  ListenerSettings settings;
  settings.body_bytes_max = 1000;
  const auto listener = start(settings);
  const std::string answer =
      TestClient(listener->port()).ask("POST", "/a", "", std::string(1001, 'x'));
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 413 ")) << answer;
  EXPECT_TRUE(TestClient(listener->port())
                  .ask("POST", "/a", "", std::string(1000, 'x'))
                  .starts_with("HTTP/1.1 200 "));
}

TEST_F(ListenerTest, what_is_no_HTTP_is_refused) {
  const auto listener = start();
  TestClient client(listener->port());
  client.send("nonsense\r\n\r\n");
  EXPECT_TRUE(client.read_all().starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(TestClient(listener->port()).ask("GET", "/%zz").starts_with("HTTP/1.1 400 "));
}

TEST_F(ListenerTest, a_client_that_sends_its_header_forever_is_let_go) {
  ListenerSettings settings;
  settings.header_max = std::chrono::milliseconds(50);
  const auto listener = start(settings);
  TestClient client(listener->port());
  client.send("GET / HTTP/1.1\r\nX-Slow: ");
  EXPECT_EQ(client.read_all(), "");
}

TEST_F(ListenerTest, an_exception_ends_the_request_and_not_the_server) {
  const auto listener = start();
  EXPECT_TRUE(TestClient(listener->port()).ask("GET", "/throw").starts_with("HTTP/1.1 500 "));
  EXPECT_TRUE(TestClient(listener->port()).ask("GET", "/a").starts_with("HTTP/1.1 200 "));
}

TEST_F(ListenerTest, events_arrive_in_order_and_the_stream_ends) {
  const auto listener = start();
  TestClient client(listener->port());
  client.send("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto sink = echo_.sink();
  EXPECT_TRUE(sink->send({"start", "{\"a\":1}"}));
  const std::string first = client.read_until("id: start\ndata: {\"a\":1}\n\n");
  EXPECT_NE(first.find("Content-Type: text/event-stream"), std::string::npos) << first;
  EXPECT_TRUE(sink->send({"end", "two\nlines"}));
  sink->close();
  EXPECT_EQ(client.read_all(), "id: end\ndata: two\ndata: lines\n\n");
  EXPECT_FALSE(sink->is_open());
}

TEST_F(ListenerTest, a_client_that_does_not_read_its_events_is_let_go) {
  ListenerSettings settings;
  settings.stream_bytes_max = 100'000;
  const auto listener = start(settings);
  TestClient client(listener->port());
  client.send("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto sink = echo_.sink();
  const std::string data(50'000, 'x');
  int sent = 0;
  while (sink->send({"progress", data}) && sent < 10'000) ++sent;
  EXPECT_LT(sent, 10'000);
  EXPECT_FALSE(sink->is_open());
}

TEST_F(ListenerTest, a_client_that_went_closes_its_sink) {
  const auto listener = start();
  std::shared_ptr<EventSink> sink;
  {
    TestClient client(listener->port());
    client.send("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
    sink = echo_.sink();
  }
  while (sink->is_open()) std::this_thread::yield();
  EXPECT_FALSE(sink->send({"progress", "{}"}));
}

TEST_F(ListenerTest, stopping_closes_streams_and_frees_the_port) {
  auto listener = start();
  TestClient client(listener->port());
  client.send("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto sink = echo_.sink();
  listener->stop();
  EXPECT_FALSE(sink->send({"progress", "{}"}));
  ListenerSettings again;
  again.port = listener->port();
  EXPECT_TRUE(Listener::start(again, echo_));
}

TEST_F(ListenerTest, a_port_in_use_is_named_with_what_to_do) {
  const auto listener = start();
  ListenerSettings same;
  same.port = listener->port();
  const auto second = Listener::start(same, echo_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, base::Code::conflict);
  EXPECT_NE(
      second.error().message.find("port " + std::to_string(same.port) + " is in use"),
      std::string::npos);
  EXPECT_NE(second.error().message.find("--port"), std::string::npos);
}

TEST_F(ListenerTest, an_address_that_is_none_is_refused) {
  ListenerSettings settings;
  settings.host = "my-host";
  EXPECT_FALSE(Listener::start(settings, echo_));
}

}  // namespace
}  // namespace outlay::server
