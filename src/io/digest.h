// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace outlay::io {

/// Raw bytes of a keyed digest.
std::string hmac_sha256(std::string_view key, std::string_view text);
std::string hmac_sha1(std::string_view key, std::string_view text);
/// RS256: signs with a PEM private key.
base::Result<std::string> sign_rs256(std::string_view private_key_pem, std::string_view text);

std::string hex(std::string_view bytes);
/// Base64 with "-" and "_" and without padding, as tokens use it.
std::string base64_url(std::string_view bytes);

/// Digests of bytes that come piece by piece: SHA-256, MD5 and the two checksums that object stores
/// announce, all at once.
class StreamDigest {
 public:
  StreamDigest();
  StreamDigest(StreamDigest&&) noexcept;
  StreamDigest& operator=(StreamDigest&&) noexcept;
  ~StreamDigest();

  void add(std::string_view bytes);

  /// Raw bytes; `add` may not be called afterwards.
  struct Sums {
    std::string sha256;
    std::string md5;
    std::string crc32c;       ///< big-endian
    std::uint64_t crc64 = 0;  ///< ECMA 182, as Alibaba Cloud's OSS counts it
    std::uint64_t bytes = 0;
  };

  Sums finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace outlay::io
