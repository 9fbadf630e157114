// SPDX-License-Identifier: Apache-2.0
// Any bytes as a JSON document of records: written as a table, or refused.
#include "ledger/json_document.h"
#include "scratch_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ScratchFile file(data, size);
  const ScratchFile table(data, 0);
  for (const auto* records : {"data", "data.results", "data.*"}) {
    const auto rows =
        outlay::ledger::json_document_to_csv(file.path(), "fuzz", records, table.path());
    CHECK(!rows || *rows > 0);
  }
  return 0;
}
