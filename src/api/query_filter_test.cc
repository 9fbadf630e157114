// SPDX-License-Identifier: Apache-2.0
#include "api/ops/query_filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/ops/flow_json.h"
#include "base/time.h"
#include "format/json.h"

namespace outlay::api {
namespace {

using format::Value;
using testing::HasSubstr;

Value json(std::string_view text) { return format::parse_json(text).value(); }

Request search(std::string_view text) {
  return Request::check(*find_operation("executions.search"), json(text)).value();
}

base::Result<std::vector<Filter>> filters(std::string_view text) {
  return filters_of(
      search(text),
      {"namespace", "flowId", "labels", "startDate", "timeRange", "q"},
      base::parse_instant("2026-02-01T00:00:00Z").value());
}

Filter one(std::string_view operation, std::string_view value) {
  const std::string text = R"({"filters":[{"field":"namespace","operation":")" +
                           std::string(operation) + R"(","value":")" + std::string(value) + "\"}]}";
  return filters(text).value().front();
}

TEST(query_filter, each_operation_compares_as_its_name_says) {
  struct Case {
    std::string_view operation, wanted, fits, fails;
  };

  for (const Case& c : std::vector<Case>{
           {"EQUALS", "demo", "demo", "demo.x"},
           {"NOT_EQUALS", "demo", "other", "demo"},
           {"IN", "a, b", "b", "c"},
           {"NOT_IN", "a,b", "c", "a"},
           {"CONTAINS", "EM", "demo", "other"},
           {"STARTS_WITH", "de", "demo", "ade"},
           {"ENDS_WITH", "mo", "demo", "mode"},
           {"PREFIX", "demo", "demo.x", "demos"},
           {"PREFIX", "demo", "demo", "dem"},
           {"REGEX", "^d.+o$", "demo", "xdemo"},
           {"GREATER_THAN",
            "2026-01-01T00:00:00Z",
            "2026-01-01T01:00:00+00:00",
            "2025-12-31T23:00:00Z"},
           {"LESS_THAN_OR_EQUAL_TO",
            "2026-01-01T00:00:00Z",
            "2026-01-01T00:00:00.000Z",
            "2026-01-02T00:00:00Z"}}) {
    EXPECT_TRUE(matches(one(c.operation, c.wanted), c.fits)) << c.operation;
    EXPECT_FALSE(matches(one(c.operation, c.wanted), c.fails)) << c.operation;
  }
}

TEST(query_filter, labels_are_found_as_list_and_as_map) {
  const Filter filter =
      filters(R"({"filters":[{"field":"labels","operation":"EQUALS","key":"team","value":"web"}]})")
          .value()
          .front();
  EXPECT_TRUE(matches_labels(filter, json(R"([{"key":"team","value":"web"}])")));
  EXPECT_TRUE(matches_labels(filter, json(R"({"team":"web"})")));
  EXPECT_FALSE(matches_labels(filter, json(R"([{"key":"team","value":"data"}])")));
  EXPECT_FALSE(matches_labels(filter, Value()));
}

TEST(query_filter, a_time_range_reaches_back_from_now) {
  const Filter filter =
      filters(R"({"filters":[{"field":"timeRange","operation":"EQUALS","value":"P1D"}]})")
          .value()
          .front();
  EXPECT_TRUE(matches(filter, "2026-01-31T00:00:01Z"));
  EXPECT_FALSE(matches(filter, "2026-01-30T23:59:59Z"));
}

TEST(query_filter, what_a_search_does_not_know_is_named) {
  EXPECT_THAT(
      filters(R"({"filters":[{"field":"namespac","operation":"EQUALS","value":"a"}]})")
          .error()
          .message,
      HasSubstr("Did you mean \"namespace\"?"));
  EXPECT_THAT(
      filters(R"({"filters":[{"field":"q","operation":"EQUAL","value":"a"}]})").error().message,
      HasSubstr("EQUALS"));
  EXPECT_THAT(
      filters(R"({"filters":[{"field":"q","operation":"REGEX","value":"("}]})").error().message,
      HasSubstr("no regular expression"));
}

TEST(query_filter, a_page_is_cut_from_what_is_sorted) {
  const std::vector<Value> all{json(R"({"id":"b"})"), json(R"({"id":"c"})"), json(R"({"id":"a"})")};
  const Value page = page_of(search(R"({"sort":"id:desc","page":2,"size":2})"), all).value();
  EXPECT_EQ(format::print_json(page), R"({"results":[{"id":"a"}],"total":3})");
  EXPECT_FALSE(page_of(search(R"({"page":0})"), all));
}

TEST(flow_json, a_flow_is_disabled_by_a_line_of_its_source) {
  EXPECT_EQ(
      with_disabled("id: a\ndisabled: false\ntasks: []\n", true),
      "id: a\ntasks: []\ndisabled: true\n");
  EXPECT_EQ(with_disabled("id: a\ntasks: []\ndisabled: true\n", false), "id: a\ntasks: []\n");
}

}  // namespace
}  // namespace outlay::api
