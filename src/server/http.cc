// SPDX-License-Identifier: Apache-2.0
#include "server/http.h"

#include <set>

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include "base/text.h"
#include "format/json.h"

namespace outlay::server {

namespace {

std::string_view find(const Fields& fields, std::string_view name) {
  for (const auto& [key, value] : fields) {
    if (key == name) return value;
  }
  return {};
}

format::Value errors_of(std::string_view message, const base::Place& place) {
  format::Array errors;
  for (const std::string& line : base::split_trimmed(message, '\n')) {
    format::Object error;
    error.set("message", line);
    if (!place.file.empty()) error.set("path", place.text());
    errors.emplace_back(std::move(error));
  }
  return errors;
}

format::Value error_body(
    std::string_view message, const base::Place& place, std::string_view target) {
  const auto self = format::Value::object({{"href", std::string(target)}, {"templated", false}});
  return format::Value::object(
      {{"message", std::string(message)},
       {"_links", format::Value::object({{"self", self}})},
       {"_embedded", format::Value::object({{"errors", errors_of(message, place)}})}});
}

}  // namespace

std::string_view Request::header(std::string_view name) const { return find(headers, name); }

std::string_view Request::query_value(std::string_view name) const { return find(query, name); }

std::string_view Request::cookie(std::string_view name) const {
  std::string_view rest = header("cookie");
  while (!rest.empty()) {
    const std::size_t end = rest.find(';');
    const std::string_view pair = base::trim(rest.substr(0, end));
    const std::size_t equals = pair.find('=');
    if (equals != std::string_view::npos && pair.substr(0, equals) == name) {
      return pair.substr(equals + 1);
    }
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  return {};
}

std::string_view Request::path() const {
  return std::string_view(target).substr(0, target.find('?'));
}

void name_tenant(Request& request) {
  static const std::set<std::string_view> kWithoutTenant{
      "flows",
      "executions",
      "logs",
      "metrics",
      "triggers",
      "namespaces",
      "kv",
      "plugins",
      "configs"};
  std::vector<std::string>& path = request.segments;
  if (path.size() > 2 && path[0] == "api" && path[1] == "v1" && kWithoutTenant.contains(path[2])) {
    path.insert(path.begin() + 2, "main");
  }
}

bool is_webhook(const Request& request) {
  const std::vector<std::string>& path = request.segments;
  return path.size() > 4 && path[0] == "api" && path[1] == "v1" && path[3] == "executions" &&
         path[4] == "webhook";
}

namespace {

/// Programs send brackets and the like in queries as they are, which the standard does not allow.
std::string encoded_query(std::string_view target) {
  const std::size_t query = target.find('?');
  std::string out(target.substr(0, query));
  if (query == std::string_view::npos) return out;
  constexpr std::string_view kHex = "0123456789ABCDEF";
  for (const char c : target.substr(query)) {
    if (std::string_view("[]{}|\"<>^`\\").find(c) == std::string_view::npos) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kHex[byte >> 4U];
    out += kHex[byte & 15U];
  }
  return out;
}

}  // namespace

bool split_target(std::string_view target, Request& request) {
  const std::string encoded = encoded_query(target);
  const auto url = boost::urls::parse_origin_form(encoded);
  if (!url) return false;
  request.target = target;
  for (const auto& segment : url->segments()) request.segments.emplace_back(segment);
  // "/flows/" names what "/flows" names.
  if (!request.segments.empty() && request.segments.back().empty()) request.segments.pop_back();
  boost::urls::encoding_opts plus_is_space;
  plus_is_space.space_as_plus = true;
  for (const auto& param : url->params(plus_is_space)) {
    request.query.emplace_back(std::string(param.key), std::string(param.value));
  }
  return true;
}

Response json_response(int status, const format::Value& body) {
  Response response;
  response.status = status;
  response.headers = {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}};
  response.body = format::print_json(body);
  return response;
}

Response text_response(int status, std::string_view text) {
  Response response;
  response.status = status;
  response.headers = {{"Content-Type", "text/plain; charset=utf-8"}, {"Cache-Control", "no-store"}};
  response.body = text;
  return response;
}

Response page_response(int status, std::string_view title, std::string_view text) {
  Response response;
  response.status = status;
  response.headers = {{"Content-Type", "text/html; charset=utf-8"}, {"Cache-Control", "no-store"}};
  response.body =
      "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width\">"
      "<meta name=\"color-scheme\" content=\"light dark\"><title>" +
      std::string(title) + " - Outlay</title></head><body><main><h1>" + std::string(title) +
      "</h1>" + std::string(text) + "</main></body></html>\n";
  return response;
}

Response error_response(const base::Error& error, std::string_view target) {
  return json_response(
      base::http_status(error.code), error_body(error.text(), error.place, target));
}

Response error_response(int status, std::string_view message, std::string_view target) {
  return json_response(status, error_body(message, {}, target));
}

}  // namespace outlay::server
