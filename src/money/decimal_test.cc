// SPDX-License-Identifier: Apache-2.0
#include "money/decimal.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "money/money.h"

namespace outlay::money {
namespace {

Decimal d(std::string_view text) { return Decimal::parse(text).value(); }

TEST(decimal, keeps_every_digit_it_reads) {
  for (const char* text : {"0", "-12.50", "0.0000001", "1.2345678901234567890123", "99999999999999999999999999999999999999"}) {
    EXPECT_EQ(d(text).text(), text);
  }
}

TEST(decimal, reads_exponents_and_bare_points) {
  EXPECT_EQ(d("3.1480000000000017E-4").text(), "0.00031480000000000017");
  EXPECT_EQ(d("1.5E3").text(), "1500");
  EXPECT_EQ(d("+.5").text(), "0.5");
  EXPECT_EQ(d("5.").text(), "5");
  EXPECT_EQ(d("0E-50"), Decimal());
  EXPECT_EQ(d("1.00E2").text(), "100");
}

TEST(decimal, refuses_what_is_no_number) {
  for (const char* text : {"", "-", ".", "1,5", "1.2.3", "NaN", "1E", "E5", "0x1", " 1", "1e99999",
                           "100000000000000000000000000000000000000"}) {
    EXPECT_FALSE(Decimal::parse(text)) << text;
  }
}

TEST(decimal, compares_values_not_scales) {
  EXPECT_EQ(d("1.50"), d("1.5"));
  EXPECT_LT(d("-2"), d("-1.999"));
  EXPECT_GT(d("99999999999999999999999999999999999999"), d("0.00000000000000000000000000000000000001"));
}

TEST(decimal, adds_and_multiplies_exactly) {
  EXPECT_EQ((d("0.1") + d("0.2")).text(), "0.3");
  EXPECT_EQ((d("0.1") - d("0.3")).text(), "-0.2");
  EXPECT_EQ((d("1.05") * d("0.02")).text(), "0.0210");
}

TEST(decimal, rounds_as_named) {
  EXPECT_EQ(d("2.5").rounded(0, Rounding::half_even).text(), "2");
  EXPECT_EQ(d("3.5").rounded(0, Rounding::half_even).text(), "4");
  EXPECT_EQ(d("2.5").rounded(0, Rounding::half_up).text(), "3");
  EXPECT_EQ(d("-2.5").rounded(0, Rounding::half_up).text(), "-3");
  EXPECT_EQ(d("-2.9").rounded(0, Rounding::toward_zero).text(), "-2");
  EXPECT_EQ(Decimal::divide(d("1"), d("3"), 4, Rounding::half_up).text(), "0.3333");
  EXPECT_EQ(Decimal::divide(d("-2"), d("3"), 2, Rounding::half_up).text(), "-0.67");
}

TEST(decimal, print_then_parse_gives_the_same_number) {
  base::Random random(20261123);
  for (int i = 0; i < 2000; ++i) {
    const Int128 coefficient = static_cast<Int128>(random.next() >> random.below(64)) * (random.below(2) == 0 ? 1 : -1);
    const Decimal number(coefficient, static_cast<int>(random.below(39)));
    EXPECT_EQ(d(number.text()), number);
    EXPECT_EQ(d(number.short_text()), number);
  }
}

TEST(apportion, gives_the_spare_cent_to_the_largest_remainder) {
  const auto parts = apportion(d("10.01"), {d("60"), d("30")}, 2);
  EXPECT_EQ(parts[0].text(), "6.67");
  EXPECT_EQ(parts[1].text(), "3.34");
}

TEST(apportion, shares_equally_when_no_weight_says_otherwise) {
  const auto parts = apportion(d("-1.00"), {Decimal(), Decimal(), Decimal()}, 2);
  EXPECT_EQ(parts[0].text(), "-0.34");
  EXPECT_EQ(parts[2].text(), "-0.33");
}

TEST(apportion, never_loses_a_cent) {
  base::Random random(7);
  for (int i = 0; i < 500; ++i) {
    const Decimal total(static_cast<Int128>(random.below(10'000'000)) - 5'000'000, 4);
    std::vector<Decimal> weights;
    for (std::uint64_t k = 0; k <= random.below(20); ++k) weights.emplace_back(static_cast<Int128>(random.below(1000)), 3);
    Decimal sum;
    for (const Decimal& part : apportion(total, weights, 4)) sum += part;
    EXPECT_EQ(sum, total) << "seed 7, round " << i;
  }
}

TEST(money, refuses_to_add_two_currencies) {
  const Money a{d("1"), Currency::parse("USD").value()};
  const Money b{d("1"), Currency::parse("EUR").value()};
  EXPECT_FALSE(add(a, b));
  EXPECT_EQ(add(a, a)->text(), "2 USD");
  EXPECT_FALSE(Currency::parse("usd"));
}

}  // namespace
}  // namespace outlay::money
