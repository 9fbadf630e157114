// SPDX-License-Identifier: Apache-2.0
#include "tasks/http/request_parts.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/log.h"
#include "base/random.h"
#include "base/text.h"
#include "format/json.h"
#include "tasks/properties.h"

namespace outlay::tasks {
namespace {

using format::Value;
using std::chrono::duration_cast;
using std::chrono::milliseconds;

constexpr std::string_view kFormType = "application/x-www-form-urlencoded";

std::string upper(std::string text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  }
  return text;
}

bool has_header(const io::HttpRequest& request, std::string_view name) {
  for (const auto& [key, value] : request.headers) {
    if (base::equal_ignoring_case(key, name)) return true;
  }
  return false;
}

/// A map of names to values or lists of values, as pairs.
std::vector<std::pair<std::string, std::string>> pairs_of(const format::Object& map) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const auto& [name, value] : map) {
    if (value.is_array()) {
      for (const Value& item : value.as_array()) out.emplace_back(name, text_of(item));
    } else if (!value.is_null()) {
      out.emplace_back(name, text_of(value));
    }
  }
  return out;
}

std::string encoded_pairs(const format::Object& map) {
  std::string out;
  for (const auto& [name, value] : pairs_of(map)) {
    if (!out.empty()) out += '&';
    out += percent_encoded(name) + '=' + percent_encoded(value);
  }
  return out;
}

base::Result<std::string> multipart(
    flow::TaskContext& context, const format::Object& form, const std::string& boundary) {
  std::string out;
  for (const auto& [name, value] : form) {
    out += fmt::format("--{}\r\nContent-Disposition: form-data; name=\"{}\"", boundary, name);
    std::string content = text_of(value);
    std::string file_name;
    if (value.is_object() && !value["content"].is_null()) {
      content = text_of(value["content"]);
      file_name = value["name"].text_or(name);
    }
    if (content.starts_with("kestra://") || content.starts_with("file://")) {
      if (file_name.empty()) file_name = content.substr(content.rfind('/') + 1);
      const io::Path file = TRY(context.open_uri(content));
      content = TRY(io::read_file(file));
    }
    if (!file_name.empty()) {
      out += fmt::format("; filename=\"{}\"\r\nContent-Type: application/octet-stream", file_name);
    }
    out += "\r\n\r\n" + content + "\r\n";
  }
  return out + "--" + boundary + "--\r\n";
}

base::Result<base::Done> set_form(
    flow::TaskContext& context,
    const format::Object& form,
    std::string content_type,
    io::HttpRequest& request) {
  if (content_type.empty()) content_type = kFormType;
  if (content_type.starts_with("multipart/")) {
    const std::string boundary = "outlay-" + base::new_id();
    request.body = TRY(multipart(context, form, boundary));
    content_type += "; boundary=" + boundary;
  } else {
    request.body = encoded_pairs(form);
  }
  request.headers.emplace_back("Content-Type", content_type);
  return base::Done{};
}

base::Result<base::Done> set_body(
    flow::TaskContext& context, const Value& properties, io::HttpRequest& request) {
  std::string content_type = TRY(flow::text_property(context, properties, "contentType"));
  if (!properties["formData"].is_null()) {
    const format::Object form = TRY(map_property(context, properties, "formData"));
    return set_form(context, form, std::move(content_type), request);
  }
  if (properties["body"].is_null()) return base::Done{};
  request.body = TRY(flow::text_property(context, properties, "body"));
  if (content_type.empty()) content_type = "application/json";
  if (!has_header(request, "content-type")) {
    request.headers.emplace_back("Content-Type", content_type);
  }
  return base::Done{};
}

base::Result<base::Done> apply_auth(
    flow::TaskContext& context, const Value& auth, io::HttpRequest& request) {
  const std::string type = upper(TRY(flow::text_property(context, auth, "type")));
  if (type == "BEARER") {
    const std::string token = TRY(flow::text_property(context, auth, "token"));
    base::hide_in_log(token);
    request.headers.emplace_back("Authorization", "Bearer " + token);
    return base::Done{};
  }
  if (type != "BASIC" && type != "DIGEST" && !type.empty()) {
    return base::invalid_input(
        fmt::format("options.auth.type must be BASIC, BEARER or DIGEST, found \"{}\"", type));
  }
  request.is_digest = type == "DIGEST";
  const std::string password = TRY(flow::text_property(context, auth, "password"));
  base::hide_in_log(password);
  request.basic_auth = TRY(flow::text_property(context, auth, "username")) + ":" + password;
  return base::Done{};
}

/// options.proxy {address, port, username, password}.
base::Result<base::Done> apply_proxy(
    flow::TaskContext& context, const Value& proxy, io::HttpRequest& request) {
  const std::string address = TRY(flow::text_property(context, proxy, "address"));
  if (address.empty()) return base::Done{};
  const auto port = TRY(integer_property(context, proxy, "port"));
  const std::string user = TRY(flow::text_property(context, proxy, "username"));
  const std::string password = TRY(flow::text_property(context, proxy, "password"));
  if (!password.empty()) base::hide_in_log(password);
  request.proxy = fmt::format(
      "http://{}{}{}",
      user.empty() ? "" : percent_encoded(user) + ":" + percent_encoded(password) + "@",
      address,
      port ? fmt::format(":{}", *port) : "");
  return base::Done{};
}

base::Result<base::Done> apply_timeouts(
    flow::TaskContext& context, const Value& options, io::HttpRequest& request) {
  const Value& timeout = options["timeout"];
  const std::pair<const Value*, const char*> connects[] = {
      {&timeout, "connectTimeout"}, {&timeout, "connect"}, {&options, "connectTimeout"}};
  const std::pair<const Value*, const char*> idles[] = {
      {&timeout, "readIdleTimeout"},
      {&timeout, "readIdle"},
      {&options, "readTimeout"},
      {&options, "readIdleTimeout"}};
  for (const auto& [where, name] : connects) {
    if (const auto time = TRY(duration_property(context, *where, name))) {
      request.connect_timeout = duration_cast<milliseconds>(*time);
    }
  }
  for (const auto& [where, name] : idles) {
    if (const auto time = TRY(duration_property(context, *where, name))) {
      request.idle_timeout = duration_cast<milliseconds>(*time);
    }
  }
  return base::Done{};
}

}  // namespace

std::string percent_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
    if (is_plain) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

base::Result<base::Done> apply_options(
    flow::TaskContext& context, const Value& options, PreparedRequest& prepared) {
  if (options.is_null()) return base::Done{};
  io::HttpRequest& request = prepared.request;
  TRY(apply_timeouts(context, options, request));
  request.follow_redirects = TRY(flag_property(context, options, "followRedirects", true));
  prepared.allowed.all = TRY(flag_property(context, options, "allowFailed", prepared.allowed.all));
  const Value codes = TRY(flow::property(context, options, "allowedResponseCodes"));
  if (codes.is_array()) {
    for (const Value& code : codes.as_array()) prepared.allowed.codes.insert(code.int_or(0));
  }
  if (!options["auth"].is_null()) TRY(apply_auth(context, options["auth"], request));
  if (!options["proxy"].is_null()) TRY(apply_proxy(context, options["proxy"], request));
  if (!options["basicAuthUser"].is_null()) {
    request.basic_auth = TRY(flow::text_property(context, options, "basicAuthUser")) + ":" +
                         TRY(flow::text_property(context, options, "basicAuthPassword"));
  }
  for (const auto& [name, value] : pairs_of(TRY(map_property(context, options, "headers")))) {
    request.headers.emplace_back(name, value);
  }
  return base::Done{};
}

base::Result<PreparedRequest> prepare_request(flow::TaskContext& context, const Value& properties) {
  PreparedRequest prepared;
  io::HttpRequest& request = prepared.request;
  request.url = std::string(base::trim(TRY(flow::text_property(context, properties, "uri"))));
  const std::string query = encoded_pairs(TRY(map_property(context, properties, "params")));
  if (!query.empty()) {
    request.url += (request.url.find('?') == std::string::npos ? '?' : '&') + query;
  }
  const std::string method = upper(TRY(flow::text_property(context, properties, "method")));
  request.method = method.empty() ? "GET" : method;
  for (const auto& [name, value] : pairs_of(TRY(map_property(context, properties, "headers")))) {
    request.headers.emplace_back(name, value);
  }
  TRY(set_body(context, properties, request));
  prepared.allowed.all = TRY(flag_property(context, properties, "allowFailed", false));
  TRY(apply_options(context, properties["options"], prepared));
  request.stop = &context.stop();
  return prepared;
}

format::Value body_value(const io::HttpAnswer& answer) {
  const std::string type = base::lower(answer.header("content-type"));
  if (type.find("json") != std::string::npos) {
    if (auto parsed = format::parse_json(answer.body)) return *parsed;
  }
  if (!base::is_utf8(answer.body)) return base::base64_encode(answer.body);
  return answer.body;
}

Value headers_value(const io::Headers& headers) {
  std::vector<std::pair<std::string, format::Array>> gathered;
  for (const auto& header : headers) {
    const auto known = std::find_if(gathered.begin(), gathered.end(), [&](const auto& entry) {
      return entry.first == header.first;
    });
    if (known == gathered.end()) {
      gathered.emplace_back(header.first, format::Array{header.second});
    } else {
      known->second.emplace_back(header.second);
    }
  }
  format::Object out;
  for (auto& [name, values] : gathered) out.set(name, std::move(values));
  return out;
}

base::Error refused(const io::HttpRequest& request, const io::HttpAnswer& answer) {
  constexpr std::size_t kShown = 500;
  std::string body = answer.body.substr(0, kShown);
  if (!base::is_utf8(body)) body.clear();
  const std::string message = fmt::format(
      "{} {} answered {}{}{}",
      request.method,
      request.url.substr(0, request.url.find('?')),
      answer.status,
      body.empty() ? "" : ": ",
      base::trim(body));
  if (answer.status == 401 || answer.status == 403) {
    return {base::Code::denied, base::masked(message), {}, nullptr};
  }
  return base::unavailable(base::masked(message));
}

}  // namespace outlay::tasks
