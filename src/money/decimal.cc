// SPDX-License-Identifier: Apache-2.0
#include "money/decimal.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "base/check.h"

namespace outlay::money {
namespace {

__extension__ using UInt128 = unsigned __int128;

constexpr std::array<Int128, Decimal::kScaleMax + 1> powers() {
  std::array<Int128, Decimal::kScaleMax + 1> out{};
  Int128 power = 1;
  for (Int128& slot : out) {
    slot = power;
    power = power <= (Int128{1} << 123) ? power * 10 : 0;
  }
  return out;
}

constexpr auto kPowers = powers();

Int128 power_of_ten(int exponent) { return kPowers[static_cast<std::size_t>(exponent)]; }

bool multiply(Int128 a, Int128 b, Int128& out) { return !__builtin_mul_overflow(a, b, &out); }

/// Drops trailing zero decimals, so that scales stay small.
Decimal reduced(Int128 coefficient, int scale) {
  while (scale > 0 && coefficient % 10 == 0) {
    coefficient /= 10;
    --scale;
  }
  return {coefficient, scale};
}

/// Both at the larger of the two scales; reduces first when that would overflow.
std::pair<Int128, Int128> aligned(Decimal a, Decimal b, int& scale) {
  scale = std::max(a.scale(), b.scale());
  Int128 x = 0;
  Int128 y = 0;
  if (multiply(a.coefficient(), power_of_ten(scale - a.scale()), x) &&
      multiply(b.coefficient(), power_of_ten(scale - b.scale()), y)) {
    return {x, y};
  }
  a = reduced(a.coefficient(), a.scale());
  b = reduced(b.coefficient(), b.scale());
  scale = std::max(a.scale(), b.scale());
  CHECK(multiply(a.coefficient(), power_of_ten(scale - a.scale()), x));
  CHECK(multiply(b.coefficient(), power_of_ten(scale - b.scale()), y));
  return {x, y};
}

/// numerator / denominator to an integer.
Int128 divide_rounded(Int128 numerator, Int128 denominator, Rounding rounding) {
  Int128 quotient = numerator / denominator;
  const Int128 rest = numerator % denominator;
  if (rest == 0 || rounding == Rounding::toward_zero) return quotient;
  const UInt128 size = static_cast<UInt128>(denominator < 0 ? -denominator : denominator);
  const UInt128 left = static_cast<UInt128>(rest < 0 ? -rest : rest);
  const bool is_tie = left == size - left;
  const bool away = is_tie ? rounding == Rounding::half_up || quotient % 2 != 0 : left > size - left;
  const bool is_negative = (numerator < 0) != (denominator < 0);
  return away ? quotient + (is_negative ? -1 : 1) : quotient;
}

std::string digits_of(UInt128 value) {
  std::string out;
  do {
    out += static_cast<char>('0' + static_cast<int>(value % 10));
    value /= 10;
  } while (value != 0);
  std::reverse(out.begin(), out.end());
  return out;
}

base::Error not_a_number(std::string_view text, std::string_view why) {
  return base::invalid_input(fmt::format("wanted a decimal number, found \"{}\"{}", text, why));
}

/// Splits "1.2E-7" into "1.2" and -7.
bool take_exponent(std::string_view& text, int& exponent) {
  const std::size_t at = text.find_first_of("eE");
  exponent = 0;
  if (at == std::string_view::npos) return true;
  std::string_view tail = text.substr(at + 1);
  text = text.substr(0, at);
  const bool is_negative = !tail.empty() && tail.front() == '-';
  if (!tail.empty() && (tail.front() == '-' || tail.front() == '+')) tail.remove_prefix(1);
  if (tail.empty() || tail.size() > 4) return false;
  for (const char c : tail) {
    if (c < '0' || c > '9') return false;
    exponent = exponent * 10 + (c - '0');
  }
  if (is_negative) exponent = -exponent;
  return true;
}

}  // namespace

Decimal::Decimal(Int128 coefficient, int scale) : coefficient_(coefficient), scale_(scale) {
  CHECK(scale >= 0 && scale <= kScaleMax);
}

base::Result<Decimal> Decimal::parse(std::string_view text) {
  std::string_view rest = text;
  const bool is_negative = !rest.empty() && rest.front() == '-';
  if (!rest.empty() && (rest.front() == '-' || rest.front() == '+')) rest.remove_prefix(1);
  int exponent = 0;
  if (!take_exponent(rest, exponent)) return not_a_number(text, "");
  Int128 coefficient = 0;
  int scale = 0;
  bool after_point = false;
  bool any = false;
  int zeros = 0;  // zeros seen after the point that count only when a digit follows
  for (const char c : rest) {
    if (c == '.' && !after_point) {
      after_point = true;
      continue;
    }
    if (c < '0' || c > '9') return not_a_number(text, "");
    any = true;
    if (after_point && c == '0' && coefficient == 0 && exponent >= 0) {
      ++scale;
      if (scale > kScaleMax) scale = kScaleMax;
      continue;
    }
    if (after_point && c == '0') {
      ++zeros;
      continue;
    }
    for (; zeros > 0; --zeros, ++scale) {
      if (!multiply(coefficient, 10, coefficient)) return not_a_number(text, ", which has more than 38 digits");
    }
    if (!multiply(coefficient, 10, coefficient) ||
        __builtin_add_overflow(coefficient, Int128{c - '0'}, &coefficient) ||
        coefficient >= power_of_ten(38)) {
      return not_a_number(text, ", which has more than 38 digits");
    }
    if (after_point) ++scale;
  }
  if (!any) return not_a_number(text, "");
  // Trailing zeros stay where they fit: they tell how precise the sender was.
  for (; zeros > 0 && scale < kScaleMax; --zeros) {
    Int128 next = 0;
    if (!multiply(coefficient, 10, next) || next >= power_of_ten(38) || next <= -power_of_ten(38)) break;
    coefficient = next;
    ++scale;
  }
  scale -= exponent;
  if (coefficient == 0) scale = std::clamp(scale, 0, kScaleMax);
  for (; scale < 0; ++scale) {
    if (!multiply(coefficient, 10, coefficient) || coefficient >= power_of_ten(38)) {
      return not_a_number(text, ", which has more than 38 digits");
    }
  }
  while (scale > kScaleMax && coefficient % 10 == 0) {
    coefficient /= 10;
    --scale;
  }
  if (scale > kScaleMax) return not_a_number(text, ", which has more than 38 decimals");
  return Decimal{is_negative ? -coefficient : coefficient, scale};
}

std::string Decimal::text() const {
  const bool negative = is_negative();
  const UInt128 size = negative ? -static_cast<UInt128>(coefficient_) : static_cast<UInt128>(coefficient_);
  std::string digits = digits_of(size);
  const auto decimals = static_cast<std::size_t>(scale_);
  if (decimals > 0) {
    if (digits.size() <= decimals) digits.insert(0, decimals + 1 - digits.size(), '0');
    digits.insert(digits.size() - decimals, ".");
  }
  return negative ? "-" + digits : digits;
}

std::string Decimal::short_text() const { return reduced(coefficient_, scale_).text(); }

Decimal operator+(Decimal a, Decimal b) {
  int scale = 0;
  const auto [x, y] = aligned(a, b, scale);
  Int128 sum = 0;
  CHECK(!__builtin_add_overflow(x, y, &sum));
  return {sum, scale};
}

Decimal operator-(Decimal a, Decimal b) { return a + -b; }

Decimal operator*(Decimal a, Decimal b) {
  Int128 product = 0;
  if (a.scale_ + b.scale_ > Decimal::kScaleMax || !multiply(a.coefficient_, b.coefficient_, product)) {
    a = reduced(a.coefficient_, a.scale_);
    b = reduced(b.coefficient_, b.scale_);
    CHECK(a.scale_ + b.scale_ <= Decimal::kScaleMax);
    CHECK(multiply(a.coefficient_, b.coefficient_, product));
  }
  return {product, a.scale_ + b.scale_};
}

std::strong_ordering operator<=>(Decimal a, Decimal b) {
  if (a.is_negative() != b.is_negative()) {
    return a.is_negative() ? std::strong_ordering::less : std::strong_ordering::greater;
  }
  int scale = std::max(a.scale_, b.scale_);
  Int128 x = 0;
  Int128 y = 0;
  const bool x_fits = multiply(a.coefficient_, power_of_ten(scale - a.scale_), x);
  const bool y_fits = multiply(b.coefficient_, power_of_ten(scale - b.scale_), y);
  if (x_fits && y_fits) return x <=> y;
  // One side is too large for the common scale, hence further from zero than the other.
  const bool a_is_larger = !x_fits;
  return a_is_larger == a.is_negative() ? std::strong_ordering::less : std::strong_ordering::greater;
}

Decimal Decimal::rounded(int scale, Rounding rounding) const {
  if (scale >= scale_) {
    Int128 out = 0;
    CHECK(multiply(coefficient_, power_of_ten(scale - scale_), out));
    return {out, scale};
  }
  return {divide_rounded(coefficient_, power_of_ten(scale_ - scale), rounding), scale};
}

Decimal Decimal::divide(Decimal a, Decimal b, int scale, Rounding rounding) {
  CHECK(!b.is_zero());
  a = reduced(a.coefficient_, a.scale_);
  b = reduced(b.coefficient_, b.scale_);
  // a / b = (a.c * 10^(scale + b.s - a.s)) / b.c / 10^scale
  const int shift = scale + b.scale_ - a.scale_;
  Int128 numerator = a.coefficient_;
  Int128 denominator = b.coefficient_;
  if (shift >= 0) {
    CHECK(shift <= kScaleMax && multiply(numerator, power_of_ten(shift), numerator));
  } else {
    CHECK(-shift <= kScaleMax && multiply(denominator, power_of_ten(-shift), denominator));
  }
  return {divide_rounded(numerator, denominator, rounding), scale};
}

double Decimal::approximate() const {
  return static_cast<double>(static_cast<long double>(coefficient_) / std::pow(10.0L, scale_));
}

std::vector<Decimal> apportion(Decimal total, const std::vector<Decimal>& weights, int scale) {
  if (weights.empty()) return {};
  const Decimal whole = total.rounded(scale, Rounding::toward_zero);
  CHECK(whole == total);
  Decimal sum;
  for (const Decimal& weight : weights) {
    CHECK(!weight.is_negative());
    sum += weight;
  }
  // Shares as long doubles would lose cents; floor shares by exact division, then deal out the rest.
  struct Share {
    Int128 units;
    Decimal remainder;
    std::size_t index;
  };
  std::vector<Share> shares;
  Int128 dealt = 0;
  const Decimal size = whole.abs();
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const Decimal weight = sum.is_zero() ? Decimal::of(1) : weights[i];
    const Decimal all = sum.is_zero() ? Decimal::of(static_cast<std::int64_t>(weights.size())) : sum;
    const Decimal part = Decimal::divide(size * weight, all, scale, Rounding::toward_zero);
    shares.push_back({part.coefficient(), size * weight - part * all, i});
    dealt += part.coefficient();
  }
  Int128 left = size.rounded(scale, Rounding::toward_zero).coefficient() - dealt;
  std::stable_sort(shares.begin(), shares.end(), [](const Share& a, const Share& b) {
    return a.remainder > b.remainder;
  });
  for (std::size_t i = 0; left > 0; i = (i + 1) % shares.size(), --left) ++shares[i].units;
  std::vector<Decimal> out(weights.size());
  for (const Share& share : shares) {
    out[share.index] = Decimal{total.is_negative() ? -share.units : share.units, scale};
  }
  return out;
}

}  // namespace outlay::money
