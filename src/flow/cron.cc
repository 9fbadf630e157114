// SPDX-License-Identifier: Apache-2.0
#include "flow/cron.h"

#include <bit>
#include <chrono>

namespace outlay::flow {
namespace {

constexpr std::int64_t kDay = 86'400;
constexpr int kYearsAhead = 40;
constexpr std::uint32_t kAllHours = (1u << 24) - 1;
// No change of a clock has ever been larger.
constexpr std::int64_t kLargestChange = 26 * 3600;

struct Civil {
  int year, month, day;
};

std::int64_t floor_div(std::int64_t a, std::int64_t b) {
  return a >= 0 ? a / b : -((-a + b - 1) / b);
}

// Both by Howard Hinnant's "chrono-compatible low-level date algorithms".
Civil civil_of(std::int64_t days) {
  days += 719'468;
  const std::int64_t era = floor_div(days, 146'097);
  const auto doe = static_cast<unsigned>(days - era * 146'097);
  const unsigned yoe = (doe - doe / 1460 + doe / 36'524 - doe / 146'096) / 365;
  const unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const unsigned mp = (5 * doy + 2) / 153;
  const int day = static_cast<int>(doy - (153 * mp + 2) / 5 + 1);
  const int month = static_cast<int>(mp < 10 ? mp + 3 : mp - 9);
  const auto year =
      static_cast<int>(static_cast<std::int64_t>(yoe) + era * 400 + (month <= 2 ? 1 : 0));
  return {year, month, day};
}

std::int64_t days_of(int year, int month, int day) {
  const std::int64_t y = year - (month <= 2 ? 1 : 0);
  const std::int64_t era = floor_div(y, 400);
  const auto yoe = static_cast<unsigned>(y - era * 400);
  const auto doy =
      static_cast<unsigned>((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1);
  const unsigned doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
  return era * 146'097 + static_cast<std::int64_t>(doe) - 719'468;
}

int last_day_of(int year, int month) {
  constexpr std::array<int, 13> kLast{0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return month == 2 && is_leap ? 29 : kLast[static_cast<std::size_t>(month)];
}

// 0 is Sunday; 1970-01-01 was a Thursday.
int weekday_of(std::int64_t days) {
  return static_cast<int>(days - floor_div(days + 4, 7) * 7 + 4);
}

std::optional<int> next_bit(std::uint64_t bits, std::int64_t from) {
  if (from > 63) return std::nullopt;
  const std::uint64_t rest = bits & (~std::uint64_t{0} << from);
  if (rest == 0) return std::nullopt;
  return std::countr_zero(rest);
}

std::optional<int> previous_bit(std::uint64_t bits, std::int64_t from) {
  if (from < 0) return std::nullopt;
  const std::uint64_t rest = from >= 63 ? bits : bits & ((std::uint64_t{2} << from) - 1);
  if (rest == 0) return std::nullopt;
  return 63 - std::countl_zero(rest);
}

base::Instant instant_of(std::int64_t seconds) {
  return base::Instant(std::chrono::seconds(seconds));
}

std::int64_t seconds_of(base::Instant instant) {
  return std::chrono::floor<std::chrono::seconds>(instant).time_since_epoch().count();
}

}  // namespace

// Days that depend on where the month ends and on which weekday it begins.
std::uint32_t Cron::special_days(int last_day, int first_weekday) const {
  std::uint32_t out = 0;
  const auto weekday = [&](int day) { return (first_weekday + day - 1) % 7; };
  const auto workday_near = [&](int day) {
    if (weekday(day) == 6) return day > 1 ? day - 1 : day + 2;
    if (weekday(day) == 0) return day < last_day ? day + 1 : day - 2;
    return day;
  };
  for (int day = 1; day <= last_day; ++day) {
    const auto bit = std::uint32_t{1} << day;
    const int week = weekday(day);
    if ((days_before_last_ >> (last_day - day) & 1) != 0) out |= bit;
    if ((nearest_workdays_ & bit) != 0) out |= std::uint32_t{1} << workday_near(day);
    if ((last_weekdays_ >> week & 1) != 0 && day + 7 > last_day) out |= bit;
    if ((nth_weekdays_[static_cast<std::size_t>((day + 6) / 7)] >> week & 1) != 0) out |= bit;
  }
  if (is_last_workday_) {
    const int week = weekday(last_day);
    out |= std::uint32_t{1} << (last_day - (week == 6 ? 1 : week == 0 ? 2 : 0));
  }
  return out;
}

std::uint32_t Cron::days_in(int year, int month) const {
  const int last_day = last_day_of(year, month);
  const auto valid = static_cast<std::uint32_t>((std::uint64_t{2} << last_day) - 2);
  if (is_any_day_ && is_any_weekday_) return valid;
  const int first_weekday = weekday_of(days_of(year, month, 1));
  std::uint32_t out = is_any_day_ ? 0 : days_;
  if (!is_any_weekday_ && weekdays_ != 0) {
    const std::uint64_t week =
        (static_cast<std::uint64_t>(weekdays_) << 7 | weekdays_) >> first_weekday & 0x7F;
    const std::uint64_t weeks = week | week << 7 | week << 14 | week << 21 | week << 28;
    out |= static_cast<std::uint32_t>(weeks << 1);
  }
  const bool has_special = days_before_last_ != 0 || is_last_workday_ || nearest_workdays_ != 0 ||
                           last_weekdays_ != 0 || nth_weekdays_ != std::array<std::uint8_t, 6>{};
  if (has_special) out |= special_days(last_day, first_weekday);
  return out & valid;
}

std::optional<std::int64_t> Cron::next_of_day(std::int64_t second_of_day) const {
  std::int64_t hour = second_of_day / 3600;
  std::int64_t minute = second_of_day / 60 % 60;
  std::optional<int> second = next_bit(seconds_, second_of_day % 60);
  if (!second) {
    ++minute;
    second = next_bit(seconds_, 0);
  }
  const bool is_hour = (hours_ >> hour & 1) != 0;
  std::optional<int> found = is_hour ? next_bit(minutes_, minute) : std::nullopt;
  if (found) {
    if (*found != minute) second = next_bit(seconds_, 0);
    return hour * 3600 + *found * 60 + *second;
  }
  const std::optional<int> later = next_bit(hours_, hour + 1);
  if (!later) return std::nullopt;
  return *later * 3600 + *next_bit(minutes_, 0) * 60 + *next_bit(seconds_, 0);
}

std::optional<std::int64_t> Cron::previous_of_day(std::int64_t second_of_day) const {
  std::int64_t hour = second_of_day / 3600;
  std::int64_t minute = second_of_day / 60 % 60;
  std::optional<int> second = previous_bit(seconds_, second_of_day % 60);
  if (!second) {
    --minute;
    second = previous_bit(seconds_, 59);
  }
  const bool is_hour = (hours_ >> hour & 1) != 0;
  std::optional<int> found = is_hour ? previous_bit(minutes_, minute) : std::nullopt;
  if (found) {
    if (*found != minute) second = previous_bit(seconds_, 59);
    return hour * 3600 + *found * 60 + *second;
  }
  const std::optional<int> earlier = previous_bit(hours_, hour - 1);
  if (!earlier) return std::nullopt;
  return *earlier * 3600 + *previous_bit(minutes_, 59) * 60 + *previous_bit(seconds_, 59);
}

std::optional<std::int64_t> Cron::next_local(std::int64_t local) const {
  const std::int64_t day = floor_div(local, kDay);
  Civil at = civil_of(day);
  const int year_last = at.year + kYearsAhead;
  std::uint32_t days = (months_ >> at.month & 1) != 0 ? days_in(at.year, at.month) : 0;
  if ((days >> at.day & 1) != 0) {
    if (const auto second = next_of_day(local - day * kDay)) return day * kDay + *second;
  }
  int from = at.day + 1;
  while (at.year <= year_last) {
    if (const auto found = next_bit(days, from)) {
      return days_of(at.year, at.month, *found) * kDay + *next_of_day(0);
    }
    const std::optional<int> month = next_bit(months_, at.month + 1);
    if (!month) ++at.year;
    at.month = month ? *month : *next_bit(months_, 1);
    days = days_in(at.year, at.month);
    from = 1;
  }
  return std::nullopt;
}

std::optional<std::int64_t> Cron::previous_local(std::int64_t local) const {
  const std::int64_t day = floor_div(local, kDay);
  Civil at = civil_of(day);
  const int year_first = at.year - kYearsAhead;
  std::uint32_t days = (months_ >> at.month & 1) != 0 ? days_in(at.year, at.month) : 0;
  if ((days >> at.day & 1) != 0) {
    if (const auto second = previous_of_day(local - day * kDay)) return day * kDay + *second;
  }
  int from = at.day - 1;
  while (at.year >= year_first) {
    if (const auto found = previous_bit(days, from)) {
      return days_of(at.year, at.month, *found) * kDay + *previous_of_day(kDay - 1);
    }
    const std::optional<int> month = previous_bit(months_, at.month - 1);
    if (!month) --at.year;
    at.month = month ? *month : *previous_bit(months_, 12);
    days = days_in(at.year, at.month);
    from = 31;
  }
  return std::nullopt;
}

std::optional<base::Instant> Cron::next_in_real_time(
    std::int64_t after, const base::Zone& zone) const {
  std::int64_t from = after + 1;
  // Each turn searches one stretch of constant offset; forty years have at most a few hundred.
  for (int turn = 0; turn < 1000; ++turn) {
    const base::Zone::Span span = zone.span_at(instant_of(from));
    const std::int64_t offset = span.offset.count();
    const auto local = next_local(from + offset);
    if (!local) return std::nullopt;
    const base::Instant found = instant_of(*local - offset);
    if (found < span.end) return found;
    from = seconds_of(span.end);
  }
  return std::nullopt;
}

std::optional<base::Instant> Cron::next_by_clock(std::int64_t after, const base::Zone& zone) const {
  const base::Zone::Span span = zone.span_at(instant_of(after));
  const std::int64_t offset = span.offset.count();
  const bool is_calm =
      span.begin == base::Instant::min() || after - kLargestChange >= seconds_of(span.begin);
  // Shortly after the clock jumped ahead, times that it skipped may still be due.
  std::int64_t from = after + offset + 1;
  if (!is_calm)
    from = std::min(from, after + zone.offset_at(instant_of(after - kLargestChange)).count() + 1);
  while (true) {
    const auto local = next_local(from);
    if (!local) return std::nullopt;
    base::Instant found = instant_of(*local - offset);
    if (!is_calm || found >= span.end) {
      found = zone.to_instant(base::LocalTime(std::chrono::seconds(*local)));
    }
    if (found > instant_of(after)) return found;
    from = *local + 1;
  }
}

std::optional<base::Instant> Cron::previous_in_real_time(
    std::int64_t before, const base::Zone& zone) const {
  std::int64_t from = before - 1;
  for (int turn = 0; turn < 1000; ++turn) {
    const base::Zone::Span span = zone.span_at(instant_of(from));
    const std::int64_t offset = span.offset.count();
    const auto local = previous_local(from + offset);
    if (!local) return std::nullopt;
    const base::Instant found = instant_of(*local - offset);
    if (found >= span.begin) return found;
    from = seconds_of(span.begin) - 1;
  }
  return std::nullopt;
}

std::optional<base::Instant> Cron::previous_by_clock(
    std::int64_t before, const base::Zone& zone) const {
  const std::int64_t offset = zone.offset_at(instant_of(before)).count();
  // Shortly after the clock went back, times it has yet to show again are already past.
  const std::int64_t earlier = zone.offset_at(instant_of(before - kLargestChange)).count();
  std::int64_t from = before + std::max(offset, earlier) - 1;
  while (true) {
    const auto local = previous_local(from);
    if (!local) return std::nullopt;
    const base::Instant found = zone.to_instant(base::LocalTime(std::chrono::seconds(*local)));
    if (found < instant_of(before)) return found;
    from = *local - 1;
  }
}

std::optional<base::Instant> Cron::next(base::Instant after, const base::Zone& zone) const {
  const std::int64_t seconds = seconds_of(after);
  return hours_ == kAllHours ? next_in_real_time(seconds, zone) : next_by_clock(seconds, zone);
}

std::optional<base::Instant> Cron::previous(base::Instant before, const base::Zone& zone) const {
  std::int64_t seconds = seconds_of(before);
  if (instant_of(seconds) < before) ++seconds;
  return hours_ == kAllHours ? previous_in_real_time(seconds, zone)
                             : previous_by_clock(seconds, zone);
}

}  // namespace outlay::flow
