// SPDX-License-Identifier: Apache-2.0
#include "tasks/slack/slack.h"

#include <fmt/format.h>

#include "base/log.h"
#include "base/text.h"
#include "format/json.h"
#include "tasks/http/request_parts.h"
#include "tasks/properties.h"
#include "tasks/slack/json_template.h"
#include "tasks/spec.h"

namespace outlay::tasks {
namespace {

using format::Value;

/// What to write instead, for each expression in the payload that can break it.
std::string advice(const Value& written) {
  if (!written.is_text()) return {};
  const auto unsafe = unsafe_expressions(written.as_text());
  if (unsafe.empty()) {
    return ". An expression that gives text must stand without quotes and end in toJson: "
           "{{ ... | toJson }}";
  }
  return fmt::format(
      ". {0} stands inside quotes, so a quote or line break in its value breaks the JSON: write "
      "{1} without quotes around it",
      unsafe.front().text,
      safe_form(unsafe.front().text));
}

base::Result<std::string> payload_text(flow::TaskContext& context, const Value& properties) {
  if (properties["payload"].is_null()) {
    const std::string message = TRY(flow::text_property(context, properties, "messageText"));
    if (message.empty()) {
      return base::invalid_input("give payload (JSON text) or messageText; neither is there");
    }
    return format::print_json(Value::object({{"text", message}}));
  }
  std::string payload = TRY(flow::text_property(context, properties, "payload"));
  auto parsed = format::parse_json(payload, format::JsonNumbers::exact, "payload");
  if (parsed && parsed->is_object()) return payload;
  if (parsed) {
    return base::invalid_input(fmt::format(
        "property payload must be a JSON map such as {{\"text\": ...}}, found a {}",
        parsed->kind()));
  }
  base::Error error = parsed.error();
  error.message = base::masked(error.message) + advice(properties["payload"]);
  return error;
}

class SlackWebhookTask final : public SpecTask {
 public:
  explicit SlackWebhookTask(io::Http& http) : SpecTask("slack/webhook.yaml"), http_(http) {}

  void check(const format::Node& task, std::vector<flow::Problem>& problems) const override {
    const format::Node* payload = task.find("payload");
    if (payload == nullptr) {
      if (task.find("messageText") == nullptr) {
        problems.push_back(
            {flow::Problem::Level::error, "give payload (JSON text) or messageText", task.place});
      }
      return;
    }
    if (!payload->is_scalar()) return;
    warn_of_unsafe_expressions(*payload, problems);
  }

  base::Result<flow::TaskEnd> run(
      flow::TaskContext& context, const Value& properties) const override {
    PreparedRequest prepared;
    io::HttpRequest& request = prepared.request;
    request.method = "POST";
    request.url = std::string(base::trim(TRY(flow::text_property(context, properties, "url"))));
    request.body = TRY(payload_text(context, properties));
    request.headers.emplace_back("Content-Type", "application/json; charset=utf-8");
    request.stop = &context.stop();
    TRY(apply_options(context, properties["options"], prepared));
    const io::HttpAnswer answer = TRY(http_.send(request));
    if (!prepared.allowed.contain(answer.status)) return refusal(answer);
    context.log(base::LogLevel::debug, fmt::format("Slack answered {}", answer.status));
    return flow::TaskEnd{};
  }

 private:
  /// Without the URL: whoever has it may post.
  static base::Error refusal(const io::HttpAnswer& answer) {
    std::string_view hint;
    if (answer.body.find("invalid_payload") != std::string::npos) {
      hint = "; the payload is JSON but not a message: it needs \"text\" or \"blocks\"";
    } else if (answer.status == 404 || answer.status == 403) {
      hint = "; the webhook may have been removed: check the secret that holds its URL";
    }
    const std::string body = answer.body.substr(0, 300);
    return base::unavailable(fmt::format(
        "the webhook answered {}{}{}{}",
        answer.status,
        body.empty() ? "" : ": ",
        base::is_utf8(body) ? body : "",
        hint));
  }

  io::Http& http_;
};

}  // namespace

std::unique_ptr<flow::TaskType> make_slack_webhook(io::Http& http) {
  return std::make_unique<SlackWebhookTask>(http);
}

}  // namespace outlay::tasks
