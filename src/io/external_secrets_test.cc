// SPDX-License-Identifier: Apache-2.0
#include "io/external_secrets.h"

#include <functional>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/log.h"

namespace outlay::io {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class StoppedClock final : public base::Clock {
 public:
  base::Instant now() const override { return at; }

  base::Instant at{base::Duration(std::chrono::hours(24 * 365 * 50))};
};

class NoPause final : public Pause {
 public:
  bool wait(base::Duration, const std::atomic<bool>*) override { return true; }
};

class ScriptedHttp final : public Http {
 public:
  base::Result<HttpAnswer> send(const HttpRequest& request) override {
    urls.push_back(request.method + " " + request.url);
    return answer(request);
  }

  std::function<HttpAnswer(const HttpRequest&)> answer;
  std::vector<std::string> urls;
};

std::string header(const HttpRequest& request, std::string_view name) {
  for (const auto& [key, value] : request.headers)
    if (key == name) return value;
  return {};
}

class external_secrets : public testing::Test {
 protected:
  ExternalSecrets vault(VaultSettings settings) {
    settings.address = "https://vault";
    return {
        std::make_unique<VaultSource>(std::move(settings), http, pause, clock),
        std::chrono::minutes(1),
        clock};
  }

  StoppedClock clock;
  NoPause pause;
  ScriptedHttp http;
};

TEST_F(external_secrets, a_namespace_inherits_from_those_above_it) {
  http.answer = [](const HttpRequest& request) -> HttpAnswer {
    EXPECT_EQ(header(request, "X-Vault-Token"), "vault-token");
    if (request.url.ends_with("/company/TOKEN"))
      return {200, {}, R"({"data":{"data":{"value":"hidden-value"}}})"};
    return {404, {}, R"({"errors":[]})"};
  };
  ExternalSecrets secrets = vault({.token = "vault-token", .prefix = "outlay"});
  EXPECT_EQ(secrets.get("company.finops", "TOKEN").value(), "hidden-value");
  EXPECT_THAT(
      http.urls,
      ElementsAre(
          "GET https://vault/v1/secret/data/outlay/company/finops/TOKEN",
          "GET https://vault/v1/secret/data/outlay/company/TOKEN"));
  EXPECT_EQ(base::masked("it is hidden-value"), "it is ******");
  const auto missing = secrets.get("company", "OTHER");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, base::Code::not_found);
  EXPECT_THAT(missing.error().message, HasSubstr("company/OTHER, OTHER"));
}

TEST_F(external_secrets, an_answer_is_kept_for_its_time) {
  int version = 0;
  http.answer = [&](const HttpRequest&) -> HttpAnswer {
    return {200, {}, fmt::format(R"({{"data":{{"data":{{"value":"version {}"}}}}}})", ++version)};
  };
  ExternalSecrets secrets = vault({.token = "t0"});
  EXPECT_EQ(secrets.get("", "A").value(), "version 1");
  clock.at += std::chrono::seconds(59);
  EXPECT_EQ(secrets.get("", "A").value(), "version 1");
  clock.at += std::chrono::seconds(2);
  EXPECT_EQ(secrets.get("", "A").value(), "version 2");
}

TEST_F(external_secrets, an_app_role_signs_in_again_when_its_token_has_ended) {
  int logins = 0;
  http.answer = [&](const HttpRequest& request) -> HttpAnswer {
    if (request.url.ends_with("/v1/auth/approle/login")) {
      EXPECT_EQ(request.body, R"({"role_id":"role","secret_id":"very-secret"})");
      return {200, {}, fmt::format(R"({{"auth":{{"client_token":"token-{}"}}}})", ++logins)};
    }
    if (header(request, "X-Vault-Token") == "token-1") return {403, {}, "{}"};
    return {200, {}, R"({"data":{"data":{"user":"u","password":"p-w-d"}}})"};
  };
  ExternalSecrets secrets = vault({.role_id = "role", .secret_id = "very-secret"});
  EXPECT_EQ(secrets.get("", "DB").value(), R"({"user":"u","password":"p-w-d"})");
  EXPECT_EQ(logins, 2);
}

TEST_F(external_secrets, a_refusal_says_who_refused_and_shows_no_token) {
  http.answer = [](const HttpRequest&) -> HttpAnswer { return {403, {}, "permission denied"}; };
  ExternalSecrets secrets = vault({.token = "vault-token"});
  const auto refused = secrets.get("", "A");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, base::Code::denied);
  EXPECT_THAT(refused.error().message, HasSubstr("Vault at https://vault answered 403"));
  EXPECT_THAT(refused.error().message, Not(HasSubstr("vault-token")));
}

TEST_F(external_secrets, keys_cannot_leave_their_folder) {
  ExternalSecrets secrets = vault({.token = "t0"});
  EXPECT_FALSE(secrets.get("", "../../sys/seal"));
  EXPECT_FALSE(secrets.get("", ".."));
  EXPECT_TRUE(http.urls.empty());
}

TEST_F(external_secrets, secrets_manager_is_asked_by_prefix_and_path) {
  std::vector<std::string> bodies;
  http.answer = [&](const HttpRequest& request) -> HttpAnswer {
    bodies.push_back(request.body);
    EXPECT_EQ(header(request, "X-Amz-Target"), "secretsmanager.GetSecretValue");
    EXPECT_THAT(header(request, "Authorization"), HasSubstr("/eu-west-1/secretsmanager/"));
    if (request.body.find("outlay/company/KEY") == std::string::npos)
      return {400, {}, R"({"__type":"ResourceNotFoundException"})"};
    return {200, {}, R"({"SecretString":"plain text"})"};
  };
  ExternalSecrets secrets(
      std::make_unique<SecretsManagerSource>(
          SecretsManagerSettings{.region = "eu-west-1", .prefix = "outlay/"},
          http,
          pause,
          clock,
          std::map<std::string, std::string>{
              {"AWS_ACCESS_KEY_ID", "AKIA"}, {"AWS_SECRET_ACCESS_KEY", "sk"}}),
      std::chrono::minutes(1),
      clock);
  EXPECT_EQ(secrets.get("company.team", "KEY").value(), "plain text");
  EXPECT_THAT(
      bodies,
      ElementsAre(
          R"({"SecretId":"outlay/company/team/KEY"})", R"({"SecretId":"outlay/company/KEY"})"));
}

}  // namespace
}  // namespace outlay::io
