// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "format/json.h"
#include "format/yaml.h"

/// Whatever parses prints to YAML that parses to the same value.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace outlay::format;  // NOLINT(google-build-using-namespace)
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto node = parse_yaml(text);
  if (!node) return 0;
  const Value value = node->value();
  const auto again = parse_yaml(print_yaml(value));
  CHECK(again);
  CHECK(print_json(again->value()) == print_json(value));
  return 0;
}
