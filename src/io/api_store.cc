// SPDX-License-Identifier: Apache-2.0
#include "io/api_store.h"

#include <fmt/format.h>

#include "base/text.h"
#include "format/json.h"
#include "io/aws_sign.h"
#include "io/internal/store_http.h"

namespace outlay::io {
namespace {

using base::Error;
using base::Result;
using format::Value;

constexpr int kPagesMax = 100'000;
constexpr base::Duration kFinalAfter = std::chrono::hours(24 * 45);

const Value& at_path(const Value& value, const std::string& path) {
  const Value* at = &value;
  for (const std::string& part : base::split(path, '.')) at = &(*at)[part];
  return *at;
}

std::string scalar_text(const Value& value) {
  if (value.is_text()) return value.as_text();
  return value.is_int() ? std::to_string(value.as_int()) : std::string();
}

// <https://...?page=2>; rel="next"
std::string next_link(const std::string& header) {
  for (const std::string& piece : base::split_trimmed(header, ',')) {
    const std::size_t end = piece.find('>');
    if (piece.starts_with('<') && end != std::string::npos &&
        piece.find("rel=\"next\"", end) != std::string::npos) {
      return piece.substr(1, end - 1);
    }
  }
  return {};
}

struct Month {
  base::Date first;

  base::Instant from() const { return base::midnight(first); }

  base::Instant to() const { return base::midnight(first + std::chrono::months(1)); }

  std::string text() const { return base::print_date(first).substr(0, 7); }
};

std::string unix_text(base::Instant instant) {
  return std::to_string(
      std::chrono::duration_cast<std::chrono::seconds>(instant.time_since_epoch()).count());
}

std::string filled(std::string text, const Month& month) {
  text = base::replace_all(text, "{from}", base::print_instant(month.from()));
  text = base::replace_all(text, "{to}", base::print_instant(month.to()));
  text = base::replace_all(text, "{from_unix}", unix_text(month.from()));
  return base::replace_all(text, "{to_unix}", unix_text(month.to()));
}

class ApiStore final : public ObjectStore {
 public:
  ApiStore(ApiPlace place, base::Date since, PatientHttp& http)
      : place_(std::move(place)), since_(since), http_(http) {}

  std::string url() const override { return place_.url.substr(0, place_.url.find('?')) + "#"; }

  Result<ObjectPage> list(const std::string&) override {
    ObjectPage out;
    const base::Date today = base::date_of(http_.clock().now());
    for (base::Date month = since_; month <= today; month += std::chrono::months(1)) {
      out.objects.push_back(info_of({month}));
    }
    return out;
  }

  Result<ObjectInfo> head(const std::string& key) override { return info_of(TRY(month_of(key))); }

  Result<AnnouncedSums> get(const std::string& key, const Download& download) override {
    const Month month = TRY(month_of(key));
    QueryParams params;
    for (const auto& [name, value] : place_.query) params.emplace_back(name, filled(value, month));
    std::string address = place_.url;
    bool has_items = false;
    int number = 1;
    for (int pages = 0; pages < kPagesMax; ++pages) {
      const HttpAnswer answer = TRY(ask(address, with_page(params, number), download));
      const Value page = TRY(page_of(answer));
      const Value& items = at_path(page, place_.paging.items);
      const bool is_empty = items.is_array() && items.as_array().empty();
      has_items = has_items || !is_empty;
      TRY(download.sink(format::print_json(page) + "\n"));
      if (!goes_on(page, answer, is_empty, address, params)) break;
      ++number;
    }
    // Nothing yet is no bill; the month is asked for again by the next sync.
    if (!has_items)
      return base::not_found(fmt::format("there are no charges of {} yet", month.text()));
    return AnnouncedSums{};
  }

  bool can_resume() const override { return false; }

 private:
  static Result<Month> month_of(const std::string& key) {
    return Month{TRY(base::parse_date(key.substr(0, 7) + "-01"))};
  }

  ObjectInfo info_of(const Month& month) const {
    ObjectInfo out;
    out.key = month.text() + ".json";
    out.has_size = false;
    const base::Instant now = http_.clock().now();
    out.etag = now - month.to() > kFinalAfter ? "final" : compact_instant(now);
    return out;
  }

  QueryParams with_page(QueryParams params, int number) const {
    if (place_.paging.kind == ApiPaging::Kind::page)
      params.emplace_back(place_.paging.param, std::to_string(number));
    if (place_.paging.kind == ApiPaging::Kind::offset)
      params.emplace_back(place_.paging.param, std::to_string((number - 1) * place_.paging.size));
    return params;
  }

  Result<HttpAnswer> ask(
      const std::string& address, const QueryParams& params, const Download& download) {
    const auto make = [&]() -> Result<HttpRequest> {
      HttpRequest request;
      request.url = address;
      if (!params.empty())
        request.url += (address.find('?') == std::string::npos ? "?" : "&") + print_query(params);
      request.headers = place_.headers;
      request.stop = download.stop;
      request.follow_redirects = false;
      return request;
    };
    const HttpAnswer answer = TRY(http_.send(make));
    if (answer.status == 200) return answer;
    return failure(answer);
  }

  Error failure(const HttpAnswer& answer) const {
    if (answer.status == 401 || answer.status == 403) {
      return denied(fmt::format(
          "{} refused the request with status {}: it needs {}{}",
          url(),
          answer.status,
          place_.needs.empty() ? "other credentials" : place_.needs,
          first_line(answer)));
    }
    if (is_later(answer.status)) {
      return base::unavailable(fmt::format(
          "{} did not answer although it was asked several times (status {}); try again later",
          url(),
          answer.status));
    }
    return base::invalid_input(
        fmt::format("{} answered {}{}", url(), answer.status, first_line(answer)));
  }

  // Digit for digit, on one line.
  Result<Value> page_of(const HttpAnswer& answer) const {
    auto page = format::parse_json(answer.body, format::JsonNumbers::exact, url());
    if (!page) return page.error().within("the answer is no JSON");
    return page;
  }

  // Sets where the next page is; false on the last one.
  bool goes_on(
      const Value& page,
      const HttpAnswer& answer,
      bool is_empty,
      std::string& address,
      QueryParams& params) const {
    const ApiPaging& paging = place_.paging;
    if (!paging.more.empty() && !at_path(page, paging.more).bool_or(false)) return false;
    switch (paging.kind) {
      case ApiPaging::Kind::none:
        return false;
      case ApiPaging::Kind::cursor: {
        const std::string next = scalar_text(at_path(page, paging.next));
        if (next.empty()) return false;
        std::erase_if(params, [&](const auto& param) { return param.first == paging.param; });
        params.emplace_back(paging.param, next);
        return true;
      }
      case ApiPaging::Kind::link: {
        const std::string next = paging.next.empty() ? next_link(answer.header("link"))
                                                     : scalar_text(at_path(page, paging.next));
        const bool is_same_place = next.starts_with(address.substr(0, address.find('/', 9)));
        // A token goes to no other host than the one it was given for.
        if (next.empty() || !is_same_place) return false;
        address = next;
        params.clear();
        return true;
      }
      case ApiPaging::Kind::page:
      case ApiPaging::Kind::offset:
        return !is_empty;
    }
    return false;
  }

  const ApiPlace place_;
  const base::Date since_;
  PatientHttp& http_;
};

}  // namespace

Result<std::unique_ptr<ObjectStore>> open_api(ApiPlace place, PatientHttp& http) {
  base::Date since = base::date_of(http.clock().now());
  since = base::Date(since.year(), since.month(), std::chrono::day(1)) - std::chrono::months(2);
  if (!place.since.empty()) {
    const auto given = base::parse_date(place.since + "-01");
    if (!given) return given.error().within("\"since\" is a month such as 2026-01");
    since = *given;
  }
  if (!place.url.starts_with("https://") && !place.url.starts_with("http://"))
    return base::invalid_input("the url of an API begins with https://");
  return std::unique_ptr<ObjectStore>(std::make_unique<ApiStore>(std::move(place), since, http));
}

}  // namespace outlay::io
