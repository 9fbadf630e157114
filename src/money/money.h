// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "money/decimal.h"

namespace outlay::money {

/// An ISO 4217 code, e.g. "USD". Two different ones never meet in a sum.
class Currency {
 public:
  /// Fails unless the text is three capital letters.
  static base::Result<Currency> parse(std::string_view code);

  const std::string& code() const { return code_; }

  bool operator==(const Currency&) const = default;

 private:
  explicit Currency(std::string code) : code_(std::move(code)) {}

  std::string code_;
};

/// An amount with its currency.
struct Money {
  Decimal amount;
  Currency currency;

  /// "12.50 USD".
  std::string text() const { return amount.text() + " " + currency.code(); }

  bool operator==(const Money&) const = default;
};

/// Fails when the currencies differ.
base::Result<Money> add(const Money& a, const Money& b);

/// Every money column of the ledger is DECIMAL(38, kMoneyScale): 16 digits before the point, 22 after.
inline constexpr int kMoneyScale = 22;
/// Quantities can be byte-seconds: DECIMAL(38, kQuantityScale) keeps 22 digits before the point.
inline constexpr int kQuantityScale = 16;

}  // namespace outlay::money
