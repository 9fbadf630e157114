// SPDX-License-Identifier: Apache-2.0
#include "io/aws_sign.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "io/digest.h"
#include "io/url.h"

namespace outlay::io {
namespace {

using testing::HasSubstr;

const AwsCredentials kKeys{
    .access_key_id = "AKIDEXAMPLE",
    .secret_access_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    .session_token = {},
    .expires = {},
    .origin = {}};

base::Instant at(std::string_view text) { return base::parse_instant(text).value(); }

HttpRequest get(std::string url) {
  HttpRequest request;
  request.url = std::move(url);
  return request;
}

std::string header(const HttpRequest& request, std::string_view name) {
  for (const auto& [key, value] : request.headers) {
    if (key == name) return value;
  }
  return {};
}

// The vectors of AWS's own published test suite (region us-east-1, service "service").
TEST(aws_sign, signs_the_published_plain_request) {
  HttpRequest request = get("https://example.amazonaws.com/");
  sign_aws(request, kKeys, {"us-east-1", "service"}, at("2015-08-30T12:36:00Z")).value();
  EXPECT_EQ(
      header(request, "Authorization"),
      "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
      "SignedHeaders=host;x-amz-date, "
      "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
  EXPECT_FALSE(request.follow_redirects);
}

TEST(aws_sign, sorts_and_encodes_query_parameters) {
  HttpRequest request = get("https://example.amazonaws.com/?Param2=value2&Param1=value1");
  sign_aws(request, kKeys, {"us-east-1", "service"}, at("2015-08-30T12:36:00Z")).value();
  EXPECT_THAT(
      header(request, "Authorization"),
      HasSubstr("Signature=b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"));
}

TEST(aws_sign, signs_the_published_request_for_a_range_of_an_s3_object) {
  const AwsCredentials keys{
      .access_key_id = "AKIAIOSFODNN7EXAMPLE",
      .secret_access_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
      .session_token = {},
      .expires = {},
      .origin = {}};
  HttpRequest request = get("https://examplebucket.s3.amazonaws.com/test.txt");
  request.headers = {{"Range", "bytes=0-9"}};
  sign_aws(request, keys, {"us-east-1", "s3"}, at("2013-05-24T00:00:00Z")).value();
  EXPECT_THAT(
      header(request, "Authorization"),
      HasSubstr("Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"));
}

TEST(aws_sign, signing_again_replaces_the_first_signature) {
  HttpRequest request = get("https://example.amazonaws.com/");
  AwsCredentials keys = kKeys;
  keys.session_token = "a-token";
  for (int i = 0; i < 2; ++i) {
    sign_aws(request, keys, {"us-east-1", "service"}, at("2015-08-30T12:36:00Z")).value();
  }
  EXPECT_EQ(request.headers.size(), 3U);
  EXPECT_EQ(header(request, "x-amz-security-token"), "a-token");
  EXPECT_THAT(header(request, "Authorization"), HasSubstr("host;x-amz-date;x-amz-security-token"));
}

TEST(digest, known_sums_of_a_text_in_pieces) {
  StreamDigest digest;
  digest.add("1234");
  digest.add("56789");
  const StreamDigest::Sums sums = digest.finish();
  EXPECT_EQ(hex(sums.md5), "25f9e794323b453885f5181f1b624d0b");
  EXPECT_EQ(hex(sums.crc32c), "e3069283");
  EXPECT_EQ(sums.crc64, 0x995dc9bbdf1939faULL);
  EXPECT_EQ(sums.bytes, 9U);
}

TEST(url, parts_of_a_url) {
  const Url url = parse_url("https://user@Host:8080/a%20b?x=1&y=%2F#z").value();
  EXPECT_EQ(url.origin(), "https://Host:8080");
  EXPECT_EQ(url.path, "/a%20b");
  EXPECT_EQ(print_query(parse_query(url.query)), "x=1&y=%2F");
  EXPECT_EQ(percent_encode("a b/ü", "/"), "a%20b/%C3%BC");
  EXPECT_EQ(percent_decode("a%20b%zz%"), "a b%zz%");
}

}  // namespace
}  // namespace outlay::io
