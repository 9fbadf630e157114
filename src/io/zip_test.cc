// SPDX-License-Identifier: Apache-2.0
#include "io/zip.h"

#include <cstdlib>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"

namespace outlay::io {
namespace {

using testing::HasSubstr;

// A stored, a deflated and a folder entry, built byte by byte so that no program is needed.
std::string little(std::uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) {
    text.push_back(i < 8 ? static_cast<char>((value >> (8 * i)) & 0xFFU) : '\0');
  }
  return text;
}

struct Entry {
  std::string name, packed;
  int method = 0;
  std::uint32_t crc = 0;
  std::size_t bytes = 0;
};

std::string archive_of(const std::vector<Entry>& entries) {
  std::string body;
  std::string directory;
  for (const auto& entry : entries) {
    const std::string common = little(20, 2) + little(0, 2) +
                               little(static_cast<std::uint64_t>(entry.method), 2) + little(0, 4) +
                               little(entry.crc, 4) + little(entry.packed.size(), 4) +
                               little(entry.bytes, 4) + little(entry.name.size(), 2) + little(0, 2);
    directory +=
        "PK\x01\x02" + little(20, 2) + common + little(0, 10) + little(body.size(), 4) + entry.name;
    body += "PK\x03\x04" + common + entry.name + entry.packed;
  }
  return body + directory + "PK\x05\x06" + little(0, 4) + little(entries.size(), 2) +
         little(entries.size(), 2) + little(directory.size(), 4) + little(body.size(), 4) +
         little(0, 2);
}

const std::string kBill = "a,b\n1,2\n";
const Entry kStoredBill{"bill.csv", kBill, 0, 0x0a97077bU, 8};

class Zip : public testing::Test {
 protected:
  Path write(const std::string& bytes) {
    const Path path = scratch_.path() / "a.zip";
    EXPECT_TRUE(write_file(path, bytes));
    return path;
  }

  Path to() const { return scratch_.path() / "out"; }

 private:
  ScratchFolder scratch_ = std::move(ScratchFolder::create(testing::TempDir()).value());
};

TEST_F(Zip, stored_and_deflated_members_come_out_whole) {
  // Deflated: one fixed block of 30 times the letter x.
  const std::string packed("\xab\xa8\xc0\x07\x00", 5);
  const auto path = write(
      archive_of({kStoredBill, {"d/", "", 0, 0, 0}, {"d/x.csv", packed, 8, 0x398f8560U, 30}}));
  const auto members = list_zip(path);
  ASSERT_TRUE(members) << members.error().text();
  ASSERT_EQ(members->size(), 2U);
  EXPECT_EQ((*members)[1].name, "d/x.csv");
  EXPECT_EQ(zip_member_start(path, (*members)[0], 3).value(), "a,b");
  for (const auto& [index, wanted] :
       {std::pair<std::size_t, std::string>{0, kBill}, {1, std::string(30, 'x')}}) {
    const auto done = unzip_member(path, (*members)[index], to());
    ASSERT_TRUE(done) << done.error().text();
    EXPECT_EQ(read_file(to()).value(), wanted);
  }
}

TEST_F(Zip, a_wrong_checksum_a_cut_archive_and_an_encrypted_one_are_refused) {
  auto wrong = kStoredBill;
  wrong.crc = 1;
  const auto path = write(archive_of({wrong}));
  const auto damaged = unzip_member(path, list_zip(path).value()[0], to());
  ASSERT_FALSE(damaged);
  EXPECT_THAT(damaged.error().message, HasSubstr("checksum"));
  EXPECT_FALSE(std::filesystem::exists(to()));

  const auto whole = archive_of({kStoredBill});
  const auto cut = list_zip(write(whole.substr(0, whole.size() - 30)));
  ASSERT_FALSE(cut);
  EXPECT_THAT(cut.error().message, HasSubstr("cut short"));
}

}  // namespace
}  // namespace outlay::io
