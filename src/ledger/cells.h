// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "base/check.h"
#include "money/decimal.h"
#include "store/table.h"

namespace outlay::ledger {

/// A cell that a query of ours made as a whole number; null is 0.
inline long long whole(const store::Cell& cell) { return cell ? std::stoll(*cell) : 0; }

/// A cell that a query of ours made as a decimal; null stays nothing.
inline std::optional<money::Decimal> amount(const store::Cell& cell) {
  if (!cell) return std::nullopt;
  auto parsed = money::Decimal::parse(*cell);
  CHECK(parsed.has_value());
  return *parsed;
}

inline std::string text(const store::Cell& cell) { return cell.value_or(""); }

}  // namespace outlay::ledger
