// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "base/text.h"
#include "store/duck.h"

namespace outlay::store {
namespace {

/// The first cell of an answer, "null" when it is null.
std::string answer(const std::string& expression) {
  auto database = DuckDatabase::open({});
  EXPECT_TRUE(database);
  auto duck = (*database)->connect();
  const auto table = duck->query("SELECT CAST(" + expression + " AS VARCHAR)");
  EXPECT_TRUE(table) << table.error().text();
  return table->rows[0][0].value_or("null");
}

std::string money(const std::string& text) {
  return answer("outlay_money(" + base::sql_text(text) + ")");
}

TEST(DecimalFunctions, numbers_are_read_in_every_spelling) {
  EXPECT_EQ(money("12.5"), "12.5000000000000000000000");
  EXPECT_EQ(money(" -0.1 "), "-0.1000000000000000000000");
  EXPECT_EQ(money("+.5"), "0.5000000000000000000000");
  EXPECT_EQ(money("5."), "5.0000000000000000000000");
  EXPECT_EQ(money("1.2E-7"), "0.0000001200000000000000");
  EXPECT_EQ(money("15e2"), "1500.0000000000000000000000");
  EXPECT_EQ(money("-0"), "0.0000000000000000000000");
}

TEST(DecimalFunctions, a_text_that_is_no_number_is_null) {
  for (const auto* text :
       {"", "-", ".", "e5", "1e", "1,5", "1 2", "0x10", "NaN", "inf", "1e99999"}) {
    EXPECT_EQ(money(text), "null") << text;
  }
  EXPECT_EQ(answer("outlay_money(NULL)"), "null");
}

TEST(DecimalFunctions, digits_that_do_not_fit_are_rounded_half_up) {
  EXPECT_EQ(money("0.00000000000000000000005"), "0.0000000000000000000001");
  EXPECT_EQ(money("-0.00000000000000000000005"), "-0.0000000000000000000001");
  EXPECT_EQ(money("0.00000000000000000000004999999999999999999"), "0.0000000000000000000000");
  EXPECT_EQ(money("1e-23"), "0.0000000000000000000000");
  EXPECT_EQ(answer("outlay_quantity('1.00000000000000005')"), "1.0000000000000001");
}

TEST(DecimalFunctions, a_number_that_is_too_large_is_null) {
  EXPECT_EQ(
      money("9999999999999999.9999999999999999999999"), "9999999999999999.9999999999999999999999");
  EXPECT_EQ(money("10000000000000000"), "null");
  EXPECT_EQ(money("9999999999999999.99999999999999999999999"), "null");
  EXPECT_EQ(money("1e16"), "null");
  EXPECT_EQ(money("0e300"), "0.0000000000000000000000");
}

TEST(DecimalFunctions, rounding_is_told_only_when_a_digit_is_lost) {
  EXPECT_EQ(answer("outlay_is_rounded('1.25', 1)"), "true");
  EXPECT_EQ(answer("outlay_is_rounded('1.2000', 1)"), "false");
  EXPECT_EQ(answer("outlay_is_rounded('12e-1', 1)"), "false");
  EXPECT_EQ(answer("outlay_is_rounded('12e-2', 1)"), "true");
  EXPECT_EQ(answer("outlay_is_rounded('x', 1)"), "false");
  EXPECT_EQ(answer("outlay_is_rounded(NULL, 1)"), "false");
}

TEST(DecimalFunctions, the_engine_reads_the_same_from_texts_of_every_shape) {
  EXPECT_EQ(
      answer("(SELECT count(*) FROM (SELECT CAST((hash(i) / 18446744073709551615.0 - 0.5) * "
             "pow(10, i % 15) AS VARCHAR) AS t "
             "FROM range(5000) r(i)) WHERE outlay_money(t) IS DISTINCT FROM TRY_CAST(t AS "
             "DECIMAL(38,22)))"),
      "0");
}

}  // namespace
}  // namespace outlay::store
