// SPDX-License-Identifier: Apache-2.0
#include "tasks/aws/aws.h"

#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "format/json.h"
#include "tasks/internal/fake_context.h"

namespace outlay::tasks {
namespace {

using testing::HasSubstr;

/// AWS as one function of the request.
class ScriptedAws final : public io::Http {
 public:
  base::Result<io::HttpAnswer> send(const io::HttpRequest& request) override {
    requests.push_back(request);
    return io::HttpAnswer{200, {}, answer(request)};
  }

  std::function<std::string(const io::HttpRequest&)> answer;
  std::vector<io::HttpRequest> requests;
};

class aws : public testing::Test {
 protected:
  aws() {
    for (auto& type : make_aws_tasks(http)) types.add(std::move(type));
    for (auto& type : make_aws_triggers(http)) types.add(std::move(type));
  }

  static format::Value keys(format::Object more) {
    more.set("accessKeyId", "AKIA");
    more.set("secretKeyId", "very-secret-key");
    return format::Value(std::move(more));
  }

  static format::Object object(std::string_view json) {
    return format::parse_json(json).value().as_object();
  }

  ScriptedAws http;
  flow::TaskRegistry types;
  FakeContext context;
};

TEST_F(aws, cost_explorer_is_asked_in_its_own_region_and_amounts_keep_their_digits) {
  http.answer = [](const io::HttpRequest&) {
    return R"({"ResultsByTime":[{"TimePeriod":{"Start":"2024-05-01","End":"2024-05-02"},
      "Total":{"UnblendedCost":{"Amount":"12.3400000000000000001","Unit":"USD"}},
      "Groups":[],"Estimated":true}]})";
  };
  const auto end = types.find("outlay.aws.GetCostAndUsage")
                       ->run(
                           context,
                           keys(object(
                               R"({"start":"2024-05-01","end":"2024-05-02","region":"eu-west-1",
                               "metrics":["UnblendedCost"]})")));
  ASSERT_TRUE(end) << end.error().text();
  EXPECT_EQ(
      format::print_json(*end->outputs.find("rows")),
      R"([{"start":"2024-05-01","end":"2024-05-02","estimated":true,)"
      R"("UnblendedCost":12.3400000000000000001,"UnblendedCostUnit":"USD"}])");
  ASSERT_EQ(http.requests.size(), 1U);
  EXPECT_EQ(http.requests[0].url, "https://ce.us-east-1.amazonaws.com/");
  EXPECT_THAT(http.requests[0].body, HasSubstr(R"("Metrics":["UnblendedCost"])"));
}

TEST_F(aws, cost_is_grouped_by_dimensions_tags_and_categories) {
  http.answer = [](const io::HttpRequest&) { return R"({"ResultsByTime":[]})"; };
  const auto end = types.find("outlay.aws.GetCostAndUsage")
                       ->run(
                           context,
                           keys(object(
                               R"({"start":"2024-05-01","end":"2024-05-02",
                               "groupBy":["SERVICE","TAG:team"]})")));
  ASSERT_TRUE(end) << end.error().text();
  EXPECT_THAT(
      http.requests[0].body,
      HasSubstr(R"("GroupBy":[{"Type":"DIMENSION","Key":"SERVICE"},{"Type":"TAG","Key":"team"}])"));
}

TEST_F(aws, an_anomaly_fires_the_trigger_and_none_does_not) {
  const flow::PollingType* trigger = types.find_polling("outlay.aws.AnomalyTrigger");
  ASSERT_NE(trigger, nullptr);
  http.answer = [](const io::HttpRequest&) {
    return R"({"Anomalies":[{"AnomalyId":"a1","AnomalyStartDate":"2024-05-01",
      "DimensionValue":"Amazon EC2","Impact":{"TotalImpact":70.5},"RootCauses":[]}]})";
  };
  auto seen = trigger->poll(context, keys(object(R"({"start":"2024-05-01","minimumImpact":50})")));
  ASSERT_TRUE(seen) << seen.error().text();
  ASSERT_TRUE(seen->has_value());
  EXPECT_THAT(
      format::print_json(*(*seen)->find("rows")), HasSubstr(R"("id":"a1","start":"2024-05-01")"));
  EXPECT_THAT(http.requests[0].body, HasSubstr(R"("StartValue":50)"));
  http.answer = [](const io::HttpRequest&) { return R"({"Anomalies":[]})"; };
  seen = trigger->poll(context, keys(object(R"({"start":"2024-05-01"})")));
  ASSERT_TRUE(seen) << seen.error().text();
  EXPECT_FALSE(seen->has_value());
}

TEST_F(aws, a_realtime_trigger_gives_each_message_and_deletes_it) {
  const flow::PollingType* trigger = types.find_polling("io.kestra.plugin.aws.sqs.RealtimeTrigger");
  ASSERT_NE(trigger, nullptr);
  EXPECT_TRUE(trigger->is_realtime());
  http.answer = [](const io::HttpRequest& request) -> std::string {
    if (request.body.find("ReceiptHandle") != std::string::npos) return "{}";
    return R"({"Messages":[{"Body":"{\"n\":1}","ReceiptHandle":"x"},
                           {"Body":"{\"n\":2}","ReceiptHandle":"y"}]})";
  };
  const auto seen =
      trigger->events(context, keys(object(R"({"queueUrl":"https://q","serdeType":"JSON"})")));
  ASSERT_TRUE(seen) << seen.error().text();
  ASSERT_EQ(seen->size(), 2U);
  EXPECT_EQ(format::print_json(format::Value((*seen)[1])), R"({"data":{"n":2}})");
  EXPECT_EQ(http.requests.size(), 3U);
}

TEST_F(aws, a_moved_object_fires_the_s3_trigger_with_its_file) {
  const flow::PollingType* trigger = types.find_polling("io.kestra.plugin.aws.s3.Trigger");
  ASSERT_NE(trigger, nullptr);
  http.answer = [](const io::HttpRequest& request) -> std::string {
    if (request.url.find("list-type") == std::string::npos) return "content";
    return "<ListBucketResult><Contents><Key>in/a.csv</Key><ETag>e</ETag><Size>7</Size></Contents>"
           "</ListBucketResult>";
  };
  const auto seen = trigger->poll(
      context, keys(object(R"({"bucket":"costs","action":"MOVE","moveTo":{"key":"done"}})")));
  ASSERT_TRUE(seen) << seen.error().text();
  ASSERT_TRUE(seen->has_value());
  const format::Value objects = *(*seen)->find("objects");
  EXPECT_EQ(context.environment().read(objects.as_array()[0]["uri"].as_text()).value(), "content");
  ASSERT_EQ(http.requests.size(), 4U);
  EXPECT_THAT(http.requests[2].url, HasSubstr("done/a.csv"));
  EXPECT_EQ(http.requests[3].method, "DELETE");
}

}  // namespace
}  // namespace outlay::tasks
