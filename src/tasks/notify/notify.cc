// SPDX-License-Identifier: Apache-2.0
#include "tasks/notify/notify.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/log.h"
#include "base/text.h"
#include "format/json.h"
#include "tasks/http/request_parts.h"
#include "tasks/notify/execution_facts.h"
#include "tasks/notify/service_spec.h"
#include "tasks/properties.h"
#include "tasks/slack/json_template.h"

namespace outlay::tasks {
namespace {

using format::Object;
using format::Value;

constexpr std::array<std::string_view, 14> kSpecs{
    "notify/discord.yaml",
    "notify/google_chat.yaml",
    "notify/opsgenie.yaml",
    "notify/pagerduty.yaml",
    "notify/sendgrid.yaml",
    "notify/sentry.yaml",
    "notify/slack.yaml",
    "notify/squadcast.yaml",
    "notify/teams.yaml",
    "notify/telegram.yaml",
    "notify/twilio.yaml",
    "notify/whatsapp.yaml",
    "notify/zenduty.yaml",
    "notify/zulip.yaml"};

/// Without members that are null or empty: what was not given is not sent.
Value without_empty(const Value& value) {  // NOLINT(misc-no-recursion): as deep as the spec file
  if (value.is_array()) {
    format::Array out;
    for (const Value& item : value.as_array()) out.push_back(without_empty(item));
    return out;
  }
  if (!value.is_object()) return value;
  Object out;
  for (const auto& [key, member] : value.as_object()) {
    Value kept = without_empty(member);
    const bool is_empty = kept.is_null() || (kept.is_text() && kept.as_text().empty()) ||
                          (kept.is_object() && kept.as_object().empty()) ||
                          (kept.is_array() && kept.as_array().empty());
    if (!is_empty) out.set(key, std::move(kept));
  }
  return out;
}

/// The JSON text of the property payload; an error says how to write it so that it stays JSON.
base::Result<std::string> payload_of(flow::TaskContext& context, const Value& properties) {
  std::string payload = TRY(flow::text_property(context, properties, "payload"));
  const auto parsed = format::parse_json(payload, format::JsonNumbers::exact, "payload");
  if (parsed) return payload;
  base::Error error = parsed.error();
  error.message = base::masked(error.message) +
                  ". An expression that gives text must stand without quotes and end in toJson: "
                  "{{ ... | toJson }}";
  return error;
}

std::string form_of(const Value& body) {
  std::string out;
  if (!body.is_object()) return out;
  for (const auto& [name, value] : body.as_object()) {
    if (!out.empty()) out += '&';
    out += percent_encoded(name) + "=" + percent_encoded(text_of(value));
  }
  return out;
}

/// One service: how a message becomes a request. `is_twin` tells of an execution.
class NotifyTask final : public flow::TaskType {
 public:
  NotifyTask(flow::TaskInfo info, Value request, bool is_twin, io::Http& http)
      : info_(std::move(info)), request_(std::move(request)), is_twin_(is_twin), http_(http) {}

  const flow::TaskInfo& info() const override { return info_; }

  void check(const format::Node& task, std::vector<flow::Problem>& problems) const override {
    const format::Node* payload = task.find("payload");
    if (payload == nullptr || !payload->is_scalar() || has_text_payload()) return;
    warn_of_unsafe_expressions(*payload, problems);
  }

  base::Result<flow::TaskEnd> run(
      flow::TaskContext& context, const Value& properties) const override {
    ContextWithVariables inner(context, TRY(variables(context, properties)));
    PreparedRequest prepared;
    io::HttpRequest& request = prepared.request;
    request.method = "POST";
    request.url = std::string(base::trim(TRY(flow::text_property(inner, request_, "url"))));
    if (request.url.empty()) return base::invalid_input("property url must be given");
    for (const auto& [name, value] : TRY(map_property(inner, request_, "headers")))
      request.headers.emplace_back(name, text_of(value));
    request.basic_auth = TRY(flow::text_property(inner, request_, "basicAuth"));
    TRY(set_body(context, inner, properties, request));
    request.stop = &context.stop();
    TRY(apply_options(context, properties["options"], prepared));
    const io::HttpAnswer answer = TRY(http_.send(request));
    if (!prepared.allowed.contain(answer.status)) return refusal(answer);
    context.log(base::LogLevel::debug, fmt::format("the service answered {}", answer.status));
    flow::TaskEnd end;
    end.outputs.set("code", answer.status);
    return end;
  }

 private:
  bool has_text_payload() const { return request_["payload"].text_or("") == "text"; }

  /// The task's properties by name, null where not given; for a twin the facts too.
  base::Result<Value> variables(flow::TaskContext& context, const Value& properties) const {
    Object out;
    for (const auto& [name, schema] : info_.properties["properties"].as_object()) {
      if (name == "payload" || name == "options") continue;
      Value value = TRY(flow::property(context, properties, name));
      if (value.is_null()) value = schema["default"];
      out.set(name, std::move(value));
    }
    if (is_twin_) {
      const Object facts = TRY(execution_facts(context, properties));
      for (const auto& [name, value] : facts) out.set(name, value);
      return Value(std::move(out));
    }
    const std::string payload =
        has_text_payload() ? TRY(flow::text_property(context, properties, "payload")) : "";
    out.set("text", payload.empty() ? Value(out)["messageText"] : Value(payload));
    for (const char* name : {"title", "state", "color", "link", "fields", "isGood"}) {
      if (out.find(name) == nullptr) out.set(name, Value());
    }
    return Value(std::move(out));
  }

  base::Result<base::Done> set_body(
      flow::TaskContext& context,
      flow::TaskContext& inner,
      const Value& properties,
      io::HttpRequest& request) const {
    const bool is_form = request_["form"].bool_or(false);
    if (!properties["payload"].is_null() && !has_text_payload()) {
      request.body = TRY(payload_of(context, properties));
      if (is_form) request.body = form_of(TRY(format::parse_json(request.body)));
    } else {
      const Value body = without_empty(TRY(flow::property(inner, request_, "body")));
      if (!is_twin_ && !has_message(properties))
        return base::invalid_input("give payload (JSON text) or messageText; neither is there");
      request.body = is_form ? form_of(body) : format::print_json(body);
    }
    request.headers.emplace_back(
        "Content-Type",
        is_form ? "application/x-www-form-urlencoded" : "application/json; charset=utf-8");
    return base::Done{};
  }

  static bool has_message(const Value& properties) {
    constexpr std::array<std::string_view, 10> kNames{
        "messageText",
        "payload",
        "content",
        "message",
        "body",
        "textBody",
        "textContent",
        "htmlContent",
        "payloadSummary",
        "embedList"};
    return std::any_of(kNames.begin(), kNames.end(), [&](std::string_view name) {
      return !properties[name].is_null();
    });
  }

  /// Without the URL: whoever has it may post.
  static base::Error refusal(const io::HttpAnswer& answer) {
    const std::string body = answer.body.substr(0, 300);
    return base::unavailable(base::masked(fmt::format(
        "the service answered {}{}{}",
        answer.status,
        body.empty() ? "" : ": ",
        base::is_utf8(body) ? body : "")));
  }

  flow::TaskInfo info_;
  Value request_;
  bool is_twin_;
  io::Http& http_;
};

}  // namespace

std::vector<std::unique_ptr<flow::TaskType>> make_notifications(io::Http& http) {
  std::vector<std::unique_ptr<flow::TaskType>> out;
  for (const std::string_view name : kSpecs) {
    const Value spec = read_service_spec(name);
    for (const bool is_twin : {false, true}) {
      if ((is_twin ? spec["twin"] : spec)["type"].is_null()) continue;
      out.push_back(std::make_unique<NotifyTask>(
          service_info(spec, is_twin), spec["request"], is_twin, http));
    }
  }
  return out;
}

}  // namespace outlay::tasks
