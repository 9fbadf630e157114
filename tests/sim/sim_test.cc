// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <unistd.h>

#include <gtest/gtest.h>

#include "world.h"

namespace outlay::sim {
namespace {

constexpr int kExecutionsOfAWorld = 20;

std::array<char, 80> epitaph{};

// A CHECK that fails aborts: the seed is told on the way out.
extern "C" void tell_seed(int) {
  static_cast<void>(!write(STDERR_FILENO, epitaph.data(), epitaph.size()));
}

std::uint64_t number_from(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

// OUTLAY_SEED: the first seed, to make a failing run again; OUTLAY_SEEDS: how many worlds.
// OUTLAY_LOUD: tell what happens. OUTLAY_SLOW: until 100,000 executions have ended.
TEST(Sim, no_execution_is_lost_repeated_or_stuck_in_a_world_that_fails) {
  const bool is_slow = std::getenv("OUTLAY_SLOW") != nullptr;
  const std::uint64_t first = number_from("OUTLAY_SEED", 1);
  const std::uint64_t seeds = number_from("OUTLAY_SEEDS", is_slow ? 1'000'000 : 8);
  const long long enough = is_slow ? 100'000 : 1'000'000;
  std::signal(SIGABRT, tell_seed);
  long long executions = 0;
  long long crashes = 0;
  for (std::uint64_t seed = first; seed < first + seeds && executions < enough; ++seed) {
    std::snprintf(
        epitaph.data(),
        epitaph.size(),
        "\nrun it again with OUTLAY_SEEDS=1 OUTLAY_SEED=%llu\n",
        static_cast<unsigned long long>(seed));
    World world(seed, std::getenv("OUTLAY_LOUD") != nullptr);
    world.run(kExecutionsOfAWorld);
    ASSERT_EQ(world.complaint(), "") << "run it again with OUTLAY_SEEDS=1 OUTLAY_SEED=" << seed;
    executions += world.executions();
    crashes += world.crashes();
  }
  std::printf("%lld executions, %lld crashes\n", executions, crashes);
  EXPECT_GT(crashes, 0);
}

TEST(Sim, the_same_seed_makes_the_same_world) {
  World one(7);
  one.run(8);
  World other(7);
  other.run(8);
  EXPECT_EQ(one.complaint(), other.complaint());
  EXPECT_EQ(one.executions(), other.executions());
  EXPECT_EQ(one.fingerprint(), other.fingerprint());
}

}  // namespace
}  // namespace outlay::sim
