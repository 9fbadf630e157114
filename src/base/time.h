// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.h"

namespace outlay::base {

/// A moment in UTC, to the microsecond.
using Instant = std::chrono::sys_time<std::chrono::microseconds>;
using Duration = std::chrono::microseconds;
/// A day of the calendar, without a zone.
using Date = std::chrono::year_month_day;

/// "2026-01-31T09:00:00Z"; with fractions only when there are any ("...00.120Z").
std::string print_instant(Instant instant);
/// "2026-01-31".
std::string print_date(Date date);
/// Reads ISO 8601 with Z or an offset ("2026-01-31T09:00:00+02:00"); a bare date is midnight UTC.
Result<Instant> parse_instant(std::string_view text);
/// Reads "2026-01-31"; refuses days that do not exist.
Result<Date> parse_date(std::string_view text);
/// Reads an ISO 8601 duration of days and time: "PT1M", "P1DT2H", "PT0.5S". Weeks count; months and years are refused.
Result<Duration> parse_duration(std::string_view text);
/// "PT1H30M", "PT0.25S", "PT0S": hours and below, as java.time prints.
std::string print_duration(Duration duration);
/// The UTC day an instant lies in.
Date date_of(Instant instant);
Instant midnight(Date date);

}  // namespace outlay::base
