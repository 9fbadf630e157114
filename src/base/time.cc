// SPDX-License-Identifier: Apache-2.0
#include "base/time.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>

#include <fmt/format.h>

namespace outlay::base {
namespace {

using namespace std::chrono;

/// Takes exactly `digits` digits off the front.
bool take_number(std::string_view& text, std::size_t digits, int& out) {
  if (text.size() < digits) return false;
  auto [end, error] = std::from_chars(text.data(), text.data() + digits, out);
  if (error != std::errc{} || end != text.data() + digits) return false;
  text.remove_prefix(digits);
  return true;
}

bool take(std::string_view& text, char wanted) {
  if (text.empty() || text.front() != wanted) return false;
  text.remove_prefix(1);
  return true;
}

bool take_date(std::string_view& text, Date& out) {
  int y = 0;
  int m = 0;
  int d = 0;
  if (!take_number(text, 4, y) || !take(text, '-') || !take_number(text, 2, m) ||
      !take(text, '-') || !take_number(text, 2, d)) {
    return false;
  }
  out = year{y} / month{static_cast<unsigned>(m)} / day{static_cast<unsigned>(d)};
  return out.ok();
}

/// Fractional seconds after the dot, as microseconds; digits past the sixth are cut.
microseconds take_fraction(std::string_view& text) {
  std::int64_t value = 0;
  int seen = 0;
  while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
    if (seen < 6) {
      value = value * 10 + (text.front() - '0');
      ++seen;
    }
    text.remove_prefix(1);
  }
  for (; seen < 6; ++seen) value *= 10;
  return microseconds{value};
}

bool take_time(std::string_view& text, microseconds& out) {
  int h = 0;
  int m = 0;
  int s = 0;
  if (!take_number(text, 2, h) || !take(text, ':') || !take_number(text, 2, m)) return false;
  if (take(text, ':') && !take_number(text, 2, s)) return false;
  if (h > 24 || m > 59 || s > 60) return false;
  out = hours{h} + minutes{m} + seconds{s};
  if (take(text, '.')) out += take_fraction(text);
  return true;
}

bool take_offset(std::string_view& text, minutes& out) {
  out = minutes{0};
  if (text.empty() || take(text, 'Z') || take(text, 'z')) return true;
  const bool is_west = text.front() == '-';
  if (!take(text, '+') && !take(text, '-')) return false;
  int h = 0;
  int m = 0;
  if (!take_number(text, 2, h)) return false;
  take(text, ':');
  if (!text.empty() && !take_number(text, 2, m)) return false;
  out = hours{h} + minutes{m};
  if (is_west) out = -out;
  return true;
}

Error unreadable(std::string_view what, std::string_view example, std::string_view found) {
  return invalid_input(fmt::format("wanted {} such as {}, found \"{}\"", what, example, found));
}

}  // namespace

std::string print_date(Date date) {
  return fmt::format(
      "{:04}-{:02}-{:02}",
      static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()),
      static_cast<unsigned>(date.day()));
}

std::string print_instant(Instant instant) {
  const auto day = floor<days>(instant);
  const auto rest = instant - day;
  const auto whole = floor<seconds>(rest);
  const hh_mm_ss clock{whole};
  std::string out = fmt::format(
      "{}T{:02}:{:02}:{:02}",
      print_date(Date{day}),
      clock.hours().count(),
      clock.minutes().count(),
      clock.seconds().count());
  const std::int64_t micros = (rest - whole).count();
  if (micros != 0) {
    out += micros % 1000 == 0 ? fmt::format(".{:03}", micros / 1000) : fmt::format(".{:06}", micros);
  }
  return out + "Z";
}

Result<Instant> parse_instant(std::string_view text) {
  std::string_view rest = text;
  Date date;
  if (!take_date(rest, date)) return unreadable("a moment", "2026-01-31T09:00:00Z", text);
  Instant out = midnight(date);
  if (rest.empty()) return out;
  microseconds clock{0};
  minutes offset{0};
  if (!(take(rest, 'T') || take(rest, 't') || take(rest, ' ')) || !take_time(rest, clock) ||
      !take_offset(rest, offset) || !rest.empty()) {
    return unreadable("a moment", "2026-01-31T09:00:00Z", text);
  }
  return out + clock - offset;
}

Result<Date> parse_date(std::string_view text) {
  std::string_view rest = text;
  Date date;
  if (!take_date(rest, date) || !rest.empty()) return unreadable("a day", "2026-01-31", text);
  return date;
}

Result<Duration> parse_duration(std::string_view text) {
  const Error bad = unreadable("a duration", "PT1M or P1DT2H", text);
  std::string_view rest = text;
  const bool is_negative = take(rest, '-');
  if (!take(rest, 'P') && !take(rest, 'p')) return bad;
  double total = 0;
  bool in_time = false;
  bool any = false;
  while (!rest.empty()) {
    if (take(rest, 'T') || take(rest, 't')) {
      if (in_time || rest.empty()) return bad;
      in_time = true;
      continue;
    }
    double amount = 0;
    auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), amount);
    if (error != std::errc{} || end == rest.data() + rest.size()) return bad;
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    const char unit = static_cast<char>(rest.front() & ~0x20);
    rest.remove_prefix(1);
    any = true;
    if (!in_time && unit == 'D') total += amount * 86400;
    else if (!in_time && unit == 'W') total += amount * 604800;
    else if (in_time && unit == 'H') total += amount * 3600;
    else if (in_time && unit == 'M') total += amount * 60;
    else if (in_time && unit == 'S') total += amount;
    else return bad;
  }
  if (!any || !(std::abs(total) < 9.0e12)) return bad;
  const Duration out{std::llround(total * 1e6)};
  return is_negative ? -out : out;
}

std::string print_duration(Duration duration) {
  std::int64_t micros = duration.count();
  if (micros == 0) return "PT0S";
  std::string out = "PT";
  const std::int64_t h = micros / 3'600'000'000;
  micros %= 3'600'000'000;
  const std::int64_t m = micros / 60'000'000;
  micros %= 60'000'000;
  if (h != 0) out += fmt::format("{}H", h);
  if (m != 0) out += fmt::format("{}M", m);
  if (micros != 0) {
    std::string seconds_text = fmt::format("{}{}", micros < 0 ? "-" : "", std::abs(micros) / 1'000'000);
    if (std::int64_t part = std::abs(micros) % 1'000'000; part != 0) {
      seconds_text += fmt::format(".{:06}", part);
      while (seconds_text.back() == '0') seconds_text.pop_back();
    }
    out += seconds_text + "S";
  }
  return out;
}

Date date_of(Instant instant) { return Date{floor<days>(instant)}; }

Instant midnight(Date date) { return Instant{sys_days{date}}; }

}  // namespace outlay::base
