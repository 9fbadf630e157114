// SPDX-License-Identifier: Apache-2.0
#include "format/json.h"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace outlay::format {
namespace {

using testing::HasSubstr;

Value read(std::string_view text) { return parse_json(text).value(); }

TEST(json, reads_every_kind_of_value) {
  const Value value =
      read(R"({"n":null,"b":true,"i":-7,"d":1.5,"t":"a\u00e9\n","l":[1,[2]],"o":{}})");
  EXPECT_TRUE(value["n"].is_null());
  EXPECT_TRUE(value["b"].as_bool());
  EXPECT_EQ(value["i"].as_int(), -7);
  EXPECT_EQ(value["d"].as_double(), 1.5);
  EXPECT_EQ(value["t"].as_text(), "a\xC3\xA9\n");
  EXPECT_EQ(value["l"].as_array()[1].as_array()[0].as_int(), 2);
  EXPECT_TRUE(value["o"].as_object().empty());
  EXPECT_TRUE(value["missing"].is_null());
}

TEST(json, exact_numbers_keep_every_digit) {
  const std::string_view text = R"([12.50,1e-30,0.1234567890123456789012,18446744073709551616,3])";
  const Value value = parse_json(text, JsonNumbers::exact).value();
  EXPECT_EQ(value.as_array()[0].as_exact().text, "12.50");
  EXPECT_EQ(value.as_array()[3].as_exact().text, "18446744073709551616");
  EXPECT_EQ(value.as_array()[4].as_int(), 3);
  EXPECT_EQ(print_json(value), text);
}

TEST(json, native_numbers_are_the_nearest_doubles) {
  EXPECT_EQ(read("[0.1,1e400,9007199254740993.0]").as_array()[0].as_double(), 0.1);
  EXPECT_EQ(read("9.0042015062748e9").as_double(), 9.0042015062748e9);
  EXPECT_EQ(read("18446744073709551615").as_double(), 18446744073709551615.0);
  EXPECT_EQ(read("9223372036854775807").as_int(), std::numeric_limits<std::int64_t>::max());
}

TEST(json, of_a_repeated_key_the_last_value_counts) {
  EXPECT_EQ(print_json(read(R"({"a":1,"b":2,"a":3})")), R"({"a":3,"b":2})");
}

TEST(json, keys_keep_their_order) {
  const std::string text = R"({"z":1,"a":2,"m":3})";
  EXPECT_EQ(print_json(read(text)), text);
}

TEST(json, doubles_print_shortest_and_stay_doubles) {
  EXPECT_EQ(print_json(Value(0.1)), "0.1");
  EXPECT_EQ(print_json(Value(1.0)), "1.0");
  EXPECT_EQ(print_json(Value(1e300)), "1e+300");
  EXPECT_EQ(print_json(Value(std::numeric_limits<double>::quiet_NaN())), "null");
}

TEST(json, text_is_escaped_where_json_demands_it) {
  EXPECT_EQ(print_json(Value("a\"b\\c\n\t\x01/\xC3\xA9")), "\"a\\\"b\\\\c\\n\\t\\u0001/\xC3\xA9\"");
}

TEST(json, pretty_print_indents_by_two) {
  EXPECT_EQ(
      print_json_pretty(read(R"({"a":[1,2],"b":{},"c":[]})")),
      "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": {},\n  \"c\": []\n}");
}

TEST(json, an_error_names_line_column_and_the_text_around) {
  const auto result = parse_json("{\n  \"a\": 1,\n  \"b\": x\n}", JsonNumbers::native, "bill.json");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().place, (base::Place{"bill.json", 3, 8, 0}));
  EXPECT_THAT(result.error().message, HasSubstr("'x' was not expected here"));
  EXPECT_THAT(result.error().message, HasSubstr("\"b\": x"));
}

struct Mistake {
  std::string_view text;
  long line;
  long column;
  std::string_view told;
};

class json_mistakes : public testing::TestWithParam<Mistake> {};

TEST_P(json_mistakes, are_named) {
  const auto result = parse_json(GetParam().text);
  ASSERT_FALSE(result) << GetParam().text;
  EXPECT_EQ(result.error().code, base::Code::invalid_input);
  EXPECT_EQ(result.error().place.line, GetParam().line) << result.error().text();
  EXPECT_EQ(result.error().place.column, GetParam().column) << result.error().text();
  EXPECT_THAT(result.error().message, HasSubstr(std::string(GetParam().told)));
}

INSTANTIATE_TEST_SUITE_P(
    all,
    json_mistakes,
    testing::Values(
        Mistake{"", 1, 1, "ends before"},
        Mistake{"{\"text\": \"Found:\ni-1\"}", 1, 17, "a line break inside a quoted text"},
        Mistake{"[1,]", 1, 4, "a comma before the closing bracket"},
        Mistake{"{'a':1}", 1, 2, "single quote"},
        Mistake{"{\"a\":1} x", 1, 9, "more text follows"},
        Mistake{"[1", 1, 3, "ends before"},
        Mistake{"\"abc", 1, 5, "closing quote is missing"},
        Mistake{"\"a\\q\"", 1, 4, "escape"},
        Mistake{"\"\xFF\"", 1, 2, "no UTF-8"},
        Mistake{"{a:1}", 1, 2, "'a' was not expected"},
        Mistake{"01", 1, 2, "more text follows"},
        Mistake{"NaN", 1, 1, "'N' was not expected"}));

TEST(json, depth_is_bounded) {
  EXPECT_TRUE(parse_json(std::string(200, '[') + std::string(200, ']')));
  const auto result = parse_json(std::string(100'000, '['));
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message, HasSubstr("deeper than 200"));
}

TEST(json, a_byte_order_mark_is_skipped) { EXPECT_EQ(read("\xEF\xBB\xBF 1 ").as_int(), 1); }

TEST(json, a_big_object_keeps_first_places_and_last_values) {
  std::string text = "{";
  for (int i = 0; i < 100; ++i)
    text += "\"k" + std::to_string(i % 50) + "\":" + std::to_string(i) + ",";
  text.back() = '}';
  const Value value = read(text);
  EXPECT_EQ(value.as_object().size(), 50U);
  EXPECT_EQ(value["k7"].as_int(), 57);
  EXPECT_EQ(value.as_object().begin()->first, "k0");
}

TEST(value, maps_are_equal_in_any_order_but_1_is_not_1_0) {
  EXPECT_EQ(read(R"({"a":1,"b":[2]})"), read(R"({"b":[2],"a":1})"));
  EXPECT_FALSE(read("1") == read("1.0"));
  EXPECT_FALSE(read(R"({"a":1})") == read(R"({"a":1,"b":1})"));
}

}  // namespace
}  // namespace outlay::format
