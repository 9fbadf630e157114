// SPDX-License-Identifier: Apache-2.0
#include "expr/holidays.h"

#include <array>
#include <charconv>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/text.h"
#include "expr/embedded.h"

namespace outlay::expr {
namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::weekday;
using std::chrono::year;
using std::chrono::year_month_day;

struct Holiday {
  std::string part;  ///< empty: the whole country
  std::string rule;
  int from = 0, until = 9999;
};

using Calendar = std::map<std::string, std::vector<Holiday>, std::less<>>;

int number(std::string_view text) {
  int value = 0;
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

bool is_years(std::string_view text) {
  return text.find('-') != std::string_view::npos &&
         text.find_first_not_of("0123456789-") == std::string_view::npos;
}

Calendar parse(std::string_view text) {
  Calendar out;
  for (const std::string& line : base::split_trimmed(text, '\n')) {
    if (line.empty() || line.front() == '#') continue;
    const auto words = base::split_trimmed(line, ' ');
    CHECK(words.size() >= 3);
    Holiday holiday;
    const std::size_t slash = words[0].find('/');
    if (slash != std::string::npos) holiday.part = words[0].substr(slash + 1);
    holiday.rule = words[1];
    if (is_years(words[2])) {
      const std::size_t dash = words[2].find('-');
      if (dash > 0) holiday.from = number(words[2].substr(0, dash));
      if (dash + 1 < words[2].size()) holiday.until = number(words[2].substr(dash + 1));
    }
    out[words[0].substr(0, slash)].push_back(std::move(holiday));
  }
  return out;
}

const Calendar& calendar() {
  static const Calendar parsed = parse(embedded_file("holidays.txt"));
  return parsed;
}

weekday day_named(std::string_view name) {
  constexpr std::array<std::string_view, 7> kDays{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"};
  for (unsigned i = 0; i < kDays.size(); ++i)
    if (kDays.at(i) == name) return weekday(i);
  return std::chrono::Sunday;
}

// Gregorian Easter Sunday (Meeus, Jones and Butcher).
sys_days easter(int y) {
  const int a = y % 19;
  const int b = y / 100;
  const int c = y % 100;
  const int h = (19 * a + b - b / 4 - (b - (b + 8) / 25 + 1) / 3 + 15) % 30;
  const int l = (32 + 2 * (b % 4) + 2 * (c / 4) - h - c % 4) % 7;
  const int m = (a + 11 * h + 22 * l) / 451;
  const int sum = h + l - 7 * m + 114;
  return year(y) / (sum / 31) / (sum % 31 + 1);
}

// Julian Easter Sunday (Meeus) in the Gregorian calendar, which runs 13 days ahead until 2099.
sys_days orthodox_easter(int y) {
  const int d = (19 * (y % 19) + 15) % 30;
  const int e = (2 * (y % 4) + 4 * (y % 7) - d + 34) % 7;
  const int sum = d + e + 114;
  return sys_days(year(y) / (sum / 31) / (sum % 31 + 1)) + days(13);
}

sys_days on(int y, std::string_view month_and_day) {
  return year(y) / number(month_and_day.substr(0, 2)) / number(month_and_day.substr(3, 2));
}

sys_days moved(sys_days day, std::string_view how) {
  const weekday at(day);
  const bool is_saturday = at == std::chrono::Saturday;
  const bool is_sunday = at == std::chrono::Sunday;
  if (how == "us" && is_saturday) return day - days(1);
  if (how == "two" && (is_saturday || is_sunday)) return day + days(2);
  if (how == "mon" && is_saturday) return day + days(2);
  if (is_sunday && how != "two") return day + days(1);
  return day;
}

// The day a rule gives in a year.
sys_days day_of(std::string_view rule, int y) {
  if (rule[0] == 'E' && rule.size() > 1) return easter(y) + days(number(rule.substr(1)));
  if (rule[0] == 'O') return orthodox_easter(y) + days(number(rule.substr(1)));
  if (rule[1] == ':') {
    const weekday day = day_named(rule.substr(2, 3));
    const std::chrono::month month(static_cast<unsigned>(number(rule.substr(6))));
    if (rule[0] == 'L') return year(y) / month / day[std::chrono::last];
    return year(y) / month / day[static_cast<unsigned>(number(rule.substr(0, 1)))];
  }
  if (rule[3] == '<') {
    const sys_days limit = on(y, rule.substr(4)) - days(1);
    return limit - (weekday(limit) - day_named(rule.substr(0, 3)));
  }
  if (rule[3] == '>') {
    const sys_days limit = on(y, rule.substr(4));
    return limit + (day_named(rule.substr(0, 3)) - weekday(limit));
  }
  const std::size_t tilde = rule.find('~');
  const sys_days day = on(y, rule.substr(0, tilde));
  return tilde == std::string_view::npos ? day : moved(day, rule.substr(tilde + 1));
}

bool falls_on(const Holiday& holiday, sys_days day) {
  // A holiday may be kept in the year before or after its own: 1 January on 31 December.
  const int middle = static_cast<int>(year_month_day(day).year());
  for (int y = middle - 1; y <= middle + 1; ++y)
    if (y >= holiday.from && y <= holiday.until && day_of(holiday.rule, y) == day) return true;
  return false;
}

}  // namespace

base::Result<bool> is_public_holiday(
    sys_days day, std::string_view country, std::string_view part) {
  std::string name(country);
  for (char& c : name) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  const std::string wanted = base::lower(part);
  const auto found = calendar().find(name);
  if (found == calendar().end()) {
    std::string known;
    for (const auto& entry : calendar()) known += (known.empty() ? "" : ", ") + entry.first;
    return base::invalid_input(
        "there are no holidays for the country \"" + std::string(country) + "\"; known are " +
        known);
  }
  for (const Holiday& holiday : found->second)
    if ((holiday.part.empty() || holiday.part == wanted) && falls_on(holiday, day)) return true;
  return false;
}

}  // namespace outlay::expr
