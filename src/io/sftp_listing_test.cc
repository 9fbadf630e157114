// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "io/sftp_listing.h"
#include "io/sftp_store.h"

namespace outlay::io {
namespace {

TEST(SftpListing, a_listing_gives_files_with_their_sizes_and_folders) {
  const auto entries = parse_sftp_listing(
      "drwxr-xr-x    2 root     root         4096 Dec  1 03:00 .\n"
      "drwxr-xr-x    2 root     root         4096 Dec  1 03:00 2026-01\n"
      "-rw-r--r--    1 root     root        12345 Dec  1  2025 bill of May.csv\r\n"
      "-rw-r--r--    1 root     root            3 Dec  1 03:00 .hidden\n"
      "lrwxrwxrwx    1 root     root            3 Dec  1 03:00 last -> there\n"
      "lrwxrwxrwx    1 root     root            3 Dec  1 03:00 outside -> /etc\n"
      "total 3\n"
      "-rw-r--r--    1 root     root            x Dec  1 03:00 odd\n");
  ASSERT_EQ(entries.size(), 3U);
  EXPECT_TRUE(entries[0].is_folder);
  EXPECT_EQ(entries[1].name, "bill of May.csv");
  EXPECT_EQ(entries[1].bytes, 12345U);
  EXPECT_FALSE(entries[2].is_file);
  EXPECT_FALSE(entries[2].is_folder);
}

TEST(Sftp, a_server_whose_key_nobody_knows_is_refused_before_anything_is_sent) {
  const auto opened = open_sftp({.host = "files.example.com", .folder = "/", .user = "bills"});
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("ssh-keyscan files.example.com"), std::string::npos);
  const auto nobody = open_sftp({.host = "files.example.com", .folder = "/"});
  ASSERT_FALSE(nobody);
  EXPECT_NE(nobody.error().message.find("needs a user"), std::string::npos);
}

}  // namespace
}  // namespace outlay::io
