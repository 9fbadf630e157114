// SPDX-License-Identifier: Apache-2.0
#include "io/http.h"

#include <arpa/inet.h>
#include <functional>
#include <netinet/in.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace outlay::io {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;

/// Answers one connection after the other on a free port of this machine, as `respond` says.
class OneShotServer {
 public:
  explicit OneShotServer(std::function<std::string(const std::string& request)> respond)
      : respond_(std::move(respond)), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address);
    ::listen(listener_, 8);
    socklen_t size = sizeof address;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }

  ~OneShotServer() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }

  std::string url(std::string_view path = "/") const {
    return "http://127.0.0.1:" + std::to_string(port_) + std::string(path);
  }

 private:
  void serve() {
    while (true) {
      const int client = ::accept(listener_, nullptr, nullptr);
      if (client < 0) return;
      const std::string answer = respond_(read_request(client));
      static_cast<void>(::send(client, answer.data(), answer.size(), MSG_NOSIGNAL));
      if (answer.empty()) {
        // Says nothing until the client gives up.
        char byte = 0;
        while (::recv(client, &byte, 1, 0) > 0) {
        }
      }
      ::close(client);
    }
  }

  static std::string read_request(int client) {
    std::string request;
    char block[4096];
    while (true) {
      const std::size_t head = request.find("\r\n\r\n");
      if (head != std::string::npos) {
        const std::size_t length = request.find("Content-Length: ");
        const std::size_t body =
            length == std::string::npos ? 0 : std::stoul(request.substr(length + 16));
        if (request.size() >= head + 4 + body) return request;
      }
      const ssize_t count = ::recv(client, block, sizeof block, 0);
      if (count <= 0) return request;
      request.append(block, static_cast<std::size_t>(count));
    }
  }

  std::function<std::string(const std::string&)> respond_;
  int listener_;
  int port_ = 0;
  std::thread thread_;
};

std::string ok(std::string_view body, std::string_view extra = "") {
  return "HTTP/1.1 200 OK\r\nConnection: close\r\nX-Kind: Test\r\n" + std::string(extra) +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

HttpRequest get(std::string url) {
  HttpRequest request;
  request.url = std::move(url);
  return request;
}

TEST(http, sends_what_was_asked_and_answers_status_headers_and_body) {
  std::string seen;
  const OneShotServer server([&](const std::string& request) {
    seen = request;
    return ok("hello");
  });
  HttpRequest request = get(server.url("/a?b=c"));
  request.method = "PUT";
  request.headers = {{"X-One", "1"}, {"Content-Type", "text/plain"}, {"X-Empty", ""}};
  request.body = "the body";
  request.basic_auth = "user:pass";
  const HttpAnswer answer = CurlHttp().send(request).value();
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "hello");
  EXPECT_EQ(answer.header("X-KIND"), "Test");
  EXPECT_THAT(seen, testing::StartsWith("PUT /a?b=c HTTP/1.1\r\n"));
  EXPECT_THAT(seen, HasSubstr("X-One: 1\r\n"));
  EXPECT_THAT(seen, HasSubstr("X-Empty:"));
  EXPECT_THAT(seen, HasSubstr("Authorization: Basic dXNlcjpwYXNz\r\n"));
  EXPECT_THAT(seen, testing::EndsWith("\r\n\r\nthe body"));
}

TEST(http, any_status_is_an_answer) {
  const OneShotServer server([](const std::string&) {
    return std::string("HTTP/1.1 503 Busy\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno");
  });
  const HttpAnswer answer = CurlHttp().send(get(server.url())).value();
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.body, "no");
}

TEST(http, redirects_are_followed_and_only_the_last_answer_counts) {
  const OneShotServer server([](const std::string& request) {
    if (!request.starts_with("GET /first")) return ok("second");
    return std::string(
        "HTTP/1.1 302 Found\r\nLocation: /second\r\nX-First: 1\r\nConnection: "
        "close\r\nContent-Length: 0\r\n\r\n");
  });
  const HttpAnswer answer = CurlHttp().send(get(server.url("/first"))).value();
  EXPECT_EQ(answer.body, "second");
  EXPECT_EQ(answer.header("x-first"), "");
  HttpRequest request = get(server.url("/first"));
  request.follow_redirects = false;
  EXPECT_EQ(CurlHttp().send(request)->status, 302);
}

TEST(http, a_body_over_the_limit_is_refused) {
  const OneShotServer server([](const std::string&) { return ok(std::string(1000, 'x')); });
  HttpRequest request = get(server.url());
  request.body_limit = 999;
  const auto result = CurlHttp().send(request);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, base::Code::exhausted);
}

TEST(http, a_sink_gets_the_body_and_may_refuse_it) {
  const OneShotServer server([](const std::string&) { return ok(std::string(1000, 'x')); });
  HttpRequest request = get(server.url());
  request.body_limit = 1;
  std::string got;
  request.body_sink = [&](std::string_view bytes) -> base::Result<base::Done> {
    got += bytes;
    return base::Done{};
  };
  EXPECT_EQ(CurlHttp().send(request)->body, "");
  EXPECT_EQ(got.size(), 1000U);
  request.body_sink = [](std::string_view) -> base::Result<base::Done> {
    return base::conflict("full");
  };
  EXPECT_EQ(CurlHttp().send(request).error().message, "full");
}

TEST(http, a_silent_server_is_given_up) {
  const OneShotServer server([](const std::string&) { return std::string(); });
  HttpRequest request = get(server.url());
  request.idle_timeout = milliseconds(50);
  const auto result = CurlHttp().send(request);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, base::Code::unavailable);
  EXPECT_THAT(result.error().message, HasSubstr("sent nothing for 50 ms"));
}

TEST(http, a_stopped_request_is_cancelled) {
  const OneShotServer server([](const std::string&) { return std::string(); });
  const std::atomic<bool> stop = true;
  HttpRequest request = get(server.url());
  request.stop = &stop;
  EXPECT_EQ(CurlHttp().send(request).error().code, base::Code::cancelled);
}

TEST(http, nobody_listening_is_unavailable_and_the_path_is_not_shown) {
  std::string url;
  {
    const OneShotServer server([](const std::string&) { return std::string(); });
    url = server.url("/services/T000/secret-part");
  }
  const auto result = CurlHttp().send(get(url));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, base::Code::unavailable);
  EXPECT_THAT(result.error().message, HasSubstr("127.0.0.1"));
  EXPECT_THAT(result.error().message, Not(HasSubstr("secret-part")));
}

TEST(http, what_is_no_url_is_bad_input) {
  for (const char* url : {"", "ftp://x/", "file:///etc/passwd", "example.com", "http://a b/"}) {
    const auto result = CurlHttp().send(get(url));
    ASSERT_FALSE(result) << url;
    EXPECT_EQ(result.error().code, base::Code::invalid_input) << url;
  }
}

TEST(http, a_header_with_a_line_break_is_refused) {
  HttpRequest request = get("http://127.0.0.1:1/");
  request.headers = {{"X", "a\r\nEvil: 1"}};
  EXPECT_EQ(CurlHttp().send(request).error().code, base::Code::invalid_input);
}

}  // namespace
}  // namespace outlay::io
