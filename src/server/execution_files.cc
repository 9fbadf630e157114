// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "format/json.h"
#include "server/routes.h"

namespace outlay::server {

namespace {

using base::Result;
using format::Value;

constexpr std::string_view kRoot = "api/v1/main/executions/{id}/file";

/// The bytes of a file of the execution: only of this one, whatever the path says.
Result<std::string> bytes_of(
    api::Outlay& outlay, const Request& request, const std::string& execution_id) {
  const std::string uri(request.query_value("path"));
  const bool is_own = uri.find("/executions/" + execution_id + "/") != std::string::npos &&
                      uri.find("..") == std::string::npos;
  if (is_own) return outlay.read_uri(uri);
  return base::not_found("\"path\" must be a kestra:// URI of a file of this execution");
}

std::string extension_of(std::string_view uri) {
  const std::size_t dot = uri.rfind('.');
  const std::size_t slash = uri.rfind('/');
  if (dot == std::string_view::npos || (slash != std::string_view::npos && slash > dot)) return {};
  return base::lower(uri.substr(dot + 1));
}

Response answer_file(api::Outlay& outlay, const Request& request, const Fields& matched) {
  auto bytes = bytes_of(outlay, request, matched[0].second);
  if (!bytes) return error_response(bytes.error(), request.target);
  const std::string uri(request.query_value("path"));
  const std::string name = base::replace_all(uri.substr(uri.rfind('/') + 1), "\"", "");
  Response response;
  response.headers = {
      {"Content-Type", "application/octet-stream"},
      {"Content-Disposition", "attachment; filename=\"" + name + "\""},
      {"Cache-Control", "no-store"}};
  response.body = std::move(*bytes);
  return response;
}

Response answer_metas(api::Outlay& outlay, const Request& request, const Fields& matched) {
  const auto bytes = bytes_of(outlay, request, matched[0].second);
  if (!bytes) return error_response(bytes.error(), request.target);
  return json_response(200, Value::object({{"size", static_cast<std::int64_t>(bytes->size())}}));
}

std::size_t rows_wanted(const Request& request) {
  constexpr std::size_t kFew = 100;
  constexpr std::size_t kMost = 5000;
  const std::string text(request.query_value("maxRows"));
  if (text.empty() || text.size() > 6 || text.find_first_not_of("0123456789") != std::string::npos)
    return kFew;
  return std::min<std::size_t>(kMost, std::stoul(text));
}

/// The first rows: of files with a JSON value a line as values, of others as text.
Value preview(const std::string& extension, const std::string& bytes, std::size_t rows_max) {
  const bool is_rows = extension == "ion" || extension == "jsonl" || extension == "ndjson";
  format::Array rows;
  std::string text;
  std::size_t lines = 0;
  std::size_t at = 0;
  while (at < bytes.size() && lines < rows_max) {
    const std::size_t end = std::min(bytes.find('\n', at), bytes.size());
    const std::string line = bytes.substr(at, end - at);
    at = end + 1;
    ++lines;
    if (!is_rows) {
      text += line + "\n";
      continue;
    }
    const auto row = format::parse_json(line, format::JsonNumbers::exact);
    rows.push_back(row ? *row : Value(line));
  }
  const bool is_cut = at < bytes.size();
  return Value::object(
      {{"extension", extension.empty() ? "txt" : extension},
       {"type",
        is_rows             ? "LIST"
        : extension == "md" ? "MARKDOWN"
                            : "TEXT"},
       {"content", is_rows ? Value(std::move(rows)) : Value(std::move(text))},
       {"maxLine", static_cast<std::int64_t>(rows_max)},
       {"truncated", is_cut}});
}

Response answer_preview(api::Outlay& outlay, const Request& request, const Fields& matched) {
  const auto bytes = bytes_of(outlay, request, matched[0].second);
  if (!bytes) return error_response(bytes.error(), request.target);
  if (!base::is_utf8(*bytes)) {
    return error_response(
        422, "This file is no text in UTF-8; download it instead", request.target);
  }
  return json_response(
      200, preview(extension_of(request.query_value("path")), *bytes, rows_wanted(request)));
}

}  // namespace

void add_file_routes(Router& router, api::Outlay& outlay) {
  const std::string path(kRoot);
  using Answering = Response (*)(api::Outlay&, const Request&, const Fields&);
  const auto add = [&](const std::string& below, Answering answer) {
    router.add("GET", path + below, [&outlay, answer](const Request& request, const Fields& found) {
      return answer(outlay, request, found);
    });
  };
  add("", &answer_file);
  add("/metas", &answer_metas);
  add("/preview", &answer_preview);
}

}  // namespace outlay::server
