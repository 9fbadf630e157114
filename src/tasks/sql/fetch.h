// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "flow/task.h"
#include "store/table.h"

namespace outlay::tasks {

/// What becomes of a statement's rows.
enum class Fetch { none, one, all, store };

/// The property fetchType, or its older forms fetch, fetchOne and store; `otherwise` unless given.
base::Result<Fetch> fetch_property(
    flow::TaskContext& context, const format::Value& properties, Fetch otherwise = Fetch::none);
/// Puts rows into outputs: row, rows, or uri of an Ion file; and size.
base::Result<base::Done> put_rows(
    flow::TaskContext& context, Fetch fetch, const store::Table& table, format::Object& outputs);

/// The same for rows that are values already.
base::Result<base::Done> put_items(
    flow::TaskContext& context, Fetch fetch, format::Array rows, format::Object& outputs);

}  // namespace outlay::tasks
