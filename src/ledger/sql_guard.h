// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/duck.h"

namespace outlay::ledger {

/// Refuses everything but one reading statement (SELECT, WITH, FROM, DESCRIBE, SHOW, SUMMARIZE,
/// EXPLAIN).
base::Result<base::Done> check_reads_only(store::Duck& duck, std::string_view statement);

/// Refuses everything but one boolean expression without subqueries, over the columns given;
/// answers which it names.
base::Result<std::set<std::string>> check_condition(
    store::Duck& duck, std::string_view condition, const std::vector<std::string>& columns);

}  // namespace outlay::ledger
