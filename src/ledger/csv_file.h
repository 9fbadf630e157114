// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "io/file.h"

namespace outlay::ledger {

/// The first record of a CSV file as usable column names.
struct CsvHeader {
  /// Unique ignoring case, none empty, none of the names the ledger adds itself.
  std::vector<std::string> columns;
  /// What was changed and why.
  std::vector<std::string> notes;
};

/// Reads the header. Fails when the file is empty or is not UTF-8, saying what it seems to be.
base::Result<CsvHeader> read_csv_header(
    const io::Path& path, const std::string& name, char separator);

/// Makes column names usable: see CsvHeader::columns.
CsvHeader usable_names(const std::vector<std::string>& names, const std::string& file);

/// Data row numbers (1 = first after the header) of records given by their line count, where the
/// header is 1 and blank lines count too but are no rows. `lines` is sorted.
base::Result<std::vector<long long>> rows_of_lines(
    const io::Path& path, const std::vector<long long>& lines);

}  // namespace outlay::ledger
