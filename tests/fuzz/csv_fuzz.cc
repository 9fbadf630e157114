// SPDX-License-Identifier: Apache-2.0
// Any bytes as CSV with any separator: rows, or a refusal.
#include <cstddef>
#include <cstdint>

#include "format/csv.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::string_view kSeparators = ",;\t|";
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  (void)outlay::format::parse_csv(text, kSeparators[data[0] % kSeparators.size()], "fuzz");
  return 0;
}
