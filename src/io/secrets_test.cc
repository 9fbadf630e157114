// SPDX-License-Identifier: Apache-2.0
#include "io/secrets.h"

#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/log.h"

namespace outlay::io {
namespace {

using testing::HasSubstr;
using testing::IsSupersetOf;
using testing::Not;

class secrets : public testing::Test {
 protected:
  void SetUp() override {
    ::setenv("SECRET_TEST_WEBHOOK", "aHR0cHM6Ly94", 1);
    ::setenv("SECRET_TEST_PLAIN", "not base64!", 1);
    ASSERT_TRUE(write_file(scratch_.path() / "TEST_FILE", "from a file\n"));
  }

  void TearDown() override {
    ::unsetenv("SECRET_TEST_WEBHOOK");
    ::unsetenv("SECRET_TEST_PLAIN");
  }

  ScratchFolder scratch_ = std::move(ScratchFolder::create(testing::TempDir()).value());
  EnvironmentSecrets secrets_{scratch_.path()};
};

TEST_F(secrets, come_from_base64_variables_in_either_case) {
  EXPECT_EQ(secrets_.get("n", "TEST_WEBHOOK").value(), "https://x");
  EXPECT_EQ(secrets_.get("n", "test_webhook").value(), "https://x");
}

TEST_F(secrets, come_from_files_without_the_last_line_break) {
  EXPECT_EQ(secrets_.get("n", "TEST_FILE").value(), "from a file");
  EXPECT_FALSE(secrets_.get("n", "../TEST_FILE"));
}

TEST_F(secrets, a_value_that_was_handed_out_is_hidden_in_logs) {
  ASSERT_TRUE(secrets_.get("n", "TEST_WEBHOOK"));
  EXPECT_EQ(base::masked("post to https://x now"), "post to ****** now");
}

TEST_F(secrets, plain_text_in_a_variable_is_an_error_that_does_not_show_it) {
  const auto result = secrets_.get("n", "TEST_PLAIN");
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message, HasSubstr("SECRET_TEST_PLAIN is not base64"));
  EXPECT_THAT(result.error().message, Not(HasSubstr("not base64!")));
}

TEST_F(secrets, a_missing_one_names_the_places_and_the_nearest_key) {
  const auto result = secrets_.get("n", "TEST_WEBHOK");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, base::Code::not_found);
  EXPECT_THAT(result.error().message, HasSubstr("SECRET_TEST_WEBHOK"));
  EXPECT_THAT(result.error().message, HasSubstr("Did you mean \"TEST_WEBHOOK\"?"));
}

TEST_F(secrets, keys_are_listed_without_values) {
  EXPECT_THAT(secrets_.keys("n"), IsSupersetOf({"TEST_FILE", "TEST_PLAIN", "TEST_WEBHOOK"}));
}

}  // namespace
}  // namespace outlay::io
