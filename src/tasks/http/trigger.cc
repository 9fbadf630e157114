// SPDX-License-Identifier: Apache-2.0
#include "tasks/http/http.h"
#include "tasks/http/request_parts.h"
#include "tasks/spec.h"

namespace outlay::tasks {
namespace {

class HttpTrigger final : public flow::PollingType {
 public:
  explicit HttpTrigger(io::Http& http) : info_(read_spec("http/trigger.yaml")), http_(http) {}

  const flow::TaskInfo& info() const override { return info_; }

  base::Result<std::optional<format::Object>> poll(
      flow::TaskContext& context, const format::Value& properties) const override {
    const PreparedRequest prepared = TRY(prepare_request(context, properties));
    const io::HttpAnswer answer = TRY(http_.send(prepared.request));
    if (!prepared.allowed.contain(answer.status)) return refused(prepared.request, answer);
    const format::Value body = body_value(answer);
    const format::Value headers = headers_value(answer.headers);
    const expr::Scope seen(
        format::Value::object(
            {{"response",
              format::Value::object(
                  {{"statusCode", answer.status}, {"headers", headers}, {"body", body}})}}),
        &context.scope());
    const auto condition = TRY(expr::Template::parse(
        properties["responseCondition"].text_or("{{ response.statusCode < 400 }}")));
    const std::string truth = TRY(condition.render(seen, context.environment()));
    if (!expr::is_truthy_text(truth)) return std::optional<format::Object>();
    format::Object variables;
    variables.set("uri", prepared.request.url);
    variables.set("code", answer.status);
    variables.set("headers", headers);
    variables.set("body", body);
    return std::optional<format::Object>(std::move(variables));
  }

 private:
  flow::TaskInfo info_;
  io::Http& http_;
};

}  // namespace

std::unique_ptr<flow::PollingType> make_http_trigger(io::Http& http) {
  return std::make_unique<HttpTrigger>(http);
}

}  // namespace outlay::tasks
