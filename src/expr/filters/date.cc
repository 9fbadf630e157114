// SPDX-License-Identifier: Apache-2.0
// Filters on dates and the functions beside them.
#include <array>
#include <chrono>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/text.h"
#include "expr/builtin.h"
#include "expr/date_pattern.h"
#include "expr/date_time.h"
#include "expr/holidays.h"
#include "expr/locales.h"

namespace outlay::expr {
namespace {

using format::Value;
using Answer = base::Result<Value>;

base::Result<base::Zone> zone_argument(const Call& call, std::size_t index) {
  const std::string name = TRY(call.text_or(index, "timeZone", ""));
  if (name.empty()) return base::Zone::local();
  return base::Zone::find(name);
}

base::Result<const Locale*> locale_argument(const Call& call, std::size_t index) {
  const std::string tag = TRY(call.text_or(index, "locale", "en"));
  const auto found = find_locale(tag);
  if (!found) return call.error(found.error().message);
  return *found;
}

// The arguments format, timeZone, existingFormat and locale begin at `first`.
Answer printed(const Call& call, const DateTime& time, std::size_t first) {
  const std::string format = TRY(call.text_or(first, "format", "iso"));
  const Locale* const locale = TRY(locale_argument(call, first + 3));
  base::Zone zone = TRY(zone_argument(call, first + 1));
  return as_value(print_by_pattern(time.in(std::move(zone)), format, locale));
}

base::Result<DateTime> input_time(
    const Call& call, std::size_t zone_index, std::size_t existing_index) {
  const base::Zone zone = TRY(zone_argument(call, zone_index));
  const std::string existing = TRY(call.text_or(existing_index, "existingFormat", ""));
  return to_date_time(call.input(), zone, existing);
}

Answer date(Call& call) {
  if (call.input().is_null()) return Value();
  const DateTime time = TRY(input_time(call, 1, 2));
  return printed(call, time, 0);
}

Answer date_add(Call& call) {
  if (call.input().is_null()) return Value();
  const DateTime time = TRY(input_time(call, 3, 4));
  const std::int64_t amount = TRY(call.integer(0, "amount"));
  const std::string unit = TRY(call.text(1, "unit"));
  const DateTime moved = TRY(time.plus(amount, unit));
  return printed(call, moved, 2);
}

enum class Scale { seconds, millis, micros, nanos };

template <Scale scale>
Answer timestamp(Call& call) {
  if (call.input().is_null()) return Value();
  const DateTime time = TRY(input_time(call, 0, 1));
  constexpr std::int64_t kNanosSecondsMax = 9'223'372'035;
  const std::int64_t seconds = time.seconds();
  if (scale != Scale::seconds && scale != Scale::millis &&
      (seconds > kNanosSecondsMax || seconds < -kNanosSecondsMax)) {
    return call.error("the date is too far from 1970 for nanoseconds in 64 bits");
  }
  switch (scale) {
    case Scale::seconds:
      return Value(seconds);
    case Scale::millis:
      return Value(seconds * 1'000 + time.nanos() / 1'000'000);
    // Seconds are scaled to nanoseconds and the micros added as they are: 19 digits, which flows
    // rely on.
    case Scale::micros:
      return Value(seconds * 1'000'000'000 + time.nanos() / 1'000);
    case Scale::nanos:
      return Value(seconds * 1'000'000'000 + time.nanos());
  }
  return Value();
}

DateTime moment(const Call& call, base::Zone zone) {
  const base::Clock* clock = call.environment().clock;
  return {clock == nullptr ? base::SystemClock().now() : clock->now(), std::move(zone)};
}

Answer now(Call& call) {
  const DateTime time = moment(call, base::Zone::local());
  bool has_arguments = false;
  for (std::size_t i = 0; i < call.size(); ++i) has_arguments = has_arguments || call.has(i);
  if (!has_arguments) return Value(time.text());
  return printed(call, time, 0);
}

// The parts of a date that conditions ask for; English names in capitals, as java.time's.
template <char part>
Answer part_of(Call& call) {
  if (!call.has(0)) return call.error("the argument 'date' is missing");
  const base::Zone zone = TRY(zone_argument(call, 1));
  const DateTime time = TRY(to_date_time(*call.argument(0), zone, ""));
  const DateTime::Fields at = time.fields();
  switch (part) {
    case 'd':
      return Value(at.day);
    case 'M':
      return Value(at.month);
    case 'H':
      return Value(at.hour);
    case 'w':
      return Value(at.weekday >= 6);
    default: {
      std::string name = TRY(print_by_pattern(time, "EEEE"));
      for (char& c : name) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
      return Value(std::move(name));
    }
  }
}

constexpr std::array<std::string_view, 7> kWeekdays{
    "MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"};

base::Result<int> weekday_named(const Call& call, std::string_view name) {
  for (std::size_t i = 0; i < kWeekdays.size(); ++i) {
    if (base::equal_ignoring_case(kWeekdays[i], name)) return static_cast<int>(i) + 1;
  }
  return call.error(fmt::format("'{}' is no day of the week: MONDAY to SUNDAY", name));
}

base::Result<DateTime::Fields> day_argument(const Call& call) {
  if (!call.has(0)) return call.error("the argument 'date' is missing");
  const DateTime time = TRY(to_date_time(*call.argument(0), base::Zone::local(), ""));
  return time.fields();
}

int last_day_of(const DateTime::Fields& at) {
  const std::chrono::year_month_day_last last{
      std::chrono::year(at.year),
      std::chrono::month_day_last(std::chrono::month(static_cast<unsigned>(at.month)))};
  return static_cast<int>(static_cast<unsigned>(last.day()));
}

Answer is_day_week_in_month(Call& call) {
  const DateTime::Fields at = TRY(day_argument(call));
  const std::string day = TRY(call.text(1, "dayOfWeek"));
  const std::string position = TRY(call.text(2, "position"));
  const int weekday = TRY(weekday_named(call, day));
  constexpr std::array<std::string_view, 4> kPositions{"FIRST", "SECOND", "THIRD", "FOURTH"};
  if (base::equal_ignoring_case(position, "LAST"))
    return Value(at.weekday == weekday && at.day + 7 > last_day_of(at));
  for (int i = 0; i < 4; ++i) {
    if (base::equal_ignoring_case(position, kPositions[static_cast<std::size_t>(i)]))
      return Value(at.weekday == weekday && (at.day - 1) / 7 == i);
  }
  return call.error(fmt::format(
      "the argument 'position' is FIRST, SECOND, THIRD, FOURTH or LAST, found '{}'", position));
}

Answer is_last_working_day(Call& call) {
  const DateTime::Fields at = TRY(day_argument(call));
  const std::string names = TRY(call.text_or(1, "workingDays", ""));
  std::array<bool, 8> works{false, true, true, true, true, true, false, false};
  if (!base::trim(names).empty()) {
    works.fill(false);
    for (const std::string& name : base::split_trimmed(base::replace_all(names, " ", ","), ',')) {
      works[static_cast<std::size_t>(TRY(weekday_named(call, name)))] = true;
    }
  }
  if (!works[static_cast<std::size_t>(at.weekday)]) return Value(false);
  for (int day = at.day + 1; day <= last_day_of(at); ++day) {
    if (works[static_cast<std::size_t>((at.weekday + day - at.day - 1) % 7 + 1)])
      return Value(false);
  }
  return Value(true);
}

Answer is_holiday(Call& call) {
  const DateTime::Fields at = TRY(day_argument(call));
  const std::string country = TRY(call.text(1, "countryCode"));
  const std::string part = TRY(call.text_or(2, "subDivision", ""));
  const std::chrono::sys_days day = std::chrono::year(at.year) /
                                    std::chrono::month(static_cast<unsigned>(at.month)) /
                                    std::chrono::day(static_cast<unsigned>(at.day));
  const auto answer = is_public_holiday(day, country, part);
  if (!answer) return call.error(answer.error().message);
  return Value(*answer);
}

}  // namespace

std::vector<Builtin> date_filters() {
  return {
      {"date", {"format", "timeZone", "existingFormat", "locale"}, date},
      {"dateAdd", {"amount", "unit", "format", "timeZone", "existingFormat", "locale"}, date_add},
      {"timestamp", {"timeZone", "existingFormat"}, timestamp<Scale::seconds>},
      {"timestampMilli", {"timeZone", "existingFormat"}, timestamp<Scale::millis>},
      {"timestampMicro", {"timeZone", "existingFormat"}, timestamp<Scale::micros>},
      {"timestampNano", {"timeZone", "existingFormat"}, timestamp<Scale::nanos>},
  };
}

std::vector<Builtin> date_functions() {
  return {
      {"now", {"format", "timeZone", "existingFormat", "locale"}, now},
      {"dayOfWeek", {"date", "timeZone"}, part_of<'E'>},
      {"dayOfMonth", {"date", "timeZone"}, part_of<'d'>},
      {"monthOfYear", {"date", "timeZone"}, part_of<'M'>},
      {"hourOfDay", {"date", "timeZone"}, part_of<'H'>},
      {"isWeekend", {"date", "timeZone"}, part_of<'w'>},
      {"isDayWeekInMonth", {"date", "dayOfWeek", "position"}, is_day_week_in_month},
      {"isLastWorkingDay", {"date", "workingDays"}, is_last_working_day},
      {"isPublicHoliday", {"date", "countryCode", "subDivision"}, is_holiday},
  };
}

}  // namespace outlay::expr
