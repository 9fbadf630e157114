// SPDX-License-Identifier: Apache-2.0
#include "server/routes.h"

#include "base/text.h"
#include "format/json.h"

namespace outlay::server {

namespace {

using base::Result;
using format::Value;

constexpr std::string_view kRoot = "api/v1/main/";

/// Where a route leads: `path` of the operation, or one of `also`.
enum class Route { main, other };

Response empty_response(int status) {
  Response response;
  response.status = status;
  response.headers = {{"Cache-Control", "no-store"}};
  return response;
}

Response good_response(const api::Operation& operation, Route route, const Value& answer) {
  if (operation.status == 204 && route == Route::main) return empty_response(204);
  const int status = operation.status == 0 || operation.status == 204 ? 200 : operation.status;
  if (answer.is_null()) return empty_response(status == 200 ? 204 : status);
  if (operation.media.empty()) {
    // A bulk call that did not do all it was asked.
    return json_response(answer["invalids"].is_array() ? 400 : status, answer);
  }
  Response response = empty_response(status);
  response.headers.emplace_back("Content-Type", operation.media);
  response.body = answer.text_or("");
  return response;
}

Response answer_operation(
    api::Outlay& outlay,
    const api::Operation& operation,
    Route route,
    const Request& request,
    const Fields& matched) {
  auto asked = operation_request(operation, request, matched);
  // What cannot be read at all is a bad request; what is read and wrong is told by the operation.
  if (!asked) return error_response(400, asked.error().text(), request.target);
  const api::CallHooks hooks{.progress = {}, .logged = {}, .user = request.user};
  const auto answer = outlay.call(operation.name, *asked, hooks);
  if (!answer) return error_response(answer.error(), request.target);
  return good_response(operation, route, *answer);
}

void add_operation(
    Router& router,
    api::Outlay& outlay,
    const api::Operation& operation,
    Route route,
    const std::string& method,
    const std::string& path) {
  router.add(
      method,
      std::string(kRoot) + path,
      [&outlay, &operation, route](const Request& request, const Fields& matched) {
        return answer_operation(outlay, operation, route, request, matched);
      });
}

Value pairs(const Fields& fields) {
  format::Array out;
  for (const auto& [name, value] : fields)
    out.push_back(Value::object({{"name", name}, {"value", value}}));
  return Value(std::move(out));
}

Response answer_webhook(api::Outlay& outlay, const Request& request, const Fields& matched) {
  if (request.path().ends_with("/")) {
    return error_response(404, "There is no webhook at an address that ends in /", request.target);
  }
  format::Object call;
  for (const auto& [name, text] : matched) call.set(name, text);
  call.set("method", request.method == "HEAD" ? "GET" : request.method);
  call.set("body", request.body);
  call.set("headers", pairs(request.headers));
  call.set("parameters", pairs(request.query));
  const auto answer = outlay.call("executions.webhook", Value(std::move(call)));
  if (!answer) return error_response(answer.error(), request.target);
  const int status = static_cast<int>((*answer)["status"].int_or(200));
  const Value& body = (*answer)["body"];
  const std::string type = (*answer)["contentType"].text_or("");
  if (type.empty() || type == "application/json") return json_response(status, body);
  Response response = empty_response(status);
  response.headers.emplace_back("Content-Type", type);
  // A lone output is the text that the caller wants; several are JSON all the same.
  const bool is_lone = body.is_object() && body.as_object().size() == 1 &&
                       body.as_object().begin()->second.is_text();
  response.body = is_lone ? body.as_object().begin()->second.as_text() : format::print_json(body);
  return response;
}

}  // namespace

void add_routes(Router& router, api::Outlay& outlay, Live& live) {
  for (const api::Operation& operation : api::operations()) {
    if (!operation.method.empty())
      add_operation(router, outlay, operation, Route::main, operation.method, operation.path);
    for (const std::string& also : operation.also) {
      const std::size_t space = also.find(' ');
      add_operation(
          router, outlay, operation, Route::other, also.substr(0, space), also.substr(space + 1));
    }
  }
  for (const char* method : {"GET", "POST", "PUT"}) {
    router.add(
        method,
        std::string(kRoot) + "executions/webhook/{namespace}/{id}/{key}",
        [&outlay](const Request& request, const Fields& matched) {
          return answer_webhook(outlay, request, matched);
        });
  }
  add_file_routes(router, outlay);
  add_stream_routes(router, outlay, live);
}

void add_stream_routes(Router& router, api::Outlay& outlay, Live& live) {
  const auto is_known = [&outlay](const std::string& id) -> Result<base::Done> {
    TRY(outlay.call("executions.get", Value::object({{"id", id}})));
    return base::Done{};
  };
  router.add(
      "GET",
      std::string(kRoot) + "executions/{id}/follow",
      [&live, is_known](const Request& request, const Fields& matched) {
        const std::string id = matched[0].second;
        if (const auto known = is_known(id); !known)
          return error_response(known.error(), request.target);
        Response response;
        response.stream = [&live, id](std::shared_ptr<EventSink> sink) {
          live.follow_execution(id, std::move(sink));
        };
        return response;
      });
  router.add(
      "GET",
      std::string(kRoot) + "logs/{id}/follow",
      [&live, is_known](const Request& request, const Fields& matched) {
        const std::string id = matched[0].second;
        if (const auto known = is_known(id); !known)
          return error_response(known.error(), request.target);
        const std::string level(request.query_value("minLevel"));
        Response response;
        response.stream = [&live, id, level](std::shared_ptr<EventSink> sink) {
          live.follow_logs(id, 0, level, std::move(sink));
        };
        return response;
      });
  router.add("GET", std::string(kRoot) + "events", [&live](const Request&, const Fields&) {
    Response response;
    response.stream = [&live](std::shared_ptr<EventSink> sink) {
      live.follow_events(std::move(sink));
    };
    return response;
  });
}

}  // namespace outlay::server
