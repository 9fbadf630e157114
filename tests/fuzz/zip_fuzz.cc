// SPDX-License-Identifier: Apache-2.0
// Any bytes as a zip archive: its members are listed and begun, or it is refused.
#include "io/zip.h"
#include "io/zip_bytes.h"
#include "scratch_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kMax = 1U << 20U;
  const ScratchFile file(data, size);
  if (const auto members = outlay::io::list_zip(file.path())) {
    for (const auto& member : *members) {
      const auto start = outlay::io::zip_member_start(file.path(), member, kMax);
      CHECK(!start || start->size() <= kMax);
    }
  }
  const auto entries =
      outlay::io::unzip(std::string_view(reinterpret_cast<const char*>(data), size), kMax);
  std::size_t bytes = 0;
  if (entries) {
    for (const auto& entry : *entries) bytes += entry.content.size();
  }
  CHECK(bytes <= kMax);
  return 0;
}
