// SPDX-License-Identifier: Apache-2.0
// Slack's Web API as an app with a token: https://api.slack.com/web
#include <fmt/format.h>

#include "base/log.h"
#include "base/text.h"
#include "format/json.h"
#include "tasks/http/request_parts.h"
#include "tasks/items.h"
#include "tasks/properties.h"
#include "tasks/slack/json_template.h"
#include "tasks/slack/slack.h"
#include "tasks/spec.h"

namespace outlay::tasks {
namespace {

using flow::TaskContext;
using flow::TaskEnd;
using format::Object;
using format::Value;

/// One method of the API: which properties go into which arguments, what comes out.
struct Method {
  std::string_view spec, name;
  bool has_message = false;  ///< payload or messageText
  std::vector<std::pair<std::string_view, std::string_view>> arguments;
  std::vector<std::pair<std::string_view, std::string_view>> outputs;  ///< output, member
};

std::vector<Method> methods() {
  return {
      {"slack/chat_post.yaml",
       "chat.postMessage",
       true,
       {{"channel", "channel"},
        {"timestamp", "thread_ts"},
        {"username", "username"},
        {"iconUrl", "icon_url"},
        {"iconEmoji", "icon_emoji"}},
       {{"timestamp", "ts"}, {"channel", "channel"}}},
      {"slack/chat_post_ephemeral.yaml",
       "chat.postEphemeral",
       true,
       {{"channel", "channel"}, {"user", "user"}, {"timestamp", "thread_ts"}},
       {{"timestamp", "message_ts"}}},
      {"slack/chat_update.yaml",
       "chat.update",
       true,
       {{"channel", "channel"}, {"timestamp", "ts"}},
       {{"timestamp", "ts"}, {"channel", "channel"}}},
      {"slack/chat_delete.yaml",
       "chat.delete",
       false,
       {{"channel", "channel"}, {"timestamp", "ts"}},
       {{"timestamp", "ts"}, {"channel", "channel"}}},
      {"slack/chat_schedule.yaml",
       "chat.scheduleMessage",
       true,
       {{"channel", "channel"}, {"postAt", "post_at"}, {"timestamp", "thread_ts"}},
       {{"scheduledMessageId", "scheduled_message_id"}, {"postAt", "post_at"}}},
      {"slack/reaction_add.yaml",
       "reactions.add",
       false,
       {{"channel", "channel"}, {"timestamp", "timestamp"}, {"reaction", "name"}},
       {}}};
}

/// The message of the properties payload (JSON text or a map) and messageText.
base::Result<Object> message_of(TaskContext& context, const Value& properties) {
  Object out;
  if (!properties["payload"].is_null()) {
    const std::string payload = TRY(flow::text_property(context, properties, "payload"));
    auto parsed = format::parse_json(payload, format::JsonNumbers::exact, "payload");
    if (!parsed) {
      base::Error error = parsed.error();
      error.message = base::masked(error.message) +
                      ". An expression that gives text must stand without quotes and end in "
                      "toJson: {{ ... | toJson }}";
      return error;
    }
    if (!parsed->is_object())
      return base::invalid_input("property payload must be a JSON map such as {\"text\": ...}");
    out = parsed->as_object();
  }
  const std::string text = TRY(flow::text_property(context, properties, "messageText"));
  if (!text.empty()) out.set("text", text);
  if (out.empty())
    return base::invalid_input("give payload (JSON text) or messageText; neither is there");
  return out;
}

/// What to do about an error that Slack names.
std::string_view advice_on(std::string_view code) {
  if (code == "not_in_channel") return "; invite the app into the channel";
  if (code == "channel_not_found") return "; check the channel's id, and that the app may see it";
  if (code == "invalid_auth" || code == "not_authed" || code == "token_revoked")
    return "; check the secret that holds the app's token";
  if (code == "missing_scope") return "; add the scope to the app and install it again";
  return {};
}

class SlackAppTask final : public SpecTask {
 public:
  SlackAppTask(Method method, io::Http& http)
      : SpecTask(read_spec_with(method.spec, "slack/app_shared.yaml")),
        method_(std::move(method)),
        http_(http) {}

  void check(const format::Node& task, std::vector<flow::Problem>& problems) const override {
    const format::Node* payload = task.find("payload");
    if (payload != nullptr && payload->is_scalar()) warn_of_unsafe_expressions(*payload, problems);
  }

  base::Result<TaskEnd> run(TaskContext& context, const Value& properties) const override {
    const std::string token = TRY(needed_property(context, properties, "token"));
    base::hide_in_log(token);
    Object body;
    for (const auto& [property, argument] : method_.arguments) {
      const std::string text = TRY(flow::text_property(context, properties, property));
      if (!text.empty()) body.set(std::string(argument), text);
    }
    if (method_.has_message) {
      // What the payload says of itself comes before the properties.
      for (const auto& [name, value] : TRY(message_of(context, properties))) body.set(name, value);
    }
    PreparedRequest prepared;
    io::HttpRequest& request = prepared.request;
    std::string url = TRY(flow::text_property(context, properties, "url"));
    if (url.empty()) url = "https://slack.com/api";
    while (url.ends_with('/')) url.pop_back();
    request.method = "POST";
    request.url = fmt::format("{}/{}", url, method_.name);
    request.body = format::print_json(Value(std::move(body)));
    request.headers.emplace_back("Content-Type", "application/json; charset=utf-8");
    request.headers.emplace_back("Authorization", "Bearer " + token);
    request.stop = &context.stop();
    TRY(apply_options(context, properties["options"], prepared));
    const io::HttpAnswer answer = TRY(http_.send(request));
    const auto told = format::parse_json(answer.body);
    if (!told || !(*told)["ok"].bool_or(false)) return refusal(answer, told ? *told : Value());
    TaskEnd end;
    for (const auto& [output, member] : method_.outputs)
      end.outputs.set(std::string(output), (*told)[member]);
    return end;
  }

 private:
  base::Error refusal(const io::HttpAnswer& answer, const Value& told) const {
    const std::string code = told["error"].text_or("");
    if (code.empty())
      return base::unavailable(fmt::format("Slack answered {} to {}", answer.status, method_.name));
    return base::unavailable(
        fmt::format("Slack refused {}: {}{}", method_.name, code, advice_on(code)));
  }

  Method method_;
  io::Http& http_;
};

}  // namespace

std::vector<std::unique_ptr<flow::TaskType>> make_slack_app_tasks(io::Http& http) {
  std::vector<std::unique_ptr<flow::TaskType>> out;
  for (Method& method : methods())
    out.push_back(std::make_unique<SlackAppTask>(std::move(method), http));
  return out;
}

}  // namespace outlay::tasks
