// SPDX-License-Identifier: Apache-2.0
// Any bytes as a gzip file: unpacked, or refused as damaged.
#include "io/file.h"
#include "scratch_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ScratchFile file(data, size);
  const ScratchFile plain(data, 0);
  (void)outlay::io::gunzip_file(file.path(), plain.path());
  return 0;
}
