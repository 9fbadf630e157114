// SPDX-License-Identifier: Apache-2.0
// Any bytes as what an SFTP server lists: no name leads out of the folder.
#include "base/check.h"
#include "io/sftp_listing.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const auto& entry : outlay::io::parse_sftp_listing(text)) {
    CHECK(!entry.name.empty() && entry.name.front() != '.');
    CHECK(entry.name.find('/') == std::string::npos);
  }
  return 0;
}
