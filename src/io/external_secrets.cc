// SPDX-License-Identifier: Apache-2.0
#include "io/external_secrets.h"

#include <fmt/format.h>

#include "base/log.h"
#include "base/text.h"
#include "format/json.h"
#include "io/aws_sign.h"
#include "io/url.h"

namespace outlay::io {
namespace {

using base::Result;
using format::Value;

/// "company.finops" and KEY as the paths they are looked for at, the nearest first.
std::vector<std::string> paths_of(std::string_view name_space, std::string_view key) {
  std::vector<std::string> out;
  std::string above = base::replace_all(name_space, ".", "/");
  while (!above.empty()) {
    out.push_back(above + "/" + std::string(key));
    const std::size_t slash = above.rfind('/');
    above.resize(slash == std::string::npos ? 0 : slash);
  }
  out.emplace_back(key);
  return out;
}

/// Keys are names, never ways out of their folder.
bool is_name(std::string_view key) {
  if (key.empty() || key.front() == '.') return false;
  for (const char c : key)
    if (c == '/' || c == '\\' || static_cast<unsigned char>(c) < 0x21) return false;
  return true;
}

/// What a stored document hands out.
std::string value_of(const Value& data) {
  if (data.is_text()) return data.as_text();
  if (data.is_object() && data.as_object().size() == 1 && data["value"].is_text())
    return data["value"].as_text();
  return format::print_json(data);
}

base::Error refused(const std::string& who, const HttpAnswer& answer, std::string_view what) {
  const std::string text = fmt::format("{} answered {} to {}", who, answer.status, what);
  if (answer.status == 401 || answer.status == 403)
    return {base::Code::denied, text + "; check its token and policies", {}, nullptr};
  return base::unavailable(text);
}

}  // namespace

VaultSource::VaultSource(VaultSettings settings, Http& http, Pause& pause, const base::Clock& clock)
    : settings_(std::move(settings)), http_(http, pause, clock) {
  for (const std::string* secret : {&settings_.token, &settings_.secret_id})
    if (!secret->empty()) base::hide_in_log(*secret);
}

std::string VaultSource::name() const { return "Vault at " + settings_.address; }

Result<std::string> VaultSource::token(bool is_renewed) {
  if (settings_.role_id.empty()) return settings_.token;
  const base::Lock lock(mutex_);
  if (!token_.empty() && !is_renewed) return token_;
  const HttpAnswer answer = TRY(http_.send([&]() -> Result<HttpRequest> {
    HttpRequest request;
    request.method = "POST";
    request.url = settings_.address + "/v1/auth/approle/login";
    request.headers.emplace_back("Content-Type", "application/json");
    if (!settings_.name_space.empty())
      request.headers.emplace_back("X-Vault-Namespace", settings_.name_space);
    request.body = format::print_json(
        Value::object({{"role_id", settings_.role_id}, {"secret_id", settings_.secret_id}}));
    return request;
  }));
  if (answer.status != 200) return refused(name(), answer, "the sign-in of the AppRole");
  const Value body = TRY(format::parse_json(answer.body));
  token_ = body["auth"]["client_token"].text_or("");
  if (token_.empty()) return base::unavailable(name() + " gave no token to the AppRole");
  base::hide_in_log(token_);
  return token_;
}

Result<HttpAnswer> VaultSource::ask(const std::string& path) {
  std::string full = settings_.prefix;
  while (full.starts_with('/')) full.erase(0, 1);
  if (!full.empty() && !full.ends_with('/')) full += '/';
  full += path;
  const std::string url = fmt::format(
      "{}/v1/{}/data/{}", settings_.address, settings_.mount, percent_encode(full, "/"));
  const auto send = [&](const std::string& token) {
    return http_.send([&]() -> Result<HttpRequest> {
      HttpRequest request;
      request.url = url;
      request.headers.emplace_back("X-Vault-Token", token);
      if (!settings_.name_space.empty())
        request.headers.emplace_back("X-Vault-Namespace", settings_.name_space);
      return request;
    });
  };
  const std::string held = TRY(token(false));
  HttpAnswer answer = TRY(send(held));
  if (answer.status != 403 || settings_.role_id.empty()) return answer;
  // The token of an AppRole may have ended.
  const std::string fresh = TRY(token(true));
  return send(fresh);
}

Result<std::optional<std::string>> VaultSource::read(const std::string& path) {
  const HttpAnswer answer = TRY(ask(path));
  // A deleted version is answered with 404 and its metadata.
  if (answer.status == 404) return std::optional<std::string>();
  if (answer.status != 200) return refused(name(), answer, "the read of " + path);
  const Value body = TRY(format::parse_json(answer.body, format::JsonNumbers::exact));
  return std::optional<std::string>(value_of(body["data"]["data"]));
}

SecretsManagerSource::SecretsManagerSource(
    SecretsManagerSettings settings,
    Http& http,
    Pause& pause,
    const base::Clock& clock,
    std::map<std::string, std::string> environment)
    : settings_(std::move(settings)),
      clock_(clock),
      http_(http, pause, clock),
      credentials_(
          AwsIdentity{.role_arn = settings_.role_arn, .region = settings_.region},
          http_,
          std::move(environment)) {}

std::string SecretsManagerSource::name() const { return "AWS Secrets Manager"; }

Result<std::optional<std::string>> SecretsManagerSource::read(const std::string& path) {
  std::string region = credentials_.region();
  if (region.empty()) region = "us-east-1";
  const std::string endpoint = settings_.endpoint.empty()
                                   ? fmt::format("https://secretsmanager.{}.amazonaws.com", region)
                                   : settings_.endpoint;
  const auto make = [&]() -> Result<HttpRequest> {
    HttpRequest request;
    request.method = "POST";
    request.url = endpoint + "/";
    request.headers.emplace_back("Content-Type", "application/x-amz-json-1.1");
    request.headers.emplace_back("X-Amz-Target", "secretsmanager.GetSecretValue");
    request.body = format::print_json(Value::object({{"SecretId", settings_.prefix + path}}));
    const AwsCredentials found = TRY(credentials_.get());
    TRY(sign_aws(request, found, AwsScope{region, "secretsmanager"}, clock_.now()));
    return request;
  };
  const HttpAnswer answer = TRY(http_.send(make));
  if (answer.status != 200) {
    if (answer.body.find("ResourceNotFoundException") != std::string::npos)
      return std::optional<std::string>();
    return refused(name(), answer, "the read of " + settings_.prefix + path);
  }
  const Value body = TRY(format::parse_json(answer.body));
  if (body["SecretString"].is_text()) {
    const std::string text = body["SecretString"].as_text();
    const auto document = format::parse_json(text, format::JsonNumbers::exact);
    return std::optional<std::string>(
        document && document->is_object() ? value_of(*document) : text);
  }
  std::string bytes;
  if (!base::base64_decode(body["SecretBinary"].text_or(""), bytes))
    return base::unavailable(name() + " answered without a value for " + path);
  return std::optional<std::string>(std::move(bytes));
}

ExternalSecrets::ExternalSecrets(
    std::unique_ptr<SecretSource> source, base::Duration kept, const base::Clock& clock)
    : source_(std::move(source)), kept_for_(kept), clock_(clock) {}

Result<std::optional<std::string>> ExternalSecrets::read(const std::string& path) {
  const base::Instant now = clock_.now();
  {
    const base::Lock lock(mutex_);
    const auto found = kept_.find(path);
    if (found != kept_.end() && now < found->second.until) return found->second.value;
  }
  auto value = TRY(source_->read(path));
  if (value) base::hide_in_log(*value);
  const base::Lock lock(mutex_);
  kept_[path] = {value, now + kept_for_};
  return value;
}

Result<std::string> ExternalSecrets::get(std::string_view name_space, std::string_view key) {
  if (!is_name(key)) return base::not_found(fmt::format("\"{}\" is no name of a secret", key));
  const std::vector<std::string> paths = paths_of(name_space, key);
  for (const std::string& path : paths) {
    if (auto value = TRY(read(path))) return *std::move(value);
  }
  return base::not_found(fmt::format(
      "there is no secret \"{}\" in {}: looked for {}",
      key,
      source_->name(),
      base::join(paths, ", ")));
}

}  // namespace outlay::io
