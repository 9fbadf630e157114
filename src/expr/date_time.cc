// SPDX-License-Identifier: Apache-2.0
#include "expr/date_time.h"

#include <array>
#include <charconv>
#include <chrono>

#include <fmt/format.h>

#include "base/text.h"
#include "expr/date_pattern.h"
#include "expr/values.h"

namespace outlay::expr {
namespace {

using std::chrono::microseconds;

constexpr std::int64_t kBillion = 1'000'000'000;
constexpr std::int64_t kDay = 86'400;
// Outside the years 1 to 9999 nothing a bill or schedule means is found, and arithmetic stays far
// from overflow.
constexpr int kYearMin = 1;
constexpr int kYearMax = 9999;
constexpr std::int64_t kSecondsMax = 253'402'300'799;
constexpr std::int64_t kSecondsMin = -62'135'596'800;

base::LocalTime local_of(std::int64_t seconds) {
  return base::LocalTime(microseconds(seconds * 1'000'000));
}

base::Result<DateTime> in_bounds(std::int64_t seconds, std::int32_t nanos, base::Zone zone) {
  if (seconds < kSecondsMin || seconds > kSecondsMax) {
    return base::invalid_input("the date lies outside the years 1 to 9999");
  }
  return DateTime::of_seconds(seconds, nanos, std::move(zone));
}

std::int64_t days_from_civil(int year, int month, int day) {
  const std::chrono::year_month_day date{
      std::chrono::year(year),
      std::chrono::month(static_cast<unsigned>(month)),
      std::chrono::day(static_cast<unsigned>(day))};
  return std::chrono::sys_days(date).time_since_epoch().count();
}

int last_day(int year, int month) {
  using namespace std::chrono;  // NOLINT(google-build-using-namespace): calendar operators
  const year_month_day_last last{
      std::chrono::year(year) / std::chrono::month(static_cast<unsigned>(month)) /
      std::chrono::last};
  return static_cast<int>(static_cast<unsigned>(last.day()));
}

}  // namespace

DateTime::DateTime(base::Instant instant, base::Zone zone) : zone_(std::move(zone)) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(instant.time_since_epoch());
  seconds_ = whole.count();
  nanos_ = static_cast<std::int32_t>((instant.time_since_epoch() - whole).count() * 1000);
}

DateTime DateTime::of_seconds(std::int64_t seconds, std::int32_t nanos, base::Zone zone) {
  DateTime out;
  out.seconds_ = seconds;
  out.nanos_ = nanos;
  out.zone_ = std::move(zone);
  return out;
}

base::Result<DateTime> DateTime::of_fields(
    const Fields& fields, std::int32_t nanos, base::Zone zone) {
  const bool is_date = fields.year >= kYearMin && fields.year <= kYearMax && fields.month >= 1 &&
                       fields.month <= 12 && fields.day >= 1 &&
                       fields.day <= last_day(fields.year, fields.month);
  const bool is_time = fields.hour >= 0 && fields.hour < 24 && fields.minute >= 0 &&
                       fields.minute < 60 && fields.second >= 0 && fields.second < 60;
  if (!is_date || !is_time) {
    return base::invalid_input(fmt::format(
        "{:04}-{:02}-{:02} {:02}:{:02}:{:02} is no date and time",
        fields.year,
        fields.month,
        fields.day,
        fields.hour,
        fields.minute,
        fields.second));
  }
  const std::int64_t local = days_from_civil(fields.year, fields.month, fields.day) * kDay +
                             fields.hour * 3600 + fields.minute * 60 + fields.second;
  const base::Instant instant = zone.to_instant(local_of(local));
  const std::int64_t seconds =
      std::chrono::floor<std::chrono::seconds>(instant.time_since_epoch()).count();
  return of_seconds(seconds, nanos, std::move(zone));
}

base::Instant DateTime::instant() const {
  return base::Instant(microseconds(seconds_ * 1'000'000));
}

std::int32_t DateTime::offset() const {
  return static_cast<std::int32_t>(zone_.offset_at(instant()).count());
}

DateTime::Fields DateTime::fields() const {
  const std::int64_t local = seconds_ + offset();
  const std::int64_t day = local >= 0 ? local / kDay : -((-local + kDay - 1) / kDay);
  const std::int64_t rest = local - day * kDay;
  const std::chrono::sys_days date{std::chrono::days(day)};
  const std::chrono::year_month_day ymd(date);
  Fields out;
  out.year = static_cast<int>(ymd.year());
  out.month = static_cast<int>(static_cast<unsigned>(ymd.month()));
  out.day = static_cast<int>(static_cast<unsigned>(ymd.day()));
  out.hour = static_cast<int>(rest / 3600);
  out.minute = static_cast<int>(rest / 60 % 60);
  out.second = static_cast<int>(rest % 60);
  out.weekday = static_cast<int>(std::chrono::weekday(date).iso_encoding());
  out.day_of_year = static_cast<int>(day - days_from_civil(out.year, 1, 1)) + 1;
  return out;
}

namespace {

struct Unit {
  std::string_view name;
  std::int64_t nanos;   ///< of units of exact length
  std::int64_t days;    ///< of units of whole days
  std::int64_t months;  ///< of units of whole months
};

constexpr std::array<Unit, 14> kUnits{{
    {"NANOS", 1, 0, 0},
    {"MICROS", 1'000, 0, 0},
    {"MILLIS", 1'000'000, 0, 0},
    {"SECONDS", kBillion, 0, 0},
    {"MINUTES", 60 * kBillion, 0, 0},
    {"HOURS", 3'600 * kBillion, 0, 0},
    {"HALF_DAYS", 43'200 * kBillion, 0, 0},
    {"DAYS", 0, 1, 0},
    {"WEEKS", 0, 7, 0},
    {"MONTHS", 0, 0, 1},
    {"YEARS", 0, 0, 12},
    {"DECADES", 0, 0, 120},
    {"CENTURIES", 0, 0, 1'200},
    {"MILLENNIA", 0, 0, 12'000},
}};

base::Error too_far() { return base::invalid_input("the date lies outside the years 1 to 9999"); }

}  // namespace

base::Result<DateTime> DateTime::plus(std::int64_t amount, std::string_view unit) const {
  const Unit* found = nullptr;
  std::vector<std::string> names;
  for (const Unit& candidate : kUnits) {
    names.emplace_back(candidate.name);
    if (base::equal_ignoring_case(candidate.name, unit)) found = &candidate;
  }
  if (found == nullptr) {
    return base::invalid_input(
        fmt::format("there is no unit '{}'; it is one of {}", unit, base::join(names, ", ")));
  }
  if (found->nanos > 0) {
    // 128 bits, since a count of nanoseconds over some centuries leaves 64.
    __extension__ using Wide = __int128;
    const Wide total = Wide{seconds_} * kBillion + nanos_ + Wide{amount} * found->nanos;
    Wide whole = total / kBillion;
    Wide rest = total % kBillion;
    if (rest < 0) {
      rest += kBillion;
      --whole;
    }
    if (whole < kSecondsMin || whole > kSecondsMax) return too_far();
    return of_seconds(static_cast<std::int64_t>(whole), static_cast<std::int32_t>(rest), zone_);
  }
  constexpr std::int64_t kAmountMax = 10'000'000;
  if (amount > kAmountMax || amount < -kAmountMax) return too_far();
  Fields moved = fields();
  if (found->months > 0) {
    const std::int64_t months = moved.year * 12LL + moved.month - 1 + amount * found->months;
    if (months < 12 || months >= (kYearMax + 1) * 12LL) return too_far();
    moved.year = static_cast<int>(months / 12);
    moved.month = static_cast<int>(months % 12) + 1;
    moved.day = std::min(moved.day, last_day(moved.year, moved.month));
  } else {
    const std::int64_t day =
        days_from_civil(moved.year, moved.month, moved.day) + amount * found->days;
    if (day * kDay < kSecondsMin || day * kDay > kSecondsMax) return too_far();
    const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(day))};
    moved.year = static_cast<int>(date.year());
    moved.month = static_cast<int>(static_cast<unsigned>(date.month()));
    moved.day = static_cast<int>(static_cast<unsigned>(date.day()));
  }
  return of_fields(moved, nanos_, zone_);
}

std::string DateTime::text() const {
  const Fields at = fields();
  std::string out =
      fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}", at.year, at.month, at.day, at.hour, at.minute);
  if (at.second > 0 || nanos_ > 0) out += fmt::format(":{:02}", at.second);
  if (nanos_ % 1'000'000 == 0 && nanos_ > 0) {
    out += fmt::format(".{:03}", nanos_ / 1'000'000);
  } else if (nanos_ % 1'000 == 0 && nanos_ > 0) {
    out += fmt::format(".{:06}", nanos_ / 1'000);
  } else if (nanos_ > 0) {
    out += fmt::format(".{:09}", nanos_);
  }
  out += print_offset(offset(), ":", true);
  if (zone_.is_region()) out += fmt::format("[{}]", zone_.name());
  return out;
}

namespace {

/// Reads fixed pieces of ISO text from left to right.
struct IsoReader {
  std::string_view text;
  std::size_t at = 0;

  bool digits(std::size_t count, int& out) {
    if (at + count > text.size()) return false;
    const auto end = std::from_chars(text.data() + at, text.data() + at + count, out);
    if (end.ec != std::errc() || end.ptr != text.data() + at + count || text[at] == '-')
      return false;
    at += count;
    return true;
  }

  bool mark(char c) {
    if (at >= text.size() || text[at] != c) return false;
    ++at;
    return true;
  }

  bool fraction(std::int32_t& nanos) {
    std::int32_t scale = 100'000'000;
    const std::size_t begin = at;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') {
      nanos += (text[at] - '0') * scale;
      scale /= 10;
      ++at;
    }
    return at > begin && at - begin <= 9;
  }

  bool is_done() const { return at == text.size(); }
};

base::Error no_date(std::string_view text) {
  return base::invalid_input(fmt::format(
      "'{}' is no date; it is to be like 2026-01-31T09:00:00+01:00, or the argument "
      "'existingFormat' says how it is "
      "written",
      text));
}

}  // namespace

base::Result<DateTime> parse_date_time(std::string_view text, const base::Zone& zone) {
  IsoReader reader{text};
  DateTime::Fields fields;
  std::int32_t nanos = 0;
  const bool is_date = reader.digits(4, fields.year) && reader.mark('-') &&
                       reader.digits(2, fields.month) && reader.mark('-') &&
                       reader.digits(2, fields.day);
  if (!is_date) return no_date(text);
  if (reader.is_done()) {
    fields.hour = 12;
    return DateTime::of_fields(fields, 0, zone);
  }
  const bool is_time = (reader.mark('T') || reader.mark('t') || reader.mark(' ')) &&
                       reader.digits(2, fields.hour) && reader.mark(':') &&
                       reader.digits(2, fields.minute);
  if (!is_time) return no_date(text);
  if (reader.mark(':')) {
    if (!reader.digits(2, fields.second)) return no_date(text);
    if (reader.mark('.') && !reader.fraction(nanos)) return no_date(text);
  }
  if (reader.is_done()) return DateTime::of_fields(fields, nanos, zone);
  std::string_view rest = text.substr(reader.at);
  const std::size_t bracket = rest.find('[');
  const std::string_view offset_text = rest.substr(0, bracket);
  const auto offset = base::Zone::find(offset_text == "z" ? "Z" : offset_text);
  if (!offset || offset->is_region()) return no_date(text);
  const DateTime moment = TRY(DateTime::of_fields(fields, nanos, *offset));
  if (bracket == std::string_view::npos) {
    return moment;
  }
  if (!rest.ends_with(']')) return no_date(text);
  base::Zone named = TRY(base::Zone::find(rest.substr(bracket + 1, rest.size() - bracket - 2)));
  return moment.in(std::move(named));
}

base::Result<DateTime> to_date_time(
    const format::Value& value, const base::Zone& zone, std::string_view existing_format) {
  if (value.is_number()) {
    const std::int64_t number = to_integer(value);
    const std::string shown = fmt::format("{}", number < 0 ? -number : number);
    const auto split = [&](std::int64_t unit) {
      const std::int64_t whole = number >= 0 ? number / unit : -((-number + unit - 1) / unit);
      const std::int64_t rest = number - whole * unit;
      return in_bounds(whole, static_cast<std::int32_t>(rest * (kBillion / unit)), zone);
    };
    if (shown.size() == 13) return split(1'000);
    if (shown.size() == 19) {
      // What timestampMicro gives has its micros where the nanoseconds stand.
      const std::int64_t rest = number % kBillion;
      const bool is_micros = rest > 0 && rest < 1'000'000;
      if (is_micros)
        return in_bounds(number / kBillion, static_cast<std::int32_t>(rest * 1'000), zone);
      return split(kBillion);
    }
    return split(1);
  }
  if (!value.is_text())
    return base::invalid_input(fmt::format("a date is text or a number, found {}", value.kind()));
  const std::string text(base::trim(value.as_text()));
  if (!existing_format.empty()) return parse_by_pattern(text, existing_format, zone);
  return parse_date_time(text, zone);
}

}  // namespace outlay::expr
