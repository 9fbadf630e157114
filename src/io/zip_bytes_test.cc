// SPDX-License-Identifier: Apache-2.0
#include "io/zip_bytes.h"

#include <gtest/gtest.h>

namespace outlay::io {
namespace {

constexpr std::size_t kRoom = 1 << 20;

TEST(zip_bytes, what_was_packed_is_unpacked) {
  const std::vector<ZipEntry> files{
      {"demo/hello.yml", std::string(5000, 'a')}, {"empty.txt", ""}, {"ü.bin", {'\0', '\xFF'}}};
  const std::string archive = zip(files).value();
  EXPECT_TRUE(is_zip(archive));
  EXPECT_LT(archive.size(), 1000U);
  const auto unpacked = unzip(archive, kRoom).value();
  ASSERT_EQ(unpacked.size(), files.size());
  for (std::size_t i = 0; i < files.size(); ++i) {
    EXPECT_EQ(unpacked[i].name, files[i].name);
    EXPECT_EQ(unpacked[i].bytes, files[i].bytes);
  }
}

TEST(zip_bytes, an_archive_that_unpacks_to_too_much_is_refused) {
  const std::string archive = zip({{"big", std::string(5000, 'a')}}).value();
  EXPECT_FALSE(unzip(archive, 4999));
  EXPECT_TRUE(unzip(archive, 5000));
}

TEST(zip_bytes, a_cut_or_changed_archive_is_refused_and_never_read_beyond) {
  const std::string archive =
      zip({{"a.yml", "id: a\nnamespace: demo\n"}, {"b.yml", "id: b\n"}}).value();
  for (std::size_t size = 0; size < archive.size(); ++size) {
    EXPECT_FALSE(unzip(archive.substr(0, size), kRoom)) << size;
  }
  for (std::size_t at = 0; at < archive.size(); ++at) {
    std::string changed = archive;
    changed[at] = static_cast<char>(changed[at] ^ 0x55);
    (void)unzip(changed, kRoom);
  }
}

}  // namespace
}  // namespace outlay::io
