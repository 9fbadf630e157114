// SPDX-License-Identifier: Apache-2.0
#include "tasks/http/http.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "format/json.h"
#include "tasks/internal/fake_context.h"

namespace outlay::tasks {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Pair;

class http_tasks : public testing::Test {
 protected:
  base::Result<flow::TaskEnd> request(std::string_view yaml) {
    return run_yaml(*make_http_request(http), context, yaml);
  }

  base::Result<flow::TaskEnd> download(std::string_view yaml) {
    return run_yaml(*make_http_download(http), context, yaml);
  }

  FakeContext context;
  FakeHttp http;
};

TEST_F(http_tasks, a_json_answer_is_a_document) {
  http.answer = {
      200, {{"content-type", "application/json"}, {"x", "1"}, {"x", "2"}}, R"({"a":[1]})"};
  const auto end = request("uri: http://h/p");
  ASSERT_TRUE(end) << end.error().text();
  EXPECT_EQ(
      format::print_json(end->outputs),
      R"({"uri":"http://h/p","code":200,"headers":{"content-type":["application/json"],"x":["1","2"]},"body":{"a":[1]}})");
}

TEST_F(http_tasks, a_body_map_is_sent_as_json) {
  ASSERT_TRUE(
      request("{uri: 'http://h/', method: post, body: {a: '{{ 1 + 1 }}'}, headers: {X-A: b}}"));
  EXPECT_EQ(http.requests[0].method, "POST");
  EXPECT_EQ(http.requests[0].body, R"({"a":2})");
  EXPECT_THAT(http.requests[0].headers, Contains(Pair("Content-Type", "application/json")));
  EXPECT_THAT(http.requests[0].headers, Contains(Pair("X-A", "b")));
}

TEST_F(http_tasks, a_trigger_fires_when_the_answer_meets_its_condition) {
  http.answer = {200, {{"content-type", "application/json"}}, R"({"ready":true})"};
  const auto trigger = make_http_trigger(http);
  const auto poll = [&](const std::string& condition) {
    return trigger->poll(
        context, format::Value::object({{"uri", "http://h/p"}, {"responseCondition", condition}}));
  };
  const auto fired = poll("{{ response.body.ready and response.statusCode == 200 }}");
  ASSERT_TRUE(fired) << fired.error().text();
  ASSERT_TRUE(*fired);
  EXPECT_EQ(format::print_json(*(**fired).find("body")), R"({"ready":true})");
  EXPECT_FALSE(*poll("{{ not response.body.ready }}"));
  http.answer.status = 503;
  EXPECT_FALSE(poll("{{ true }}"));
}

TEST_F(http_tasks, parameters_and_forms_are_encoded) {
  ASSERT_TRUE(
      request("{uri: 'http://h/?z=1', params: {q: 'a b&c', l: [1, 2]}, method: POST, formData: {k: "
              "'x=y'}}"));
  EXPECT_EQ(http.requests[0].url, "http://h/?z=1&q=a%20b%26c&l=1&l=2");
  EXPECT_EQ(http.requests[0].body, "k=x%3Dy");
  ASSERT_TRUE(
      request("{uri: 'http://h/', method: POST, contentType: multipart/form-data, formData: {f: "
              "{name: a.txt, content: hi}}}"));
  EXPECT_THAT(http.requests[1].body, HasSubstr("name=\"f\"; filename=\"a.txt\""));
}

TEST_F(http_tasks, options_set_times_credentials_and_redirects) {
  ASSERT_TRUE(request(R"(
uri: http://h/
options:
  timeout: {connectTimeout: PT2S, readIdleTimeout: PT3S}
  followRedirects: false
  auth: {type: BASIC, username: u, password: pass1234}
)"));
  EXPECT_EQ(http.requests[0].connect_timeout, std::chrono::seconds(2));
  EXPECT_EQ(http.requests[0].idle_timeout, std::chrono::seconds(3));
  EXPECT_FALSE(http.requests[0].follow_redirects);
  EXPECT_EQ(http.requests[0].basic_auth, "u:pass1234");
  ASSERT_TRUE(request("{uri: 'http://h/', options: {auth: {type: BEARER, token: token123}}}"));
  EXPECT_THAT(http.requests[1].headers, Contains(Pair("Authorization", "Bearer token123")));
}

TEST_F(http_tasks, a_refusal_fails_unless_it_is_allowed) {
  http.answer = {404, {}, "no such thing"};
  const auto end = request("uri: 'http://h/p?token=x'");
  ASSERT_TRUE(end);
  ASSERT_TRUE(end->failure);
  EXPECT_EQ(end->failure->message, "GET http://h/p answered 404: no such thing");
  EXPECT_EQ(end->outputs.find("code")->as_int(), 404);
  EXPECT_FALSE(request("{uri: 'http://h/', options: {allowFailed: true}}")->failure);
  EXPECT_FALSE(request("{uri: 'http://h/', options: {allowedResponseCodes: [404]}}")->failure);
  EXPECT_TRUE(request("{uri: 'http://h/', options: {allowedResponseCodes: [405]}}")->failure);
}

TEST_F(http_tasks, events_are_gathered_one_by_one) {
  http.answer = {
      200, {}, "id: 1\nevent: cost\ndata: {\"n\":1}\n\n: a comment\ndata: a\r\ndata: b\n\ndata: c"};
  const auto end = run_yaml(*make_sse_request(http), context, "uri: http://h/events");
  ASSERT_TRUE(end) << end.error().text();
  EXPECT_EQ(end->outputs.find("size")->as_int(), 3);
  EXPECT_EQ(
      format::print_json(*end->outputs.find("events")),
      R"([{"id":"1","name":"cost","data":{"n":1}},{"id":"1","name":"message","data":"a\nb"},)"
      R"({"id":"1","name":"message","data":"c"}])");
}

TEST_F(http_tasks, a_download_is_stored) {
  http.answer = {200, {}, "a,b\n"};
  const auto end = download("uri: http://h/data/bill.csv?x=1");
  ASSERT_TRUE(end) << end.error().text();
  const std::string uri = end->outputs.find("uri")->as_text();
  EXPECT_TRUE(uri.ends_with("bill.csv"));
  EXPECT_EQ(context.environment().read(uri).value(), "a,b\n");
  EXPECT_EQ(end->outputs.find("length")->as_int(), 4);
}

TEST_F(http_tasks, an_empty_or_refused_download_fails) {
  http.answer = {200, {}, ""};
  EXPECT_FALSE(download("uri: http://h/x"));
  EXPECT_TRUE(download("{uri: 'http://h/x', failOnEmptyResponse: false}"));
  http.answer = {403, {}, "forbidden"};
  const auto end = download("uri: http://h/x");
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().code, base::Code::denied);
  EXPECT_THAT(end.error().message, HasSubstr("403: forbidden"));
}

}  // namespace
}  // namespace outlay::tasks
