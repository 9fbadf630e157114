// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "base/log.h"
#include "base/text.h"
#include "format/json.h"
#include "io/aws_credentials.h"
#include "io/file.h"
#include "io/gcs_store.h"
#include "io/internal/oauth.h"
#include "io/internal/store_http.h"

namespace outlay::io {
namespace {

using base::Result;
using format::Value;
using Environment = std::map<std::string, std::string>;

constexpr std::string_view kTokenUri = "https://oauth2.googleapis.com/token";
constexpr std::string_view kJwtGrant = "urn:ietf:params:oauth:grant-type:jwt-bearer";
constexpr std::string_view kExchangeGrant = "urn:ietf:params:oauth:grant-type:token-exchange";

std::string variable(const Environment& environment, const std::string& name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string() : found->second;
}

Result<AccessToken> of_service_account(
    PatientHttp& http, const Value& key, const std::string& scope, const std::string& who) {
  const std::string uri = key["token_uri"].text_or(kTokenUri);
  const auto now =
      std::chrono::duration_cast<std::chrono::seconds>(http.clock().now().time_since_epoch());
  const Value claims = Value::object(
      {{"iss", key["client_email"]},
       {"scope", scope},
       {"aud", uri},
       {"iat", static_cast<std::int64_t>(now.count())},
       {"exp", static_cast<std::int64_t>(now.count() + 3600)}});
  const std::string jwt = TRY(signed_jwt(
      key["private_key_id"].text_or(""),
      format::print_json(claims),
      key["private_key"].text_or("")));
  return token_by_form(
      http, uri, {{"grant_type", std::string(kJwtGrant)}, {"assertion", jwt}}, who);
}

Result<AccessToken> of_person(PatientHttp& http, const Value& key, const std::string& who) {
  return token_by_form(
      http,
      key["token_uri"].text_or(kTokenUri),
      {{"grant_type", "refresh_token"},
       {"client_id", key["client_id"].text_or("")},
       {"client_secret", key["client_secret"].text_or("")},
       {"refresh_token", key["refresh_token"].text_or("")}},
      who);
}

// A subject token stands in a file or is answered by an address, as text or in a field of JSON.
Result<std::string> token_in(const Value& source, const std::string& text) {
  if (source["format"]["type"].text_or("text") != "json") return std::string(base::trim(text));
  const Value json = TRY(format::parse_json(text));
  return json[source["format"]["subject_token_field_name"].text_or("access_token")].text_or("");
}

// For workloads on AWS the subject token is a signed request to STS that says who asks.
Result<std::string> aws_subject_token(
    PatientHttp& http, const Value& config, const Environment& environment) {
  AwsCredentialChain chain({}, http, environment);
  const AwsCredentials keys = TRY(chain.get());
  const std::string region = chain.region().empty() ? "us-east-1" : chain.region();
  HttpRequest request;
  request.method = "POST";
  request.url = base::replace_all(
      config["credential_source"]["regional_cred_verification_url"].text_or(
          "https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15"),
      "{region}",
      region);
  request.headers = {{"x-amz-target", config["audience"].text_or("")}};
  TRY(sign_aws(request, keys, {region, "sts"}, http.clock().now()));
  format::Array headers;
  for (const auto& [name, value] : request.headers) {
    headers.push_back(Value::object({{"key", name}, {"value", value}}));
  }
  const Url url = TRY(parse_url(request.url));
  headers.push_back(Value::object({{"key", "host"}, {"value", url.host}}));
  return percent_encode(format::print_json(Value::object(
      {{"url", request.url}, {"method", "POST"}, {"headers", Value(std::move(headers))}})));
}

Result<std::string> subject_token(
    PatientHttp& http, const Value& config, const Environment& environment) {
  const Value& source = config["credential_source"];
  if (source["environment_id"].text_or("").starts_with("aws"))
    return aws_subject_token(http, config, environment);
  if (source["file"].is_text()) {
    const std::string text = TRY(read_file(source["file"].as_text()));
    return token_in(source, text);
  }
  if (source["url"].is_text()) {
    const auto make = [&]() -> Result<HttpRequest> {
      HttpRequest request;
      request.url = source["url"].as_text();
      if (source["headers"].is_object()) {
        for (const auto& [name, value] : source["headers"].as_object())
          request.headers.emplace_back(name, value.text_or(""));
      }
      return request;
    };
    const HttpAnswer answer = TRY(http.send(make));
    if (answer.status != 200)
      return denied(fmt::format("the workload's token was refused with status {}", answer.status));
    return token_in(source, answer.body);
  }
  return base::invalid_input(
      "the workload identity configuration names no file, url or aws as credential_source");
}

// The exchanged token may only be good for acting as a service account.
Result<AccessToken> as_service_account(
    PatientHttp& http,
    const std::string& url,
    const std::string& token,
    const std::string& scope,
    const std::string& who) {
  const auto make = [&]() -> Result<HttpRequest> {
    HttpRequest request;
    request.method = "POST";
    request.url = url;
    request.headers = {{"Authorization", "Bearer " + token}, {"Content-Type", "application/json"}};
    request.body = format::print_json(
        Value::object({{"scope", Value(format::Array{scope})}, {"lifetime", "3600s"}}));
    return request;
  };
  const HttpAnswer answer = TRY(http.send(make));
  const auto json = format::parse_json(answer.body);
  if (answer.status != 200 || !json) {
    return denied(fmt::format(
        "{} may not act as the service account: the role \"Workload Identity User\" (or \"Service "
        "Account Token Creator\") on it is missing (status {})",
        who,
        answer.status));
  }
  AccessToken out;
  out.value = (*json)["accessToken"].text_or("");
  out.expires = TRY(base::parse_instant((*json)["expireTime"].text_or("")));
  return out;
}

Result<AccessToken> of_workload(
    PatientHttp& http,
    const Value& config,
    const std::string& scope,
    const Environment& environment,
    const std::string& who) {
  const std::string subject = TRY(subject_token(http, config, environment));
  base::hide_in_log(subject);
  const std::string impersonate = config["service_account_impersonation_url"].text_or("");
  const std::string wide = "https://www.googleapis.com/auth/cloud-platform";
  const AccessToken token = TRY(token_by_form(
      http,
      config["token_url"].text_or("https://sts.googleapis.com/v1/token"),
      {{"grant_type", std::string(kExchangeGrant)},
       {"audience", config["audience"].text_or("")},
       {"scope", impersonate.empty() ? scope : wide},
       {"requested_token_type", "urn:ietf:params:oauth:token-type:access_token"},
       {"subject_token", subject},
       {"subject_token_type", config["subject_token_type"].text_or("")}},
      who));
  if (impersonate.empty()) return token;
  return as_service_account(http, impersonate, token.value, scope, who);
}

Result<std::unique_ptr<Bearer>> of_machine(
    PatientHttp& http, const Environment& environment, const std::string& scope) {
  std::string host = variable(environment, "GCE_METADATA_HOST");
  if (host.empty()) host = "metadata.google.internal";
  const std::string url = fmt::format(
      "http://{}/computeMetadata/v1/instance/service-accounts/default/token?scopes={}",
      host,
      percent_encode(scope));
  const std::string who = "this machine's service account";
  PatientHttp* const through = &http;
  return std::make_unique<Bearer>(
      [=] {
        return token_of_machine(*through, url, {{"Metadata-Flavor", "Google"}}, who);
      },
      http.clock(),
      who);
}

}  // namespace

Result<std::unique_ptr<Bearer>> google_sign_in(
    const std::string& credentials,
    const std::string& scope,
    PatientHttp& http,
    const Environment& environment) {
  if (credentials.empty()) return of_machine(http, environment, scope);
  const auto parsed = format::parse_json(credentials);
  if (!parsed || !parsed->is_object()) {
    return base::invalid_input(
        "Google credentials are a JSON document (a service account's key, a workload identity "
        "configuration or a person's own)");
  }
  const Value key = *parsed;
  for (const char* secret : {"private_key", "client_secret", "refresh_token"}) {
    base::hide_in_log(key[secret].text_or(""));
  }
  const std::string type = key["type"].text_or("");
  PatientHttp* const through = &http;
  if (type == "service_account") {
    const std::string who = "the service account " + key["client_email"].text_or("");
    return std::make_unique<Bearer>(
        [=] { return of_service_account(*through, key, scope, who); }, http.clock(), who);
  }
  if (type == "authorized_user") {
    const std::string who = "the person signed in with gcloud";
    return std::make_unique<Bearer>(
        [=] { return of_person(*through, key, who); }, http.clock(), who);
  }
  if (type == "external_account") {
    const std::string who = "the workload identity " + key["audience"].text_or("");
    return std::make_unique<Bearer>(
        [=] { return of_workload(*through, key, scope, environment, who); }, http.clock(), who);
  }
  return base::invalid_input(fmt::format(
      "Google credentials of type \"{}\" are not known; service_account, external_account and "
      "authorized_user are",
      type));
}

Result<std::string> google_default_credentials(const Environment& environment) {
  const std::string named = variable(environment, "GOOGLE_APPLICATION_CREDENTIALS");
  if (!named.empty()) {
    auto text = read_file(named);
    if (!text) return text.error().within("GOOGLE_APPLICATION_CREDENTIALS");
    return text;
  }
  Path folder = variable(environment, "CLOUDSDK_CONFIG");
  if (folder.empty()) folder = Path(variable(environment, "HOME")) / ".config" / "gcloud";
  return read_file(folder / "application_default_credentials.json").value_or("");
}

}  // namespace outlay::io
