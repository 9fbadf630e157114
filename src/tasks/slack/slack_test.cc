// SPDX-License-Identifier: Apache-2.0
#include "tasks/slack/slack.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tasks/internal/fake_context.h"
#include "tasks/slack/json_template.h"

namespace outlay::tasks {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class slack : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(io::write_file(context.path("slack_message.txt"), "Found:\n\"i-1\""));
  }

  base::Result<flow::TaskEnd> run(std::string_view yaml) {
    return run_yaml(*make_slack_webhook(http), context, yaml);
  }

  FakeContext context;
  FakeHttp http;
};

constexpr std::string_view kGood = R"(id: send
url: "{{ secret('SLACK_WEBHOOK_URL') }}"
payload: |
  {
    "text": {{ read('slack_message.txt') | toJson }}
  }
)";

constexpr std::string_view kPublished = R"(id: send
url: "{{ secret('SLACK_WEBHOOK_URL') }}"
payload: |
  {
    "text": "{{ read('slack_message.txt') }}"
  }
)";

TEST_F(slack, posts_the_rendered_payload) {
  const auto end = run(kGood);
  ASSERT_TRUE(end) << end.error().text();
  ASSERT_EQ(http.requests.size(), 1U);
  EXPECT_EQ(http.requests[0].method, "POST");
  EXPECT_EQ(http.requests[0].url, "secret-of-SLACK_WEBHOOK_URL");
  EXPECT_THAT(http.requests[0].body, HasSubstr(R"("text": "Found:\n\"i-1\"")"));
}

TEST_F(slack, a_plain_message_needs_no_json) {
  ASSERT_TRUE(run("{url: 'http://x', messageText: 'say \"hi\"'}"));
  EXPECT_EQ(http.requests[0].body, R"({"text":"say \"hi\""})");
  EXPECT_FALSE(run("{url: 'http://x'}"));
}

TEST_F(slack, an_invalid_payload_names_the_position_and_suggests_to_json) {
  const auto end = run(kPublished);
  ASSERT_FALSE(end);
  EXPECT_THAT(http.requests, IsEmpty());
  EXPECT_EQ(end.error().place.line, 2);
  EXPECT_EQ(end.error().place.column, 18);
  EXPECT_THAT(end.error().message, HasSubstr("a line break inside a quoted text"));
  EXPECT_THAT(end.error().message, HasSubstr("{{ read('slack_message.txt') | toJson }}"));
}

TEST_F(slack, text_inside_quotes_is_warned_about_beforehand) {
  EXPECT_THAT(check_yaml(*make_slack_webhook(http), kGood), IsEmpty());
  const auto problems = check_yaml(*make_slack_webhook(http), kPublished);
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].level, flow::Problem::Level::warning);
  EXPECT_EQ(problems[0].place.line, 5);
  EXPECT_THAT(problems[0].message, HasSubstr("{{ read('slack_message.txt') | toJson }}"));
}

TEST_F(slack, ids_and_dates_inside_quotes_are_fine) {
  EXPECT_THAT(
      unsafe_expressions(R"({"a": "{{ execution.id }} {{ now() }} {{ flow.namespace }}"})"),
      IsEmpty());
  EXPECT_EQ(
      unsafe_expressions("{\"a\": \"x {{ outputs.b.value }}\",\n\"c\": \"{{ inputs.d | upper }}\"}")
          .size(),
      2U);
  EXPECT_THAT(
      unsafe_expressions(R"({"a": {{ inputs.b | toJson }}, "c": "{{ inputs.d | json }}"})"),
      IsEmpty());
}

TEST_F(slack, a_refusal_says_what_the_webhook_said_but_not_its_url) {
  http.answer = {400, {}, "invalid_payload"};
  const auto end = run("{url: 'http://hooks/T0/secret', messageText: x}");
  ASSERT_FALSE(end);
  EXPECT_THAT(end.error().message, HasSubstr("400: invalid_payload"));
  EXPECT_THAT(end.error().message, Not(HasSubstr("T0/secret")));
  EXPECT_TRUE(run("{url: 'http://x', messageText: x, options: {allowFailed: true}}"));
}

class slack_app : public testing::Test {
 protected:
  slack_app() {
    for (auto& type : make_slack_app_tasks(http)) types.add(std::move(type));
  }

  base::Result<flow::TaskEnd> run(std::string_view type, std::string_view yaml) {
    return run_yaml(*types.find("io.kestra.plugin.slack.app." + std::string(type)), context, yaml);
  }

  FakeHttp http;
  flow::TaskRegistry types;
  FakeContext context;
};

TEST_F(slack_app, a_message_is_posted_with_the_token_and_its_timestamp_comes_back) {
  http.answer = {200, {}, R"({"ok":true,"ts":"1714554000.000100","channel":"C1"})"};
  const auto end = run(
      "chats.Post",
      R"({token: xoxb-1-secret, channel: C1, timestamp: "17.1", payload: '{"text":"a \"b\""}'})");
  ASSERT_TRUE(end) << end.error().text();
  EXPECT_EQ(end->outputs.find("timestamp")->as_text(), "1714554000.000100");
  ASSERT_EQ(http.requests.size(), 1U);
  EXPECT_EQ(http.requests[0].url, "https://slack.com/api/chat.postMessage");
  EXPECT_EQ(http.requests[0].body, R"({"channel":"C1","thread_ts":"17.1","text":"a \"b\""})");
}

TEST_F(slack_app, a_refusal_in_an_answer_of_200_fails_the_task_and_says_what_to_do) {
  http.answer = {200, {}, R"({"ok":false,"error":"not_in_channel"})"};
  const auto end = run("chats.Post", "{token: xoxb-1-secret, channel: C1, messageText: hello}");
  ASSERT_FALSE(end);
  EXPECT_THAT(end.error().message, testing::HasSubstr("not_in_channel; invite the app"));
}

TEST_F(slack_app, a_payload_that_is_no_json_is_told_with_its_place) {
  const auto end = run("chats.Post", R"({token: xoxb-1-secret, payload: '{"text": "a "b""}'})");
  ASSERT_FALSE(end);
  EXPECT_THAT(end.error().text(), testing::HasSubstr("payload:1:"));
  EXPECT_THAT(end.error().message, testing::HasSubstr("toJson"));
  EXPECT_TRUE(http.requests.empty());
}

}  // namespace
}  // namespace outlay::tasks
