// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace outlay::io {

/// One line of a folder's listing by an SFTP server.
struct SftpEntry {
  std::string name;
  std::uint64_t bytes = 0;
  bool is_folder = false;
  bool is_file = false;  ///< false for links and whatever else there is
};

/// Reads lines as `ls -l` prints them. Hidden files, "." and "..", names that lead elsewhere and
/// lines of another form are left out.
std::vector<SftpEntry> parse_sftp_listing(std::string_view text);

}  // namespace outlay::io
