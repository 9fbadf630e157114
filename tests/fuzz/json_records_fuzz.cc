// SPDX-License-Identifier: Apache-2.0
// Any bytes as a file of JSON objects: its names and paths are found, and every record splits into
// fields or says why not.
#include <sstream>

#include "ledger/json_document.h"
#include "ledger/json_records.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace outlay::ledger;  // NOLINT(google-build-using-namespace)
  const std::string text(reinterpret_cast<const char*>(data), size);
  json_names(text);
  json_paths(text);
  auto records = JsonRecords::of(std::make_unique<std::istringstream>(text), "fuzz");
  std::string_view record;
  std::vector<JsonField> fields;
  for (std::size_t seen = 0; seen <= size; ++seen) {
    const auto more = records.next(record);
    if (!more || !*more) break;
    std::string trouble;
    fields.clear();
    if (!split_json_object(record, fields, trouble) && trouble.empty()) __builtin_trap();
  }
  return 0;
}
