// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "money/decimal.h"

namespace outlay::demo {

/// One month of the story. `index` counts from 0, the first month written.
struct Month {
  base::Date first;
  int index = 0;

  int days() const;

  int hours() const { return days() * 24; }

  Month next() const;
  /// "2026-01".
  std::string text() const;
  /// The day with this number, from 1.
  base::Date day(int number) const;
  /// "2026-01-01T00:00:00" for the hour counted from the month's start; may be past its end.
  std::string hour_text(int hour) const;
};

/// A mix of the seed and what a number is for; every "random" value of the demo comes from here,
/// so that files can be written in any order.
std::uint64_t mix(std::uint64_t seed, std::uint64_t what);
std::uint64_t mix(std::uint64_t seed, std::string_view what);
/// `digits` lower-case hex digits.
std::string hex(std::uint64_t value, int digits);

/// The story all bills tell: how the company grows, works and is cut into teams.
struct Company {
  std::uint64_t seed = 1;
  /// Resources against scale 1, in millionths.
  std::int64_t scale_millionths = 1'000'000;
  int months = 13;
  base::Date last_month;

  Month month(int index) const;
  /// 3.5 % a month, in millionths.
  std::int64_t growth(const Month& month) const;
  /// How many of a kind there are in a month; at least 1. `base` at scale 1 in the first month.
  /// Kinds with different names get their next one in different months.
  std::int64_t count(std::int64_t base, const Month& month, std::string_view kind) const;
  /// As count() but without growth: what was bought once.
  std::int64_t count_at_start(std::int64_t base) const;
  /// A day's use in millionths of a unit: growth, weekly rhythm and a little noise on `base`.
  std::int64_t use(std::int64_t base, const Month& month, int day, std::uint64_t who) const;

  // When the planted events happen; see TRUTH.md.
  /// The month of the anomaly, which is also the one that is restated.
  int event_month() const { return months > 1 ? months - 2 : 0; }

  static constexpr int kAnomalyDay = 17;

  /// The first month with the new price of block storage.
  int price_change_month() const { return months / 2; }
};

const std::vector<std::string>& teams();
/// 1000 is the mean of a week.
int weekday_permille(base::Date date);

}  // namespace outlay::demo
