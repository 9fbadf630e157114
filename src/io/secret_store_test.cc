// SPDX-License-Identifier: Apache-2.0
#include "io/secret_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace outlay::io {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class SecretStore : public testing::Test {
 protected:
  EncryptedSecrets open(const std::string& key) {
    return EncryptedSecrets(folder_.path() / "secrets.json", key, "name a key file");
  }

  ScratchFolder folder_ = ScratchFolder::create(std::filesystem::temp_directory_path()).value();
  const std::string key_ = EncryptedSecrets::make_key();
};

TEST_F(SecretStore, a_secret_is_there_for_who_has_the_key) {
  open(key_).set("AZURE_SAS", "sv=2022&sig=abc").value();
  open(key_).set("OTHER", "").value();
  EXPECT_EQ(open(key_).get("", "AZURE_SAS").value(), "sv=2022&sig=abc");
  EXPECT_EQ(open(key_).get("", "OTHER").value(), "");
  EXPECT_THAT(open("").keys(""), ElementsAre("AZURE_SAS", "OTHER"));
}

TEST_F(SecretStore, nothing_of_a_secret_stands_in_the_file_and_others_may_not_read_it) {
  open(key_).set("TOKEN", "a-very-secret-value").value();
  EXPECT_THAT(
      read_file(folder_.path() / "secrets.json").value(), Not(HasSubstr("a-very-secret-value")));
  const auto rights = std::filesystem::status(folder_.path() / "secrets.json").permissions();
  EXPECT_EQ(
      rights & (std::filesystem::perms::group_all | std::filesystem::perms::others_all),
      std::filesystem::perms::none);
}

TEST_F(SecretStore, another_key_and_a_changed_file_are_refused) {
  open(key_).set("ONE", "first").value();
  open(key_).set("TWO", "second").value();
  EXPECT_EQ(open(EncryptedSecrets::make_key()).get("", "ONE").error().code, base::Code::denied);
  // One name's value under another name.
  std::string text = read_file(folder_.path() / "secrets.json").value();
  for (const auto& [from, to] : {std::pair("\"ONE\"", "\"X\""), std::pair("\"TWO\"", "\"ONE\"")}) {
    text.replace(text.find(from), std::string(from).size(), to);
  }
  write_file(folder_.path() / "secrets.json", text).value();
  EXPECT_THAT(open(key_).get("", "ONE").error().message, HasSubstr("was changed"));
}

TEST_F(SecretStore, without_a_key_the_error_says_where_one_comes_from) {
  EXPECT_THAT(open("").set("A", "b").error().message, HasSubstr("name a key file"));
  EXPECT_THAT(open("c2hvcnQ=").set("A", "b").error().message, HasSubstr("32 bytes"));
  EXPECT_THAT(open(key_).set("a b", "c").error().message, HasSubstr("\"a b\""));
}

TEST_F(SecretStore, a_removed_secret_is_gone) {
  EncryptedSecrets secrets = open(key_);
  secrets.set("A", "b").value();
  EXPECT_TRUE(secrets.remove("A").value());
  EXPECT_FALSE(secrets.remove("A").value());
  EXPECT_EQ(secrets.get("", "A").error().code, base::Code::not_found);
}

}  // namespace
}  // namespace outlay::io
