// SPDX-License-Identifier: Apache-2.0
#include "store/postgres.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace outlay::store {
namespace {

using testing::HasSubstr;

TEST(postgres, times_are_utc_and_booleans_are_words) {
  EXPECT_EQ(postgres_text(1114, "2024-05-01 10:00:00"), "2024-05-01T10:00:00Z");
  EXPECT_EQ(postgres_text(1184, "2024-05-01 10:00:00.25+00"), "2024-05-01T10:00:00.25Z");
  EXPECT_EQ(postgres_text(1184, "infinity"), "infinity");
  EXPECT_EQ(postgres_text(1082, "2024-05-01"), "2024-05-01");
  EXPECT_EQ(postgres_text(16, "t"), "true");
  EXPECT_EQ(postgres_text(16, "f"), "false");
  EXPECT_EQ(postgres_text(17, "\\x00ff"), "00ff");
}

TEST(postgres, a_decimal_keeps_every_digit) {
  EXPECT_EQ(postgres_text(1700, "0.10000000000000000001"), "0.10000000000000000001");
  EXPECT_EQ(postgres_type(1700), Type::decimal);
}

TEST(postgres, arrays_are_json_lists) {
  EXPECT_EQ(postgres_text(1007, "{1,NULL,-3}"), "[1,null,-3]");
  EXPECT_EQ(
      postgres_text(1009, R"({a,"b \"c\"",NULL,"NULL","x,y"})"),
      R"(["a","b \"c\"",null,"NULL","x,y"])");
  EXPECT_EQ(postgres_text(1231, "[0:1]={1.50,NaN}"), R"([1.50,"NaN"])");
  EXPECT_EQ(postgres_text(1000, "{{t},{f}}"), "[[true],[false]]");
  EXPECT_EQ(postgres_text(1185, R"({"2024-05-01 00:00:00+00"})"), R"(["2024-05-01T00:00:00Z"])");
  EXPECT_EQ(postgres_text(1009, "{}"), "[]");
  EXPECT_EQ(postgres_type(1009), Type::json);
}

TEST(postgres, a_server_that_is_not_there_is_unavailable) {
  const auto opened = Postgres::open({.address = "postgresql://?host=/no/such/folder&user=u"});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, base::Code::unavailable);
  EXPECT_THAT(opened.error().message, HasSubstr("cannot connect to PostgreSQL"));
  EXPECT_THAT(opened.error().message, HasSubstr("/no/such/folder"));
}

TEST(postgres, an_address_that_cannot_be_read_is_the_callers_fault) {
  const auto opened = Postgres::open({.address = "postgresql://host?colour=red"});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, base::Code::invalid_input);
  EXPECT_THAT(opened.error().message, HasSubstr("colour"));
}

}  // namespace
}  // namespace outlay::store
