// SPDX-License-Identifier: Apache-2.0
#include "io/sftp.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace outlay::io {
namespace {

TEST(sftp, lines_of_a_listing_become_entries) {
  SftpItem entry;
  ASSERT_TRUE(
      parse_sftp_line("-rw-r--r--    1 1000     1000         1234 May  1 10:00 a b.csv", entry));
  EXPECT_EQ(entry.name, "a b.csv");
  EXPECT_EQ(entry.bytes, 1234U);
  EXPECT_FALSE(entry.is_folder);
  ASSERT_TRUE(
      parse_sftp_line("drwxr-xr-x    2 root     root         4096 Jan 12  2023  two ", entry));
  EXPECT_EQ(entry.name, " two ");
  EXPECT_TRUE(entry.is_folder);
  ASSERT_TRUE(parse_sftp_line("lrwxrwxrwx    1 0 0 5 May  1 10:00 link -> there\n", entry));
  EXPECT_EQ(entry.name, "link");
  EXPECT_TRUE(entry.is_link);
  EXPECT_FALSE(
      parse_sftp_line("drwxr-xr-x    2 root     root         4096 Jan 12  2023 ..", entry));
  EXPECT_FALSE(parse_sftp_line("total 8", entry));
}

TEST(sftp, a_path_that_does_not_begin_with_a_slash_is_told) {
  Sftp sftp(SftpSettings{.host = "127.0.0.1"});
  const auto listed = sftp.list("costs");
  ASSERT_FALSE(listed);
  EXPECT_THAT(listed.error().message, testing::HasSubstr("begins with /"));
}

}  // namespace
}  // namespace outlay::io
