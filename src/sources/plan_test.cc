// SPDX-License-Identifier: Apache-2.0
#include "sources/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace outlay::sources {
namespace {

using format::Value;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

SourceSettings source(std::vector<std::pair<std::string, Value>> more = {}) {
  format::Object settings;
  settings.set("url", "s3://bills/cur");
  for (auto& [key, value] : more) settings.set(key, value);
  return SourceSettings::check("aws", Value(std::move(settings))).value();
}

std::vector<io::ObjectInfo> objects(const std::vector<std::string>& keys) {
  std::vector<io::ObjectInfo> out;
  for (const std::string& key : keys) {
    out.push_back({.key = key, .bytes = 10, .etag = "e-" + key, .modified = {}});
  }
  return out;
}

connectors::Manifest manifest(const std::string& file, const std::vector<std::string>& keys) {
  connectors::Manifest out;
  out.file = file;
  out.report = "daily";
  out.keys = keys;
  out.period = {base::parse_date("2026-01-01").value(), base::parse_date("2026-02-01").value()};
  out.root = "daily";
  return out;
}

/// "id: state key key" of each delivery.
std::vector<std::string> shown(const Plan& plan) {
  std::vector<std::string> out;
  for (const PlannedDelivery& one : plan.deliveries) {
    std::string text = one.id + (one.waits_for.empty() ? ":" : " waits:");
    for (const io::ObjectInfo& object : one.objects) text += " " + object.key;
    out.push_back(text);
  }
  return out;
}

TEST(plan, a_manifest_and_its_files_are_one_delivery) {
  const auto all = objects({"m-Manifest.json", "a.csv.gz", "b.csv.gz"});
  const Plan plan =
      plan_deliveries(source(), all, {manifest("m-Manifest.json", {"a.csv.gz", "b.csv.gz"})})
          .value();
  EXPECT_THAT(shown(plan), ElementsAre("daily/daily/2026-01: a.csv.gz b.csv.gz m-Manifest.json"));
}

TEST(plan, a_manifest_whose_files_are_missing_waits_and_names_one) {
  const auto all = objects({"m-Manifest.json", "a.csv.gz"});
  const Plan plan =
      plan_deliveries(source(), all, {manifest("m-Manifest.json", {"a.csv.gz", "b.csv.gz"})})
          .value();
  EXPECT_THAT(plan.deliveries.at(0).waits_for, HasSubstr("1 of the 2 files"));
  EXPECT_THAT(plan.deliveries.at(0).waits_for, HasSubstr("b.csv.gz"));
}

TEST(plan, a_file_that_is_not_as_big_as_its_manifest_says_waits) {
  connectors::Manifest small = manifest("m-Manifest.json", {"a.csv"});
  small.sizes["a.csv"] = 11;
  const auto all = objects({"m-Manifest.json", "a.csv"});
  const Plan plan = plan_deliveries(source(), all, {small}).value();
  EXPECT_EQ(plan.deliveries.at(0).waits_for, "a.csv has 10 bytes, and its manifest says 11");
}

TEST(plan, files_of_a_layout_with_manifests_wait_for_theirs) {
  const std::string aws = "r/20260101-20260201/id/r-1.csv.gz";
  const std::string azure = "export/20260101-20260131/202601150101/guid/part_0_0001.csv";
  const Plan plan = plan_deliveries(source(), objects({aws, azure}), {}).value();
  EXPECT_THAT(
      shown(plan),
      ElementsAre("export/20260101-20260131 waits: " + azure, "r/20260101-20260201 waits: " + aws));
  const Plan trusting = plan_deliveries(source({{"manifest", "none"}}), objects({aws}), {}).value();
  EXPECT_THAT(shown(trusting), ElementsAre("r/20260101-20260201: " + aws));
}

TEST(plan, an_older_export_of_azure_has_no_manifest_and_does_not_wait) {
  const std::string key = "export/20260101-20260131/export_guid.csv";
  EXPECT_THAT(
      shown(plan_deliveries(source(), objects({key}), {}).value()),
      ElementsAre("export/20260101-20260131: " + key));
}

TEST(plan, files_that_a_newer_manifest_no_longer_names_are_left_out) {
  const auto all = objects(
      {"r/20260101-20260201/new/a.csv",
       "r/20260101-20260201/old/a.csv",
       "r/20260101-20260201/r-Manifest.json"});
  const Plan plan =
      plan_deliveries(
          source(),
          all,
          {manifest("r/20260101-20260201/r-Manifest.json", {"r/20260101-20260201/new/a.csv"})})
          .value();
  EXPECT_EQ(plan.deliveries.size(), 1U);
  EXPECT_THAT(
      plan.left_out,
      ElementsAre(testing::Pair("r/20260101-20260201/old/a.csv", HasSubstr("superseded"))));
}

TEST(plan, files_without_manifest_are_one_delivery_per_month_folder_or_all_together) {
  const auto all =
      objects({"2026-01/a.csv", "2026-02/x/b.csv", "year=2026/month=3/c.csv", "d.csv"});
  EXPECT_THAT(
      shown(plan_deliveries(source(), all, {}).value()),
      ElementsAre(
          "2026-01: 2026-01/a.csv",
          "2026-02: 2026-02/x/b.csv",
          "all: d.csv",
          "year=2026/month=3: year=2026/month=3/c.csv"));
  EXPECT_THAT(shown(plan_deliveries(source({{"deliveries", "all"}}), all, {}).value()).size(), 1U);
  EXPECT_THAT(shown(plan_deliveries(source({{"deliveries", "file"}}), all, {}).value()).size(), 4U);
}

TEST(plan, a_days_folder_is_no_delivery_of_its_own) {
  // One day would replace the whole month.
  const auto all = objects({"2026/01/15/a.csv", "2026/01/16/b.csv"});
  EXPECT_THAT(
      shown(plan_deliveries(source(), all, {}).value()),
      ElementsAre("2026/01: 2026/01/15/a.csv 2026/01/16/b.csv"));
}

TEST(plan, months_before_since_are_not_fetched) {
  const auto all = objects({"2025-12/a.csv", "2026-01/b.csv"});
  EXPECT_THAT(
      shown(plan_deliveries(source({{"since", "2026-01"}}), all, {}).value()),
      ElementsAre("2026-01: 2026-01/b.csv"));
}

TEST(plan, a_fingerprint_changes_with_content_and_not_with_order) {
  PlannedDelivery one{.id = "all", .report = {}, .objects = objects({"a", "b"}), .waits_for = {}};
  PlannedDelivery turned{
      .id = "all", .report = {}, .objects = objects({"b", "a"}), .waits_for = {}};
  EXPECT_EQ(one.fingerprint(), turned.fingerprint());
  turned.objects[0].etag = "other";
  EXPECT_NE(one.fingerprint(), turned.fingerprint());
}

TEST(plan, names_that_are_no_files_names_and_empty_files_are_left_out) {
  const auto reason = [](const std::string& key, std::uint64_t bytes = 1) {
    return reason_to_leave_out(source(), {.key = key, .bytes = bytes, .etag = {}, .modified = {}});
  };
  EXPECT_EQ(reason("a/b.csv"), std::nullopt);
  EXPECT_THAT(reason("../up.csv").value(), HasSubstr("name"));
  EXPECT_THAT(reason("a//b.csv").value(), HasSubstr("name"));
  EXPECT_THAT(reason(".hidden/b.csv").value(), IsEmpty());
  EXPECT_THAT(reason("a.csv", 0).value(), HasSubstr("empty"));
}

TEST(plan, patterns_pick_files) {
  EXPECT_TRUE(matches_pattern("*.csv", "a/b.csv"));
  EXPECT_TRUE(matches_pattern("a/*.csv", "a/b.csv"));
  EXPECT_FALSE(matches_pattern("a/*.csv", "a/x/b.csv"));
  EXPECT_TRUE(matches_pattern("a/**/b.csv", "a/x/y/b.csv"));
  EXPECT_TRUE(matches_pattern("a/**/b.csv", "a/b.csv"));
  EXPECT_TRUE(matches_pattern("b?.csv", "b1.csv"));
  EXPECT_FALSE(matches_pattern("*.csv", "b.csv.gz"));
}

TEST(settings, every_mistake_is_named_at_once) {
  const auto wrong = SourceSettings::check(
      "AWS", Value::object({{"ulr", "x"}, {"deliveries", "week"}, {"path_style", "yes"}}));
  const std::string text = wrong.error().message;
  EXPECT_THAT(text, HasSubstr("\"AWS\" does not"));
  EXPECT_THAT(text, HasSubstr("Did you mean \"url\"?"));
  EXPECT_THAT(text, HasSubstr("one of auto, folder, file, all"));
  EXPECT_THAT(text, HasSubstr("must be true or false"));
  EXPECT_THAT(text, HasSubstr("needs a url"));
}

TEST(settings, secrets_show_only_where_they_come_from) {
  const SourceSettings plain = source({{"secret_access_key", "hush"}});
  EXPECT_EQ(plain.shown()["secret_access_key"].text_or(""), "******");
  EXPECT_THAT(plain.plain_secrets(), ElementsAre("secret_access_key"));
  const SourceSettings named =
      source({{"secret_access_key", Value::object({{"secret", "AWS_KEY"}})}});
  EXPECT_EQ(named.shown()["secret_access_key"]["secret"].text_or(""), "AWS_KEY");
  EXPECT_THAT(named.plain_secrets(), IsEmpty());
  const auto sas = SourceSettings::check(
      "azure", Value::object({{"url", "https://a.blob.core.windows.net/c?sig=hush"}}));
  EXPECT_EQ(sas->shown()["url"].text_or(""), "https://a.blob.core.windows.net/c?******");
}

}  // namespace
}  // namespace outlay::sources
