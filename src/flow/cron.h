// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "base/zone.h"

namespace outlay::flow {

/// When a schedule fires: minute, hour, day of month, month, day of week; with seconds in front
/// when asked for.
///
/// Fields hold *, numbers, names (JAN, MON), ranges, steps and lists; 0 and 7 are both Sunday; L,
/// L-3, LW, 15W, 5L and 5#2 mean the last day, days before it, the last working day, the working
/// day nearest, the last and the second Friday. When both day fields are restricted, either of them
/// suffices. Also @yearly, @annually, @monthly,
/// @weekly, @daily, @midnight, @hourly.
///
/// Where the clock changes: a schedule of every hour follows real time, so it fires in both passes
/// of a repeated hour and not in a skipped one. Any other fires once: in the first pass, or, when
/// its time is skipped, as much later as the clock jumped.
class Cron {
 public:
  /// Fails with what is wrong and with a schedule that never fires (31 February).
  static base::Result<Cron> parse(std::string_view text, bool with_seconds = false);

  /// The first time strictly after `after`; nothing within 40 years means never.
  std::optional<base::Instant> next(base::Instant after, const base::Zone& zone) const;
  /// The last time strictly before `before`.
  std::optional<base::Instant> previous(base::Instant before, const base::Zone& zone) const;

  const std::string& text() const { return text_; }

 private:
  friend class CronParser;

  Cron() = default;
  /// Days of a month as bits 1 to 31.
  std::uint32_t days_in(int year, int month) const;
  std::uint32_t special_days(int last_day, int first_weekday) const;
  /// The first matching clock time at or after `local`, the last at or before it; in seconds since
  /// 1970.
  std::optional<std::int64_t> next_local(std::int64_t local) const;
  std::optional<std::int64_t> previous_local(std::int64_t local) const;
  std::optional<std::int64_t> next_of_day(std::int64_t second_of_day) const;
  std::optional<std::int64_t> previous_of_day(std::int64_t second_of_day) const;
  std::optional<base::Instant> next_in_real_time(std::int64_t after, const base::Zone& zone) const;
  std::optional<base::Instant> next_by_clock(std::int64_t after, const base::Zone& zone) const;
  std::optional<base::Instant> previous_in_real_time(
      std::int64_t before, const base::Zone& zone) const;
  std::optional<base::Instant> previous_by_clock(std::int64_t before, const base::Zone& zone) const;

  std::string text_;
  std::uint64_t seconds_ = 1, minutes_ = 0;
  std::uint32_t hours_ = 0, days_ = 0;
  std::uint16_t months_ = 0;
  std::uint8_t weekdays_ = 0;  ///< bit 0 is Sunday
  bool is_any_day_ = false, is_any_weekday_ = false;
  std::uint32_t days_before_last_ = 0;  ///< bit n: the day n days before the last (L is bit 0)
  bool is_last_workday_ = false;
  std::uint32_t nearest_workdays_ = 0;          ///< bit n: nW
  std::uint8_t last_weekdays_ = 0;              ///< bit n: the month's last such weekday
  std::array<std::uint8_t, 6> nth_weekdays_{};  ///< [n] bit w: the n-th weekday w
};

}  // namespace outlay::flow
