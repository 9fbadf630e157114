// SPDX-License-Identifier: Apache-2.0
#include "api/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/config_values.h"
#include "format/json.h"

namespace outlay::api {
namespace {

using testing::HasSubstr;

class ConfigFile : public testing::Test {
 protected:
  io::Path write(std::string_view text) {
    const io::Path file = folder_->path() / "outlay.yaml";
    EXPECT_TRUE(io::write_file(file, text).has_value());
    return file;
  }

  base::Result<Config> load(std::string_view text) { return Config::load({.file = write(text)}); }

  std::string problem(std::string_view text) {
    const base::Result<Config> config = load(text);
    return config ? "no problem" : config.error().text();
  }

  std::optional<io::ScratchFolder> folder_ =
      io::ScratchFolder::create(std::filesystem::temp_directory_path()).value();
};

TEST_F(ConfigFile, a_flag_wins_over_the_environment_which_wins_over_the_file) {
  const io::Path file = write("server: {port: 1}\nlog: {level: warn, format: json}\n");
  const base::Result<Config> config = Config::load(
      {.file = file,
       .environment = {{"OUTLAY_SERVER_PORT", "2"}, {"OUTLAY_LOG_LEVEL", "debug"}},
       .flags = {{"server.port", "3"}}});
  ASSERT_TRUE(config) << config.error().text();
  EXPECT_EQ(config->integer("server.port"), 3);
  EXPECT_EQ(config->text("log.level"), "debug");
  EXPECT_EQ(config->text("log.format"), "json");
  EXPECT_EQ(config->source("server.port"), "flag --port");
  EXPECT_EQ(config->source("log.level"), "environment OUTLAY_LOG_LEVEL");
  EXPECT_EQ(config->source("log.format"), file.string() + ":2");
  EXPECT_EQ(config->source("data"), "default");
}

TEST_F(ConfigFile, an_unknown_key_names_its_place_and_the_nearest_known_one) {
  const std::string told = problem("server:\n  hots: x\n");
  EXPECT_THAT(told, HasSubstr("outlay.yaml:2:3"));
  EXPECT_THAT(told, HasSubstr("server.hots"));
  EXPECT_THAT(told, HasSubstr("Did you mean \"server.host\"?"));
}

TEST_F(ConfigFile, all_mistakes_are_told_at_once) {
  const std::string told = problem("sever: {}\nserver: {port: many, host: [1]}\nledger: 3\n");
  EXPECT_THAT(told, HasSubstr("\"server\"?"));
  EXPECT_THAT(told, HasSubstr("\"server.port\" must be a whole number"));
  EXPECT_THAT(told, HasSubstr("\"server.host\" must be text"));
  EXPECT_THAT(told, HasSubstr("\"ledger\" must be a map of settings"));
}

TEST_F(ConfigFile, a_wrong_choice_lists_the_choices) {
  EXPECT_THAT(problem("log: {format: xml}"), HasSubstr("one of text, json"));
}

TEST_F(ConfigFile, secrets_are_masked_when_shown) {
  const base::Result<Config> config =
      load("server:\n  users:\n    - {name: ada, password: swordfish}\n");
  ASSERT_TRUE(config) << config.error().text();
  EXPECT_EQ(config->users().at(0).password, "swordfish");
  const std::string shown = format::print_json(config->shown());
  EXPECT_THAT(shown, HasSubstr("ada"));
  EXPECT_THAT(shown, testing::Not(HasSubstr("swordfish")));
}

TEST_F(ConfigFile, a_user_without_password_and_token_is_refused) {
  EXPECT_THAT(problem("server: {users: [{name: ada}]}"), HasSubstr("needs a password or a token"));
}

TEST_F(ConfigFile, paths_in_a_file_are_relative_to_it) {
  const base::Result<Config> config = load("data: books\nflow: {folders: [flows]}\n");
  ASSERT_TRUE(config) << config.error().text();
  EXPECT_EQ(config->path("data"), folder_->path() / "books");
  EXPECT_EQ(config->paths("flow.folders").at(0), folder_->path() / "flows");
}

TEST_F(ConfigFile, an_empty_file_is_the_defaults) {
  const base::Result<Config> config = load("# nothing yet\n");
  ASSERT_TRUE(config) << config.error().text();
  EXPECT_EQ(config->integer("server.port"), 8080);
}

TEST(config, a_file_that_is_named_but_missing_is_an_error) {
  const base::Result<Config> config = Config::load({.file = "/nowhere/outlay.yaml"});
  ASSERT_FALSE(config);
  EXPECT_THAT(config.error().text(), HasSubstr("/nowhere/outlay.yaml"));
}

TEST(config, sizes_are_read_in_decimal_and_binary_units) {
  EXPECT_EQ(parse_size("500 MB").value(), 500'000'000U);
  EXPECT_EQ(parse_size("2GiB").value(), 2'147'483'648U);
  EXPECT_EQ(parse_size("1.5 KB").value(), 1'500U);
  EXPECT_EQ(parse_size("7").value(), 7U);
  EXPECT_FALSE(parse_size("many"));
  EXPECT_FALSE(parse_size("3 elephants"));
  EXPECT_FALSE(parse_size("-1"));
}

TEST(config, every_setting_has_a_doc_and_a_fallback_that_is_valid) {
  for (const Setting& setting : settings()) {
    EXPECT_FALSE(setting.doc.empty()) << setting.name;
    if (!setting.fallback.empty()) {
      EXPECT_TRUE(setting_from_text(setting, setting.fallback)) << setting.name;
    }
  }
}

}  // namespace
}  // namespace outlay::api
