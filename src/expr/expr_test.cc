// SPDX-License-Identifier: Apache-2.0
// Runs the case files under tests/cases/expr: a context, and claims with templates and what they
// give.
#include "expr/expr.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/time.h"
#include "expr/values.h"
#include "format/yaml.h"

namespace outlay::expr {
namespace {

using format::Array;
using format::Node;
using format::Value;
using ::testing::HasSubstr;

std::string file_text(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

const base::ManualClock& clock_of_cases() {
  static const base::ManualClock clock(*base::parse_instant("2026-03-15T10:20:30.123456Z"));
  return clock;
}

/// What the cases' environment holds: the secret TOKEN, the key-value pairs answer and list, the
/// file note.txt.
Environment environment_of_cases() {
  Environment out;
  out.clock = &clock_of_cases();
  out.secret = [](std::string_view key, std::string_view name_space) -> base::Result<std::string> {
    if (key == "TOKEN") return "s3cret" + std::string(name_space);
    return base::not_found("there is no secret '" + std::string(key) + "'");
  };
  out.kv = [](std::string_view key, std::string_view, bool is_error) -> base::Result<Value> {
    if (key == "answer") return Value(42);
    if (key == "list") return Value(Array{1, 2});
    if (!is_error) return Value();
    return base::not_found("there is no key '" + std::string(key) + "'");
  };
  out.read = [](std::string_view path) -> base::Result<std::string> {
    if (path == "note.txt") return std::string("line one\nline \"two\"\n");
    return base::not_found("there is no file '" + std::string(path) + "'");
  };
  out.other = [](std::string_view function, const Array& arguments) -> base::Result<Value> {
    std::string text(function);
    for (const Value& argument : arguments) text += "|" + java_text(argument);
    return Value(text);
  };
  return out;
}

struct Claim {
  std::string file, claim;
  Value context;
  Node node;
};

base::Result<std::string> rendered(const std::string& text, const Value& context) {
  const Scope scope(context);
  const Template parsed = TRY(Template::parse(text));
  return parsed.render(scope, environment_of_cases());
}

base::Result<Value> typed(const std::string& text, const Value& context) {
  const Scope scope(context);
  const Template parsed = TRY(Template::parse(text));
  return parsed.render_typed(scope, environment_of_cases());
}

std::string place(const Node::Entry& entry) {
  return entry.key_place.file + ":" + std::to_string(entry.key_place.line) + ": " + entry.key;
}

void check_renders(const Claim& claim, const Node& cases, bool is_recursive) {
  for (const Node::Entry& entry : cases.entries) {
    const Scope scope(claim.context);
    const auto out = is_recursive ? render_recursive(entry.key, scope, environment_of_cases())
                                  : rendered(entry.key, claim.context);
    EXPECT_TRUE(out.has_value()) << place(entry) << "\n  " << (out ? "" : out.error().text());
    if (out) {
      EXPECT_EQ(*out, entry.value.text) << place(entry);
    }
  }
}

void check_fails(const Claim& claim, const Node& cases) {
  for (const Node::Entry& entry : cases.entries) {
    const auto out = rendered(entry.key, claim.context);
    EXPECT_FALSE(out.has_value()) << place(entry) << "\n  gave " << (out ? *out : "");
    if (!out) {
      EXPECT_THAT(out.error().text(), HasSubstr(entry.value.text)) << place(entry);
    }
  }
}

void check_gives(const Claim& claim, const Node& cases) {
  for (const Node::Entry& entry : cases.entries) {
    const auto out = typed(entry.key, claim.context);
    EXPECT_TRUE(out.has_value()) << place(entry) << "\n  " << (out ? "" : out.error().text());
    if (!out) continue;
    std::string found, wanted;
    append_json(found, *out);
    append_json(wanted, entry.value.value());
    EXPECT_EQ(found, wanted) << place(entry);
  }
}

class Cases : public ::testing::TestWithParam<Claim> {};

TEST_P(Cases, hold) {
  const Claim& claim = GetParam();
  int count = 0;
  for (const auto& [key, key_place, value] : claim.node.entries) {
    if (key == "claim") continue;
    count += static_cast<int>(value.entries.size());
    if (key == "renders") {
      check_renders(claim, value, false);
    } else if (key == "renders_recursively") {
      check_renders(claim, value, true);
    } else if (key == "fails") {
      check_fails(claim, value);
    } else if (key == "gives") {
      check_gives(claim, value);
    } else {
      ADD_FAILURE() << "a claim has 'renders', 'renders_recursively', 'fails' and 'gives', found "
                    << key;
    }
  }
  EXPECT_GT(count, 0) << claim.claim;
}

std::vector<Claim> all_claims() {
  // Dates without a zone are shown in the machine's.
  ::setenv("TZ", "UTC", 1);
  std::vector<Claim> out;
  std::vector<std::filesystem::path> files;
  const std::filesystem::path folder = "tests/cases/expr";
  if (std::filesystem::exists(folder)) {
    for (const auto& entry : std::filesystem::directory_iterator(folder))
      files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  for (const std::filesystem::path& file : files) {
    const auto document = format::parse_yaml(file_text(file), file.string());
    if (!document) {
      out.push_back({file.string(), document.error().text(), {}, {}});
      continue;
    }
    const Node* context = document->find("context");
    const Node* cases = document->find("cases");
    if (cases == nullptr) continue;
    for (const Node& node : cases->items) {
      const Node* claim = node.find("claim");
      out.push_back(
          {file.filename().string(),
           claim == nullptr ? "" : claim->text,
           context == nullptr ? Value() : context->value(),
           node});
    }
  }
  return out;
}

std::string test_name(const ::testing::TestParamInfo<Claim>& info) {
  std::string out = std::to_string(info.index) + "_";
  for (const char c : info.param.claim) {
    out += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  }
  return out.substr(0, 90);
}

INSTANTIATE_TEST_SUITE_P(expr, Cases, ::testing::ValuesIn(all_claims()), test_name);

TEST(expr, the_case_files_are_there) { EXPECT_GT(all_claims().size(), 40U); }

TEST(expr, a_template_without_expressions_is_plain) {
  EXPECT_TRUE(Template::parse("text { only")->is_plain());
  EXPECT_TRUE(Template::parse("")->is_plain());
  EXPECT_FALSE(Template::parse("{{ 1 }}")->is_plain());
  EXPECT_FALSE(Template::parse("{% raw %}x{% endraw %}")->is_plain());
}

TEST(expr, the_inner_scope_wins_and_null_is_defined) {
  const Scope outer(Value::object({{"a", 1}, {"b", 2}}));
  const Scope inner(Value::object({{"a", nullptr}}), &outer);
  ASSERT_NE(inner.find("a"), nullptr);
  EXPECT_TRUE(inner.find("a")->is_null());
  EXPECT_EQ(inner.find("b")->as_int(), 2);
  EXPECT_EQ(inner.find("c"), nullptr);
}

TEST(expr, render_deep_renders_keys_and_never_lets_one_overwrite_another) {
  const Scope scope(Value::object({{"k", "a"}, {"n", 3}}));
  const Value value = Value::object(
      {{"a", "first"},
       {"{{ k }}", "second"},
       {"list", Array{"{{ n }}", 1, nullptr}},
       {"{{ n }}", "{{ k }}"}});
  const auto text = render_deep(value, scope, {}, false);
  ASSERT_TRUE(text.has_value());
  EXPECT_EQ(output_text(*text), R"({"a":"first","list":["3",1,null],"3":"a"})");
  const auto native = render_deep(value, scope, {}, true);
  ASSERT_TRUE(native.has_value());
  EXPECT_EQ(output_text((*native)["list"]), "[3,1,null]");
}

TEST(expr, truth_of_rendered_text_is_by_its_letters) {
  for (const char* text : {"", "  ", "false", "0", "-0", " false\n"})
    EXPECT_FALSE(is_truthy_text(text)) << text;
  for (const char* text : {"true", "no", "0.0", "1", "False", "null"})
    EXPECT_TRUE(is_truthy_text(text)) << text;
}

TEST(expr, a_function_without_its_port_says_so) {
  const auto out = Template::parse("{{ secret('X') }}")->render(Scope(), {});
  ASSERT_FALSE(out.has_value());
  EXPECT_THAT(out.error().message, HasSubstr("function 'secret': it is not available here"));
}

TEST(expr, an_error_has_line_and_column) {
  const auto parse = Template::parse("a\n b {{ 1 +* }}");
  ASSERT_FALSE(parse.has_value());
  EXPECT_EQ(parse.error().place.line, 2);
  EXPECT_EQ(parse.error().place.column, 10);
  const auto run = Template::parse("a\n{{ x }}")->render(Scope(), {});
  ASSERT_FALSE(run.has_value());
  EXPECT_EQ(run.error().place.line, 2);
  EXPECT_EQ(run.error().place.column, 4);
}

TEST(expr, doubles_print_as_in_java) {
  EXPECT_EQ(print_double(0.0), "0.0");
  EXPECT_EQ(print_double(-0.0), "-0.0");
  EXPECT_EQ(print_double(100.0), "100.0");
  EXPECT_EQ(print_double(9999999.0), "9999999.0");
  EXPECT_EQ(print_double(1e7), "1.0E7");
  EXPECT_EQ(print_double(1.25e-4), "1.25E-4");
  EXPECT_EQ(print_double(0.00125), "0.00125");
  EXPECT_EQ(print_double(1.7976931348623157e308), "1.7976931348623157E308");
}

TEST(expr, ids_look_as_they_should) {
  const auto render = [](const char* text) { return *rendered(text, Value()); };
  EXPECT_THAT(
      render("{{ uuid() }}"),
      ::testing::MatchesRegex(
          "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
  EXPECT_EQ(render("{{ ksuid() }}").size(), 27U);
  EXPECT_EQ(render("{{ nanoId() }}").size(), 21U);
  EXPECT_THAT(render("{{ nanoId(8, 'ab') }}"), ::testing::MatchesRegex("[ab]{8}"));
  EXPECT_NE(render("{{ id() }}"), render("{{ id() }}"));
  const int port = std::stoi(render("{{ randomPort() }}"));
  EXPECT_TRUE(port >= 49152 && port <= 65535) << port;
  for (int i = 0; i < 50; ++i) {
    const int number = std::stoi(render("{{ randomInt(-2, 3) }}"));
    EXPECT_TRUE(number >= -2 && number < 3) << number;
  }
}

TEST(expr, what_is_encrypted_decrypts_with_the_same_key_only) {
  const std::string key = "MDEyMzQ1Njc4OWFiY2RlZg==";
  const std::string other = "ZmVkY2JhOTg3NjU0MzIxMA==";
  const auto secret = rendered("{{ encrypt('" + key + "', 'grüße') }}", Value());
  ASSERT_TRUE(secret.has_value());
  EXPECT_EQ(*rendered("{{ decrypt('" + key + "', '" + *secret + "') }}", Value()), "grüße");
  const auto wrong = rendered("{{ decrypt('" + other + "', '" + *secret + "') }}", Value());
  ASSERT_FALSE(wrong.has_value());
  EXPECT_THAT(wrong.error().message, HasSubstr("the key is another one"));
}

}  // namespace
}  // namespace outlay::expr
