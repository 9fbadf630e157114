// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "connectors/mapping.h"

namespace outlay::connectors {

/// The rows of an embedded table of services as SQL values: (code, name, category, subcategory).
base::Result<std::string> services_sql(std::string_view file);

/// True when the header spells every one of `columns`.
bool has_columns(
    const std::vector<std::string>& header, std::initializer_list<std::string_view> columns);

/// Fails when the file lacks a raw column (by our name) without which no row can be booked.
base::Result<base::Done> require_columns(
    const Mapping& mapping,
    const ledger::RawShape& shape,
    std::initializer_list<std::string_view> wanted,
    std::string_view what);

}  // namespace outlay::connectors
