// SPDX-License-Identifier: Apache-2.0
#include "tasks/serdes/serdes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tasks/internal/fake_context.h"

namespace outlay::tasks {
namespace {

class serdes : public testing::Test {
 protected:
  serdes() {
    for (auto& type : make_serdes_tasks()) types.add(std::move(type));
  }

  std::string kept(std::string_view content) {
    EXPECT_TRUE(io::write_file(context.path("in"), content));
    return context.store_file(context.path("in"), "in").value();
  }

  /// The file a task makes of another.
  std::string turned(std::string_view type, std::string_view uri, std::string_view more = "") {
    const auto end = run_yaml(
        *types.find("io.kestra.plugin.serdes." + std::string(type)),
        context,
        fmt::format("{{from: '{}'{}}}", uri, more));
    EXPECT_TRUE(end) << (end ? "" : end.error().text());
    return end ? end->outputs.find("uri")->as_text() : "";
  }

  std::string text(const std::string& uri) { return context.environment().read(uri).value(); }

  flow::TaskRegistry types;
  FakeContext context;
};

TEST_F(serdes, csv_becomes_rows_of_text_and_comes_back) {
  const std::string ion = turned("csv.CsvToIon", kept("a,b c\n1,\"x, \"\"y\"\"\"\n2,\n"));
  EXPECT_EQ(text(ion), "{a:\"1\",'b c':\"x, \\\"y\\\"\"}\n{a:\"2\",'b c':\"\"}\n");
  EXPECT_EQ(text(turned("csv.IonToCsv", ion)), "a,b c\n1,\"x, \"\"y\"\"\"\n2,\n");
  EXPECT_EQ(
      text(turned("csv.IonToCsv", ion, ", fieldSeparator: ';', header: false")),
      "1;\"x, \"\"y\"\"\"\n2;\n");
}

TEST_F(serdes, json_lines_and_lists_become_rows_and_come_back) {
  const std::string lines = turned("json.JsonToIon", kept("{\"a\":1.50}\n{\"a\":null}\n"));
  EXPECT_EQ(text(lines), "{a:1.50}\n{a:null}\n");
  EXPECT_EQ(text(turned("json.IonToJson", lines)), "{\"a\":1.50}\n{\"a\":null}\n");
  const std::string list = turned("json.JsonToIon", kept("[{\"a\":1},\n{\"a\":2}]"));
  EXPECT_EQ(text(list), "{a:1}\n{a:2}\n");
  EXPECT_EQ(text(turned("json.IonToJson", list, ", newLine: false")), "[{\"a\":1},{\"a\":2}]");
}

TEST_F(serdes, rows_go_through_parquet_unharmed) {
  const std::string parquet =
      turned("parquet.IonToParquet", kept("{\"s\":\"EC2\",\"n\":40}\n{\"s\":\"S3\",\"n\":null}\n"));
  EXPECT_EQ(text(turned("parquet.ParquetToIon", parquet)), "{s:\"EC2\",n:40}\n{s:\"S3\",n:null}\n");
}

}  // namespace
}  // namespace outlay::tasks
