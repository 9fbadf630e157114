// SPDX-License-Identifier: Apache-2.0
#include "money/money.h"

#include <algorithm>

#include <fmt/format.h>

namespace outlay::money {

base::Result<Currency> Currency::parse(std::string_view code) {
  const bool is_code =
      code.size() == 3 && std::all_of(code.begin(), code.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
  if (!is_code) {
    return base::invalid_input(
        fmt::format("wanted an ISO 4217 currency code such as USD, found \"{}\"", code));
  }
  return Currency(std::string(code));
}

base::Result<Money> add(const Money& a, const Money& b) {
  if (a.currency != b.currency) {
    return base::invalid_input(fmt::format(
        "{} and {} are different currencies and cannot be added; convert one first",
        a.currency.code(),
        b.currency.code()));
  }
  return Money{a.amount + b.amount, a.currency};
}

}  // namespace outlay::money
