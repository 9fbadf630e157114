// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/random.h"
#include "base/text.h"
#include "connectors/connector.h"
#include "ledger/ledger.h"
#include "store/database.h"

namespace outlay::connectors {

/// A ledger in a folder of its own, and bills written beside it.
class BillTest : public testing::Test {
 protected:
  BillTest()
      : folder_(std::filesystem::temp_directory_path() / ("outlay-bills-" + base::new_id())),
        clock_(*base::parse_instant("2026-02-03T10:00:00Z")) {
    std::filesystem::create_directories(folder_ / "bills");
    state_ = std::move(*store::open_sqlite((folder_ / "state.sqlite").string()));
    ledger_ = std::move(
        *ledger::Ledger::open({.folder = folder_ / "ledger", .threads = 2}, *state_, clock_));
  }

  ~BillTest() override {
    ledger_.reset();
    state_.reset();
    std::filesystem::remove_all(folder_);
  }

  /// Writes a file below bills/ and gives its path.
  io::Path write(const std::string& name, const std::string& content) {
    const io::Path path = folder_ / "bills" / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }

  io::Path bills() const { return folder_ / "bills"; }

  /// Finds and books everything in `path`; the first error ends it.
  base::Result<std::vector<ledger::Receipt>> try_book(
      const io::Path& path, const FindSettings& settings = {}) {
    std::vector<ledger::Receipt> receipts;
    for (const auto& delivery : TRY(find_deliveries(path, settings))) {
      receipts.push_back(TRY(ledger_->book(delivery)));
    }
    return receipts;
  }

  /// The receipt of a path that holds one delivery.
  ledger::Receipt book(const io::Path& path, const FindSettings& settings = {}) {
    auto receipts = try_book(path, settings);
    EXPECT_TRUE(receipts) << (receipts ? "" : receipts.error().text());
    if (!receipts || receipts->size() != 1) {
      EXPECT_TRUE(!receipts || receipts->size() == 1U);
      return {};
    }
    return std::move(receipts->front());
  }

  /// The only cell, or the rows as "a|b c|d" when there are more.
  std::string ask(const std::string& sql) {
    const auto table = ledger_->sql(sql);
    if (!table) {
      return "error: " + table.error().text();
    }
    std::vector<std::string> rows;
    for (const auto& row : table->rows) {
      std::vector<std::string> cells;
      for (const auto& cell : row) {
        cells.push_back(cell.value_or("-"));
      }
      rows.push_back(base::join(cells, "|"));
    }
    return base::join(rows, " ");
  }

  /// A sum without the zeros that only pad its scale.
  std::string sum(const std::string& expression, const std::string& where = "true") {
    return plain(ask(fmt::format("SELECT sum({}) FROM focus WHERE {}", expression, where)));
  }

  static std::string plain(std::string number) {
    if (number.find('.') == std::string::npos) {
      return number;
    }
    while (number.back() == '0') {
      number.pop_back();
    }
    if (number.back() == '.') {
      number.pop_back();
    }
    return number;
  }

  static long long told(const ledger::Receipt& receipt, const std::string& rule) {
    for (const auto& finding : receipt.findings) {
      if (finding.rule == rule) {
        return finding.rows;
      }
    }
    return 0;
  }

  static long long dropped(const ledger::Receipt& receipt) {
    long long rows = 0;
    for (const auto& reason : receipt.dropped) {
      rows += reason.rows;
    }
    return rows;
  }

  io::Path folder_;
  base::ManualClock clock_;
  std::unique_ptr<store::Database> state_;
  std::unique_ptr<ledger::Ledger> ledger_;
};

/// Where the published bills are; skips the test when they are not, and fails it in CI.
inline std::optional<io::Path> shared_bill(const std::string& name) {
  const char* root = std::getenv("OUTLAY_SHARED");
  const io::Path path = io::Path(root != nullptr ? root : "../shared") / "data" / name;
  if (std::filesystem::exists(path)) {
    return path;
  }
  const char* ci = std::getenv("CI");
  EXPECT_FALSE(ci != nullptr && std::string(ci) == "true") << path << " is missing";
  return std::nullopt;
}

#define NEED_SHARED(variable, name)        \
  const auto variable = shared_bill(name); \
  if (!(variable)) GTEST_SKIP() << "no shared data: " << (name)

}  // namespace outlay::connectors
