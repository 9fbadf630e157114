// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "io/http.h"
#include "io/object_store.h"

namespace outlay::io {

/// One download over HTTP, for the stores. Lives until the request was sent.
class HttpDownload {
 public:
  explicit HttpDownload(const Download& download) : download_(download) {}

  /// Asks for the bytes from the offset on, as they are stored, and hands them to the sink when the
  /// answer is 200 or 206. What a store sends again although its end was asked for is passed over.
  void ask(HttpRequest& request);
  /// True for an answer that holds the bytes, or says that there are no more.
  bool is_done(const HttpAnswer& answer) const;

 private:
  bool wants(int status);
  base::Result<base::Done> take(std::string_view bytes);

  const Download& download_;
  std::uint64_t to_skip_ = 0;
};

/// `"abc"` and `W/"abc"` as abc.
std::string plain_etag(std::string_view etag);

/// The MD5 that an etag may be, as raw bytes; empty when it is no 32 hex digits.
std::string md5_of_etag(std::string_view etag);

/// Base64 as raw bytes; empty when it is none.
std::string raw_base64(std::string_view text);

/// An error of code `denied`.
base::Error denied(std::string message);

/// "folder/" for a folder, empty for the root.
std::string folder_prefix(std::string_view folder);

/// Content-Length, ETag and Last-Modified of an answer to HEAD.
ObjectInfo info_of_head(const std::string& key, const HttpAnswer& answer);

/// What this machine's clock is off by: "; this machine's clock is 12 minutes behind, set it
/// right"; empty when it is less than five minutes or the answer has no date.
std::string clock_advice(const HttpAnswer& answer, base::Instant now);

/// `": the first line of the body"`, shortened; empty when there is none.
std::string first_line(const HttpAnswer& answer);

}  // namespace outlay::io
