// SPDX-License-Identifier: Apache-2.0
#include "ledger/numbered_files.h"

#include "format/json.h"
#include "ledger/receipt.h"

namespace outlay::ledger {

base::Result<std::vector<BillFile>> numbered_files(
    Catalog& catalog, const std::string& delivery_id) {
  const auto records = TRY(catalog.deliveries({delivery_id}));
  if (records.empty()) return std::vector<BillFile>();
  const auto json = TRY(format::parse_json(records[0].receipt, format::JsonNumbers::exact));
  auto receipt = TRY(parse_receipt(json));
  auto files = std::move(receipt.files);
  files.insert(files.end(), receipt.carried_files.begin(), receipt.carried_files.end());
  return files;
}

}  // namespace outlay::ledger
