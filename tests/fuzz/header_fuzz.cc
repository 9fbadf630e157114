// SPDX-License-Identifier: Apache-2.0
// Any line as the header of a bill: every reader says whether it is its own, and plans it or says
// what is missing.
#include "base/check.h"
#include "connectors/connector.h"
#include "format/csv.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto rows = outlay::format::parse_csv(text.substr(0, text.find('\n')), ',', "fuzz");
  if (!rows || rows->empty()) return 0;
  const auto& header = rows->front();
  const outlay::ledger::RawShape shape{
      header, std::vector<std::string>(header.size(), "VARCHAR"), {}};
  for (const auto& connector : outlay::connectors::all_connectors()) {
    const int sure = connector->recognizes(header);
    CHECK(sure >= 0 && sure <= 100);
    (void)connector->reference(header);
    (void)connector->apart(header);
    if (sure > 0 || size % 4 == 0) (void)connector->plan(shape);
  }
  return 0;
}
