// SPDX-License-Identifier: Apache-2.0
#include "base/zone.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <limits>
#include <map>
#include <optional>

#include <date/tz.h>
#include <fmt/format.h>

#include "base/mutex.h"
#include "base/text.h"

namespace outlay::base {
namespace {

using std::chrono::seconds;

std::int64_t floor_seconds(std::chrono::microseconds time) {
  return std::chrono::floor<seconds>(time).count();
}

// "+02:00", "-0530", "+2"; nothing when the text is none of these.
std::optional<std::int32_t> parse_offset(std::string_view text) {
  if (text.size() < 2 || (text[0] != '+' && text[0] != '-')) return std::nullopt;
  std::string digits;
  for (const char c : text.substr(1)) {
    if (c >= '0' && c <= '9') {
      digits += c;
    } else if (c != ':') {
      return std::nullopt;
    }
  }
  if (digits.size() == 1) digits.insert(0, "0");
  if (digits.size() == 2) digits += "00";
  if (digits.size() != 4 && digits.size() != 6) return std::nullopt;
  const auto part = [&](std::size_t at) { return (digits[at] - '0') * 10 + digits[at + 1] - '0'; };
  const int hours = part(0);
  const int minutes = part(2);
  const int rest = digits.size() == 6 ? part(4) : 0;
  constexpr int kHoursMax = 18;
  if (hours > kHoursMax || minutes > 59 || rest > 59) return std::nullopt;
  const std::int32_t total = hours * 3600 + minutes * 60 + rest;
  return text[0] == '-' ? -total : total;
}

// The library reads the database on first use and reports trouble by exceptions.
const date::time_zone* locate(std::string_view name) {
  try {
    return date::locate_zone(std::string(name));
  } catch (const std::exception&) {
    return nullptr;
  }
}

}  // namespace

Zone::Zone() {
  static const std::shared_ptr<const Rules> utc = fixed("UTC", 0).rules_;
  rules_ = utc;
}

Zone Zone::fixed(std::string name, std::int32_t offset) {
  auto rules = std::make_shared<Rules>();
  rules->name = std::move(name);
  rules->changes.push_back({std::numeric_limits<std::int64_t>::min(), offset});
  return Zone(std::move(rules));
}

// All changes of the offset, so that asking for one is a search in memory without the library's
// locks and texts.
Result<std::shared_ptr<const Zone::Rules>> Zone::load(std::string_view name) {
  const date::time_zone* zone = locate(name);
  if (zone == nullptr) {
    return invalid_input(fmt::format(
        "there is no time zone '{}'; zones are named as in Europe/Paris, UTC or +02:00.{}",
        name,
        did_you_mean(name, zone_names())));
  }
  auto rules = std::make_shared<Rules>();
  rules->name = zone->name();
  rules->is_region = true;
  const date::sys_seconds last = date::sys_days(date::year(2200) / 1 / 1);
  date::sys_seconds at = date::sys_days(date::year(1800) / 1 / 1);
  bool is_first = true;
  while (at < last) {
    const date::sys_info info = zone->get_info(at);
    const auto offset = static_cast<std::int32_t>(info.offset.count());
    if (is_first) {
      rules->changes.push_back({std::numeric_limits<std::int64_t>::min(), offset});
    } else if (rules->changes.back().offset != offset) {
      rules->changes.push_back({info.begin.time_since_epoch().count(), offset});
    }
    is_first = false;
    if (info.end <= at) break;
    at = info.end;
  }
  return std::shared_ptr<const Rules>(std::move(rules));
}

Result<Zone> Zone::find(std::string_view name) {
  if (name == "UTC" || name == "Z" || name == "GMT" || name == "UT")
    return name == "Z" ? Zone() : fixed(std::string(name), 0);
  for (std::string_view prefix : {"UTC", "GMT", "UT", ""}) {
    if (!name.starts_with(prefix)) continue;
    if (const auto offset = parse_offset(name.substr(prefix.size())))
      return fixed(std::string(name), *offset);
  }
  static Mutex mutex;
  static std::map<std::string, std::shared_ptr<const Rules>, std::less<>> known;
  {
    const Lock lock(mutex);
    if (const auto found = known.find(name); found != known.end()) return Zone(found->second);
  }
  std::shared_ptr<const Rules> rules = TRY(load(name));
  const Lock lock(mutex);
  known.emplace(std::string(name), rules);
  return Zone(std::move(rules));
}

Zone Zone::local() {
  const char* named =
      std::getenv("TZ");  // NOLINT(concurrency-mt-unsafe): nobody sets the environment
  if (named != nullptr && *named != '\0') {
    if (auto zone = find(*named == ':' ? named + 1 : named)) return *std::move(zone);
  }
  try {
    const std::string name = date::current_zone()->name();
    if (auto zone = find(name)) return *std::move(zone);
  } catch (const std::exception&) {  // no zone is set on this machine
  }
  return {};
}

const Zone::Change& Zone::change_at(std::int64_t at) const {
  const std::vector<Change>& changes = rules_->changes;
  const Change* first = changes.data();
  std::size_t count = changes.size();
  while (count > 1) {
    const std::size_t half = count / 2;
    if (first[half].begin <= at) first += half;
    count -= half;
  }
  return *first;
}

std::chrono::seconds Zone::offset_at(Instant instant) const {
  return seconds(change_at(floor_seconds(instant.time_since_epoch())).offset);
}

Zone::Span Zone::span_at(Instant instant) const {
  const Change& change = change_at(floor_seconds(instant.time_since_epoch()));
  const Change* first = rules_->changes.data();
  const Change* past_last = first + rules_->changes.size();
  Span out{Instant::min(), Instant::max(), seconds(change.offset)};
  if (&change != first) out.begin = Instant(seconds(change.begin));
  if (&change + 1 != past_last) out.end = Instant(seconds((&change + 1)->begin));
  return out;
}

std::string Zone::abbreviation_at(Instant instant) const {
  if (!rules_->is_region) return rules_->name;
  const date::time_zone* zone = locate(rules_->name);
  if (zone == nullptr) return rules_->name;
  return zone->get_info(date::sys_seconds(seconds(floor_seconds(instant.time_since_epoch()))))
      .abbrev;
}

Instant Zone::to_instant(LocalTime local) const {
  const std::int64_t wanted = floor_seconds(local.time_since_epoch());
  // An offset is less than a day, so the change in force lies within a day of the clock time read
  // as UTC.
  constexpr std::int64_t kDay = 86'400;
  const Change& before = change_at(wanted - kDay);
  const Change& after = change_at(wanted + kDay);
  // Reading the time by the offset before the change gives the first of two, and the gap's rule as
  // well.
  for (const Change* change = &before; change <= &after; ++change) {
    const std::int64_t instant = wanted - change->offset;
    const bool is_last = change == &after;
    if (is_last || instant < (change + 1)->begin ||
        wanted < (change + 1)->begin + (change + 1)->offset) {
      return Instant(local.time_since_epoch() - seconds(change->offset));
    }
  }
  return Instant(local.time_since_epoch() - seconds(after.offset));
}

Instant Zone::to_last_instant(LocalTime local) const {
  const Instant first = to_instant(local);
  constexpr std::int64_t kDay = 86'400;
  const Change& after = change_at(floor_seconds(local.time_since_epoch()) + kDay);
  const Instant second(local.time_since_epoch() - seconds(after.offset));
  return second > first && to_local(second) == local ? second : first;
}

bool Zone::exists(LocalTime local) const { return to_local(to_instant(local)) == local; }

std::vector<std::string> zone_names() {
  std::vector<std::string> out;
  try {
    for (const date::time_zone& zone : date::get_tzdb().zones) out.push_back(zone.name());
  } catch (const std::exception&) {  // no database on this machine: no names to propose
  }
  return out;
}

}  // namespace outlay::base
