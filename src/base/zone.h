// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace outlay::base {

/// Clock time without a zone, to the microsecond.
using LocalTime = std::chrono::local_time<std::chrono::microseconds>;

/// A time zone: named ("Europe/Paris"), a fixed offset ("+02:00", "UTC", "Z", "GMT+1"), or the
/// machine's own. Cheap to copy, immutable, safe from any thread. Rules come from the operating
/// system's tz database.
class Zone {
 public:
  /// UTC.
  Zone();
  /// Fails with the nearest known name when there is no such zone.
  static Result<Zone> find(std::string_view name);
  /// What TZ names, else what the system is set to, else UTC.
  static Zone local();

  const std::string& name() const { return rules_->name; }

  /// True for named zones, false for offsets and UTC.
  bool is_region() const { return rules_->is_region; }

  /// A stretch of time [begin, end) over which the offset stays the same.
  struct Span {
    Instant begin, end;
    std::chrono::seconds offset;
  };

  std::chrono::seconds offset_at(Instant instant) const;
  /// The stretch that `instant` lies in; Instant::min() and max() where it has no bound.
  Span span_at(Instant instant) const;
  /// "CET", "+03", "UTC".
  std::string abbreviation_at(Instant instant) const;

  LocalTime to_local(Instant instant) const {
    return LocalTime(instant.time_since_epoch() + offset_at(instant));
  }

  /// A clock time that a change of the clock skips moves on by the length of the gap; of a clock
  /// time that occurs twice the first is meant.
  Instant to_instant(LocalTime local) const;
  /// The second of two occurrences of a clock time; the same as to_instant() where there is one.
  Instant to_last_instant(LocalTime local) const;
  /// False when a change of the clock skips this clock time.
  bool exists(LocalTime local) const;

 private:
  /// From `begin` on (seconds since 1970 UTC) the offset holds.
  struct Change {
    std::int64_t begin = 0;
    std::int32_t offset = 0;
  };

  struct Rules {
    std::string name;
    bool is_region = false;
    std::vector<Change> changes;  ///< sorted; the first begins before all time
  };

  explicit Zone(std::shared_ptr<const Rules> rules) : rules_(std::move(rules)) {}

  static Zone fixed(std::string name, std::int32_t offset);
  static Result<std::shared_ptr<const Rules>> load(std::string_view name);
  const Change& change_at(std::int64_t seconds) const;

  std::shared_ptr<const Rules> rules_;
};

/// Names of the zones the system knows, for messages and choices.
std::vector<std::string> zone_names();

}  // namespace outlay::base
