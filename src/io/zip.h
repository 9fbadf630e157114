// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "io/file.h"

namespace outlay::io {

/// One file inside a zip archive, as its central directory has it.
struct ZipMember {
  std::string name;
  std::uint64_t bytes = 0;  ///< unpacked
  std::uint64_t packed_bytes = 0;
  std::uint64_t header_at = 0;
  std::uint32_t crc = 0;
  int method = 0;
  bool is_encrypted = false;
};

/// The files of an archive, in its order; folders are left out. Zip64 is read; an archive cut short
/// is an error.
base::Result<std::vector<ZipMember>> list_zip(const Path& archive);

/// Unpacks one file (stored or deflated) and checks its length and CRC; `to` is removed on error.
/// Gives the bytes written.
base::Result<std::uint64_t> unzip_member(
    const Path& archive, const ZipMember& member, const Path& to);

/// The first bytes of a file, at most `count`; nothing is checked.
base::Result<std::string> zip_member_start(
    const Path& archive, const ZipMember& member, std::size_t count);

}  // namespace outlay::io
