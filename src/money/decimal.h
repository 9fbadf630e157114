// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace outlay::money {

__extension__ using Int128 = __int128;

/// How a digit that does not fit is rounded. Named at every place that rounds.
enum class Rounding {
  half_even,  ///< to the nearest, ties to the even digit
  half_up,    ///< to the nearest, ties away from zero
  toward_zero,
};

/// An exact decimal number: coefficient / 10^scale, at most 38 digits.
/// Equal values compare equal whatever their scale: 1.50 == 1.5.
class Decimal {
 public:
  static constexpr int kScaleMax = 38;

  Decimal() = default;
  /// coefficient / 10^scale; scale 0 to 38.
  Decimal(Int128 coefficient, int scale);
  static Decimal of(std::int64_t whole) { return {whole, 0}; }

  /// Reads "-12.50", "+.5" or "1.2E-7", every digit kept. Fails on other text and past 38 digits.
  static base::Result<Decimal> parse(std::string_view text);

  /// Plain digits with as many decimals as the scale: "1.50", "0.0000001".
  std::string text() const;
  /// Plain digits without trailing zeros: "1.5", "100".
  std::string short_text() const;

  Int128 coefficient() const { return coefficient_; }

  int scale() const { return scale_; }

  bool is_zero() const { return coefficient_ == 0; }

  bool is_negative() const { return coefficient_ < 0; }

  Decimal operator-() const { return {-coefficient_, scale_}; }

  /// Exact; CHECKs that the result has at most 38 digits.
  friend Decimal operator+(Decimal a, Decimal b);
  friend Decimal operator-(Decimal a, Decimal b);
  friend Decimal operator*(Decimal a, Decimal b);
  Decimal& operator+=(Decimal other) { return *this = *this + other; }
  Decimal& operator-=(Decimal other) { return *this = *this - other; }

  friend bool operator==(Decimal a, Decimal b) { return (a <=> b) == 0; }

  friend std::strong_ordering operator<=>(Decimal a, Decimal b);

  Decimal abs() const { return is_negative() ? -*this : *this; }

  /// The same number with exactly `scale` decimals.
  Decimal rounded(int scale, Rounding rounding) const;
  /// a / b to `scale` decimals; b is not zero.
  static Decimal divide(Decimal a, Decimal b, int scale, Rounding rounding);
  /// Nearest double, for charts and statistics; never for money that is booked.
  double approximate() const;

 private:
  Int128 coefficient_ = 0;
  int scale_ = 0;
};

/// Splits `total` in proportion to `weights` at `scale` decimals, so that the parts add up to `total` exactly.
/// What rounding leaves over goes, unit by unit, to the parts with the largest remainders (ties: the earlier one).
/// `total` must not have more decimals than `scale`. Weights are not negative; when all are zero the parts are equal.
std::vector<Decimal> apportion(Decimal total, const std::vector<Decimal>& weights, int scale);

}  // namespace outlay::money

