// SPDX-License-Identifier: Apache-2.0
#include "tasks/notify/notify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "format/json.h"
#include "tasks/internal/fake_context.h"

namespace outlay::tasks {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Pair;

class notify : public testing::Test {
 protected:
  notify() {
    for (auto& type : make_notifications(http)) types.add(std::move(type));
  }

  /// The body that was posted.
  format::Value posted(std::string_view type, std::string_view yaml) {
    const flow::TaskType* found = types.find(type);
    EXPECT_NE(found, nullptr) << type;
    if (found == nullptr) return {};
    const auto end = run_yaml(*found, context, yaml);
    EXPECT_TRUE(end) << (end ? "" : end.error().text());
    if (!end) return {};
    auto body = format::parse_json(http.requests.back().body);
    return body ? *body : format::Value(http.requests.back().body);
  }

  FakeHttp http;
  flow::TaskRegistry types;
  FakeContext context{format::Value::object(
      {{"flow", format::Value::object({{"id", "report"}, {"namespace", "company"}})},
       {"execution",
        format::Value::object(
            {{"id", "e1"}, {"state", "FAILED"}, {"startDate", "2026-01-02T03:04:05Z"}})},
       {"kestra", format::Value::object({{"url", "http://outlay:8080"}})}})};
};

TEST_F(notify, a_message_becomes_the_form_of_its_service) {
  EXPECT_EQ(
      posted(
          "io.kestra.plugin.notifications.discord.DiscordIncomingWebhook",
          "{url: 'http://d', messageText: 'say \"hi\"'}")["content"],
      format::Value("say \"hi\""));
  EXPECT_EQ(
      posted(
          "io.kestra.plugin.notifications.google.GoogleChatIncomingWebhook",
          "{url: 'http://g', messageText: hi}")["text"],
      format::Value("hi"));
  const format::Value event = posted(
      "io.kestra.plugin.notifications.pagerduty.PagerDutyAlert",
      "{routingKey: k, messageText: hi, payloadSeverity: critical}");
  EXPECT_EQ(http.requests.back().url, "https://events.pagerduty.com/v2/enqueue");
  EXPECT_EQ(event["routing_key"], format::Value("k"));
  EXPECT_EQ(event["event_action"], format::Value("trigger"));
  EXPECT_EQ(event["payload"]["summary"], format::Value("hi"));
  EXPECT_EQ(event["payload"]["severity"], format::Value("critical"));
}

TEST_F(notify, a_payload_goes_out_as_it_is) {
  posted(
      "io.kestra.plugin.notifications.teams.TeamsIncomingWebhook",
      "{url: 'http://t', payload: '{\"text\": 1}'}");
  EXPECT_EQ(http.requests.back().body, "{\"text\": 1}");
  const auto bad = run_yaml(
      *types.find("io.kestra.plugin.notifications.teams.TeamsIncomingWebhook"),
      context,
      "{url: 'http://t', payload: '{\"text\": '}");
  ASSERT_FALSE(bad);
  EXPECT_THAT(bad.error().message, HasSubstr("toJson"));
}

TEST_F(notify, a_service_gets_its_credentials) {
  posted(
      "io.kestra.plugin.notifications.opsgenie.OpsgenieAlert",
      "{authorizationToken: key1, message: disk}");
  EXPECT_THAT(http.requests.back().headers, Contains(Pair("Authorization", "GenieKey key1")));
  posted(
      "io.kestra.plugin.notifications.telegram.TelegramSend",
      "{token: T1, channel: '@x', payload: hello, endpointOverride: 'http://tg'}");
  EXPECT_EQ(http.requests.back().url, "http://tg/botT1/sendMessage");
  EXPECT_EQ(http.requests.back().body, R"({"chat_id":"@x","text":"hello"})");
  posted(
      "io.kestra.plugin.notifications.twilio.TwilioAlert",
      "{url: 'http://tw', accountSID: AC1, authToken: tok, body: 'a b'}");
  EXPECT_EQ(http.requests.back().basic_auth, "AC1:tok");
  EXPECT_EQ(http.requests.back().body, "Body=a%20b");
  posted(
      "io.kestra.plugin.notifications.sentry.SentryAlert",
      "{dsn: 'https://abc@sentry.io/42', messageText: broken}");
  EXPECT_EQ(http.requests.back().url, "https://sentry.io/api/42/store/");
}

TEST_F(notify, a_twin_tells_how_the_execution_went) {
  const format::Value body = posted(
      "io.kestra.plugin.notifications.slack.SlackExecution",
      "{url: 'http://s', channel: '#f', customFields: {Owner: finops}}");
  EXPECT_THAT(body["text"].as_text(), HasSubstr("[company.report] execution e1 is FAILED"));
  EXPECT_THAT(
      body["text"].as_text(), HasSubstr("http://outlay:8080/ui/main/executions/company/report/e1"));
  const format::Value& shown = body["attachments"].as_array().front();
  EXPECT_EQ(shown["color"], format::Value("#e36a6a"));
  EXPECT_EQ(shown["fields"].as_array().back()["value"], format::Value("finops"));
  const format::Value card = posted(
      "io.kestra.plugin.notifications.teams.TeamsExecution",
      "{url: 'http://s', customMessage: 'Please look'}");
  EXPECT_THAT(card["sections"].as_array().front()["text"].as_text(), HasSubstr("Please look"));
}

TEST_F(notify, nothing_to_say_is_an_error) {
  const auto end = run_yaml(
      *types.find("io.kestra.plugin.notifications.zulip.ZulipIncomingWebhook"),
      context,
      "{url: 'http://z'}");
  ASSERT_FALSE(end);
  EXPECT_THAT(end.error().message, HasSubstr("messageText"));
}

}  // namespace
}  // namespace outlay::tasks
