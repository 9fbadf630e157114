// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "io/file.h"
#include "store/table.h"

namespace outlay::connectors {

/// A mapping guessed from a sample of a file, and what it would book.
struct Proposal {
  std::string yaml;
  /// What was guessed with doubt, for a person to check.
  std::vector<std::string> doubts;
  store::Table first_rows;
  long long rows_read = 0;
};

/// Looks at the first thousand rows of a file and proposes a mapping for it; with `mapping`, shows
/// what that one would book instead. Books nothing.
base::Result<Proposal> propose_mapping(const io::Path& file, const io::Path& mapping = {});

}  // namespace outlay::connectors
