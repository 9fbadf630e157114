// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.h"
#include "io/file.h"
#include "store/table.h"

namespace outlay::api {

/// Writes a table as Parquet with the types of its columns; decimals keep every digit.
base::Result<base::Done> write_parquet(const store::Table& table, const io::Path& file);

}  // namespace outlay::api
