// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "base/result.h"
#include "io/file.h"
#include "ledger/delivery.h"
#include "ledger/json_records.h"
#include "store/duck.h"

namespace outlay::ledger {

/// A bill's file as CSV (plain or gzip) or Parquet.
struct Unpacked {
  BillFile file;
  /// It was written below the folder given, and may be deleted after use.
  bool is_copy = false;
  /// Records that are no row of its table: they are not in the file, but their numbers count.
  std::vector<JsonTable::Broken> broken;
};

/// Unpacks zip and zstd and turns JSON into CSV; other files are left as they are. Copies go to
/// `folder`, their names begin with `stem`.
base::Result<Unpacked> unpack(
    store::Duck& duck, const io::Path& folder, const std::string& stem, const BillFile& file);

}  // namespace outlay::ledger
