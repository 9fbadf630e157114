// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace outlay::expr {

enum class Hash { md5, sha1, sha256, sha512 };

/// The digest in lower-case hexadecimal.
base::Result<std::string> hex_digest(Hash hash, std::string_view bytes);
/// AES-GCM: base64 of 12 random bytes, the encrypted text, and a tag of 16 bytes. `key` is base64
/// of 16, 24 or 32 bytes.
base::Result<std::string> encrypt(std::string_view key, std::string_view plain);
base::Result<std::string> decrypt(std::string_view key, std::string_view encrypted);

}  // namespace outlay::expr
