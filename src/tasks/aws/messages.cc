// SPDX-License-Identifier: Apache-2.0
// Queues, topics, functions and metrics of AWS as tasks.
#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/time.h"
#include "format/json.h"
#include "io/url.h"
#include "tasks/aws/families.h"
#include "tasks/items.h"
#include "tasks/properties.h"

namespace outlay::tasks {
namespace {

using flow::TaskContext;
using flow::TaskEnd;
using format::Array;
using format::Object;
using format::Value;

/// The messages of the property from: one map, a list of them, a text, or a stored file of them.
base::Result<Array> messages_of(TaskContext& context, const Value& properties) {
  const Value from = TRY(flow::property(context, properties, "from"));
  if (from.is_array()) return from.as_array();
  if (from.is_text() && from.as_text().starts_with("kestra://"))
    return read_items(context, from.as_text());
  if (from.is_text()) {
    if (const auto parsed = format::parse_json(from.as_text()); parsed && parsed->is_array())
      return parsed->as_array();
    return Array{Value::object({{"data", from}})};
  }
  if (from.is_object()) return Array{from};
  return base::invalid_input("property from must be a message, a list of them, or a stored file");
}

base::Result<TaskEnd> sqs_publish(
    TaskContext& context, AwsClient& client, const Value& properties) {
  const std::string queue = TRY(needed_property(context, properties, "queueUrl"));
  const Array messages = TRY(messages_of(context, properties));
  for (const Value& message : messages) {
    Object body;
    body.set("QueueUrl", queue);
    body.set("MessageBody", text_of(message.is_object() ? message["data"] : message));
    if (!message["delaySeconds"].is_null()) body.set("DelaySeconds", message["delaySeconds"]);
    if (!message["groupId"].is_null()) body.set("MessageGroupId", message["groupId"]);
    if (!message["deduplicationId"].is_null())
      body.set("MessageDeduplicationId", message["deduplicationId"]);
    TRY(client.json("AmazonSQS.SendMessage", Value(std::move(body))));
  }
  TaskEnd end;
  end.outputs.set("messagesCount", static_cast<std::int64_t>(messages.size()));
  return end;
}

/// Which queue is read and how.
struct Queue {
  std::string url;
  bool is_json = false, deletes = true;
  std::int64_t wait_seconds = 1;
  std::optional<std::int64_t> visibility_seconds;
};

base::Result<Queue> queue_of(TaskContext& context, const Value& properties) {
  Queue out;
  out.url = TRY(needed_property(context, properties, "queueUrl"));
  out.is_json = TRY(flow::text_property(context, properties, "serdeType")) == "JSON";
  out.deletes = TRY(flag_property(context, properties, "autoDelete", true));
  out.visibility_seconds = TRY(integer_property(context, properties, "visibilityTimeout"));
  // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
  constexpr std::int64_t kLongestWait = 20;
  if (const auto wait = TRY(duration_property(context, properties, "waitTime")))
    out.wait_seconds = std::clamp<std::int64_t>(
        std::chrono::duration_cast<std::chrono::seconds>(*wait).count(), 0, kLongestWait);
  return out;
}

/// Up to ten messages that wait now; each is deleted once it is read.
base::Result<Array> receive(AwsClient& client, const Queue& queue) {
  Object asked;
  asked.set("QueueUrl", queue.url);
  asked.set("MaxNumberOfMessages", 10);
  asked.set("WaitTimeSeconds", queue.wait_seconds);
  if (queue.visibility_seconds) asked.set("VisibilityTimeout", *queue.visibility_seconds);
  const Value answer = TRY(client.json("AmazonSQS.ReceiveMessage", Value(std::move(asked))));
  const Value& found = answer["Messages"];
  Array out;
  for (const Value& message : found.is_array() ? found.as_array() : Array()) {
    const std::string text = message["Body"].text_or("");
    const auto parsed = queue.is_json ? format::parse_json(text) : base::Result<Value>(Value(text));
    if (!parsed) return parsed.error().within("a message of the queue");
    out.push_back(*parsed);
    if (!queue.deletes) continue;
    TRY(client.json(
        "AmazonSQS.DeleteMessage",
        Value::object({{"QueueUrl", queue.url}, {"ReceiptHandle", message["ReceiptHandle"]}})));
  }
  return out;
}

base::Result<TaskEnd> sqs_consume(
    TaskContext& context, AwsClient& client, const Value& properties) {
  const Queue queue = TRY(queue_of(context, properties));
  const auto most = TRY(integer_property(context, properties, "maxRecords"));
  const auto longest = TRY(duration_property(context, properties, "maxDuration"));
  const base::SystemClock clock;
  const base::Instant begin = clock.now();
  Array records;
  while (!context.stop()) {
    Array some = TRY(receive(client, queue));
    const bool is_empty = some.empty();
    for (Value& record : some) records.push_back(std::move(record));
    const bool is_full = most && static_cast<std::int64_t>(records.size()) >= *most;
    const bool is_late = longest && clock.now() - begin >= *longest;
    if (is_full || is_late || (is_empty && !longest)) break;
  }
  TaskEnd end;
  end.outputs.set("count", static_cast<std::int64_t>(records.size()));
  end.outputs.set("uri", TRY(store_items(context, records, "messages.ion")));
  return end;
}

class SqsRealtime final : public flow::PollingType {
 public:
  explicit SqsRealtime(io::Http& http) : http_(http), info_(aws_spec("aws/sqs_realtime.yaml")) {}

  const flow::TaskInfo& info() const override { return info_; }

  bool is_realtime() const override { return true; }

  base::Result<std::optional<Object>> poll(TaskContext&, const Value&) const override {
    return std::optional<Object>();
  }

  base::Result<std::vector<Object>> events(
      TaskContext& context, const Value& properties) const override {
    const auto client = TRY(AwsClient::open(context, properties, http_, "sqs"));
    const Queue queue = TRY(queue_of(context, properties));
    std::vector<Object> out;
    for (Value& message : TRY(receive(*client, queue))) {
      Object variables;
      variables.set("data", std::move(message));
      out.push_back(std::move(variables));
    }
    return out;
  }

 private:
  io::Http& http_;
  flow::TaskInfo info_;
};

base::Result<TaskEnd> sns_publish(
    TaskContext& context, AwsClient& client, const Value& properties) {
  const std::string topic = TRY(needed_property(context, properties, "topicArn"));
  const Array messages = TRY(messages_of(context, properties));
  for (const Value& message : messages) {
    QueryPairs form{
        {"Action", "Publish"},
        {"TopicArn", topic},
        {"Message", text_of(message.is_object() ? message["data"] : message)}};
    if (!message["subject"].is_null()) form.emplace_back("Subject", text_of(message["subject"]));
    if (!message["groupId"].is_null())
      form.emplace_back("MessageGroupId", text_of(message["groupId"]));
    TRY(client.query("2010-03-31", std::move(form)));
  }
  TaskEnd end;
  end.outputs.set("messagesCount", static_cast<std::int64_t>(messages.size()));
  return end;
}

base::Result<TaskEnd> lambda_invoke(
    TaskContext& context, AwsClient& client, const Value& properties) {
  const std::string function = TRY(needed_property(context, properties, "functionArn"));
  const Object payload = TRY(map_property(context, properties, "functionPayload"));
  io::HttpRequest request;
  request.method = "POST";
  request.body = payload.empty() ? "" : format::print_json(payload);
  request.headers.emplace_back("Content-Type", "application/json");
  request.idle_timeout = std::chrono::minutes(16);  // longer than any function may run
  const io::HttpAnswer answer = TRY(client.send(
      std::move(request),
      fmt::format("/2015-03-31/functions/{}/invocations", io::percent_encode(function))));
  if (!answer.header("x-amz-function-error").empty()) {
    return base::unavailable(
        fmt::format("the function {} failed: {}", function, answer.body.substr(0, 500)));
  }
  TaskEnd end;
  end.outputs.set("uri", TRY(store_text(context, answer.body, "answer.json")));
  end.outputs.set("contentLength", static_cast<std::int64_t>(answer.body.size()));
  end.outputs.set("contentType", answer.header("content-type"));
  return end;
}

void add_dimensions(const Value& dimensions, std::string_view prefix, QueryPairs& form) {
  if (!dimensions.is_array()) return;
  int number = 0;
  for (const Value& dimension : dimensions.as_array()) {
    const std::string start = fmt::format("{}Dimensions.member.{}.", prefix, ++number);
    form.emplace_back(start + "Name", text_of(dimension["name"]));
    form.emplace_back(start + "Value", text_of(dimension["value"]));
  }
}

Value number_value(const std::string& text) {
  const auto parsed = format::parse_json(text);
  return parsed && parsed->is_number() ? *parsed : Value(text);
}

base::Result<TaskEnd> cloudwatch_query(
    TaskContext& context, AwsClient& client, const Value& properties) {
  std::string statistic = TRY(flow::text_property(context, properties, "statistic"));
  if (statistic.empty()) statistic = "Average";
  const base::Duration window =
      TRY(duration_property(context, properties, "window")).value_or(std::chrono::minutes(5));
  const auto period = TRY(integer_property(context, properties, "periodSeconds"));
  const base::Instant now = base::SystemClock().now();
  QueryPairs form{
      {"Action", "GetMetricStatistics"},
      {"Namespace", TRY(needed_property(context, properties, "namespace"))},
      {"MetricName", TRY(needed_property(context, properties, "metricName"))},
      {"Statistics.member.1", statistic},
      {"Period", fmt::format("{}", period.value_or(60))},
      {"StartTime", base::print_instant(now - window)},
      {"EndTime", base::print_instant(now)}};
  const Value dimensions = TRY(flow::property(context, properties, "dimensions"));
  add_dimensions(dimensions, "", form);
  const std::string xml = TRY(client.query("2010-08-01", std::move(form)));
  Array series;
  for (const std::string& points : xml_all(xml, "Datapoints")) {
    for (const std::string& point : xml_all(points, "member")) {
      series.push_back(Value::object(
          {{"timestamp", xml_text(point, "Timestamp")},
           {"value", number_value(xml_text(point, statistic))},
           {"unit", xml_text(point, "Unit")}}));
    }
  }
  TaskEnd end;
  end.outputs.set("count", static_cast<std::int64_t>(series.size()));
  end.outputs.set("series", std::move(series));
  return end;
}

base::Result<TaskEnd> cloudwatch_push(
    TaskContext& context, AwsClient& client, const Value& properties) {
  QueryPairs form{
      {"Action", "PutMetricData"},
      {"Namespace", TRY(needed_property(context, properties, "namespace"))}};
  const Value metrics = TRY(flow::property(context, properties, "metrics"));
  if (!metrics.is_array()) return base::invalid_input("property metrics must be a list");
  int number = 0;
  for (const Value& metric : metrics.as_array()) {
    const std::string start = fmt::format("MetricData.member.{}.", ++number);
    form.emplace_back(start + "MetricName", text_of(metric["metricName"]));
    form.emplace_back(start + "Value", text_of(metric["value"]));
    if (!metric["unit"].is_null()) form.emplace_back(start + "Unit", text_of(metric["unit"]));
    add_dimensions(metric["dimensions"], start, form);
  }
  TRY(client.query("2010-08-01", std::move(form)));
  TaskEnd end;
  end.outputs.set("count", std::int64_t{number});
  return end;
}

}  // namespace

std::unique_ptr<flow::PollingType> make_sqs_realtime(io::Http& http) {
  return std::make_unique<SqsRealtime>(http);
}

std::vector<AwsLook> message_looks() {
  return {
      {"aws/sqs_trigger.yaml", "sqs", sqs_consume, "count"},
      {"aws/cloudwatch_trigger.yaml", "cloudwatch", cloudwatch_query, "count"}};
}

std::vector<AwsKind> message_kinds() {
  return {
      {"aws/sqs_publish.yaml", "sqs", sqs_publish},
      {"aws/sqs_consume.yaml", "sqs", sqs_consume},
      {"aws/sns_publish.yaml", "sns", sns_publish},
      {"aws/lambda_invoke.yaml", "lambda", lambda_invoke},
      {"aws/cloudwatch_query.yaml", "cloudwatch", cloudwatch_query},
      {"aws/cloudwatch_push.yaml", "cloudwatch", cloudwatch_push}};
}

}  // namespace outlay::tasks
