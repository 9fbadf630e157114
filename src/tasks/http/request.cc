// SPDX-License-Identifier: Apache-2.0
#include "tasks/http/http.h"
#include "tasks/http/request_parts.h"
#include "tasks/spec.h"

namespace outlay::tasks {
namespace {

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
