// SPDX-License-Identifier: Apache-2.0
// Any bytes as a manifest, under the names manifests have.
#include "connectors/manifest.h"
#include "scratch_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ScratchFile file(data, size);
  for (const auto* name : {"cur/20260101-20260201/cur-Manifest.json", "a/manifest.json"}) {
    (void)outlay::connectors::read_manifest(file.path(), name);
  }
  return 0;
}
