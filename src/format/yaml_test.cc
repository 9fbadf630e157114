// SPDX-License-Identifier: Apache-2.0
#include "format/yaml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "format/json.h"

namespace outlay::format {
namespace {

using testing::HasSubstr;

std::string as_json(std::string_view yaml) {
  const auto node = parse_yaml(yaml);
  return node ? print_json(node->value()) : node.error().text();
}

TEST(yaml, scalars_follow_the_core_schema) {
  EXPECT_EQ(
      as_json("[1, -2, 0x1F, 0o17, 1.5, 1e3, .5, true, False, null, ~, text]"),
      R"([1,-2,31,15,1.5,1000.0,0.5,true,false,null,null,"text"])");
}

TEST(yaml, yes_and_no_stay_text) {
  EXPECT_EQ(as_json("[yes, no, on, off, y]"), R"(["yes","no","on","off","y"])");
}

TEST(yaml, quoted_and_block_text_is_never_a_number) {
  EXPECT_EQ(
      as_json("a: '1'\nb: \"true\"\nc: |\n  12\nd: !!str 5\n"),
      R"({"a":"1","b":"true","c":"12\n","d":"5"})");
}

TEST(yaml, an_account_number_keeps_its_leading_zero) {
  EXPECT_EQ(as_json("[012345678901, 0, 0.5]"), R"(["012345678901",0,0.5])");
}

TEST(yaml, dates_and_times_stay_text) {
  EXPECT_EQ(as_json("[2026-01-31, 10:30:00, PT1M]"), R"(["2026-01-31","10:30:00","PT1M"])");
}

TEST(yaml, nodes_know_where_they_stand) {
  const Node root = parse_yaml("id: x\ntasks:\n  - id: one\n    type: log\n", "flow.yaml").value();
  EXPECT_EQ(root.entries[1].key_place, (base::Place{"flow.yaml", 2, 1, 0}));
  const Node& task = root.find("tasks")->items[0];
  EXPECT_EQ(task.place, (base::Place{"flow.yaml", 3, 5, 0}));
  EXPECT_EQ(task.find("type")->place, (base::Place{"flow.yaml", 4, 11, 0}));
  EXPECT_EQ(task.find("nothing"), nullptr);
}

TEST(yaml, anchors_aliases_and_merge_keys_are_resolved) {
  EXPECT_EQ(
      as_json("base: &b {x: 1, y: 2}\none:\n  y: 3\n  <<: *b\ntwo:\n  <<: [{z: 0}, *b]\nl: *b\n"),
      R"({"base":{"x":1,"y":2},"one":{"y":3,"x":1},"two":{"z":0,"x":1,"y":2},"l":{"x":1,"y":2}})");
}

TEST(yaml, all_duplicate_keys_are_told_at_once) {
  const auto result = parse_yaml("a: 1\nb:\n  c: 1\n  c: 2\na: 3\n", "f.yaml");
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message, HasSubstr("f.yaml:4:3: the key \"c\" stands twice"));
  EXPECT_THAT(result.error().message, HasSubstr("f.yaml:5:1: the key \"a\" stands twice"));
}

TEST(yaml, an_expression_without_quotes_is_explained) {
  const auto result = parse_yaml("id: x\nmessage: {{ inputs.x }}\n", "f.yaml");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().place.line, 2);
  EXPECT_THAT(result.error().message, HasSubstr("must stand in quotes"));
}

TEST(yaml, a_syntax_error_has_line_and_column) {
  const auto result = parse_yaml("a: 1\nb: [1, 2\nc: 3\n", "f.yaml");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().place.file, "f.yaml");
  EXPECT_GE(result.error().place.line, 2);
  EXPECT_GE(result.error().place.column, 1);
}

TEST(yaml, tabs_as_indentation_are_named) {
  const auto result = parse_yaml("a:\n\tb: 1\n", "f.yaml");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().place.line, 2);
  EXPECT_THAT(result.error().message, HasSubstr("tab"));
}

TEST(yaml, an_unknown_alias_suggests_the_nearest_anchor) {
  const auto result = parse_yaml("a: &limits 1\nb: *limit\n");
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message, HasSubstr("limits"));
}

TEST(yaml, a_billion_laughs_are_refused) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int j = 0; j < 9; ++j) text += ", " + before;
    text += "]\n";
  }
  const auto result = parse_yaml(text);
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message, HasSubstr("aliases add more than"));
}

TEST(yaml, an_alias_inside_its_own_value_is_refused) {
  EXPECT_FALSE(parse_yaml("a: &a [1, *a]\n"));
}

TEST(yaml, depth_is_bounded) {
  EXPECT_FALSE(parse_yaml(std::string(5000, '[')));
  EXPECT_FALSE(parse_yaml(std::string(500, '[') + std::string(500, ']')));
  EXPECT_TRUE(parse_yaml(std::string(50, '[') + std::string(50, ']')));
}

TEST(yaml, foreign_bytes_are_refused) {
  EXPECT_FALSE(parse_yaml("a: \xFF\n"));
  EXPECT_FALSE(parse_yaml(std::string_view("a: b\0c\n", 7)));
}

TEST(yaml, a_stream_has_many_documents_and_a_document_is_one) {
  EXPECT_EQ(parse_yaml_stream("---\na: 1\n---\nb: 2\n")->size(), 2U);
  const auto result = parse_yaml("a: 1\n---\nb: 2\n");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().place.line, 3);
}

TEST(yaml, nothing_is_a_null_node) {
  EXPECT_EQ(parse_yaml("")->kind, Node::Kind::null);
  EXPECT_EQ(parse_yaml("# only a comment\n")->kind, Node::Kind::null);
  EXPECT_EQ(as_json("a:\nb: 1\n"), R"({"a":null,"b":1})");
}

TEST(yaml, block_text_keeps_its_lines) {
  EXPECT_EQ(
      as_json("a: |\n  one\n  two\nb: >-\n  one\n  two\n"), R"({"a":"one\ntwo\n","b":"one two"})");
}

TEST(yaml, windows_line_breaks_read_like_others) {
  EXPECT_EQ(
      as_json("a: \"x\r\n  y\"\r\nb: |\r\n  one\r\n  two\r\n"), R"({"a":"x y","b":"one\ntwo\n"})");
}

TEST(yaml, an_escaped_space_at_a_line_end_is_refused_rather_than_garbled) {
  EXPECT_FALSE(parse_yaml("a: \"x\\ \n  y\"\n"));
  EXPECT_FALSE(parse_yaml("a: \"x\\ \\  \n  y\"\n"));
  EXPECT_EQ(as_json("a: \"x\\ y \n\n  z\"\n"), R"({"a":"x y\nz"})");
}

TEST(yaml, what_is_printed_reads_back_the_same) {
  const Value value = parse_json(R"({
    "plain": "some words", "empty": "", "number-like": "12", "zero": "007", "bool-like": "true",
    "old": "yes", "null-like": "null", "colon": "a: b", "hash": "a #b", "end:": "x:", "lines": "a\nb\n",
    "lines2": "a\n\nb", "lead": "\n x", "trail": "a\n\n", "space": " x ", "quote": "'\"", "star": "*x",
    "control": "\u0001\u0085\u2028\ufeff\t", "deep": [[1, [2, {"a": []}]], {}, {"k": [{"x": null}]}],
    "float": 1.0, "big": 1e300, "neg": -5, "t": true, "dash": "- a", "doc": "---", "multi tab": "a\n\tb\n",
    "unicode": "h\u00e9 \ud83d\ude00", "brace": "{{ x }}", "inner": "a {{ x }}"})")
                          .value();
  const std::string yaml = print_yaml(value);
  const auto back = parse_yaml(yaml);
  ASSERT_TRUE(back) << back.error().text() << "\n" << yaml;
  EXPECT_EQ(print_json(back->value()), print_json(value)) << yaml;
}

TEST(yaml, printing_prefers_what_people_would_write) {
  EXPECT_EQ(
      print_yaml(
          parse_json(R"({"id":"x","tasks":[{"id":"a","script":"one\ntwo\n"}],"none":[]})").value()),
      "id: x\ntasks:\n  - id: a\n    script: |\n      one\n      two\nnone: []\n");
}

}  // namespace
}  // namespace outlay::format
