// SPDX-License-Identifier: Apache-2.0
#include "server/form.h"

#include <gtest/gtest.h>

namespace outlay::server {
namespace {

TEST(Form, fields_of_a_multipart_body_come_in_order) {
  const auto fields = parse_form(
      "multipart/form-data; boundary=\"xx\"",
      "--xx\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n2\r\n"
      "--xx\r\ncontent-disposition: form-data; name=\"b\"; "
      "filename=\"f.txt\"\r\n\r\n\r\n--xx--\r\n");
  ASSERT_TRUE(fields);
  ASSERT_EQ(fields->size(), 2U);
  EXPECT_EQ((*fields)[0].name, "a");
  EXPECT_EQ((*fields)[0].value, "1\r\n2");
  EXPECT_EQ((*fields)[1].file_name, "f.txt");
  EXPECT_EQ((*fields)[1].value, "");
}

TEST(Form, a_body_cut_short_is_an_error) {
  const auto fields = parse_form(
      "multipart/form-data; boundary=xx",
      "--xx\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1");
  ASSERT_FALSE(fields);
  EXPECT_EQ(fields.error().message, "The form ends without its closing boundary --xx--");
}

TEST(Form, url_encoded_fields_are_decoded) {
  const auto fields = parse_form("application/x-www-form-urlencoded", "a=b+c&d=%C3%A4");
  ASSERT_TRUE(fields);
  EXPECT_EQ((*fields)[0].value, "b c");
  EXPECT_EQ((*fields)[1].value, "ä");
}

}  // namespace
}  // namespace outlay::server
