// SPDX-License-Identifier: Apache-2.0
#include "server/access.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "io/file.h"

namespace outlay::server {
namespace {

class AccessTest : public testing::Test {
 protected:
  static Request request(std::string_view target, Fields headers = {}, std::string method = "GET") {
    Request out;
    out.method = std::move(method);
    EXPECT_TRUE(split_target(target, out));
    out.headers = std::move(headers);
    out.headers.emplace_back("host", "127.0.0.1:8080");
    return out;
  }

  static std::string field(const Response& response, std::string_view name) {
    for (const auto& [key, value] : response.headers) {
      if (key == name) return value;
    }
    return {};
  }

  /// The status of the refusal, or 0 when the request may go on.
  int status(Access& access, Request asked) {
    const auto refusal = access.check(asked);
    return refusal ? refusal->status : 0;
  }

  /// Logs in by the token and answers the cookie.
  std::string log_in(Access& access) {
    Request first = request("/?token=" + access.token());
    const auto redirect = access.check(first);
    EXPECT_TRUE(redirect && redirect->status == 303);
    const std::string set = redirect ? field(*redirect, "Set-Cookie") : "";
    return set.substr(0, set.find(';'));
  }

  base::ManualClock clock_{base::Instant(std::chrono::hours(500'000))};
  Access local_{{.host = "127.0.0.1"}, clock_};
};

TEST_F(AccessTest, nobody_is_answered_without_a_session_but_for_health) {
  EXPECT_EQ(status(local_, request("/")), 401);
  EXPECT_EQ(status(local_, request("/api/v1/main/flows/search")), 401);
  EXPECT_EQ(status(local_, request("/health")), 0);
}

TEST_F(AccessTest, the_token_is_exchanged_for_a_strict_cookie_at_the_clean_address) {
  Request asked = request("/spend?by=ServiceName&token=" + local_.token());
  const auto redirect = local_.check(asked);
  ASSERT_TRUE(redirect);
  EXPECT_EQ(redirect->status, 303);
  EXPECT_EQ(field(*redirect, "Location"), "/spend?by=ServiceName");
  const std::string cookie = field(*redirect, "Set-Cookie");
  EXPECT_TRUE(cookie.starts_with("outlay_session_8080="));
  EXPECT_TRUE(cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict"));
}

TEST_F(AccessTest, the_token_works_once) {
  const std::string cookie = log_in(local_);
  EXPECT_EQ(status(local_, request("/?token=" + local_.token())), 403);
  EXPECT_EQ(status(local_, request("/?token=" + local_.token(), {{"cookie", cookie}})), 303);
}

TEST_F(AccessTest, a_wrong_token_opens_nothing) {
  EXPECT_EQ(status(local_, request("/?token=guess")), 403);
  EXPECT_EQ(status(local_, request("/", {{"cookie", "outlay_session_8080=guess"}})), 401);
}

TEST_F(AccessTest, a_session_ends_after_twelve_hours_without_use) {
  const std::string cookie = log_in(local_);
  clock_.advance(std::chrono::hours(11));
  EXPECT_EQ(status(local_, request("/", {{"cookie", cookie}})), 0);
  clock_.advance(std::chrono::hours(11));
  EXPECT_EQ(status(local_, request("/", {{"cookie", cookie}})), 0);
  clock_.advance(std::chrono::hours(13));
  EXPECT_EQ(status(local_, request("/", {{"cookie", cookie}})), 401);
}

TEST_F(AccessTest, a_page_of_another_site_cannot_change_anything) {
  const std::string cookie = log_in(local_);
  const auto post = [&](Fields headers) {
    headers.emplace_back("cookie", cookie);
    return status(local_, request("/api/v1/main/flows", std::move(headers), "POST"));
  };
  EXPECT_EQ(post({{"sec-fetch-site", "cross-site"}}), 403);
  EXPECT_EQ(post({{"sec-fetch-site", "same-site"}}), 403);
  EXPECT_EQ(post({{"origin", "http://evil.example"}}), 403);
  EXPECT_EQ(post({{"origin", "null"}}), 403);
  EXPECT_EQ(post({{"sec-fetch-site", "same-origin"}}), 0);
  EXPECT_EQ(post({{"origin", "http://127.0.0.1:8080"}}), 0);
  EXPECT_EQ(post({}), 0);
}

TEST_F(AccessTest, a_link_from_another_site_is_asked_again_by_our_own_page) {
  Request link = request("/spend", {{"accept", "text/html"}, {"sec-fetch-site", "cross-site"}});
  const auto page = local_.check(link);
  ASSERT_TRUE(page);
  EXPECT_EQ(page->status, 200);
  EXPECT_NE(page->body.find("content=\"0;url=/spend\""), std::string::npos);
}

TEST_F(AccessTest, a_foreign_name_for_loopback_is_answered_nothing) {
  Request asked;
  asked.method = "GET";
  ASSERT_TRUE(split_target("/health", asked));
  asked.headers = {{"host", "rebound.example:8080"}};
  EXPECT_EQ(status(local_, asked), 421);
  asked.headers = {{"host", "[::1]:8080"}};
  EXPECT_EQ(status(local_, asked), 0);
  asked.headers = {{"host", "localhost"}};
  EXPECT_EQ(status(local_, asked), 0);
}

TEST_F(AccessTest, users_come_with_password_or_bearer_token) {
  Access access(
      {.host = "0.0.0.0",
       .users =
           {{.name = "ada", .password = "lovelace", .token = ""},
            {.name = "ci", .password = "", .token = "t-123456"},
            {.name = "eve",
             .password = "sha256:salt:" + io::sha256_hex("saltsecret"),
             .token = ""}}},
      clock_);
  const auto user = [&](const std::string& authorization) {
    Request asked = request("/api/v1/main/flows/search", {{"authorization", authorization}});
    return access.check(asked) ? std::string() : asked.user;
  };
  EXPECT_EQ(user("Basic " + base::base64_encode("ada:lovelace")), "ada");
  EXPECT_EQ(user("Basic " + base::base64_encode("eve:secret")), "eve");
  EXPECT_EQ(user("Bearer t-123456"), "ci");
  EXPECT_EQ(user("Basic " + base::base64_encode("ada:wrong")), "");
  EXPECT_EQ(user("Basic " + base::base64_encode("ci:")), "");
  EXPECT_EQ(user("Bearer "), "");
  EXPECT_EQ(user("Basic !!!"), "");
}

TEST_F(AccessTest, insecure_lets_anybody_in_but_no_page_of_another_site) {
  Access open({.host = "0.0.0.0", .is_insecure = true}, clock_);
  EXPECT_EQ(status(open, request("/api/v1/main/flows/search")), 0);
  EXPECT_EQ(
      status(open, request("/api/v1/main/flows", {{"origin", "http://evil.example"}}, "POST")),
      403);
}

TEST_F(AccessTest, a_redirect_never_leaves_this_site) {
  Request asked;
  asked.method = "GET";
  asked.target = "//evil.example/?token=" + local_.token();
  asked.query = {{"token", local_.token()}};
  asked.headers = {{"host", "127.0.0.1:8080"}};
  const auto redirect = local_.check(asked);
  ASSERT_TRUE(redirect);
  EXPECT_EQ(field(*redirect, "Location"), "/evil.example/");
}

}  // namespace
}  // namespace outlay::server
