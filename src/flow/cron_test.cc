// SPDX-License-Identifier: Apache-2.0
#include "flow/cron.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.h"

namespace outlay::flow {
namespace {

using ::testing::HasSubstr;

base::Instant at(std::string_view text) { return *base::parse_instant(text); }

base::Zone zone(std::string_view name) { return *base::Zone::find(name); }

std::string shown(const std::optional<base::Instant>& instant) {
  return instant ? base::print_instant(*instant) : "never";
}

std::string next(
    std::string_view cron,
    std::string_view after,
    std::string_view zone_name = "UTC",
    bool with_seconds = false) {
  const auto parsed = Cron::parse(cron, with_seconds);
  return parsed ? shown(parsed->next(at(after), zone(zone_name))) : parsed.error().text();
}

std::string previous(
    std::string_view cron, std::string_view before, std::string_view zone_name = "UTC") {
  const auto parsed = Cron::parse(cron);
  return parsed ? shown(parsed->previous(at(before), zone(zone_name))) : parsed.error().text();
}

std::string problem(std::string_view cron, bool with_seconds = false) {
  const auto parsed = Cron::parse(cron, with_seconds);
  return parsed ? "" : parsed.error().message;
}

TEST(cron, next_is_strictly_after_and_previous_strictly_before) {
  EXPECT_EQ(next("0 9 * * *", "2026-03-01T08:59:59Z"), "2026-03-01T09:00:00Z");
  EXPECT_EQ(next("0 9 * * *", "2026-03-01T09:00:00Z"), "2026-03-02T09:00:00Z");
  EXPECT_EQ(next("0 9 * * *", "2026-03-01T08:59:59.999999Z"), "2026-03-01T09:00:00Z");
  EXPECT_EQ(previous("0 9 * * *", "2026-03-01T09:00:00Z"), "2026-02-28T09:00:00Z");
  EXPECT_EQ(previous("0 9 * * *", "2026-03-01T09:00:00.000001Z"), "2026-03-01T09:00:00Z");
}

TEST(cron, fields_take_steps_ranges_lists_and_names) {
  EXPECT_EQ(next("*/15 * * * *", "2026-03-01T10:07:00Z"), "2026-03-01T10:15:00Z");
  EXPECT_EQ(next("*/15 * * * *", "2026-12-31T23:50:00Z"), "2027-01-01T00:00:00Z");
  EXPECT_EQ(next("5/20 * * * *", "2026-03-01T10:30:00Z"), "2026-03-01T10:45:00Z");
  EXPECT_EQ(next("10-30/10 8,20 * * *", "2026-03-01T08:30:00Z"), "2026-03-01T20:10:00Z");
  EXPECT_EQ(next("0 0 1 JAN,jul *", "2026-03-01T00:00:00Z"), "2026-07-01T00:00:00Z");
  EXPECT_EQ(next("0 9 * * 1-5", "2026-03-06T10:00:00Z"), "2026-03-09T09:00:00Z");
  EXPECT_EQ(next("0 9 * * MON-FRI", "2026-03-06T10:00:00Z"), "2026-03-09T09:00:00Z");
  EXPECT_EQ(next("0 0 29 2 *", "2026-03-01T00:00:00Z"), "2028-02-29T00:00:00Z");
}

TEST(cron, zero_and_seven_are_both_sunday) {
  EXPECT_EQ(next("0 0 * * 0", "2026-03-02T00:00:00Z"), "2026-03-08T00:00:00Z");
  EXPECT_EQ(next("0 0 * * 7", "2026-03-02T00:00:00Z"), "2026-03-08T00:00:00Z");
  EXPECT_EQ(next("0 0 * * SUN", "2026-03-02T00:00:00Z"), "2026-03-08T00:00:00Z");
  EXPECT_EQ(next("0 0 * * 6-7", "2026-03-02T00:00:00Z"), "2026-03-07T00:00:00Z");
}

TEST(cron, either_day_field_suffices_when_both_are_restricted) {
  EXPECT_EQ(next("0 0 13 * 5", "2026-03-01T00:00:00Z"), "2026-03-06T00:00:00Z");
  EXPECT_EQ(next("0 0 13 * 5", "2026-04-10T00:00:00Z"), "2026-04-13T00:00:00Z");
  EXPECT_EQ(next("0 0 13 * *", "2026-03-01T00:00:00Z"), "2026-03-13T00:00:00Z");
}

TEST(cron, days_can_be_counted_from_the_end_and_by_working_days) {
  EXPECT_EQ(next("0 0 L * *", "2026-02-01T00:00:00Z"), "2026-02-28T00:00:00Z");
  EXPECT_EQ(next("0 0 L-2 * ?", "2026-02-01T00:00:00Z"), "2026-02-26T00:00:00Z");
  EXPECT_EQ(next("0 0 LW * *", "2026-02-01T00:00:00Z"), "2026-02-27T00:00:00Z");
  EXPECT_EQ(next("0 0 15W * *", "2026-02-01T00:00:00Z"), "2026-02-16T00:00:00Z");
  EXPECT_EQ(next("0 0 1W * *", "2026-07-31T12:00:00Z"), "2026-08-03T00:00:00Z");
  EXPECT_EQ(next("0 0 * * 5L", "2026-03-01T00:00:00Z"), "2026-03-27T00:00:00Z");
  EXPECT_EQ(next("0 0 * * MON#2", "2026-03-01T00:00:00Z"), "2026-03-09T00:00:00Z");
}

TEST(cron, seconds_stand_in_front_when_asked_for) {
  EXPECT_EQ(next("*/10 * * * * *", "2026-03-01T10:00:05Z", "UTC", true), "2026-03-01T10:00:10Z");
  EXPECT_EQ(next("30 59 23 * * *", "2026-03-01T23:59:30Z", "UTC", true), "2026-03-02T23:59:30Z");
  EXPECT_EQ(next("@hourly", "2026-03-01T10:00:05Z", "UTC", true), "2026-03-01T11:00:00Z");
}

TEST(cron, nicknames_mean_what_they_say) {
  EXPECT_EQ(next("@yearly", "2026-03-01T00:00:00Z"), "2027-01-01T00:00:00Z");
  EXPECT_EQ(next("@annually", "2026-03-01T00:00:00Z"), "2027-01-01T00:00:00Z");
  EXPECT_EQ(next("@monthly", "2026-03-01T00:00:00Z"), "2026-04-01T00:00:00Z");
  EXPECT_EQ(next("@weekly", "2026-03-02T00:00:00Z"), "2026-03-08T00:00:00Z");
  EXPECT_EQ(next("@daily", "2026-03-01T00:00:00Z"), "2026-03-02T00:00:00Z");
  EXPECT_EQ(next("@midnight", "2026-03-01T00:00:00Z"), "2026-03-02T00:00:00Z");
  EXPECT_EQ(next("@hourly", "2026-03-01T00:00:00Z"), "2026-03-01T01:00:00Z");
}

TEST(cron, a_daily_time_keeps_its_clock_time_over_the_year) {
  EXPECT_EQ(next("0 9 * * *", "2026-03-28T12:00:00Z", "Europe/Paris"), "2026-03-29T07:00:00Z");
  EXPECT_EQ(next("0 9 * * *", "2026-01-10T12:00:00Z", "Europe/Paris"), "2026-01-11T08:00:00Z");
  EXPECT_EQ(next("0 9 * * *", "2026-01-10T12:00:00Z", "Asia/Kolkata"), "2026-01-11T03:30:00Z");
}

TEST(cron, a_skipped_clock_time_fires_once_as_much_later_as_the_clock_jumped) {
  // Paris jumps from 02:00 to 03:00 on 29 March 2026.
  EXPECT_EQ(next("30 2 * * *", "2026-03-28T12:00:00Z", "Europe/Paris"), "2026-03-29T01:30:00Z");
  EXPECT_EQ(next("30 2 * * *", "2026-03-29T01:10:00Z", "Europe/Paris"), "2026-03-29T01:30:00Z");
  EXPECT_EQ(next("30 2 * * *", "2026-03-29T01:30:00Z", "Europe/Paris"), "2026-03-30T00:30:00Z");
  EXPECT_EQ(previous("30 2 * * *", "2026-03-29T12:00:00Z", "Europe/Paris"), "2026-03-29T01:30:00Z");
  EXPECT_EQ(previous("30 2 * * *", "2026-03-29T01:10:00Z", "Europe/Paris"), "2026-03-28T01:30:00Z");
}

TEST(cron, a_repeated_clock_time_fires_in_its_first_pass) {
  // Paris goes back from 03:00 to 02:00 on 25 October 2026.
  EXPECT_EQ(next("30 2 * * *", "2026-10-24T12:00:00Z", "Europe/Paris"), "2026-10-25T00:30:00Z");
  EXPECT_EQ(next("30 2 * * *", "2026-10-25T00:30:00Z", "Europe/Paris"), "2026-10-26T01:30:00Z");
  EXPECT_EQ(previous("30 2 * * *", "2026-10-25T12:00:00Z", "Europe/Paris"), "2026-10-25T00:30:00Z");
  EXPECT_EQ(previous("30 2 * * *", "2026-10-25T01:10:00Z", "Europe/Paris"), "2026-10-25T00:30:00Z");
}

TEST(cron, an_hourly_schedule_follows_real_time_through_both_changes) {
  EXPECT_EQ(next("*/30 * * * *", "2026-03-29T00:30:00Z", "Europe/Paris"), "2026-03-29T01:00:00Z");
  EXPECT_EQ(next("30 * * * *", "2026-10-25T00:30:00Z", "Europe/Paris"), "2026-10-25T01:30:00Z");
  EXPECT_EQ(previous("30 * * * *", "2026-10-25T01:30:00Z", "Europe/Paris"), "2026-10-25T00:30:00Z");
}

TEST(cron, what_is_wrong_is_told_with_the_field) {
  EXPECT_THAT(
      problem("0 9 * *"),
      HasSubstr("it has 4 fields, wanted are 5: minute, hour, day of month, month, day of week"));
  EXPECT_THAT(problem("0 0 9 * * *"), HasSubstr("set 'withSeconds: true'"));
  EXPECT_THAT(
      problem("60 9 * * *"), HasSubstr("in the field 'minute', '60' is not between 0 and 59"));
  EXPECT_THAT(problem("0 24 * * *"), HasSubstr("in the field 'hour'"));
  EXPECT_THAT(
      problem("0 9 * FOO *"), HasSubstr("in the field 'month', 'FOO' is no number and no name"));
  EXPECT_THAT(problem("0 9 20-10 * *"), HasSubstr("'20-10' runs backwards"));
  EXPECT_THAT(problem("*/0 9 * * *"), HasSubstr("has no step of at least 1"));
  EXPECT_THAT(problem("0 9 * * 8"), HasSubstr("is not between 0 and 7"));
  EXPECT_THAT(problem("0 9 * * MON#6"), HasSubstr("no number from 1 to 5"));
  EXPECT_THAT(problem("@dayly"), HasSubstr("that nickname is not known"));
  EXPECT_THAT(problem(""), HasSubstr("it has 0 fields"));
  EXPECT_THAT(problem("0 9 , * *"), HasSubstr("is no number"));
}

TEST(cron, a_schedule_that_never_fires_is_refused) {
  EXPECT_THAT(problem("0 0 31 2 *"), HasSubstr("it never fires"));
  EXPECT_THAT(problem("0 0 31 4,6,9,11 *"), HasSubstr("it never fires"));
  EXPECT_EQ(problem("0 0 31 2 1"), "");
  EXPECT_EQ(problem("0 0 29 2 *"), "");
}

// Another way to the same answer: walk minute by minute and compare the clock's fields.
TEST(cron, agrees_with_walking_through_every_minute) {
  base::Random random(20261123);
  const base::Zone berlin = zone("Europe/Berlin");
  for (int round = 0; round < 30; ++round) {
    const auto minute = static_cast<int>(random.below(60));
    const auto hour = static_cast<int>(random.below(24));
    const auto weekday = static_cast<int>(random.below(7));
    const auto parsed = Cron::parse(
        std::to_string(minute) + " " + std::to_string(hour) + " * * " + std::to_string(weekday));
    ASSERT_TRUE(parsed.has_value());
    const base::Instant start =
        at("2026-01-01T00:00:00Z") + std::chrono::minutes(random.below(500'000));
    base::Instant walked = start;
    while (true) {
      walked += std::chrono::minutes(1);
      const auto local = berlin.to_local(walked).time_since_epoch();
      const auto day = std::chrono::floor<std::chrono::days>(local);
      const auto of_day = std::chrono::duration_cast<std::chrono::minutes>(local - day).count();
      const auto found =
          static_cast<int>(std::chrono::weekday(std::chrono::sys_days(day)).c_encoding());
      if (found == weekday && of_day == hour * 60 + minute &&
          berlin.to_instant(berlin.to_local(walked)) == walked)
        break;
      // A skipped time has no minute of its own; it is due as much later.
      const auto wanted = base::LocalTime(day + std::chrono::minutes(hour * 60 + minute));
      if (found == weekday && !berlin.exists(wanted) && berlin.to_instant(wanted) == walked) break;
    }
    EXPECT_EQ(shown(parsed->next(start, berlin)), shown(walked))
        << parsed->text() << " after " << shown(start);
    EXPECT_EQ(shown(parsed->previous(walked + std::chrono::minutes(1), berlin)), shown(walked))
        << parsed->text();
  }
}

}  // namespace
}  // namespace outlay::flow
