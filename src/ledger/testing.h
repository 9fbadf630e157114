// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/random.h"
#include "base/text.h"
#include "ledger/columns.h"
#include "ledger/ledger.h"
#include "store/database.h"

namespace outlay::ledger {

/// A mapping for tests: columns named as FOCUS names them go in as they are, the word NULL is null.
inline base::Result<MappingPlan> plain_focus(const RawShape& shape) {
  MappingPlan plan;
  plan.mapping = "plain";
  plan.version = "1";
  std::vector<std::string> list;
  for (std::size_t i = 0; i < shape.columns.size(); ++i) {
    const auto& name = shape.columns[i];
    const bool is_known = find_focus_column("cost_and_usage", name) != nullptr;
    const std::string quoted = base::sql_name(name);
    if (!is_known && name.rfind("x_", 0) != 0) continue;
    const bool is_text = shape.types[i] == "VARCHAR";
    list.push_back(is_text ? fmt::format("nullif({0}, 'NULL') AS {0}", quoted) : quoted);
  }
  list.push_back("x_File, x_Row");
  plan.charges_sql = "SELECT " + base::join(list, ", ") + " FROM raw";
  return plan;
}

/// A ledger in a folder of its own, with a clock that tests move.
class LedgerTest : public testing::Test {
 protected:
  LedgerTest()
      : folder_(std::filesystem::temp_directory_path() / ("outlay-ledger-" + base::new_id())),
        clock_(*base::parse_instant("2026-02-03T10:00:00Z")) {
    std::filesystem::create_directories(folder_);
    open();
  }

  ~LedgerTest() override {
    ledger_.reset();
    state_.reset();
    std::filesystem::remove_all(folder_);
  }

  void open() {
    ledger_.reset();
    state_.reset();
    auto state = store::open_sqlite((folder_ / "state.sqlite").string());
    ASSERT_TRUE(state) << state.error().text();
    state_ = std::move(*state);
    LedgerSettings settings;
    settings.folder = folder_ / "ledger";
    settings.threads = threads_;
    auto ledger = Ledger::open(settings, *state_, clock_);
    ASSERT_TRUE(ledger) << ledger.error().text();
    ledger_ = std::move(*ledger);
  }

  io::Path file(const std::string& name, const std::string& content) const {
    const io::Path path = folder_ / name;
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }

  /// One CSV of four columns that most tests need: service, billed, effective, tag team.
  Delivery delivery(const std::vector<io::Path>& paths, const Mapper& mapper = plain_focus) const {
    Delivery delivery;
    delivery.source = "test";
    delivery.label = "test bill";
    FileSet set;
    set.mapper = mapper;
    for (const auto& path : paths) {
      BillFile bill;
      bill.path = path;
      bill.name = path.filename().string();
      if (path.extension() == ".gz") bill.compression = Compression::gzip;
      if (path.extension() == ".parquet") bill.kind = FileKind::parquet;
      set.files.push_back(bill);
    }
    delivery.sets.push_back(set);
    return delivery;
  }

  Receipt book(const std::vector<io::Path>& paths, const Mapper& mapper = plain_focus) {
    auto receipt = ledger_->book(delivery(paths, mapper));
    EXPECT_TRUE(receipt) << receipt.error().text();
    return receipt ? std::move(*receipt) : Receipt{};
  }

  std::filesystem::path folder_;
  base::ManualClock clock_;
  std::unique_ptr<store::Database> state_;
  std::unique_ptr<Ledger> ledger_;
  int threads_ = 2;
};

inline constexpr std::string_view kHeader =
    "BillingPeriodStart,ChargePeriodStart,ServiceName,BilledCost,EffectiveCost,BillingCurrency,"
    "ChargeCategory,InvoiceId,InvoiceIssuerName,Tags\n";

/// A bill line of January 2026.
inline std::string line(
    const std::string& day,
    const std::string& service,
    const std::string& billed,
    const std::string& effective,
    const std::string& currency = "USD",
    const std::string& tags = "") {
  return fmt::format(
      "2026-01-01T00:00:00Z,2026-01-{}T00:00:00Z,{},{},{},{},Usage,INV-1,Issuer,{}\n",
      day,
      service,
      billed,
      effective,
      currency,
      tags);
}

}  // namespace outlay::ledger
