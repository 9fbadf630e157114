// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "base/zone.h"
#include "format/value.h"

namespace outlay::expr {

/// A moment to the nanosecond, seen in a zone.
class DateTime {
 public:
  /// Calendar fields of the moment in its zone.
  struct Fields {
    int year = 1970, month = 1, day = 1;
    int hour = 0, minute = 0, second = 0;
    int weekday = 4;  ///< 1 Monday to 7 Sunday
    int day_of_year = 1;
  };

  DateTime(base::Instant instant, base::Zone zone);
  static DateTime of_seconds(std::int64_t seconds, std::int32_t nanos, base::Zone zone);
  /// A clock time in `zone`; the zone's rules decide where the clock changes.
  static base::Result<DateTime> of_fields(
      const Fields& fields, std::int32_t nanos, base::Zone zone);

  std::int64_t seconds() const { return seconds_; }

  std::int32_t nanos() const { return nanos_; }

  const base::Zone& zone() const { return zone_; }

  DateTime in(base::Zone zone) const { return of_seconds(seconds_, nanos_, std::move(zone)); }

  Fields fields() const;
  std::int32_t offset() const;
  /// Adds in a unit of java.time's ChronoUnit: DAYS, MONTHS, HOURS ... Days and longer keep the
  /// clock time.
  base::Result<DateTime> plus(std::int64_t amount, std::string_view unit) const;
  /// 2026-03-01T10:00+01:00[Europe/Paris]: zero seconds are left out, as is the zone when it is an
  /// offset.
  std::string text() const;

 private:
  DateTime() = default;
  base::Instant instant() const;

  std::int64_t seconds_ = 0;  ///< since 1970 UTC
  std::int32_t nanos_ = 0;
  base::Zone zone_;
};

/// Reads ISO 8601 text, with or without offset and [zone]. A date alone means noon. What has no
/// zone is in `zone`.
base::Result<DateTime> parse_date_time(std::string_view text, const base::Zone& zone);
/// Text, or a number: 13 digits are milliseconds, 19 nanoseconds, else seconds since 1970.
base::Result<DateTime> to_date_time(
    const format::Value& value, const base::Zone& zone, std::string_view existing_format);

}  // namespace outlay::expr
