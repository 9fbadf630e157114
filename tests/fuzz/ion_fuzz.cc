// SPDX-License-Identifier: Apache-2.0
// Any bytes as Ion text: values, or a refusal with its place.
#include <cstddef>
#include <cstdint>

#include "expr/ion.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  (void)outlay::expr::parse_ion(std::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
