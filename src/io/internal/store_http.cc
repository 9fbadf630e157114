// SPDX-License-Identifier: Apache-2.0
#include "io/internal/store_http.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/text.h"
#include "io/retry.h"

namespace outlay::io {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

void HttpDownload::ask(HttpRequest& request) {
  request.inflates = false;
  request.keeps_dots = true;
  request.stop = download_.stop;
  if (download_.offset > 0) {
    request.headers.emplace_back("Range", fmt::format("bytes={}-", download_.offset));
  }
  request.wants_sink = [this](int status, const Headers&) { return wants(status); };
  request.body_sink = [this](std::string_view bytes) { return take(bytes); };
}

bool HttpDownload::is_done(const HttpAnswer& answer) const {
  return answer.status == 200 || answer.status == 206 ||
         (answer.status == 416 && download_.offset > 0);
}

bool HttpDownload::wants(int status) {
  to_skip_ = status == 200 ? download_.offset : 0;
  return status == 200 || status == 206;
}

base::Result<base::Done> HttpDownload::take(std::string_view bytes) {
  const auto skipped = static_cast<std::size_t>(std::min<std::uint64_t>(to_skip_, bytes.size()));
  to_skip_ -= skipped;
  bytes.remove_prefix(skipped);
  if (bytes.empty()) return base::Done{};
  return download_.sink(bytes);
}

std::string plain_etag(std::string_view etag) {
  if (etag.starts_with("W/")) etag.remove_prefix(2);
  if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') {
    etag = etag.substr(1, etag.size() - 2);
  }
  return std::string(etag);
}

std::string md5_of_etag(std::string_view etag) {
  std::string out;
  const std::string digits = base::lower(etag);
  if (digits.size() != 32) return out;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    const int high = hex_digit(digits[i]);
    const int low = hex_digit(digits[i + 1]);
    if (high < 0 || low < 0) return {};
    out.push_back(static_cast<char>(high * 16 + low));
  }
  return out;
}

std::string raw_base64(std::string_view text) {
  std::string out;
  if (text.empty() || !base::base64_decode(text, out)) return {};
  return out;
}

base::Error denied(std::string message) {
  return {base::Code::denied, std::move(message), {}, nullptr};
}

std::string folder_prefix(std::string_view folder) {
  while (folder.starts_with('/')) folder.remove_prefix(1);
  while (folder.ends_with('/')) folder.remove_suffix(1);
  return folder.empty() ? std::string() : std::string(folder) + "/";
}

ObjectInfo info_of_head(const std::string& key, const HttpAnswer& answer) {
  ObjectInfo out;
  out.key = key;
  out.etag = plain_etag(answer.header("etag"));
  const std::string length = answer.header("content-length");
  const auto read = std::from_chars(length.data(), length.data() + length.size(), out.bytes);
  out.has_size = read.ec == std::errc();
  if (const auto date = parse_http_date(answer.header("last-modified"))) out.modified = *date;
  return out;
}

std::string clock_advice(const HttpAnswer& answer, base::Instant now) {
  const auto theirs = parse_http_date(answer.header("date"));
  if (!theirs) return {};
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(now - *theirs).count();
  if (minutes > -5 && minutes < 5) return {};
  return fmt::format(
      "; this machine's clock is {} minutes {}, set it right",
      minutes < 0 ? -minutes : minutes,
      minutes < 0 ? "behind" : "ahead");
}

std::string first_line(const HttpAnswer& answer) {
  std::string_view line = base::trim(answer.body);
  line = line.substr(0, std::min<std::size_t>(line.find('\n'), 300));
  return line.empty() ? std::string() : ": " + std::string(line);
}

}  // namespace outlay::io
