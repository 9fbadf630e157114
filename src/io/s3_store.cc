// SPDX-License-Identifier: Apache-2.0
#include "io/s3_store.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/log.h"
#include "base/mutex.h"
#include "base/text.h"
#include "io/internal/s3_dialect.h"
#include "io/internal/store_http.h"
#include "io/internal/xml.h"
#include "io/url.h"

namespace outlay::io {
namespace {

using base::Code;
using base::Error;
using base::Result;

// In a listing with encoding-type=url a space is "+".
std::string decoded_key(std::string_view text) {
  return percent_decode(base::replace_all(text, "+", "%20"));
}

bool is_host_name(const std::string& bucket) {
  return std::all_of(bucket.begin(), bucket.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

/// What an operation needs, for messages.
struct Need {
  std::string permission;  ///< "s3:GetObject"
  std::string resource;    ///< "arn:aws:s3:::bucket/key"
  std::string key;         ///< of the object; empty for the bucket
};

class S3Store final : public ObjectStore {
 public:
  S3Store(S3Place place, S3Dialect dialect, KeySource keys, PatientHttp& http)
      : place_(std::move(place)),
        prefix_(folder_prefix(place_.folder)),
        dialect_(std::move(dialect)),
        keys_(std::move(keys)),
        http_(http),
        region_(place_.region) {}

  std::string url() const override {
    return fmt::format("{}://{}/{}", dialect_.scheme, place_.bucket, prefix_);
  }

  Result<ObjectPage> list(const std::string& page) override {
    QueryParams params{{"encoding-type", "url"}, {"list-type", "2"}, {"max-keys", "1000"}};
    if (!prefix_.empty()) params.emplace_back("prefix", prefix_);
    if (!page.empty()) params.emplace_back("continuation-token", page);
    const Need need{dialect_.list_permission, dialect_.resource + place_.bucket, ""};
    const HttpAnswer answer = TRY(send("GET", "", print_query(params), nullptr, need));
    if (answer.status != 200) return failure(answer, need);
    const XmlElement xml = TRY(parse_xml(answer.body));
    ObjectPage out;
    for (const XmlElement& item : xml.children) {
      if (item.name == "Contents") add_object(item, out);
    }
    if (xml.text_of("IsTruncated") == "true") out.next = xml.text_of("NextContinuationToken");
    return out;
  }

  Result<ObjectInfo> head(const std::string& key) override {
    const Need need = need_of(key);
    const HttpAnswer answer = TRY(send("HEAD", key, "", nullptr, need));
    if (answer.status != 200) return failure(answer, need);
    return info_of_head(key, answer);
  }

  Result<AnnouncedSums> get(const std::string& key, const Download& download) override {
    const Need need = need_of(key);
    const HttpAnswer answer = TRY(send("GET", key, "", &download, need));
    if (!HttpDownload(download).is_done(answer)) return failure(answer, need);
    return sums_of(answer);
  }

  Result<std::string> identity() override {
    const AwsCredentials found = TRY(keys_.get());
    return fmt::format("access key {} of {}", found.access_key_id, found.origin);
  }

 private:
  Need need_of(const std::string& key) const {
    return {
        dialect_.get_permission,
        fmt::format("{}{}/{}*", dialect_.resource, place_.bucket, prefix_),
        key};
  }

  void add_object(const XmlElement& item, ObjectPage& out) const {
    ObjectInfo object;
    const std::string key = decoded_key(item.text_of("Key"));
    // A "folder" is an empty object of its own in some tools.
    if (key.ends_with('/') || !key.starts_with(prefix_)) return;
    object.key = key.substr(prefix_.size());
    const std::string size = item.text_of("Size");
    std::from_chars(size.data(), size.data() + size.size(), object.bytes);
    object.etag = plain_etag(item.text_of("ETag"));
    if (const auto time = base::parse_instant(item.text_of("LastModified")))
      object.modified = *time;
    out.objects.push_back(std::move(object));
  }

  static AnnouncedSums sums_of(const HttpAnswer& answer) {
    AnnouncedSums out;
    const std::string crc64 = answer.header("x-oss-hash-crc64ecma");
    std::uint64_t number = 0;
    if (std::from_chars(crc64.data(), crc64.data() + crc64.size(), number).ec == std::errc())
      out.crc64 = number;
    if (answer.header("x-amz-checksum-type") != "COMPOSITE") {
      out.sha256 = raw_base64(answer.header("x-amz-checksum-sha256"));
      out.crc32c = raw_base64(answer.header("x-amz-checksum-crc32c"));
      if (out.sha256.size() != 32) out.sha256.clear();
      if (out.crc32c.size() != 4) out.crc32c.clear();
    }
    // With a key of KMS or of the customer the etag is no digest of the content.
    if (!answer.header("x-amz-server-side-encryption").starts_with("aws:kms") &&
        answer.header("x-amz-server-side-encryption-customer-algorithm").empty()) {
      out.md5 = md5_of_etag(plain_etag(answer.header("etag")));
    }
    return out;
  }

  bool is_path_style() const {
    if (place_.path_style) return *place_.path_style;
    return !place_.endpoint.empty() || !is_host_name(place_.bucket);
  }

  std::string region() const {
    const base::Lock lock(mutex_);
    return region_;
  }

  std::string url_of(const std::string& key, const std::string& query) const {
    std::string origin = place_.endpoint;
    const std::string home = region();
    if (origin.empty()) origin = dialect_.origin(home);
    while (origin.ends_with('/')) origin.pop_back();
    const std::string path = key.empty() ? "" : percent_encode(prefix_ + key, "/");
    const std::size_t host = origin.find("://") + 3;
    std::string url =
        is_path_style()
            ? fmt::format("{}/{}/{}", origin, place_.bucket, path)
            : fmt::format(
                  "{}{}.{}/{}", origin.substr(0, host), place_.bucket, origin.substr(host), path);
    if (key.empty() && is_path_style() && url.ends_with('/')) url.pop_back();
    return query.empty() ? url : url + "?" + query;
  }

  Result<HttpRequest> request_of(
      std::string_view method,
      const std::string& key,
      const std::string& query,
      HttpDownload* download,
      const std::string& etag) const {
    HttpRequest request;
    request.method = std::string(method);
    request.url = url_of(key, query);
    request.keeps_dots = true;
    if (place_.requester_pays)
      request.headers.emplace_back(dialect_.header + "request-payer", "requester");
    if (download != nullptr) {
      download->ask(request);
      if (dialect_.scheme == "s3") request.headers.emplace_back("x-amz-checksum-mode", "ENABLED");
      if (!etag.empty()) request.headers.emplace_back("If-Match", "\"" + etag + "\"");
    }
    const AwsCredentials keys = TRY(keys_.get());
    TRY(dialect_.sign(request, keys, place_.bucket, region(), http_.clock().now()));
    return request;
  }

  // Follows the bucket to its region and fetches fresh credentials, once each.
  Result<HttpAnswer> send(
      std::string_view method,
      const std::string& key,
      const std::string& query,
      const Download* download,
      const Need& need) {
    bool has_moved = false;
    bool has_renewed = false;
    while (true) {
      std::optional<HttpDownload> down;
      if (download != nullptr) down.emplace(*download);
      HttpDownload* const asked = down ? &*down : nullptr;
      const std::string etag = download == nullptr ? "" : download->etag;
      const auto make = [&] { return request_of(method, key, query, asked, etag); };
      HttpAnswer answer = TRY(http_.send(make));
      if (!has_moved && moves_region(answer)) {
        has_moved = true;
      } else if (!has_renewed && code_of(answer) == "ExpiredToken") {
        has_renewed = true;
        keys_.renew();
      } else {
        if (is_later(answer.status)) return throttled(answer, need);
        return answer;
      }
    }
  }

  // Where the bucket is, when the answer says that it is not here.
  bool moves_region(const HttpAnswer& answer) {
    if (answer.status != 301 && answer.status != 307 && answer.status != 400) return false;
    std::string home = answer.header("x-amz-bucket-region");
    if (home.empty()) {
      const auto xml = parse_xml(answer.body);
      if (xml) home = xml->text_of("Region");
    }
    const base::Lock lock(mutex_);
    if (home.empty() || home == region_) return false;
    LOG(debug, "the bucket is in another region", {"bucket", place_.bucket}, {"region", home});
    region_ = home;
    return true;
  }

  static std::string code_of(const HttpAnswer& answer) {
    if (answer.status < 300) return {};
    const auto xml = parse_xml(answer.body);
    return xml ? xml->text_of("Code") : std::string();
  }

  Error throttled(const HttpAnswer& answer, const Need& need) const {
    const std::string code = code_of(answer);
    return base::unavailable(fmt::format(
        "{} did not answer {} although it was asked several times (status {}{}); try again later",
        dialect_.name,
        need.permission,
        answer.status,
        code.empty() ? "" : " " + code));
  }

  std::string who() const {
    const auto keys = keys_.get();
    return keys ? fmt::format("access key {} of {}", keys->access_key_id, keys->origin)
                : std::string("nobody");
  }

  Error failure(const HttpAnswer& answer, const Need& need) const {
    const auto xml = parse_xml(answer.body);
    const std::string code = xml ? xml->text_of("Code") : "";
    const std::string said = xml ? xml->text_of("Message") : "";
    const std::string asked = need.key.empty() ? url() : url() + need.key;
    if (answer.status == 412) {
      return base::conflict(fmt::format("{} changed since it was listed", asked));
    }
    if (code == "NoSuchBucket") {
      return base::not_found(fmt::format("there is no bucket {}; check the name", place_.bucket));
    }
    if (answer.status == 404) return base::not_found(fmt::format("{} is not there", asked));
    if (code == "RequestTimeTooSkewed") {
      return denied(fmt::format(
          "{} refused the signature because of its time{}",
          dialect_.name,
          clock_advice(answer, http_.clock().now())));
    }
    if (code == "ExpiredToken" || code == "TokenRefreshRequired") {
      return denied(fmt::format("the credentials have expired ({}); sign in again", who()));
    }
    if (code == "InvalidAccessKeyId" || code == "InvalidToken" || code == "InvalidClientTokenId") {
      return denied(fmt::format(
          "{} does not know the credentials ({}); check the key", dialect_.name, who()));
    }
    if (code == "SignatureDoesNotMatch") {
      return denied(fmt::format(
          "{} refused the signature: the secret access key is not that of the {}{}",
          dialect_.name,
          who(),
          clock_advice(answer, http_.clock().now())));
    }
    if (answer.status == 301 || answer.status == 307 || code == "AuthorizationHeaderMalformed") {
      return base::invalid_input(fmt::format(
          "the bucket {} is not in region {}; set the source's region", place_.bucket, region()));
    }
    if (answer.status == 403) return forbidden(need, asked, said);
    return base::unavailable(fmt::format(
        "{} answered {} {} for {}{}",
        dialect_.name,
        answer.status,
        code,
        asked,
        first_line(answer)));
  }

  Error forbidden(const Need& need, const std::string& asked, const std::string& said) const {
    const bool is_key =
        said.find("KMS") != std::string::npos || said.find("kms:") != std::string::npos;
    // A head has no body that says more; and without s3:ListBucket a missing object is forbidden.
    return denied(fmt::format(
        "{} may not read {}: {} on {} is missing{}",
        who(),
        asked,
        is_key ? "kms:Decrypt" : need.permission,
        is_key ? "the key that the object is encrypted with" : need.resource,
        said.empty() || said == "Access Denied" ? "" : " (" + said + ")"));
  }

  const S3Place place_;
  const std::string prefix_;
  const S3Dialect dialect_;
  const KeySource keys_;
  PatientHttp& http_;
  mutable base::Mutex mutex_;
  std::string region_ GUARDED_BY(mutex_);
};

std::string aws_origin(const std::string& region) {
  return fmt::format(
      "https://s3.{}.amazonaws.com{}", region, region.starts_with("cn-") ? ".cn" : "");
}

Result<base::Done> sign_s3(
    HttpRequest& request,
    const AwsCredentials& credentials,
    const std::string&,
    const std::string& region,
    base::Instant now) {
  return sign_aws(request, credentials, {region, "s3"}, now);
}

/// S3 with the credentials that it owns.
class AwsStore final : public ObjectStore {
 public:
  AwsStore(S3Place place, std::unique_ptr<AwsCredentialChain> chain, PatientHttp& http)
      : chain_(std::move(chain)) {
    if (place.region.empty()) place.region = chain_->region();
    if (place.region.empty()) place.region = "us-east-1";
    S3Dialect dialect;
    dialect.origin = &aws_origin;
    dialect.sign = &sign_s3;
    store_ = open_s3_like(
        std::move(place),
        std::move(dialect),
        {.get = [chain = chain_.get()] { return chain->get(); },
         .renew = [chain = chain_.get()] { chain->renew(); }},
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
  std::unique_ptr<AwsCredentialChain> chain_;
  std::unique_ptr<ObjectStore> store_;
};

}  // namespace

std::unique_ptr<ObjectStore> open_s3_like(
    S3Place place, S3Dialect dialect, KeySource keys, PatientHttp& http) {
  return std::make_unique<S3Store>(std::move(place), std::move(dialect), std::move(keys), http);
}

std::unique_ptr<ObjectStore> open_s3(
    S3Place place, std::unique_ptr<AwsCredentialChain> credentials, PatientHttp& http) {
  return std::make_unique<AwsStore>(std::move(place), std::move(credentials), http);
}

}  // namespace outlay::io
