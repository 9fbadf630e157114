// SPDX-License-Identifier: Apache-2.0
#include "api/ops/bound.h"
#include "api/ops/params.h"
#include "api/parts.h"

namespace outlay::api {
namespace {

using base::Result;
using format::Value;

std::vector<std::pair<std::string, std::string>> pairs_of(const Value& list) {
  std::vector<std::pair<std::string, std::string>> out;
  if (!list.is_array()) return out;
  for (const Value& pair : list.as_array()) {
    out.emplace_back(pair["name"].text_or(""), pair["value"].text_or(""));
  }
  return out;
}

Value started_json(const Value& execution) {
  format::Object out;
  for (const char* name : {"id", "namespace", "flowId", "flowRevision", "trigger", "labels"})
    out.set(name, execution[name]);
  out.set("outputs", execution["outputs"]);
  out.set("state", execution["state"]);
  return Value(std::move(out));
}

int status_of(const flow::WebhookAnswer& answer, const std::string& state) {
  if (answer.waits && (state == "FAILED" || state == "KILLED")) return 500;
  return answer.status.value_or(200);
}

Result<Value> call_webhook(Parts& parts, const Request& request, const CallHooks&) {
  flow::Engine* engine = TRY(parts.engine());
  flow::WebhookCall call;
  call.name_space = request.text("namespace");
  call.flow_id = request.text("id");
  call.key = request.text("key");
  call.method = request.text("method");
  call.body = request.text("body");
  call.headers = pairs_of(request.value("headers"));
  call.parameters = pairs_of(request.value("parameters"));
  const flow::WebhookAnswer answer = TRY(engine->webhook(call));
  const Value execution = answer.waits ? TRY(engine->wait(answer.execution_id, std::nullopt))
                                       : TRY(engine->execution(answer.execution_id));
  const std::string state = execution["state"]["current"].text_or("");
  return Value::object(
      {{"status", status_of(answer, state)},
       {"contentType", answer.content_type},
       {"body",
        answer.waits && answer.returns_outputs && state != "FAILED" ? execution["outputs"]
                                                                    : started_json(execution)}});
}

}  // namespace

std::vector<BoundOperation> webhook_operations() {
  return {
      {{.name = "executions.webhook",
        .summary = "Starts what a flow's webhook says: the key in the address is all that is "
                   "asked for.",
        .permission = "execution.create",
        .params =
            {required("namespace", ParamKind::text, "the flow's namespace"),
             required("id", ParamKind::text, "the flow's id"),
             required("key", ParamKind::text, "the webhook's key"),
             one_of("method", "of the call", {"GET", "POST", "PUT"}, "POST"),
             optional("body", ParamKind::text, "of the call"),
             optional("headers", ParamKind::any, "a list of {name, value}"),
             optional("parameters", ParamKind::any, "of the query: a list of {name, value}")},
        .answer = R"({"status":200,"contentType":"","body":{"id":"...","state":{...}}})",
        .example = R"({"namespace":"demo","id":"hello","key":"4wjtkzwVGBM9yKnjm3yv8r"})"},
       &call_webhook},
  };
}

}  // namespace outlay::api
