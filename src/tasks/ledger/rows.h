// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "flow/task.h"
#include "ledger/ledger.h"
#include "store/table.h"
#include "tasks/ledger/ledger_tasks.h"

namespace outlay::tasks {

/// One cell with its own kind; numbers keep all their digits, an unknown cell is null.
format::Value cell_value(const store::Cell& cell, store::Type type);
/// A table's rows as a list of maps; numbers keep all their digits, unknown cells are null.
format::Array rows_of(const store::Table& table);
/// Puts a table into a task's outputs as the property fetchType says: FETCH gives rows, FETCH_ONE
/// the first as row, STORE a file of JSON lines as uri, NONE only the size. FETCH unless given.
base::Result<base::Done> put_table(
    flow::TaskContext& context,
    const format::Value& properties,
    const store::Table& table,
    format::Object& outputs);
/// A list of names; a lone text may hold several with commas between.
base::Result<std::vector<std::string>> names_property(
    flow::TaskContext& context, const format::Value& properties, std::string_view name);
/// ISO 8601; absent when the property is.
base::Result<std::optional<base::Instant>> instant_property(
    flow::TaskContext& context, const format::Value& properties, std::string_view name);
/// The cost book, or an error when this process has none.
base::Result<ledger::Ledger*> cost_book(const CostBook& book);

}  // namespace outlay::tasks
