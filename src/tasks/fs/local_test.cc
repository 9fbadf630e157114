// SPDX-License-Identifier: Apache-2.0
#include "tasks/fs/local.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tasks/internal/fake_context.h"

namespace outlay::tasks {
namespace {

class local_files : public testing::Test {
 protected:
  local_files() {
    for (auto& type : make_local_file_tasks()) types.add(std::move(type));
    folder = context.path("disk").string();
    EXPECT_TRUE(io::make_folders(folder + "/in/deep"));
    EXPECT_TRUE(io::write_file(folder + "/in/a.csv", "1"));
    EXPECT_TRUE(io::write_file(folder + "/in/deep/b.txt", "2"));
  }

  base::Result<flow::TaskEnd> run(std::string_view name, std::string_view yaml) {
    return run_yaml(
        *types.find("io.kestra.plugin.fs.local." + std::string(name)),
        context,
        fmt::format(fmt::runtime(yaml), fmt::arg("f", folder)));
  }

  flow::TaskRegistry types;
  FakeContext context;
  std::string folder;
};

TEST_F(local_files, are_listed_by_pattern_and_depth) {
  EXPECT_EQ(run("List", "from: {f}/in")->outputs.find("count")->as_int(), 2);
  EXPECT_EQ(run("List", "{{from: {f}/in, recursive: true}}")->outputs.find("count")->as_int(), 3);
  const auto end = run("List", "{{from: {f}/in, recursive: true, regExp: '.*\\.txt'}}");
  ASSERT_EQ(end->outputs.find("count")->as_int(), 1);
  EXPECT_EQ((end->outputs.find("files")->as_array()[0])["name"], format::Value("b.txt"));
}

TEST_F(local_files, are_copied_moved_and_removed_and_never_replaced_unasked) {
  ASSERT_TRUE(run("Copy", "{{from: {f}/in/a.csv, to: {f}/out/}}"));
  EXPECT_EQ(io::read_file(folder + "/out/a.csv").value(), "1");
  EXPECT_FALSE(run("Copy", "{{from: {f}/in/a.csv, to: {f}/out/}}"));
  ASSERT_TRUE(run("Copy", "{{from: {f}/in/a.csv, to: {f}/out/, overwrite: true}}"));
  ASSERT_TRUE(run("Move", "{{from: {f}/in/a.csv, to: {f}/out/c.csv}}"));
  EXPECT_FALSE(std::filesystem::exists(folder + "/in/a.csv"));
  EXPECT_FALSE(run("Delete", "from: {f}/in/a.csv"));
  EXPECT_TRUE(run("Delete", "{{from: {f}/in/a.csv, errorOnMissing: false}}"));
  EXPECT_FALSE(run("Delete", "{{from: {f}/out, recursive: false}}"));
  EXPECT_TRUE(run("Delete", "from: {f}/out"));
  EXPECT_FALSE(run("Delete", "from: relative/path"));
}

TEST_F(local_files, go_into_the_storage_and_out_of_it) {
  const auto taken = run("Download", "from: {f}/in/deep/b.txt");
  ASSERT_TRUE(taken) << taken.error().text();
  const std::string uri = taken->outputs.find("uri")->as_text();
  ASSERT_TRUE(run("Upload", "{{from: '" + uri + "', to: {f}/back/x.txt}}"));
  EXPECT_EQ(io::read_file(folder + "/back/x.txt").value(), "2");
}

}  // namespace
}  // namespace outlay::tasks
