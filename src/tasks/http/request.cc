// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "format/json.h"
#include "tasks/http/http.h"
#include "tasks/http/request_parts.h"
#include "tasks/spec.h"

namespace outlay::tasks {
namespace {

/// The body as a document when it says that it is JSON, else as text.
format::Value body_value(const io::HttpAnswer& answer) {
  const std::string type = base::lower(answer.header("content-type"));
  if (type.find("json") != std::string::npos) {
    if (auto parsed = format::parse_json(answer.body)) return *parsed;
  }
  if (!base::is_utf8(answer.body)) return base::base64_encode(answer.body);
  return answer.body;
}

class HttpRequestTask final : public SpecTask {
 public:
  explicit HttpRequestTask(io::Http& http) : SpecTask("http/request.yaml"), http_(http) {}

  base::Result<flow::TaskEnd> run(
      flow::TaskContext& context, const format::Value& properties) const override {
    const PreparedRequest prepared = TRY(prepare_request(context, properties));
    const io::HttpAnswer answer = TRY(http_.send(prepared.request));
    flow::TaskEnd end;
    end.outputs.set("uri", prepared.request.url);
    end.outputs.set("code", answer.status);
    end.outputs.set("headers", headers_value(answer.headers));
    end.outputs.set("body", body_value(answer));
    if (!prepared.allowed.contain(answer.status)) {
      end.failure = refused(prepared.request, answer);
    }
    return end;
  }

 private:
  io::Http& http_;
};

}  // namespace

std::unique_ptr<flow::TaskType> make_http_request(io::Http& http) {
  return std::make_unique<HttpRequestTask>(http);
}

}  // namespace outlay::tasks
