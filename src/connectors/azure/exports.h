// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "io/file.h"
#include "ledger/delivery.h"

namespace outlay::connectors {

/// "actual" or "amortized" when the file's manifest or path says which of the two it is, else
/// empty.
std::string_view half_of(const ledger::BillFile& file);

/// Whether a delivery is one of the two exports that make an Azure bill.
bool is_azure_cost(const ledger::Delivery& delivery);

/// A name without the word that says which half it is: both halves have the same one.
std::string without_half(std::string_view name);

/// Exports without partitions write the month again every day, as NAME_<guid>.csv beside the older
/// ones. Of each NAME in a folder the newest file counts; the others are given with the reason.
std::vector<std::pair<std::string, std::string>> superseded_exports(
    const io::Path& root, const std::vector<std::string>& files);

}  // namespace outlay::connectors
