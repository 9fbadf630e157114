// SPDX-License-Identifier: Apache-2.0
#include "io/aws_sign.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "base/text.h"
#include "io/digest.h"
#include "io/file.h"
#include "io/url.h"

namespace outlay::io {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";

// S3 signs the path as it is sent; all other services sign it encoded once more.
std::string canonical_path(const std::string& path, const AwsScope& scope) {
  return scope.service == "s3" ? path : percent_encode(path, "/");
}

std::string canonical_query(const std::string& query) {
  std::vector<std::string> pieces;
  for (const auto& [name, value] : parse_query(query)) {
    pieces.push_back(percent_encode(name) + "=" + percent_encode(value));
  }
  std::sort(pieces.begin(), pieces.end());
  return base::join(pieces, "&");
}

// Runs of spaces inside a value count as one.
std::string canonical_value(std::string_view value) {
  std::string out;
  for (const char c : base::trim(value)) {
    if (c != ' ' || !out.ends_with(' ')) out.push_back(c);
  }
  return out;
}

// A client leaves the scheme's own port out of its Host header.
std::string host_header(const Url& url) {
  const std::string_view port = url.scheme == "https" ? ":443" : ":80";
  std::string host = url.host;
  if (host.ends_with(port)) host.resize(host.size() - port.size());
  return host;
}

bool is_signed(std::string_view name) {
  return name == "host" || name == "content-type" || name == "content-md5" || name == "range" ||
         name.starts_with("x-amz-");
}

}  // namespace

std::string compact_instant(base::Instant instant) {
  const std::string text =
      base::print_instant(std::chrono::time_point_cast<std::chrono::seconds>(instant));
  return base::replace_all(base::replace_all(text, "-", ""), ":", "");
}

base::Result<base::Done> sign_aws(
    HttpRequest& request,
    const AwsCredentials& credentials,
    const AwsScope& scope,
    base::Instant now) {
  const Url url = TRY(parse_url(request.url));
  const std::string date = compact_instant(now);
  const std::string payload = sha256_hex(request.body);
  std::erase_if(request.headers, [](const auto& header) {
    const std::string name = base::lower(header.first);
    return name == "authorization" || name == "x-amz-date" || name == "x-amz-content-sha256" ||
           name == "x-amz-security-token";
  });
  request.headers.emplace_back("x-amz-date", date);
  if (scope.service == "s3") request.headers.emplace_back("x-amz-content-sha256", payload);
  if (!credentials.session_token.empty()) {
    request.headers.emplace_back("x-amz-security-token", credentials.session_token);
  }

  std::map<std::string, std::string> headers{{"host", host_header(url)}};
  for (const auto& [name, value] : request.headers) {
    const std::string key = base::lower(name);
    if (is_signed(key)) headers[key] = canonical_value(value);
  }
  std::string lines;
  std::vector<std::string> names;
  for (const auto& [name, value] : headers) {
    lines += name + ":" + value + "\n";
    names.push_back(name);
  }
  const std::string signed_names = base::join(names, ";");
  const std::string canonical = fmt::format(
      "{}\n{}\n{}\n{}\n{}\n{}",
      request.method,
      canonical_path(url.path, scope),
      canonical_query(url.query),
      lines,
      signed_names,
      payload);

  const std::string day = date.substr(0, 8);
  const std::string place = fmt::format("{}/{}/{}/aws4_request", day, scope.region, scope.service);
  const std::string text =
      fmt::format("{}\n{}\n{}\n{}", kAlgorithm, date, place, sha256_hex(canonical));
  std::string key = hmac_sha256("AWS4" + credentials.secret_access_key, day);
  key = hmac_sha256(key, scope.region);
  key = hmac_sha256(key, scope.service);
  key = hmac_sha256(key, "aws4_request");
  request.headers.emplace_back(
      "Authorization",
      fmt::format(
          "{} Credential={}/{}, SignedHeaders={}, Signature={}",
          kAlgorithm,
          credentials.access_key_id,
          place,
          signed_names,
          hex(hmac_sha256(key, text))));
  request.follow_redirects = false;
  return base::Done{};
}

}  // namespace outlay::io
