// SPDX-License-Identifier: Apache-2.0
#include "io/gcs_store.h"

#include <charconv>

#include <fmt/format.h>

#include "base/text.h"
#include "format/json.h"
#include "io/internal/store_http.h"
#include "io/url.h"

namespace outlay::io {
namespace {

using base::Error;
using base::Result;
using format::Value;

// The two digests stand in one header or in two: "crc32c=n03x6A==,md5=Ojk9c3dhfxgoKVVHYwFbHQ==".
std::string hash_of(const HttpAnswer& answer, std::string_view kind) {
  for (const auto& [name, value] : answer.headers) {
    if (name != "x-goog-hash") continue;
    for (const std::string& piece : base::split_trimmed(value, ',')) {
      if (piece.starts_with(std::string(kind) + "="))
        return raw_base64(std::string_view(piece).substr(kind.size() + 1));
    }
  }
  return {};
}

class GcsStore final : public ObjectStore {
 public:
  GcsStore(GcsPlace place, std::unique_ptr<Bearer> bearer, PatientHttp& http)
      : place_(std::move(place)),
        prefix_(folder_prefix(place_.folder)),
        bearer_(std::move(bearer)),
        http_(http) {
    if (place_.endpoint.empty()) place_.endpoint = "https://storage.googleapis.com";
    while (place_.endpoint.ends_with('/')) place_.endpoint.pop_back();
  }

  std::string url() const override { return fmt::format("gs://{}/{}", place_.bucket, prefix_); }

  Result<ObjectPage> list(const std::string& page) override {
    QueryParams params{
        {"maxResults", "1000"}, {"fields", "nextPageToken,items(name,size,generation,updated)"}};
    if (!prefix_.empty()) params.emplace_back("prefix", prefix_);
    if (!page.empty()) params.emplace_back("pageToken", page);
    const HttpAnswer answer = TRY(send("", params, nullptr));
    if (answer.status != 200) return failure(answer, "storage.objects.list", "");
    const Value json = TRY(format::parse_json(answer.body));
    ObjectPage out;
    if (json["items"].is_array()) {
      for (const Value& item : json["items"].as_array()) {
        const ObjectInfo object = info_of(item);
        if (!object.key.empty() && !object.key.ends_with('/')) out.objects.push_back(object);
      }
    }
    out.next = json["nextPageToken"].text_or("");
    return out;
  }

  Result<ObjectInfo> head(const std::string& key) override {
    const HttpAnswer answer = TRY(send(key, {{"fields", "name,size,generation,updated"}}, nullptr));
    if (answer.status != 200) return failure(answer, "storage.objects.get", key);
    return info_of(TRY(format::parse_json(answer.body)));
  }

  Result<AnnouncedSums> get(const std::string& key, const Download& download) override {
    QueryParams params{{"alt", "media"}};
    if (!download.etag.empty()) params.emplace_back("ifGenerationMatch", download.etag);
    const HttpAnswer answer = TRY(send(key, params, &download));
    if (!HttpDownload(download).is_done(answer)) return failure(answer, "storage.objects.get", key);
    AnnouncedSums out;
    out.md5 = hash_of(answer, "md5");
    out.crc32c = hash_of(answer, "crc32c");
    return out;
  }

  Result<std::string> identity() override {
    if (!bearer_) return std::string("nobody (anonymous)");
    TRY(bearer_->token());
    return bearer_->origin();
  }

 private:
  ObjectInfo info_of(const Value& item) const {
    ObjectInfo out;
    const std::string name = item["name"].text_or("");
    if (!name.starts_with(prefix_)) return out;
    out.key = name.substr(prefix_.size());
    const std::string size = item["size"].text_or("");
    std::from_chars(size.data(), size.data() + size.size(), out.bytes);
    // A generation is one content of one name for ever, and can be asked for.
    out.etag = item["generation"].text_or("");
    if (const auto time = base::parse_instant(item["updated"].text_or(""))) out.modified = *time;
    return out;
  }

  Result<HttpRequest> request_of(
      const std::string& key, const QueryParams& params, HttpDownload* download) {
    HttpRequest request;
    request.url =
        fmt::format("{}/storage/v1/b/{}/o", place_.endpoint, percent_encode(place_.bucket));
    if (!key.empty()) request.url += "/" + percent_encode(prefix_ + key);
    request.url += "?" + print_query(params);
    if (!place_.billing_project.empty())
      request.url += "&userProject=" + percent_encode(place_.billing_project);
    request.follow_redirects = false;
    if (download != nullptr) {
      download->ask(request);
      // Objects that are stored compressed come as they are stored, whose size and digest are
      // known.
      request.headers.emplace_back("Accept-Encoding", "gzip");
    }
    if (bearer_) request.headers.emplace_back("Authorization", "Bearer " + TRY(bearer_->token()));
    return request;
  }

  Result<HttpAnswer> send(
      const std::string& key, const QueryParams& params, const Download* download) {
    for (bool has_renewed = false;; has_renewed = true) {
      std::optional<HttpDownload> down;
      if (download != nullptr) down.emplace(*download);
      HttpDownload* const asked = down ? &*down : nullptr;
      const auto make = [&] { return request_of(key, params, asked); };
      HttpAnswer answer = TRY(http_.send(make));
      if (answer.status == 401 && bearer_ && !has_renewed) {
        bearer_->renew();
        continue;
      }
      if (is_later(answer.status)) {
        return base::unavailable(fmt::format(
            "Cloud Storage did not answer although it was asked several times (status {}); try "
            "again later",
            answer.status));
      }
      return answer;
    }
  }

  Error failure(
      const HttpAnswer& answer, std::string_view permission, const std::string& key) const {
    const auto json = format::parse_json(answer.body);
    const std::string said = json ? (*json)["error"]["message"].text_or("") : std::string();
    const std::string asked = url() + key;
    const std::string who = bearer_ ? bearer_->origin() : "nobody (anonymous)";
    if (answer.status == 412)
      return base::conflict(fmt::format("{} changed since it was listed", asked));
    if (answer.status == 404 && key.empty()) {
      return base::not_found(fmt::format("there is no bucket {}; check the name", place_.bucket));
    }
    if (answer.status == 404) return base::not_found(fmt::format("{} is not there", asked));
    if (answer.status == 400 && said.find("requester pays") != std::string::npos)
      return base::invalid_input(fmt::format(
          "readers pay in the bucket {}; set the source's billing_project", place_.bucket));
    if (answer.status == 401) {
      return denied(fmt::format(
          "Cloud Storage does not accept the credentials of {}: they have expired or were "
          "withdrawn{}",
          who,
          clock_advice(answer, http_.clock().now())));
    }
    if (answer.status == 403) {
      return denied(fmt::format(
          "{} may not read {}: {} is missing; give it the role \"Storage Object Viewer\" on the "
          "bucket{}",
          who,
          asked,
          permission,
          said.empty() ? "" : " (" + said + ")"));
    }
    return base::unavailable(fmt::format(
        "Cloud Storage answered {} for {}{}", answer.status, asked, first_line(answer)));
  }

  GcsPlace place_;
  const std::string prefix_;
  const std::unique_ptr<Bearer> bearer_;
  PatientHttp& http_;
};

}  // namespace

std::unique_ptr<ObjectStore> open_gcs(
    GcsPlace place, std::unique_ptr<Bearer> bearer, PatientHttp& http) {
  return std::make_unique<GcsStore>(std::move(place), std::move(bearer), http);
}

}  // namespace outlay::io
