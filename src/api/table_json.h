// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "format/value.h"
#include "store/table.h"

namespace outlay::api {

/// {columns: [{name, type}], rows: [{column: value}]}. Decimals are numbers with all their digits
/// but trailing zeros, JSON columns are parsed, null is null.
format::Object table_json(const store::Table& table);
format::Value row_json(const store::Table& table, std::size_t row);
/// The different non-null texts of a column, in order of appearance; empty when there is no such
/// column.
format::Value distinct_values(const store::Table& table, std::string_view column);
std::string_view type_name(store::Type type);

}  // namespace outlay::api
