// SPDX-License-Identifier: Apache-2.0
#include "demo/company.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace outlay::demo {
namespace {

std::uint64_t scrambled(std::uint64_t z) {
  // The finaliser of splitmix64: different inputs give different outputs.
  z += 0x9E3779B97F4A7C15U;
  z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9U;
  z = (z ^ z >> 27) * 0x94D049BB133111EBU;
  return z ^ z >> 31;
}

}  // namespace

int Month::days() const {
  const std::chrono::year_month_day_last last{
      first.year(), std::chrono::month_day_last{first.month()}};
  return static_cast<int>(static_cast<unsigned>(last.day()));
}

Month Month::next() const { return {first + std::chrono::months{1}, index + 1}; }

std::string Month::text() const { return base::print_date(first).substr(0, 7); }

base::Date Month::day(int number) const {
  return {first.year(), first.month(), std::chrono::day{static_cast<unsigned>(number)}};
}

std::string Month::hour_text(int hour) const {
  const auto at = std::chrono::sys_days{first} + std::chrono::days{hour / 24};
  return fmt::format("{}T{:02}:00:00", base::print_date(base::Date{at}), hour % 24);
}

std::uint64_t mix(std::uint64_t seed, std::uint64_t what) {
  return scrambled(scrambled(seed) ^ what);
}

std::uint64_t mix(std::uint64_t seed, std::string_view what) {
  std::uint64_t out = scrambled(seed);
  for (const char c : what) out = scrambled(out ^ static_cast<unsigned char>(c));
  return out;
}

std::string hex(std::uint64_t value, int digits) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out(static_cast<std::size_t>(digits), '0');
  for (auto at = out.rbegin(); at != out.rend(); ++at, value >>= 4) *at = kDigits[value & 15];
  return out;
}

Month Company::month(int index) const {
  return {last_month + std::chrono::months{index + 1 - months}, index};
}

std::int64_t Company::growth(const Month& month) const {
  std::int64_t out = 1'000'000;
  for (int at = 0; at < month.index; ++at) out = out * 1035 / 1000;
  return out;
}

std::int64_t Company::count(std::int64_t base, const Month& month, std::string_view kind) const {
  const money::Int128 scaled = money::Int128{base} * scale_millionths * growth(month) / 1'000'000;
  const auto phase = static_cast<std::int64_t>(mix(47, kind) % 900'000);
  return std::max<std::int64_t>(1, static_cast<std::int64_t>((scaled + phase) / 1'000'000));
}

std::int64_t Company::count_at_start(std::int64_t base) const {
  const money::Int128 scaled = money::Int128{base} * scale_millionths;
  return std::max<std::int64_t>(1, static_cast<std::int64_t>(scaled / 1'000'000));
}

std::int64_t Company::use(std::int64_t base, const Month& month, int day, std::uint64_t who) const {
  const std::uint64_t days =
      std::uint64_t{31} * static_cast<unsigned>(month.index) + static_cast<unsigned>(day);
  const std::int64_t noise = 960 + static_cast<std::int64_t>(mix(who ^ seed, days) % 81);
  money::Int128 out = money::Int128{base} * growth(month) / 1'000'000;
  out = out * weekday_permille(month.day(day)) / 1000 * noise / 1000;
  return static_cast<std::int64_t>(out);
}

const std::vector<std::string>& teams() {
  static const std::vector<std::string> names{
      "cart", "search", "payments", "platform", "data", "mobile"};
  return names;
}

int weekday_permille(base::Date date) {
  constexpr std::array<int, 7> kFromSunday{740, 1100, 1130, 1120, 1090, 1050, 770};
  const std::chrono::weekday weekday{std::chrono::sys_days{date}};
  return kFromSunday[weekday.c_encoding()];
}

}  // namespace outlay::demo
