// SPDX-License-Identifier: Apache-2.0
#include "io/file.h"

#include <fstream>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace outlay::io {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class file : public testing::Test {
 protected:
  Path path(std::string_view name) const { return scratch_.path() / name; }

 private:
  ScratchFolder scratch_ = std::move(ScratchFolder::create(testing::TempDir()).value());
};

TEST_F(file, what_is_written_is_read_back_and_nothing_else_is_left) {
  const std::string content("a\0b\n", 4);
  ASSERT_TRUE(write_file(path("x"), "old"));
  ASSERT_TRUE(write_file(path("x"), content));
  EXPECT_EQ(read_file(path("x")).value(), content);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(path("")), {}), 1);
}

TEST_F(file, a_missing_file_is_not_found) {
  const auto result = read_file(path("missing"));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, base::Code::not_found);
  EXPECT_THAT(result.error().message, HasSubstr("missing"));
}

TEST_F(file, a_full_disk_is_told_as_such) {
  std::ofstream(path("x")) << std::string(100'000, 'x');
  const auto result = gzip_file(path("x"), "/dev/full");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, base::Code::exhausted);
  EXPECT_THAT(result.error().message, HasSubstr("free some space"));
  EXPECT_TRUE(std::filesystem::exists("/dev/full"));
}

TEST_F(file, a_folder_is_no_file_to_write) {
  ASSERT_TRUE(make_folders(path("a/b")));
  EXPECT_FALSE(write_file(path("a"), "x"));
  EXPECT_TRUE(std::filesystem::is_directory(path("a/b")));
}

TEST_F(file, lists_what_is_below_sorted_and_without_hidden_ones) {
  ASSERT_TRUE(make_folders(path("b/.git")));
  for (const char* name : {"b/2.csv", "b/.git/x", "a.csv", ".hidden", "b/1.csv"}) {
    ASSERT_TRUE(write_file(path(name), ""));
  }
  EXPECT_THAT(list_files(path("")).value(), ElementsAre("a.csv", "b/1.csv", "b/2.csv"));
  EXPECT_FALSE(list_files(path("none")));
}

TEST_F(file, hashes_match_the_published_ones) {
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  ASSERT_TRUE(write_file(path("big"), std::string(3'000'000, 'a')));
  const FileHash hash = hash_file(path("big")).value();
  EXPECT_EQ(hash.bytes, 3'000'000U);
  EXPECT_EQ(hash.sha256, sha256_hex(std::string(3'000'000, 'a')));
}

TEST_F(file, moves_replace_what_was_there) {
  ASSERT_TRUE(write_file(path("a"), "1"));
  ASSERT_TRUE(write_file(path("b"), "2"));
  ASSERT_TRUE(move_path(path("a"), path("b")));
  EXPECT_EQ(read_file(path("b")).value(), "1");
  EXPECT_FALSE(std::filesystem::exists(path("a")));
}

TEST_F(file, a_scratch_folder_goes_away_with_its_owner) {
  Path where;
  {
    const ScratchFolder scratch = std::move(ScratchFolder::create(path("tmp")).value());
    where = scratch.path();
    ASSERT_TRUE(write_file(where / "x", "1"));
  }
  EXPECT_FALSE(std::filesystem::exists(where));
}

class gzip : public file {
 protected:
  std::string packed(const std::string& content) {
    EXPECT_TRUE(write_file(path("plain"), content));
    EXPECT_TRUE(gzip_file(path("plain"), path("packed.gz")));
    return read_file(path("packed.gz")).value();
  }

  base::Result<std::uint64_t> unpack(std::string_view bytes) {
    EXPECT_TRUE(write_file(path("in.gz"), bytes));
    return gunzip_file(path("in.gz"), path("out"));
  }

  std::string unpacked() { return read_file(path("out")).value(); }
};

/// Text that does not shrink to nothing.
std::string rows(int count) {
  std::string out;
  for (int i = 0; i < count; ++i)
    out += std::to_string(i * 7919L) + ",line," + std::to_string(i) + "\n";
  return out;
}

TEST_F(gzip, inflates_what_was_deflated) {
  const std::string content = rows(300'000);
  EXPECT_EQ(unpack(packed(content)).value(), content.size());
  EXPECT_EQ(unpacked(), content);
}

TEST_F(gzip, reads_any_number_of_members) {
  const std::string one = packed("one\n");
  std::string all;
  for (int i = 0; i < 1000; ++i) all += one;
  EXPECT_EQ(unpack(all).value(), 4000U);
  const std::string big = rows(100'000);
  EXPECT_EQ(unpack(packed(big) + one + packed("")).value(), big.size() + 4);
  EXPECT_EQ(unpacked(), big + "one\n");
}

TEST_F(gzip, truncation_is_found_wherever_it_falls) {
  const std::string content = rows(2000);
  const std::string whole = packed(content);
  for (std::size_t size = 1; size < whole.size(); size += size < 40 ? 1 : 997) {
    const auto result = unpack(std::string_view(whole).substr(0, size));
    ASSERT_FALSE(result) << size;
    EXPECT_EQ(result.error().code, base::Code::invalid_input);
    EXPECT_THAT(result.error().message, HasSubstr("truncated")) << size;
    EXPECT_THAT(result.error().place.file, HasSubstr("in.gz"));
    EXPECT_FALSE(std::filesystem::exists(path("out")));
  }
  EXPECT_FALSE(unpack(std::string_view(whole).substr(0, whole.size() - 1)));
}

TEST_F(gzip, truncation_in_a_later_member_is_found) {
  const std::string one = packed("one\n");
  for (std::size_t size = 1; size < one.size(); ++size) {
    EXPECT_FALSE(unpack(one + one.substr(0, size))) << size;
  }
}

TEST_F(gzip, a_flipped_bit_is_found) {
  const std::string whole = packed(rows(2000));
  for (const std::size_t at : {whole.size() / 2, whole.size() - 2, whole.size() - 6}) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    EXPECT_FALSE(unpack(damaged)) << at;
  }
}

TEST_F(gzip, zero_padding_is_fine_but_other_bytes_are_not) {
  const std::string one = packed("one\n");
  EXPECT_EQ(unpack(one + std::string(512, '\0')).value(), 4U);
  EXPECT_FALSE(unpack(one + std::string(8, '\0') + "x"));
  const auto result = unpack(one + "garbage");
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message, HasSubstr("after its end"));
}

TEST_F(gzip, a_plain_file_with_a_gz_name_is_told) {
  const auto result = unpack("LineItem,Cost\nx,1\n");
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message, HasSubstr("no gzip file although its name says so"));
  EXPECT_FALSE(unpack(""));
}

}  // namespace
}  // namespace outlay::io
