// SPDX-License-Identifier: Apache-2.0
#include "ledger/json_document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.h"

namespace outlay::ledger {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class JsonDocumentTest : public testing::Test {
 protected:
  JsonDocumentTest()
      : folder_(std::filesystem::temp_directory_path() / ("outlay-json-" + base::new_id())) {
    std::filesystem::create_directories(folder_);
  }

  ~JsonDocumentTest() override { std::filesystem::remove_all(folder_); }

  std::string csv_of(const std::string& json, const std::string& records) {
    EXPECT_TRUE(io::write_file(folder_ / "in.json", json));
    const auto rows =
        json_document_to_csv(folder_ / "in.json", "in.json", records, folder_ / "out.csv");
    return rows ? *io::read_file(folder_ / "out.csv") : "error: " + rows.error().text();
  }

  io::Path folder_;
};

TEST_F(JsonDocumentTest, records_carry_the_plain_fields_around_them) {
  EXPECT_EQ(
      csv_of(
          R"({"page": 1, "data": [{"day": "a", "results": [{"amount": {"value": 0.10}}, {"amount": null}]}]})",
          "data.results"),
      "\"page\",\"day\",\"amount\",\"amount.value\"\n"
      "\"1\",\"a\",\"{\"\"value\"\":0.10}\",\"0.10\"\n\"1\",\"a\",\"\",\n");
}

TEST_F(JsonDocumentTest, pages_one_after_the_other_are_one_table) {
  EXPECT_EQ(
      csv_of("{\"d\":[{\"x\":1}]}\n{\"d\":[]}{\"d\":[{\"y\":2}]}", "d"),
      "\"x\",\"y\"\n\"1\",\n,\"2\"\n");
}

TEST_F(JsonDocumentTest, a_star_stands_for_every_member) {
  EXPECT_EQ(
      csv_of(R"({"data":[{"a/b":{"c":1},"__idle__":{"c":2}}]})", "data.*"),
      "\"c\"\n\"1\"\n\"2\"\n");
}

TEST_F(JsonDocumentTest, digits_are_kept) {
  EXPECT_THAT(
      csv_of(R"({"d":[{"x":0.1234567890123456789012,"y":100.00}]})", "d"),
      HasSubstr("\"0.1234567890123456789012\",\"100.00\""));
}

TEST_F(JsonDocumentTest, what_holds_no_records_is_refused_with_a_reason) {
  EXPECT_THAT(csv_of(R"({"d":[]})", "d"), HasSubstr("empty"));
  EXPECT_THAT(csv_of(R"({"e":[{}]})", "d"), HasSubstr("no records at \"d\""));
  EXPECT_THAT(csv_of(R"({"d":[{"x":1})", "d"), HasSubstr("cut short"));
}

TEST(JsonPathsTest, names_are_found_through_lists_and_in_cut_text) {
  EXPECT_THAT(
      json_paths(
          "{\"object\": \"page\", \"data\": [\n {\"results\": [{\"amount\": {\"value\": 1, \"cur"),
      ElementsAre(
          "object", "data", "data.results", "data.results.amount", "data.results.amount.value"));
}

}  // namespace
}  // namespace outlay::ledger
