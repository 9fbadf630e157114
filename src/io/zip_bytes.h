// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace outlay::io {

/// A file of a zip archive.
struct ZipEntry {
  std::string name;  ///< with folders: "team/daily.yml"
  std::string bytes;
};

bool is_zip(std::string_view bytes);
/// The archive of these files, compressed; the same files give the same bytes.
base::Result<std::string> zip(const std::vector<ZipEntry>& entries);
/// The files of an archive, folders left out. invalid_input when it is broken, encrypted, or would
/// unpack to more than `bytes_max`.
base::Result<std::vector<ZipEntry>> unzip(std::string_view archive, std::size_t bytes_max);

}  // namespace outlay::io
