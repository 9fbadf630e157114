// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "expr/date_time.h"
#include "expr/locales.h"

namespace outlay::expr {

/// Prints by a named format (iso, iso_milli, iso_sec, sql, sql_milli, sql_sec, java.time's iso_...,
/// rfc_1123_date_time, full, long, medium, short) or by a pattern of
/// java.time.format.DateTimeFormatter. Names of months and days are those of `locale`, or English.
base::Result<std::string> print_by_pattern(
    const DateTime& time, std::string_view format, const Locale* locale = nullptr);
/// Reads text written in a named format or pattern; what it does not say is taken from `zone`, noon
/// and 1970-01-01.
base::Result<DateTime> parse_by_pattern(
    std::string_view text, std::string_view format, const base::Zone& zone);
/// "+02:00" with separator ":", "+0200" without; zero is Z when `has_z`. Seconds only where there
/// are any.
std::string print_offset(std::int32_t offset, std::string_view separator, bool has_z);

}  // namespace outlay::expr
