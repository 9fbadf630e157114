// SPDX-License-Identifier: Apache-2.0
#include "io/oss_store.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/log.h"
#include "base/mutex.h"
#include "base/text.h"
#include "format/json.h"
#include "io/digest.h"
#include "io/file.h"
#include "io/internal/s3_dialect.h"
#include "io/internal/store_http.h"
#include "io/url.h"

namespace outlay::io {
namespace {

using base::Result;
using Environment = std::map<std::string, std::string>;

std::string variable(const Environment& environment, const std::string& name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string() : found->second;
}

std::string oss_origin(const std::string& region) {
  return fmt::format("https://oss-{}.aliyuncs.com", region);
}

// The bucket stands first in the path, whether the address has it there or in the host.
std::string canonical_path(const Url& url, const std::string& bucket) {
  const std::string lead = "/" + bucket;
  if (url.path == lead) return lead + "/";
  if (!url.host.starts_with(bucket + ".") && url.path.starts_with(lead + "/")) return url.path;
  return lead + url.path;
}

std::string canonical_query(const std::string& query) {
  std::vector<std::pair<std::string, std::string>> params;
  for (const auto& [name, value] : parse_query(query)) {
    params.emplace_back(percent_encode(name), percent_encode(value));
  }
  std::sort(params.begin(), params.end());
  std::string out;
  for (const auto& [name, value] : params) {
    out += (out.empty() ? "" : "&") + name + (value.empty() ? "" : "=" + value);
  }
  return out;
}

std::string canonical_headers(const HttpRequest& request) {
  std::map<std::string, std::string> headers;
  for (const auto& [name, value] : request.headers) {
    const std::string key = base::lower(name);
    if (key.starts_with("x-oss-") || key == "content-type" || key == "content-md5")
      headers[key] = base::trim(value);
  }
  std::string out;
  for (const auto& [name, value] : headers) out += name + ":" + value + "\n";
  return out;
}

Result<AwsCredentials> keys_of_machine(PatientHttp& http) {
  constexpr std::string_view kRoot =
      "http://100.100.100.200/latest/meta-data/ram/security-credentials/";
  const auto ask = [&](const std::string& name) {
    HttpRequest request;
    request.url = std::string(kRoot) + name;
    request.connect_timeout = std::chrono::seconds(1);
    request.idle_timeout = std::chrono::seconds(5);
    return http.http().send(request);
  };
  const auto role = ask("");
  if (!role || role->status != 200) {
    return denied(
        "no Alibaba Cloud credentials: none in the source's settings, the environment "
        "(ALIBABA_CLOUD_ACCESS_KEY_ID) or a RAM role of this machine");
  }
  const std::string name(base::trim(role->body));
  const HttpAnswer answer = TRY(ask(name));
  const auto json = format::parse_json(answer.body);
  if (!json || !json->is_object()) return denied("the RAM role " + name + " gave no credentials");
  AwsCredentials out{
      .access_key_id = (*json)["AccessKeyId"].text_or(""),
      .secret_access_key = (*json)["AccessKeySecret"].text_or(""),
      .session_token = (*json)["SecurityToken"].text_or(""),
      .expires = {},
      .origin = "the RAM role " + name};
  if (const auto time = base::parse_instant((*json)["Expiration"].text_or(""))) out.expires = *time;
  return out;
}

/// Keeps keys, and fetches those of the machine again before they expire.
class OssStore final : public ObjectStore {
 public:
  OssStore(S3Place place, AwsCredentials keys, PatientHttp& http) : http_(http) {
    if (!keys.access_key_id.empty()) held_ = std::move(keys);
    S3Dialect dialect{
        .name = "OSS",
        .scheme = "oss",
        .header = "x-oss-",
        .list_permission = "oss:ListObjects",
        .get_permission = "oss:GetObject",
        .resource = "acs:oss:*:*:",
        .origin = &oss_origin,
        .sign = &sign_oss};
    store_ = open_s3_like(
        std::move(place),
        std::move(dialect),
        {.get = [this] { return keys_now(); }, .renew = [this] { forget(); }},
        http);
  }

  std::string url() const override { return store_->url(); }

  Result<ObjectPage> list(const std::string& page) override { return store_->list(page); }

  Result<ObjectInfo> head(const std::string& key) override { return store_->head(key); }

  Result<AnnouncedSums> get(const std::string& key, const Download& download) override {
    return store_->get(key, download);
  }

  Result<std::string> identity() override { return store_->identity(); }

 private:
  Result<AwsCredentials> keys_now() {
    const base::Lock lock(mutex_);
    const bool is_fresh = held_ && (!held_->expires || *held_->expires - http_.clock().now() >
                                                           std::chrono::minutes(5));
    if (!is_fresh) {
      auto found = keys_of_machine(http_);
      if (!found) return found;
      base::hide_in_log(found->secret_access_key);
      base::hide_in_log(found->session_token);
      held_ = *std::move(found);
    }
    return *held_;
  }

  // Keys that were given stay: there are no others.
  void forget() {
    const base::Lock lock(mutex_);
    if (held_ && held_->expires) held_.reset();
  }

  PatientHttp& http_;
  base::Mutex mutex_;
  std::optional<AwsCredentials> held_ GUARDED_BY(mutex_);
  std::unique_ptr<ObjectStore> store_;
};

}  // namespace

Result<base::Done> sign_oss(
    HttpRequest& request,
    const AwsCredentials& credentials,
    const std::string& bucket,
    const std::string& region,
    base::Instant now) {
  constexpr std::string_view kAlgorithm = "OSS4-HMAC-SHA256";
  constexpr std::string_view kPayload = "UNSIGNED-PAYLOAD";
  const Url url = TRY(parse_url(request.url));
  const std::string date = compact_instant(now);
  const std::string day = date.substr(0, 8);
  request.headers.emplace_back("x-oss-date", date);
  request.headers.emplace_back("x-oss-content-sha256", kPayload);
  if (!credentials.session_token.empty())
    request.headers.emplace_back("x-oss-security-token", credentials.session_token);
  const std::string canonical = fmt::format(
      "{}\n{}\n{}\n{}\n\n{}",
      request.method,
      canonical_path(url, bucket),
      canonical_query(url.query),
      canonical_headers(request),
      kPayload);
  const std::string scope = fmt::format("{}/{}/oss/aliyun_v4_request", day, region);
  const std::string text =
      fmt::format("{}\n{}\n{}\n{}", kAlgorithm, date, scope, sha256_hex(canonical));
  std::string key = hmac_sha256("aliyun_v4" + credentials.secret_access_key, day);
  key = hmac_sha256(key, region);
  key = hmac_sha256(key, "oss");
  key = hmac_sha256(key, "aliyun_v4_request");
  request.headers.emplace_back(
      "Authorization",
      fmt::format(
          "{} Credential={}/{},Signature={}",
          kAlgorithm,
          credentials.access_key_id,
          scope,
          hex(hmac_sha256(key, text))));
  request.follow_redirects = false;
  return base::Done{};
}

Result<std::unique_ptr<ObjectStore>> open_oss(
    S3Place place, AwsCredentials keys, PatientHttp& http, const Environment& environment) {
  if (place.region.starts_with("oss-")) place.region.erase(0, 4);
  if (place.region.empty()) {
    return base::invalid_input("an OSS source needs its region, such as cn-hangzhou");
  }
  if (!place.path_style) place.path_style = false;
  if (keys.access_key_id.empty()) {
    keys.access_key_id = variable(environment, "ALIBABA_CLOUD_ACCESS_KEY_ID");
    keys.secret_access_key = variable(environment, "ALIBABA_CLOUD_ACCESS_KEY_SECRET");
    keys.session_token = variable(environment, "ALIBABA_CLOUD_SECURITY_TOKEN");
    keys.origin = "the environment (ALIBABA_CLOUD_ACCESS_KEY_ID)";
  } else {
    keys.origin = "the source's settings";
  }
  return std::unique_ptr<ObjectStore>(
      std::make_unique<OssStore>(std::move(place), std::move(keys), http));
}

}  // namespace outlay::io
