// SPDX-License-Identifier: Apache-2.0
#include "format/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace outlay::format {
namespace {

using Rows = std::vector<std::vector<std::string>>;

TEST(csv, reads_quotes_separators_and_line_breaks_inside_fields) {
  EXPECT_EQ(
      parse_csv("a,b\r\n\"x,1\",\"say \"\"hi\"\"\nthere\"\n,\n").value(),
      (Rows{{"a", "b"}, {"x,1", "say \"hi\"\nthere"}, {"", ""}}));
}

TEST(csv, the_last_line_needs_no_line_break) {
  EXPECT_EQ(parse_csv("a;b\n1;2", ';').value(), (Rows{{"a", "b"}, {"1", "2"}}));
}

TEST(csv, a_byte_order_mark_is_skipped) {
  EXPECT_EQ(
      parse_csv("\xEF\xBB\xBF"
                "a\n")
          .value(),
      (Rows{{"a"}}));
}

TEST(csv, an_unclosed_quote_names_its_line) {
  const auto result = parse_csv("a\n\"b\nc\n", ',', "f.csv");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().place, (base::Place{"f.csv", 2, 0, 0}));
}

TEST(csv, text_after_a_closing_quote_is_an_error) { EXPECT_FALSE(parse_csv("\"a\"b,c\n")); }

TEST(csv, a_written_field_reads_back) {
  for (const char* text : {"", "plain", "a,b", "\"", "x\ny", " pad ", "a;b"}) {
    EXPECT_EQ(parse_csv(csv_field(text) + ",end").value(), (Rows{{text, "end"}})) << text;
  }
}

}  // namespace
}  // namespace outlay::format
