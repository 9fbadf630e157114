// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "io/file.h"
#include "ledger/delivery.h"
#include "store/duck.h"

namespace outlay::ledger {

/// Files of one set that have the same columns, staged and readable as one view.
struct StagedGroup {
  std::size_t set = 0;     ///< index into the delivery's sets
  std::vector<int> files;  ///< indexes into all files of the delivery
  RawShape shape;
  std::string reference = {};  ///< of its set
  std::string raw;             ///< name of the view: the file's columns, x_File, x_Row
};

/// A row of a CSV file that is no row of its table.
struct BrokenRow {
  int file = 0;
  long long row = 0;
  std::string reason;
  std::string content;
};

struct Staged {
  std::vector<StagedGroup> groups;
  std::vector<BrokenRow> broken;
  std::vector<std::string> notes;
};

/// One file as the delivery numbers it.
struct NumberedFile {
  int index = 0;
  std::size_t set = 0;
  BillFile file;
  std::string reference = {};  ///< of its set
};

/// Makes the files of a delivery readable in `duck`: CSV becomes Parquet of texts in `folder`, in
/// file order; Parquet is read where it is. Every row keeps its number in its file. `on_file` is
/// told which file comes next.
base::Result<Staged> stage_files(
    store::Duck& duck,
    const io::Path& folder,
    const std::vector<NumberedFile>& files,
    const std::function<void(const NumberedFile&)>& on_file);

}  // namespace outlay::ledger
