// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "io/file.h"
#include "ledger/catalog.h"
#include "store/duck.h"

namespace outlay::ledger {

/// A query over the charges of some generations: the data set's FOCUS columns in alphabetical
/// order, the mappings' x_ columns, then x_Source, x_Period, x_Generation, x_File, x_Row. Typed and
/// empty without generations.
std::string rows_sql(
    std::string_view dataset, const std::vector<Volume>& volumes, const io::Path& folder);
/// Names of the columns of rows_sql().
std::vector<std::string> rows_columns(std::string_view dataset, const std::vector<Volume>& volumes);

/// A query over the daily roll-ups of some generations of cost_and_usage: x_Day, the dimensions,
/// the four costs, x_Rows, then x_Source, x_Period, x_Generation.
std::string rollup_sql(const std::vector<Volume>& volumes, const io::Path& folder);
/// Columns a question may use and still be answered by the roll-up.
const std::vector<std::string>& rollup_dimensions();

/// Makes the views focus, contract_commitment, billing_period, invoice_detail, kubernetes_usage and
/// allocated (focus with the charges of Kubernetes nodes split among their pods), inventory,
/// resources (the newest look at each of the inventory) and enriched (focus with the owner, state
/// and tags of the resource each charge is for) for one connection.
base::Result<base::Done> make_views(
    store::Duck& duck,
    Catalog& catalog,
    const io::Path& folder,
    std::optional<base::Instant> as_of);

}  // namespace outlay::ledger
