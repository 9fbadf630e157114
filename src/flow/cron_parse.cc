// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"
#include "flow/cron.h"

namespace outlay::flow {
namespace {

struct Field {
  std::string_view name;
  int min, max;
  std::vector<std::string_view> names;  ///< of the values from `first_name` on
  int first_name = 0;
};

const Field kSeconds{"second", 0, 59, {}, 0};
const Field kMinutes{"minute", 0, 59, {}, 0};
const Field kHours{"hour", 0, 23, {}, 0};
const Field kDays{"day of month", 1, 31, {}, 0};
const Field kMonths{
    "month",
    1,
    12,
    {"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"},
    1};
const Field kWeekdays{"day of week", 0, 7, {"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}, 0};

std::string_view nickname(std::string_view text) {
  constexpr std::pair<std::string_view, std::string_view> kNicknames[] = {
      {"@yearly", "0 0 1 1 *"},
      {"@annually", "0 0 1 1 *"},
      {"@monthly", "0 0 1 * *"},
      {"@weekly", "0 0 * * 0"},
      {"@daily", "0 0 * * *"},
      {"@midnight", "0 0 * * *"},
      {"@hourly", "0 * * * *"},
  };
  for (const auto& [name, meaning] : kNicknames) {
    if (base::equal_ignoring_case(text, name)) return meaning;
  }
  return {};
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> out;
  std::string word;
  for (const char c : text) {
    if (c == ' ' || c == '\t') {
      if (!word.empty()) out.push_back(std::move(word));
      word.clear();
    } else {
      word += c;
    }
  }
  if (!word.empty()) out.push_back(std::move(word));
  return out;
}

}  // namespace

class CronParser {
 public:
  explicit CronParser(std::string_view text) : text_(text) { cron_.text_ = text; }

  base::Result<Cron> run(bool with_seconds);

 private:
  base::Error error(std::string_view why) const {
    return base::invalid_input(
        fmt::format("the cron expression '{}' cannot be used: {}", text_, why));
  }

  base::Error field_error(const Field& field, std::string_view part, std::string_view why) const {
    return error(fmt::format("in the field '{}', '{}' {}", field.name, part, why));
  }

  base::Result<int> value(const Field& field, std::string_view text) const;
  base::Result<std::uint64_t> range(const Field& field, std::string_view part) const;
  base::Result<std::uint64_t> plain_field(const Field& field, std::string_view text) const;
  base::Result<base::Done> day_field(std::string_view text);
  base::Result<base::Done> weekday_field(std::string_view text);
  base::Result<bool> special_day(std::string_view part);
  base::Result<bool> special_weekday(std::string_view part);

  std::string text_;
  Cron cron_;
};

base::Result<int> CronParser::value(const Field& field, std::string_view text) const {
  for (std::size_t i = 0; i < field.names.size(); ++i) {
    if (base::equal_ignoring_case(text, field.names[i]))
      return field.first_name + static_cast<int>(i);
  }
  int out = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), out);
  if (text.empty() || end.ec != std::errc() || end.ptr != text.data() + text.size()) {
    return field_error(
        field, text, "is no number" + std::string(field.names.empty() ? "" : " and no name"));
  }
  if (out < field.min || out > field.max) {
    return field_error(field, text, fmt::format("is not between {} and {}", field.min, field.max));
  }
  return out;
}

// "*", "5", "1-5", "*/10", "5/10", "1-30/2" as bits.
base::Result<std::uint64_t> CronParser::range(const Field& field, std::string_view part) const {
  const std::size_t slash = part.find('/');
  const std::string_view body = part.substr(0, slash);
  int step = 1;
  if (slash != std::string_view::npos) {
    const std::string_view steps = part.substr(slash + 1);
    const auto end = std::from_chars(steps.data(), steps.data() + steps.size(), step);
    if (steps.empty() || end.ec != std::errc() || end.ptr != steps.data() + steps.size() ||
        step < 1) {
      return field_error(field, part, "has no step of at least 1 after the '/'");
    }
  }
  int first = field.min;
  // Sunday is 0 when all are meant, so that the seventh day is not counted twice.
  int last = field.max - (field.max == 7 ? 1 : 0);
  if (body != "*" && body != "?") {
    const std::size_t dash = body.find('-');
    first = TRY(value(field, body.substr(0, dash)));
    if (dash != std::string_view::npos) {
      last = TRY(value(field, body.substr(dash + 1)));
      // MON-SUN: a Sunday that ends a range is day 7.
      if (field.max == 7 && last == 0 && first > 0) last = 7;
      if (first > last) return field_error(field, part, "runs backwards");
    } else if (slash == std::string_view::npos) {
      last = first;
    }
  }
  std::uint64_t out = 0;
  for (int at = first; at <= last; at += step)
    out |= std::uint64_t{1} << (field.max == 7 ? at % 7 : at);
  return out;
}

base::Result<std::uint64_t> CronParser::plain_field(
    const Field& field, std::string_view text) const {
  std::uint64_t out = 0;
  for (const std::string& part : base::split(text, ',')) {
    const std::uint64_t bits = TRY(range(field, part));
    out |= bits;
  }
  return out;
}

// L, L-3, LW, 15W
base::Result<bool> CronParser::special_day(std::string_view part) {
  if (part == "LW") {
    cron_.is_last_workday_ = true;
    return true;
  }
  if (part.starts_with('L')) {
    int before = 0;
    if (part.size() > 1) {
      if (part[1] != '-') return field_error(kDays, part, "is not understood");
      before = TRY(value(kDays, part.substr(2)));
      if (before > 30) return field_error(kDays, part, "lies before every month");
    }
    cron_.days_before_last_ |= std::uint32_t{1} << before;
    return true;
  }
  if (!part.ends_with('W')) return false;
  const int day = TRY(value(kDays, part.substr(0, part.size() - 1)));
  cron_.nearest_workdays_ |= std::uint32_t{1} << day;
  return true;
}

// 5L, FRIL, 5#2
base::Result<bool> CronParser::special_weekday(std::string_view part) {
  const std::size_t hash = part.find('#');
  if (hash != std::string_view::npos) {
    const int day = TRY(value(kWeekdays, part.substr(0, hash)));
    const std::string_view nth = part.substr(hash + 1);
    if (nth.size() != 1 || nth[0] < '1' || nth[0] > '5') {
      return field_error(kWeekdays, part, "has no number from 1 to 5 after the '#'");
    }
    cron_.nth_weekdays_[static_cast<std::size_t>(nth[0] - '0')] |=
        static_cast<std::uint8_t>(1 << day % 7);
    return true;
  }
  if (part.size() < 2 || !part.ends_with('L')) return false;
  const int day = TRY(value(kWeekdays, part.substr(0, part.size() - 1)));
  cron_.last_weekdays_ |= static_cast<std::uint8_t>(1 << day % 7);
  return true;
}

base::Result<base::Done> CronParser::day_field(std::string_view text) {
  cron_.is_any_day_ = text == "*" || text == "?";
  for (const std::string& part : base::split(text, ',')) {
    if (TRY(special_day(part))) continue;
    cron_.days_ |= static_cast<std::uint32_t>(TRY(range(kDays, part)));
  }
  return base::Done{};
}

base::Result<base::Done> CronParser::weekday_field(std::string_view text) {
  cron_.is_any_weekday_ = text == "*" || text == "?";
  for (const std::string& part : base::split(text, ',')) {
    if (TRY(special_weekday(part))) continue;
    cron_.weekdays_ = static_cast<std::uint8_t>(cron_.weekdays_ | TRY(range(kWeekdays, part)));
  }
  return base::Done{};
}

base::Result<Cron> CronParser::run(bool with_seconds) {
  const std::string_view trimmed = base::trim(text_);
  std::vector<std::string> fields = words_of(trimmed);
  const bool is_nickname = trimmed.starts_with('@');
  if (is_nickname) {
    const std::string_view meaning = nickname(trimmed);
    if (meaning.empty()) {
      return error(
          "that nickname is not known; there are @yearly, @annually, @monthly, @weekly, @daily, "
          "@midnight and @hourly");
    }
    fields = words_of(meaning);
  }
  const std::size_t wanted = with_seconds && !is_nickname ? 6 : 5;
  if (fields.size() != wanted) {
    return error(fmt::format(
        "it has {} fields, wanted are {}: {}minute, hour, day of month, month, day of week{}",
        fields.size(),
        wanted,
        wanted == 6 ? "second, " : "",
        wanted == 5 && fields.size() == 6
            ? "; set 'withSeconds: true' for a field of seconds in front"
            : ""));
  }
  std::size_t at = 0;
  if (wanted == 6) cron_.seconds_ = TRY(plain_field(kSeconds, fields[at++]));
  cron_.minutes_ = TRY(plain_field(kMinutes, fields[at++]));
  cron_.hours_ = static_cast<std::uint32_t>(TRY(plain_field(kHours, fields[at++])));
  TRY(day_field(fields[at++]));
  cron_.months_ = static_cast<std::uint16_t>(TRY(plain_field(kMonths, fields[at++])));
  TRY(weekday_field(fields[at]));
  const base::Instant any = base::midnight(
      base::Date(std::chrono::year(2000), std::chrono::month(1), std::chrono::day(1)));
  if (!cron_.next(any, base::Zone())) {
    return error("it never fires: no such day is in any of these months");
  }
  return std::move(cron_);
}

base::Result<Cron> Cron::parse(std::string_view text, bool with_seconds) {
  return CronParser(text).run(with_seconds);
}

}  // namespace outlay::flow
