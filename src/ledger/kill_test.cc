// SPDX-License-Identifier: Apache-2.0
#include <csignal>
#include <cstdlib>
#include <poll.h>
#include <set>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ledger/testing.h"

extern char** environ;

namespace outlay::ledger {
namespace {

using money::Decimal;
using testing::HasSubstr;

constexpr const char* kFolderVariable = "OUTLAY_KILLED_BOOKING_FOLDER";

/// What a process that will be killed does: books two bills in turn, for ever, and says after each
/// that it did.
class KilledBooking : public testing::Test {};

TEST_F(KilledBooking, child) {
  const char* folder = std::getenv(kFolderVariable);  // NOLINT(concurrency-mt-unsafe)
  if (folder == nullptr) GTEST_SKIP() << "runs only as a child of the kill test";
  const base::SystemClock clock;
  auto state = *store::open_sqlite(std::string(folder) + "/state.sqlite");
  LedgerSettings settings;
  settings.folder = std::filesystem::path(folder) / "ledger";
  settings.threads = 2;
  auto ledger = *Ledger::open(settings, *state, clock);
  for (long long n = 0; n < 10'000; ++n) {
    Delivery delivery;
    delivery.source = "test";
    delivery.label = "bill";
    FileSet set;
    set.mapper = plain_focus;
    BillFile bill;
    bill.path = std::filesystem::path(folder) / (n % 2 == 0 ? "a.csv" : "b.csv");
    bill.name = bill.path.filename().string();
    set.files.push_back(bill);
    delivery.sets.push_back(set);
    ASSERT_TRUE(ledger->book(delivery));
    ASSERT_EQ(write(STDOUT_FILENO, "\x01", 1), 1);
  }
}

class KillTest : public LedgerTest {
 protected:
  /// Starts the child, lets it book once, and kills it `milliseconds` later.
  void kill_a_booking(int milliseconds) {
    int pipe_ends[2];
    ASSERT_EQ(pipe(pipe_ends), 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addclose(&actions, pipe_ends[0]);
    std::string exe = "/proc/self/exe";
    std::string filter = "--gtest_filter=KilledBooking.child";
    char* arguments[] = {exe.data(), filter.data(), nullptr};
    setenv(kFolderVariable, folder_.c_str(), 1);  // NOLINT(concurrency-mt-unsafe)
    pid_t child = 0;
    const int started = posix_spawn(&child, exe.c_str(), &actions, nullptr, arguments, environ);
    unsetenv(kFolderVariable);  // NOLINT(concurrency-mt-unsafe)
    posix_spawn_file_actions_destroy(&actions);
    close(pipe_ends[1]);
    ASSERT_EQ(started, 0);
    char byte = 0;
    while (byte != 1 && read(pipe_ends[0], &byte, 1) == 1) {
    }
    EXPECT_EQ(byte, 1) << "the child ended before its first booking";
    poll(nullptr, 0, milliseconds);
    kill(child, SIGKILL);
    close(pipe_ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
  }

  /// Folders of generations on disk.
  std::set<std::string> on_disk() const {
    std::set<std::string> out;
    const auto root = folder_ / "ledger/cost_and_usage/source=test/period=2026-01";
    for (const auto& entry : std::filesystem::directory_iterator(root)) {
      out.insert(entry.path().filename().string());
    }
    return out;
  }

  void check_whole() {
    const auto table = ledger_->sql("SELECT sum(BilledCost) AS s, count(*) AS n FROM focus");
    ASSERT_TRUE(table) << table.error().text();
    const auto sum = *Decimal::parse(table->at(0, "s").value_or("0"));
    EXPECT_TRUE(sum == Decimal::of(100) || sum == Decimal::of(200)) << sum.text();
    EXPECT_EQ(table->at(0, "n"), "100");
    std::set<std::string> known;
    int current = 0;
    const auto generations = ledger_->generations("test", "2026-01").value();
    for (const auto& generation : generations) {
      known.insert(fmt::format("gen={:06}", generation.generation));
      current += generation.is_current ? 1 : 0;
    }
    EXPECT_EQ(current, 1);
    EXPECT_EQ(on_disk(), known) << "files nobody knows, or files that are missing";
    EXPECT_TRUE(std::filesystem::is_empty(folder_ / "ledger/.staging"));
  }
};

TEST_F(KillTest, a_killed_booking_leaves_the_old_or_the_new_state) {
  std::string a(kHeader);
  std::string b(kHeader);
  for (int i = 0; i < 100; ++i) {
    a += line("01", "A", "1", "1");
    b += line("01", "A", "2", "2");
  }
  file("a.csv", a);
  file("b.csv", b);
  const bool is_slow = std::getenv("OUTLAY_SLOW") != nullptr;  // NOLINT(concurrency-mt-unsafe)
  base::Random random(20261123);
  ledger_.reset();
  state_.reset();
  for (int round = 0; round < (is_slow ? 200 : 20) && !HasFailure(); ++round) {
    kill_a_booking(static_cast<int>(random.below(150)));
    open();
    check_whole();
    ledger_.reset();
    state_.reset();
  }
}

TEST_F(KillTest, a_full_disk_is_told_and_leaves_the_state_unchanged) {
  base::Random random(7);
  std::string bill(kHeader);
  for (int i = 0; i < 20'000; ++i) {
    bill += line("01", fmt::format("S{:x}{:x}", random.next(), random.next()), "1", "1");
  }
  const auto small = file("small.csv", std::string(kHeader) + line("01", "A", "1", "1"));
  const auto large = file("large.csv", bill);
  book({small});

  struct rlimit before {};

  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  struct rlimit tight = before;
  tight.rlim_cur = 200UL * 1024;
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &tight), 0);
  const auto receipt = ledger_->book(delivery({large}));
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, old_handler);
  ASSERT_FALSE(receipt);
  EXPECT_EQ(receipt.error().code, base::Code::exhausted) << receipt.error().text();
  EXPECT_THAT(receipt.error().text(), HasSubstr("nothing was changed"));
  EXPECT_EQ(ledger_->generations("test", "")->size(), 1U);
  EXPECT_TRUE(std::filesystem::is_empty(folder_ / "ledger/.staging"));
  EXPECT_EQ(book({large}).rows_booked, 20'000);
}

}  // namespace
}  // namespace outlay::ledger
