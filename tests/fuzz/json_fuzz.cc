// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "format/json.h"

/// Whatever parses prints to text that parses to the same value.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace outlay::format;  // NOLINT(google-build-using-namespace)
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto value = parse_json(text, JsonNumbers::exact);
  if (!value) return 0;
  const auto again = parse_json(print_json(*value), JsonNumbers::exact);
  CHECK(again && *again == *value);
  return 0;
}
