// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "ledger/catalog.h"

namespace outlay::ledger {

/// The files that rows of a delivery's generations came from, by x_File: its own, then those it
/// carried on from deliveries before. Empty when the delivery is not known.
base::Result<std::vector<BillFile>> numbered_files(
    Catalog& catalog, const std::string& delivery_id);

}  // namespace outlay::ledger
