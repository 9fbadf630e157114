// SPDX-License-Identifier: Apache-2.0
// Flows that start when something was booked: each generation once, whatever happens in between.
#include "tasks/ledger/booked_trigger.h"

#include <filesystem>
#include <set>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/random.h"
#include "connectors/connector.h"
#include "flow/engine.h"
#include "format/json.h"
#include "io/file.h"
#include "io/secrets.h"
#include "store/database.h"

namespace outlay::tasks {
namespace {

class BookedTriggerTest : public testing::Test {
 protected:
  BookedTriggerTest() : clock_(*base::parse_instant("2026-02-03T10:00:00Z")) {
    EXPECT_TRUE(io::make_folders(scratch_.path() / "ledger"));
    state_ = std::move(store::open_sqlite((scratch_.path() / "state.db").string()).value());
    flow::EngineSettings settings_of_engine;
    settings_of_engine.storage = scratch_.path() / "storage";
    settings_of_engine.work = scratch_.path() / "work";
    engine_ = flow::Engine::open(settings_of_engine, *state_, registry_, secrets_, clock_).value();
    ledger::LedgerSettings settings;
    settings.folder = scratch_.path() / "ledger";
    book_ = std::move(ledger::Ledger::open(settings, *state_, clock_).value());
  }

  /// Books January of a source at that cost.
  void book(const std::string& cost, const std::string& source = "aws") {
    const io::Path folder = scratch_.path() / ("bill" + std::to_string(bills_++));
    ASSERT_TRUE(io::make_folders(folder));
    ASSERT_TRUE(io::write_file(
        folder / "focus.csv",
        "BilledCost,EffectiveCost,ListCost,ContractedCost,BillingCurrency,BillingPeriodStart,"
        "BillingPeriodEnd,ChargePeriodStart,ChargePeriodEnd,ChargeCategory,ServiceName,"
        "ServiceCategory,ProviderName,InvoiceIssuerName,BillingAccountId\n" +
            cost + "," + cost + "," + cost + "," + cost +
            ",USD,2026-01-01T00:00:00Z,2026-02-01T00:00:00Z,2026-01-02T00:00:00Z,"
            "2026-01-03T00:00:00Z,Usage,S3,Storage,AWS,AWS,1\n"));
    const auto found =
        connectors::find_deliveries(folder, {.source = source, .format = "auto", .hints = {}});
    ASSERT_TRUE(found) << found.error().text();
    for (const auto& delivery : *found) {
      const auto receipt = book_->book(delivery);
      ASSERT_TRUE(receipt) << receipt.error().text();
    }
  }

  BookedMemory memory() {
    return {engine_->kv(), "company", "trigger.flow.booked", [this](const std::string& id) {
              return executions_.count(id) > 0;
            }};
  }

  std::optional<format::Object> look(const BookedFilter& filter = {}) {
    const std::string id = "e" + std::to_string(looks_++);
    auto found = next_booked(*book_, filter, memory(), id);
    EXPECT_TRUE(found) << found.error().text();
    if (found && *found && creates_) executions_.insert(id);
    return found ? std::move(*found) : std::nullopt;
  }

  io::ScratchFolder scratch_ =
      std::move(io::ScratchFolder::create(std::filesystem::temp_directory_path()).value());
  base::ManualClock clock_;
  std::unique_ptr<store::Database> state_;
  io::EnvironmentSecrets secrets_;
  flow::TaskRegistry registry_;
  std::unique_ptr<flow::Engine> engine_;
  std::unique_ptr<ledger::Ledger> book_;
  std::set<std::string> executions_;
  bool creates_ = true;
  int bills_ = 0;
  int looks_ = 0;
};

TEST_F(BookedTriggerTest, what_was_booked_before_the_first_look_is_not_told) {
  book("1");
  EXPECT_FALSE(look());
  EXPECT_FALSE(look());
}

TEST_F(BookedTriggerTest, each_generation_is_told_once_oldest_first) {
  EXPECT_FALSE(look());
  book("1");
  book("2", "azure");
  const auto first = look();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->find("source")->as_text(), "aws");
  EXPECT_EQ(look()->find("source")->as_text(), "azure");
  EXPECT_FALSE(look());
}

TEST_F(BookedTriggerTest, a_finding_whose_execution_was_never_made_is_told_again) {
  EXPECT_FALSE(look());
  book("1");
  creates_ = false;
  ASSERT_TRUE(look());
  creates_ = true;
  ASSERT_TRUE(look()) << "the process died between the look and the execution";
  EXPECT_FALSE(look());
}

TEST_F(BookedTriggerTest, only_a_restated_closed_month_is_a_changed_period) {
  const BookedFilter changed{
      .sources = {}, .period = {}, .only_restated = true, .only_closed = true};
  EXPECT_FALSE(look(changed));
  book("1");
  book("2");
  EXPECT_FALSE(look(changed)) << "on the third of February January is not closed yet";
  clock_.set(*base::parse_instant("2026-02-20T00:00:00Z"));
  book("5");
  const auto told = look(changed);
  ASSERT_TRUE(told);
  EXPECT_EQ(told->find("generation")->int_or(0), 3);
  EXPECT_TRUE(told->find("wasClosed")->bool_or(false));
  EXPECT_EQ(told->find("changes")->as_array().at(0)["ServiceName"].text_or(""), "S3");
  const auto& sums = told->find("sums")->as_array();
  EXPECT_EQ(format::print_json(sums.at(0)["BilledCostChange"]), "3");
  EXPECT_FALSE(look(changed));
}

TEST_F(BookedTriggerTest, other_sources_are_passed_over) {
  const BookedFilter azure{.sources = {"azure"}, .period = {}};
  EXPECT_FALSE(look(azure));
  book("1");
  book("2", "azure");
  ASSERT_TRUE(look(azure));
  EXPECT_FALSE(look(azure));
}

}  // namespace
}  // namespace outlay::tasks
