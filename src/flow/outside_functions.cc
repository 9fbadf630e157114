// SPDX-License-Identifier: Apache-2.0
#include "flow/outside_functions.h"

#include <fmt/format.h>

#include "base/text.h"
#include "flow/namespace_files.h"
#include "format/json.h"
#include "io/http.h"
#include "io/url.h"

namespace outlay::flow {
namespace {

using format::Array;
using format::Value;

Value argument(const Array& arguments, std::size_t index) {
  return index < arguments.size() ? arguments[index] : Value();
}

std::string text_of(const Value& value) {
  if (value.is_null()) return {};
  return value.is_text() ? value.as_text() : format::print_json(value);
}

/// The lines that tasks of this execution logged as errors.
base::Result<Value> error_logs(const OutsideWorld& world) {
  constexpr long long kPage = 1'000;
  Array out;
  long long after = 0;
  while (true) {
    const std::vector<LogLine> page = TRY(world.engine->logs(world.execution_id, after, kPage));
    for (const LogLine& line : page) {
      after = line.id;
      if (line.level != "ERROR") continue;
      out.push_back(Value::object(
          {{"taskId", line.task_id},
           {"taskRunId", line.task_run_id},
           {"attemptNumber", static_cast<std::int64_t>(line.attempt)},
           {"timestamp", line.time},
           {"level", line.level},
           {"message", line.message}}));
    }
    if (page.size() < static_cast<std::size_t>(kPage)) return Value(std::move(out));
  }
}

/// What path, namespace and version name: a URI as it is, a file of a namespace else.
base::Result<std::string> content_of(const OutsideWorld& world, const Array& arguments) {
  const std::string path = text_of(argument(arguments, 0));
  if (path.empty()) return base::invalid_input("the argument 'path' is missing");
  const Value name_space = argument(arguments, 1);
  const Value version = argument(arguments, 2);
  if (name_space.is_null() && version.is_null()) return world.read(path);
  std::optional<long long> wanted;
  if (version.is_int()) wanted = version.as_int();
  return world.engine->namespace_files().read(
      name_space.is_null() ? world.name_space : text_of(name_space), path, wanted);
}

base::Result<Value> file_uri(const OutsideWorld& world, const Array& arguments) {
  const std::string path = text_of(argument(arguments, 0));
  const Value given = argument(arguments, 1);
  const std::string name_space = given.is_null() ? world.name_space : text_of(given);
  const NamespaceFile file = TRY(world.engine->namespace_files().get(name_space, path));
  return Value(fmt::format("nsfile://{}/{}", name_space, file.path));
}

/// {{ http(uri, method, query, body, contentType, headers, options, accept) }}: the parsed body.
base::Result<Value> http_function(const Array& arguments) {
  io::HttpRequest request;
  request.url = text_of(argument(arguments, 0));
  const std::string method = text_of(argument(arguments, 1));
  if (!method.empty()) request.method = method;
  if (const Value query = argument(arguments, 2); query.is_object()) {
    io::QueryParams pairs;
    for (const auto& [name, value] : query.as_object()) pairs.emplace_back(name, text_of(value));
    request.url +=
        (request.url.find('?') == std::string::npos ? "?" : "&") + io::print_query(pairs);
  }
  request.body = text_of(argument(arguments, 3));
  const std::string type = text_of(argument(arguments, 4));
  if (!request.body.empty())
    request.headers.emplace_back("Content-Type", type.empty() ? "application/json" : type);
  if (const Value headers = argument(arguments, 5); headers.is_object()) {
    for (const auto& [name, value] : headers.as_object())
      request.headers.emplace_back(name, text_of(value));
  }
  const std::string accept = text_of(argument(arguments, 7));
  if (!accept.empty()) request.headers.emplace_back("Accept", accept);
  const io::HttpAnswer answer = TRY(io::CurlHttp().send(request));
  if (answer.status >= 400)
    return base::unavailable(fmt::format("{} was answered {}", request.method, answer.status));
  const std::string answered = base::lower(answer.header("content-type"));
  if (answered.find("json") == std::string::npos) return Value(answer.body);
  return format::parse_json(answer.body);
}

}  // namespace

base::Result<Value> outside_function(
    const OutsideWorld& world, std::string_view function, const Array& arguments) {
  if (function == "errorLogs") return error_logs(world);
  if (function == "fileURI") return file_uri(world, arguments);
  if (function == "http") return http_function(arguments);
  if (function == "read") {
    const std::string content = TRY(content_of(world, arguments));
    return Value(content);
  }
  const bool is_exists = function == "fileExists";
  if (is_exists || function == "fileSize" || function == "isFileEmpty") {
    const auto content = content_of(world, arguments);
    if (is_exists) return Value(content.has_value());
    if (!content) return content.error();
    if (function == "isFileEmpty") return Value(content->empty());
    return Value(static_cast<std::int64_t>(content->size()));
  }
  return base::invalid_input("it is not available here");
}

}  // namespace outlay::flow
