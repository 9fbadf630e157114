// SPDX-License-Identifier: Apache-2.0
#include "io/internal/aws_sources.h"

#include <fmt/format.h>

#include "base/log.h"
#include "base/text.h"
#include "format/json.h"
#include "io/internal/aws_profiles.h"
#include "io/internal/store_http.h"
#include "io/internal/xml.h"
#include "io/process.h"
#include "io/url.h"

namespace outlay::io {
namespace {

// The JSON that containers, instances and programs answer: names differ in the token's alone.
base::Result<AwsCredentials> credentials_in(const std::string& text, const std::string& origin) {
  const auto json = format::parse_json(text);
  if (!json || !json->is_object()) {
    return denied(fmt::format("{} did not answer credentials in JSON", origin));
  }
  const auto& document = *json;
  AwsCredentials out;
  out.access_key_id = document["AccessKeyId"].text_or("");
  out.secret_access_key = document["SecretAccessKey"].text_or("");
  out.session_token = document["Token"].text_or(document["SessionToken"].text_or(""));
  out.origin = origin;
  if (const auto expires = base::parse_instant(document["Expiration"].text_or(""))) {
    out.expires = *expires;
  }
  if (out.access_key_id.empty() || out.secret_access_key.empty()) {
    return denied(fmt::format("{} answered no AccessKeyId and SecretAccessKey", origin));
  }
  return out;
}

// Addresses on the machine itself: they answer at once or never.
HttpRequest local_request(std::string url, Headers headers) {
  HttpRequest request;
  request.url = std::move(url);
  request.headers = std::move(headers);
  request.connect_timeout = std::chrono::seconds(1);
  request.idle_timeout = std::chrono::seconds(5);
  request.body_limit = 1U << 20U;
  return request;
}

// A pod's or task's own addresses, or TLS: elsewhere the token would go out in the clear.
bool may_get_token(const Url& url) {
  const std::string host = url.host.substr(0, url.host.rfind(':'));
  return url.scheme == "https" || host == "localhost" || host.starts_with("127.") ||
         host == "169.254.170.2" || host == "169.254.170.23" || host.starts_with("[");
}

std::string sts_endpoint(const AwsWorld& world, const AssumedRole& role) {
  for (const std::string& endpoint :
       {role.endpoint,
        world.variable("AWS_ENDPOINT_URL_STS"),
        world.variable("AWS_ENDPOINT_URL")}) {
    if (!endpoint.empty()) return endpoint.ends_with('/') ? endpoint : endpoint + "/";
  }
  return fmt::format(
      "https://sts.{}.amazonaws.com{}/",
      role.region.empty() ? "us-east-1" : role.region,
      role.region.starts_with("cn-") ? ".cn" : "");
}

base::Error sts_error(const AssumedRole& role, const HttpAnswer& answer) {
  std::string why = fmt::format("status {}", answer.status);
  std::string code;
  if (const auto xml = parse_xml(answer.body)) {
    code = xml->text_of("Error/Code");
    why = fmt::format("{}: {}", code, xml->text_of("Error/Message"));
  }
  std::string what_to_do =
      "allow sts:AssumeRole on it for whoever asks, in the identity's policy and in the role's "
      "trust policy (with the external id, if the policy asks for one)";
  if (code == "ExpiredToken" || code == "ExpiredTokenException")
    what_to_do = "the credentials that ask have expired; sign in again";
  return denied(fmt::format("the role {} cannot be assumed: {} ({})", role.arn, what_to_do, why));
}

base::Result<AwsCredentials> role_credentials(
    const AssumedRole& role, const HttpAnswer& answer, std::string_view action) {
  if (answer.status != 200) return sts_error(role, answer);
  const XmlElement xml = TRY(parse_xml(answer.body));
  const std::string below = std::string(action) + "Result/Credentials/";
  AwsCredentials out;
  out.access_key_id = xml.text_of(below + "AccessKeyId");
  out.secret_access_key = xml.text_of(below + "SecretAccessKey");
  out.session_token = xml.text_of(below + "SessionToken");
  out.expires = TRY(base::parse_instant(xml.text_of(below + "Expiration")));
  out.origin = "role " + role.arn;
  return out;
}

HttpRequest sts_request(const AwsWorld& world, const AssumedRole& role, const QueryParams& params) {
  HttpRequest request;
  request.method = "POST";
  request.url = sts_endpoint(world, role);
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}};
  request.body = print_query(params);
  request.body_limit = 1U << 20U;
  return request;
}

QueryParams role_params(const AssumedRole& role, std::string_view action) {
  return {
      {"Action", std::string(action)},
      {"Version", "2011-06-15"},
      {"RoleArn", role.arn},
      {"RoleSessionName", role.session_name.empty() ? "outlay" : role.session_name}};
}

}  // namespace

std::string AwsWorld::variable(const std::string& name) const {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string() : found->second;
}

MaybeCredentials credentials_of_environment(const AwsWorld& world) {
  AwsCredentials out;
  out.access_key_id = world.variable("AWS_ACCESS_KEY_ID");
  out.secret_access_key = world.variable("AWS_SECRET_ACCESS_KEY");
  out.session_token = world.variable("AWS_SESSION_TOKEN");
  out.origin = "the environment (AWS_ACCESS_KEY_ID)";
  if (out.access_key_id.empty()) return std::optional<AwsCredentials>();
  if (out.secret_access_key.empty()) {
    return denied("AWS_ACCESS_KEY_ID is set in the environment and AWS_SECRET_ACCESS_KEY is not");
  }
  return std::optional(std::move(out));
}

MaybeCredentials credentials_of_container(const AwsWorld& world) {
  const std::string relative = world.variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
  std::string url = world.variable("AWS_CONTAINER_CREDENTIALS_FULL_URI");
  if (!relative.empty()) url = "http://169.254.170.2" + relative;
  if (url.empty()) return std::optional<AwsCredentials>();
  if (!may_get_token(TRY(parse_url(url)))) {
    return denied(
        "AWS_CONTAINER_CREDENTIALS_FULL_URI names a host that is neither this machine's nor "
        "reached by https");
  }
  std::string token = world.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN");
  const std::string file = world.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
  if (!file.empty()) token = base::trim(TRY(read_file(file)));
  Headers headers;
  if (!token.empty()) headers.emplace_back("Authorization", token);
  const HttpAnswer answer = TRY(
      world.http.send([&]() -> base::Result<HttpRequest> { return local_request(url, headers); }));
  if (answer.status != 200) {
    return denied(
        fmt::format("the container's credentials were refused with status {}", answer.status));
  }
  return std::optional(TRY(credentials_in(answer.body, "the container")));
}

MaybeCredentials credentials_of_instance(const AwsWorld& world) {
  if (base::equal_ignoring_case(world.variable("AWS_EC2_METADATA_DISABLED"), "true"))
    return std::optional<AwsCredentials>();
  std::string root = world.variable("AWS_EC2_METADATA_SERVICE_ENDPOINT");
  if (root.empty()) root = "http://169.254.169.254";
  if (root.ends_with('/')) root.pop_back();
  // Not patient: elsewhere than on EC2 nobody is there.
  HttpRequest ask = local_request(
      root + "/latest/api/token", {{"X-aws-ec2-metadata-token-ttl-seconds", "21600"}});
  ask.method = "PUT";
  const auto token = world.http.http().send(ask);
  if (!token || token->status != 200) return std::optional<AwsCredentials>();
  const Headers headers{{"X-aws-ec2-metadata-token", token->body}};
  const std::string path = root + "/latest/meta-data/iam/security-credentials/";
  const HttpAnswer role = TRY(
      world.http.send([&]() -> base::Result<HttpRequest> { return local_request(path, headers); }));
  if (role.status != 200) return std::optional<AwsCredentials>();
  const std::string name(base::trim(role.body));
  const HttpAnswer answer = TRY(world.http.send(
      [&]() -> base::Result<HttpRequest> { return local_request(path + name, headers); }));
  if (answer.status != 200) {
    return denied(fmt::format(
        "the instance metadata refused the role {} with status {}", name, answer.status));
  }
  return std::optional(TRY(credentials_in(answer.body, "the instance's role " + name)));
}

MaybeCredentials credentials_of_process(const AwsWorld& world, const std::string& command) {
  Command program;
  program.arguments = command_words(command);
  program.environment = {world.environment.begin(), world.environment.end()};
  program.folder = ".";
  program.timeout = std::chrono::minutes(1);
  if (program.arguments.empty()) return denied("credential_process is empty");
  std::string out;
  const ProcessEnd end = TRY(run_process(program, [&](Stream stream, std::string_view line) {
    if (stream == Stream::out) out.append(line).append("\n");
  }));
  if (end.exit_status != 0) {
    return denied(fmt::format(
        "credential_process \"{}\" ended with status {}", program.arguments[0], end.exit_status));
  }
  return std::optional(TRY(credentials_in(out, "credential_process " + program.arguments[0])));
}

base::Result<AwsCredentials> assume_role(
    const AwsWorld& world, const AssumedRole& role, const AwsCredentials& as) {
  QueryParams params = role_params(role, "AssumeRole");
  if (!role.external_id.empty()) params.emplace_back("ExternalId", role.external_id);
  const std::string region = role.region.empty() ? "us-east-1" : role.region;
  const auto make = [&]() -> base::Result<HttpRequest> {
    HttpRequest request = sts_request(world, role, params);
    TRY(sign_aws(request, as, {region, "sts"}, world.http.clock().now()));
    return request;
  };
  const HttpAnswer answer = TRY(world.http.send(make));
  return role_credentials(role, answer, "AssumeRole");
}

base::Result<AwsCredentials> assume_role_with_token(
    const AwsWorld& world, const AssumedRole& role, const Path& token_file) {
  const std::string token = TRY(read_file(token_file));
  base::hide_in_log(base::trim(token));
  QueryParams params = role_params(role, "AssumeRoleWithWebIdentity");
  params.emplace_back("WebIdentityToken", base::trim(token));
  const HttpAnswer answer = TRY(world.http.send(
      [&]() -> base::Result<HttpRequest> { return sts_request(world, role, params); }));
  return role_credentials(role, answer, "AssumeRoleWithWebIdentity");
}

}  // namespace outlay::io
