// SPDX-License-Identifier: Apache-2.0
#include "base/zone.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace outlay::base {
namespace {

using ::testing::HasSubstr;

Instant at(std::string_view text) { return *parse_instant(text); }

LocalTime local(std::string_view text) { return LocalTime(at(text).time_since_epoch()); }

TEST(zone, offsets_follow_the_zone_through_the_year) {
  const Zone paris = *Zone::find("Europe/Paris");
  EXPECT_EQ(paris.offset_at(at("2026-01-01T00:00:00Z")).count(), 3600);
  EXPECT_EQ(paris.offset_at(at("2026-07-01T00:00:00Z")).count(), 7200);
  EXPECT_EQ(paris.offset_at(at("2026-03-29T00:59:59Z")).count(), 3600);
  EXPECT_EQ(paris.offset_at(at("2026-03-29T01:00:00Z")).count(), 7200);
  EXPECT_EQ(paris.abbreviation_at(at("2026-07-01T00:00:00Z")), "CEST");
}

TEST(zone, fixed_offsets_are_read_in_many_ways) {
  EXPECT_EQ(Zone::find("+05:30")->offset_at(Instant()).count(), 19800);
  EXPECT_EQ(Zone::find("-0800")->offset_at(Instant()).count(), -28800);
  EXPECT_EQ(Zone::find("+2")->offset_at(Instant()).count(), 7200);
  EXPECT_EQ(Zone::find("UTC+1")->offset_at(Instant()).count(), 3600);
  EXPECT_EQ(Zone::find("Z")->offset_at(Instant()).count(), 0);
  EXPECT_FALSE(Zone::find("UTC")->is_region());
}

TEST(zone, a_skipped_clock_time_moves_on_by_the_gap) {
  const Zone paris = *Zone::find("Europe/Paris");
  EXPECT_EQ(paris.to_instant(local("2026-03-29T02:30:00Z")), at("2026-03-29T01:30:00Z"));
  EXPECT_FALSE(paris.exists(local("2026-03-29T02:30:00Z")));
  EXPECT_TRUE(paris.exists(local("2026-03-29T03:30:00Z")));
}

TEST(zone, a_repeated_clock_time_means_the_first_unless_the_last_is_asked_for) {
  const Zone paris = *Zone::find("Europe/Paris");
  EXPECT_EQ(paris.to_instant(local("2026-10-25T02:30:00Z")), at("2026-10-25T00:30:00Z"));
  EXPECT_EQ(paris.to_last_instant(local("2026-10-25T02:30:00Z")), at("2026-10-25T01:30:00Z"));
  EXPECT_EQ(paris.to_last_instant(local("2026-10-25T04:30:00Z")), at("2026-10-25T03:30:00Z"));
}

TEST(zone, local_and_back_is_the_same_moment_all_year_round) {
  for (const char* name :
       {"Europe/Paris",
        "America/New_York",
        "Australia/Lord_Howe",
        "Asia/Kolkata",
        "Pacific/Apia"}) {
    const Zone zone = *Zone::find(name);
    for (Instant instant = at("2011-01-01T00:00:00Z"); instant < at("2013-01-01T00:00:00Z");
         instant += std::chrono::minutes(227)) {
      const LocalTime clock = zone.to_local(instant);
      EXPECT_TRUE(zone.to_instant(clock) == instant || zone.to_last_instant(clock) == instant)
          << name << print_instant(instant);
    }
  }
}

TEST(zone, an_unknown_name_proposes_the_nearest) {
  const auto zone = Zone::find("Europe/Pariss");
  ASSERT_FALSE(zone.has_value());
  EXPECT_THAT(zone.error().message, HasSubstr("Did you mean \"Europe/Paris\"?"));
}

}  // namespace
}  // namespace outlay::base
