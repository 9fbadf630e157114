// SPDX-License-Identifier: Apache-2.0
// Any bytes as a user's own mapping: read, or refused.
#include <cstddef>
#include <cstdint>

#include "connectors/declared/declaration.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)outlay::connectors::parse_declaration(text, "fuzz.yaml");
  return 0;
}
