// SPDX-License-Identifier: Apache-2.0
#include "tasks/aws/client.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/log.h"
#include "base/text.h"
#include "format/json.h"
#include "io/url.h"
#include "tasks/properties.h"

namespace outlay::tasks {

using format::Value;

namespace {

std::string xml_decoded(std::string_view text) {
  std::string out = base::replace_all(text, "&lt;", "<");
  out = base::replace_all(out, "&gt;", ">");
  out = base::replace_all(out, "&quot;", "\"");
  out = base::replace_all(out, "&apos;", "'");
  return base::replace_all(out, "&amp;", "&");
}

/// AWS's own words on a refusal, in XML or JSON.
base::Error refusal(
    const std::string& service, const io::HttpRequest& request, const io::HttpAnswer& answer) {
  std::string code = xml_text(answer.body, "Code");
  std::string message = xml_text(answer.body, "Message");
  if (code.empty()) {
    if (const auto body = format::parse_json(answer.body)) {
      code = (*body)["__type"].text_or((*body)["code"].text_or(""));
      message = (*body)["message"].text_or((*body)["Message"].text_or(""));
    }
  }
  const std::string text = fmt::format(
      "{} answered {} to {}{}{}{}{}",
      service,
      answer.status,
      request.method,
      code.empty() ? "" : ": ",
      code,
      message.empty() ? "" : ": ",
      message);
  if (answer.status == 404) return base::not_found(text);
  if (answer.status == 401 || answer.status == 403)
    return {base::Code::denied, base::masked(text), {}, nullptr};
  return base::unavailable(base::masked(text));
}

}  // namespace

std::vector<std::string> xml_all(std::string_view xml, std::string_view name) {
  const std::string open = fmt::format("<{}>", name);
  const std::string close = fmt::format("</{}>", name);
  std::vector<std::string> out;
  for (std::size_t at = xml.find(open); at != std::string_view::npos; at = xml.find(open, at)) {
    const std::size_t begin = at + open.size();
    const std::size_t end = xml.find(close, begin);
    if (end == std::string_view::npos) break;
    out.emplace_back(xml.substr(begin, end - begin));
    at = end;
  }
  return out;
}

std::string xml_text(std::string_view xml, std::string_view name) {
  const std::vector<std::string> all = xml_all(xml, name);
  return all.empty() ? std::string() : xml_decoded(all.front());
}

AwsClient::AwsClient(flow::TaskContext& context, io::Http& http, std::string service)
    : context_(context), service_(std::move(service)), http_(http, pause_, clock_) {}

base::Result<std::unique_ptr<AwsClient>> AwsClient::open(
    flow::TaskContext& context, const Value& properties, io::Http& http, std::string service) {
  std::unique_ptr<AwsClient> client(new AwsClient(context, http, std::move(service)));
  const auto text = [&](std::string_view name) {
    return flow::text_property(context, properties, name);
  };
  io::AwsIdentity identity;
  identity.access_key_id = TRY(text("accessKeyId"));
  identity.secret_access_key = TRY(text("secretKeyId"));
  identity.session_token = TRY(text("sessionToken"));
  for (const std::string* secret : {&identity.secret_access_key, &identity.session_token}) {
    if (!secret->empty()) base::hide_in_log(*secret);
  }
  identity.role_arn = TRY(text("stsRoleArn"));
  identity.external_id = TRY(text("stsRoleExternalId"));
  const std::string session = TRY(text("stsRoleSessionName"));
  if (!session.empty()) identity.session_name = session;
  identity.sts_endpoint = TRY(text("stsEndpointOverride"));
  client->region_ = TRY(text("region"));
  identity.region = client->region_;
  client->endpoint_ = TRY(text("endpointOverride"));
  while (client->endpoint_.ends_with('/')) client->endpoint_.pop_back();
  client->credentials_ = std::make_unique<io::AwsCredentialChain>(
      std::move(identity), client->http_, io::process_environment());
  if (client->region_.empty()) client->region_ = client->credentials_->region();
  // Cost Explorer has one endpoint, for all regions:
  // https://docs.aws.amazon.com/general/latest/gr/billing.html
  if (client->region_.empty() || client->service_ == "ce") client->region_ = "us-east-1";
  return client;
}

std::string AwsClient::origin() const {
  if (!endpoint_.empty()) return endpoint_;
  std::string host = service_;
  if (service_ == "cloudwatch") host = "monitoring";
  if (service_ == "ecr") host = "api.ecr";
  return fmt::format("https://{}.{}.amazonaws.com", host, region_);
}

base::Result<io::HttpAnswer> AwsClient::send(io::HttpRequest request, std::string_view path) {
  if (request.url.empty()) request.url = origin() + std::string(path);
  request.stop = &context_.stop();
  const io::AwsScope scope{region_, service_ == "cloudwatch" ? "monitoring" : service_};
  const auto make = [&]() -> base::Result<io::HttpRequest> {
    const io::AwsCredentials found = TRY(credentials_->get());
    io::HttpRequest signed_request = request;
    TRY(io::sign_aws(signed_request, found, scope, clock_.now()));
    return signed_request;
  };
  const io::HttpAnswer answer = TRY(http_.send(make));
  if (answer.status >= 300) return refusal(service_, request, answer);
  return answer;
}

base::Result<std::string> AwsClient::query(std::string_view version, QueryPairs form) {
  form.emplace_back("Version", version);
  io::HttpRequest request;
  request.method = "POST";
  request.body = io::print_query(form);
  request.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
  const io::HttpAnswer answer = TRY(send(std::move(request), "/"));
  return answer.body;
}

base::Result<Value> AwsClient::json(
    std::string_view target, const Value& body, std::string_view version) {
  io::HttpRequest request;
  request.method = "POST";
  request.body = format::print_json(body);
  request.headers.emplace_back("Content-Type", fmt::format("application/x-amz-json-{}", version));
  request.headers.emplace_back("X-Amz-Target", target);
  const io::HttpAnswer answer = TRY(send(std::move(request), "/"));
  if (answer.body.empty()) return Value();
  return format::parse_json(answer.body, format::JsonNumbers::exact);
}

base::Result<io::HttpAnswer> AwsClient::object(
    io::HttpRequest request,
    std::string_view bucket,
    std::string_view key,
    const QueryPairs& query) {
  const bool is_path_style = !endpoint_.empty() || bucket.find('.') != std::string_view::npos;
  std::string path = "/";
  if (is_path_style) {
    path += fmt::format("{}{}", bucket, key.empty() ? "" : "/");
  } else {
    request.url = fmt::format("https://{}.s3.{}.amazonaws.com", bucket, region_);
  }
  path += io::percent_encode(key, "/");
  if (!query.empty()) path += "?" + io::print_query(query);
  if (!request.url.empty()) request.url += path;
  // Without a type of its own a body would go out as a form.
  const bool has_type =
      std::any_of(request.headers.begin(), request.headers.end(), [](const auto& header) {
        return base::equal_ignoring_case(header.first, "content-type");
      });
  if (!has_type && !request.body.empty())
    request.headers.emplace_back("Content-Type", "application/octet-stream");
  return send(std::move(request), path);
}

}  // namespace outlay::tasks
