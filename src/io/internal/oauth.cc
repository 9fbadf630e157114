// SPDX-License-Identifier: Apache-2.0
#include "io/internal/oauth.h"

#include <charconv>

#include <fmt/format.h>

#include "format/json.h"
#include "io/digest.h"
#include "io/internal/store_http.h"

namespace outlay::io {
namespace {

// Seconds as a number or as text, as the services differ.
long long seconds_of(const format::Value& value) {
  if (value.is_int()) return value.as_int();
  const std::string text = value.text_or("");
  long long out = 0;
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

}  // namespace

base::Result<AccessToken> token_of_answer(
    const HttpAnswer& answer, const std::string& who, base::Instant now) {
  const auto json = format::parse_json(answer.body);
  if (answer.status != 200 || !json || !json->is_object() ||
      (*json)["access_token"].text_or("").empty()) {
    std::string why;
    if (json && json->is_object()) {
      why = (*json)["error_description"].text_or((*json)["error"].text_or(""));
    }
    return denied(fmt::format(
        "{} could not sign in (status {}){}{}",
        who,
        answer.status,
        why.empty() ? "" : ": ",
        why.substr(0, why.find_first_of("\r\n"))));
  }
  AccessToken out;
  out.value = (*json)["access_token"].as_text();
  long long left = seconds_of((*json)["expires_in"]);
  if (left == 0) {
    const long long until = seconds_of((*json)["expires_on"]);
    left = until - std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  }
  out.expires = now + std::chrono::seconds(left > 0 ? left : 3600);
  return out;
}

base::Result<AccessToken> token_by_form(
    PatientHttp& http, const std::string& url, const QueryParams& form, const std::string& who) {
  const auto make = [&]() -> base::Result<HttpRequest> {
    HttpRequest request;
    request.method = "POST";
    request.url = url;
    request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
    request.body = print_query(form);
    request.body_limit = 1U << 20U;
    return request;
  };
  const HttpAnswer answer = TRY(http.send(make));
  return token_of_answer(answer, who, http.clock().now());
}

base::Result<AccessToken> token_of_machine(
    PatientHttp& http, const std::string& url, const Headers& headers, const std::string& who) {
  HttpRequest request;
  request.url = url;
  request.headers = headers;
  request.connect_timeout = std::chrono::seconds(2);
  request.idle_timeout = std::chrono::seconds(10);
  request.body_limit = 1U << 20U;
  const auto answer = http.http().send(request);
  if (!answer) {
    return denied(fmt::format(
        "{} is not to be had: this machine has no metadata service ({})",
        who,
        answer.error().message));
  }
  return token_of_answer(*answer, who, http.clock().now());
}

base::Result<std::string> signed_jwt(
    const std::string& key_id, const std::string& claims, const std::string& private_key) {
  const format::Value head =
      format::Value::object({{"alg", "RS256"}, {"typ", "JWT"}, {"kid", key_id}});
  const std::string text = base64_url(format::print_json(head)) + "." + base64_url(claims);
  const std::string signature = TRY(sign_rs256(private_key, text));
  return text + "." + base64_url(signature);
}

}  // namespace outlay::io
