// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace outlay::io {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  std::string method = "GET";
  std::string url;
  Headers headers;
  std::string body;
  std::chrono::milliseconds connect_timeout{10'000};
  /// Longest time without any byte.
  std::chrono::milliseconds idle_timeout{60'000};
  bool follow_redirects = true;
  /// "user:password" for basic authentication; empty for none.
  std::string basic_auth;
  bool is_digest = false;   ///< answers the server's challenge instead (HTTP digest)
  std::string proxy;        ///< "http://host:3128"; empty: as the environment says
  std::string unix_socket;  ///< path of a Unix socket to talk to instead of the URL's host
  std::size_t body_limit = 64U << 20U;
  /// When set, gets the body piece by piece instead of the answer (for downloads); body_limit does
  /// not apply then. An error ends the transfer and is what send() answers.
  std::function<base::Result<base::Done>(std::string_view bytes)> body_sink;
  /// Asked once, when the headers are there and before the first byte of the body: false puts the
  /// body into the answer instead of the sink (an error's text). Empty: always the sink.
  std::function<bool(int status, const Headers& headers)> wants_sink;
  /// Bodies that are compressed on the way arrive inflated. False hands on the bytes as they come,
  /// for files that are stored compressed.
  bool inflates = true;
  /// "/a/../b" is sent as it is; for keys of object stores.
  bool keeps_dots = false;
  /// Set to true from another thread to end the transfer; looked at about once a second.
  const std::atomic<bool>* stop = nullptr;
};

struct HttpAnswer {
  int status = 0;
  /// Names in lower case.
  Headers headers;
  std::string body;
  /// First value of a header, or empty.
  std::string header(std::string_view name) const;
};

/// Speaks HTTP to the outside. Safe from any thread.
class Http {
 public:
  virtual ~Http() = default;
  /// Any status is an answer; an error means that none came (unavailable) or the URL is bad
  /// (invalid_input).
  virtual base::Result<HttpAnswer> send(const HttpRequest& request) = 0;
};

/// Http over libcurl. Connections are kept and used again.
class CurlHttp final : public Http {
 public:
  CurlHttp();
  ~CurlHttp() override;
  base::Result<HttpAnswer> send(const HttpRequest& request) override;

 private:
  struct Idle;
  std::unique_ptr<Idle> idle_;
};

}  // namespace outlay::io
