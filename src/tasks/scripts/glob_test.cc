// SPDX-License-Identifier: Apache-2.0
#include "tasks/scripts/glob.h"

#include <string>

#include <gtest/gtest.h>

namespace outlay::tasks {
namespace {

TEST(glob, a_star_stays_within_a_folder_and_two_cross) {
  EXPECT_TRUE(matches_glob("*.csv", "a.csv"));
  EXPECT_FALSE(matches_glob("*.csv", "b/a.csv"));
  EXPECT_TRUE(matches_glob("**.csv", "b/c/a.csv"));
  EXPECT_TRUE(matches_glob("**/*.csv", "a.csv"));
  EXPECT_TRUE(matches_glob("**/*.csv", "b/c/a.csv"));
  EXPECT_TRUE(matches_glob("data/**", "data/x/y"));
  EXPECT_FALSE(matches_glob("data/**", "other/x"));
}

TEST(glob, knows_one_character_sets_and_choices) {
  EXPECT_TRUE(matches_glob("a?c", "abc"));
  EXPECT_FALSE(matches_glob("a?c", "a/c"));
  EXPECT_TRUE(matches_glob("file[0-9].txt", "file7.txt"));
  EXPECT_FALSE(matches_glob("file[!0-9].txt", "file7.txt"));
  EXPECT_TRUE(matches_glob("*.{csv,json}", "a.json"));
  EXPECT_FALSE(matches_glob("*.{csv,json}", "a.txt"));
  EXPECT_TRUE(matches_glob("a\\*b", "a*b"));
}

TEST(glob, a_pattern_that_guesses_without_end_is_cut_off) {
  EXPECT_FALSE(matches_glob("*a*a*a*a*a*a*a*a*a*a*a*b", std::string(60, 'a')));
}

}  // namespace
}  // namespace outlay::tasks
