// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "api/operation.h"
#include "base/result.h"
#include "base/time.h"
#include "ledger/ledger.h"
#include "money/decimal.h"

namespace outlay::api {

Param required(std::string name, ParamKind kind, std::string doc);
Param optional(std::string name, ParamKind kind, std::string doc);
Param with_fallback(std::string name, ParamKind kind, std::string doc, format::Value fallback);
Param one_of(
    std::string name, std::string doc, std::vector<std::string> choices, format::Value fallback);

/// The parameters that several operations share.
Param as_of_param();
std::vector<Param> cost_params();
std::vector<Param> rows_params();
std::vector<Param> page_params();

base::Result<std::optional<base::Instant>> instant_of(
    const Request& request, std::string_view name);
base::Result<std::optional<base::Date>> date_of(const Request& request, std::string_view name);
/// The question that cost_params() put.
base::Result<ledger::CostQuery> cost_query(const Request& request);
/// The SELECT for what rows_params() asked.
base::Result<std::string> rows_sql(const Request& request);
/// "expected" as exact amounts.
base::Result<std::map<std::string, money::Decimal>> expected_amounts(const Request& request);

}  // namespace outlay::api
