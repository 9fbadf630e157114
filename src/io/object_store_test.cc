// SPDX-License-Identifier: Apache-2.0
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "io/api_store.h"
#include "io/aws_credentials.h"
#include "io/folder_store.h"
#include "io/internal/xml.h"
#include "io/oss_store.h"
#include "io/part_file.h"
#include "io/retry.h"

namespace outlay::io {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// Answers requests as a test says, and keeps them.
class ScriptedHttp final : public Http {
 public:
  explicit ScriptedHttp(std::function<base::Result<HttpAnswer>(const HttpRequest&)> answer)
      : answer_(std::move(answer)) {}

  base::Result<HttpAnswer> send(const HttpRequest& request) override {
    asked.push_back(request.method + " " + request.url);
    return answer_(request);
  }

  std::vector<std::string> asked;

 private:
  std::function<base::Result<HttpAnswer>(const HttpRequest&)> answer_;
};

class NoPause final : public Pause {
 public:
  bool wait(base::Duration time, const std::atomic<bool>*) override {
    waited.push_back(time);
    return true;
  }

  std::vector<base::Duration> waited;
};

HttpAnswer answer_of(int status, std::string body = {}, Headers headers = {}) {
  HttpAnswer out;
  out.status = status;
  out.body = std::move(body);
  out.headers = std::move(headers);
  return out;
}

const base::ManualClock kClock(base::parse_instant("2026-02-10T12:00:00Z").value());

base::Result<HttpRequest> plain() {
  HttpRequest request;
  request.url = "https://host/";
  return request;
}

TEST(retry, what_is_answered_later_is_asked_again_with_growing_pauses) {
  int count = 0;
  ScriptedHttp http([&](const HttpRequest&) { return answer_of(++count < 4 ? 503 : 200); });
  NoPause pause;
  PatientHttp patient(http, pause, kClock);
  EXPECT_EQ(patient.send(plain)->status, 200);
  ASSERT_EQ(pause.waited.size(), 3U);
  EXPECT_LT(pause.waited[0], pause.waited[2]);
}

TEST(retry, an_answer_may_say_how_long_to_wait) {
  int count = 0;
  ScriptedHttp http([&](const HttpRequest&) {
    return ++count == 1 ? answer_of(429, "", {{"retry-after", "7"}}) : answer_of(200);
  });
  NoPause pause;
  PatientHttp patient(http, pause, kClock);
  EXPECT_EQ(patient.send(plain)->status, 200);
  EXPECT_THAT(pause.waited, ElementsAre(base::Duration(std::chrono::seconds(7))));
}

TEST(retry, patience_ends_and_the_error_says_how_often_it_was_tried) {
  ScriptedHttp http([](const HttpRequest&) -> base::Result<HttpAnswer> {
    return base::unavailable("nobody there");
  });
  NoPause pause;
  PatientHttp patient(http, pause, kClock, {.attempts = 3});
  EXPECT_THAT(patient.send(plain).error().message, HasSubstr("after 3 attempts"));
}

TEST(retry, a_download_that_had_bytes_is_left_to_its_caller) {
  ScriptedHttp http([](const HttpRequest& request) -> base::Result<HttpAnswer> {
    static_cast<void>(request.body_sink("half"));
    return base::unavailable("cut");
  });
  NoPause pause;
  PatientHttp patient(http, pause, kClock);
  const auto make = []() -> base::Result<HttpRequest> {
    HttpRequest request = plain().value();
    request.body_sink = [](std::string_view) -> base::Result<base::Done> { return base::Done{}; };
    return request;
  };
  EXPECT_FALSE(patient.send(make));
  EXPECT_EQ(http.asked.size(), 1U);
}

TEST(retry, dates_of_http_are_written_and_read) {
  const base::Instant time = base::parse_instant("2013-05-24T00:00:00Z").value();
  EXPECT_EQ(print_http_date(time), "Fri, 24 May 2013 00:00:00 GMT");
  EXPECT_EQ(parse_http_date("Fri, 24 May 2013 00:00:00 GMT").value(), time);
}

TEST(xml, elements_text_and_entities) {
  const XmlElement root =
      parse_xml("<?xml version='1.0'?><s:A x=\"a>b\"><B>1 &amp; &#x41;</B><C/><B>2</B></s:A>")
          .value();
  EXPECT_EQ(root.name, "A");
  EXPECT_EQ(root.text_of("B"), "1 & A");
  EXPECT_EQ(root.children.size(), 3U);
  for (const char* broken : {"", "<", "<a", "<a>", "<a>&bad;</a>", "text"}) {
    EXPECT_FALSE(parse_xml(broken)) << broken;
  }
  std::string deep;
  for (int i = 0; i < 1000; ++i) deep += "<a>";
  EXPECT_FALSE(parse_xml(deep));
}

TEST(oss, signs_the_published_request) {
  HttpRequest request;
  request.method = "PUT";
  request.url =
      "http://bucket.oss-cn-hangzhou.aliyuncs.com/1234%2B-/123/1.txt?param1=value1&%2Bparam1=value3"
      "&%7Cparam1=value4&%2Bparam2=&%7Cparam2=&param2=";
  request.headers = {
      {"x-oss-head1", "value"},
      {"abc", "value"},
      {"ZAbc", "value"},
      {"XYZ", "value"},
      {"content-type", "text/plain"}};
  AwsCredentials keys;
  keys.access_key_id = "ak";
  keys.secret_access_key = "sk";
  sign_oss(request, keys, "bucket", "cn-hangzhou", base::Instant(std::chrono::seconds(1702743657)))
      .value();
  EXPECT_EQ(
      request.headers.back().second,
      "OSS4-HMAC-SHA256 Credential=ak/20231216/cn-hangzhou/oss/aliyun_v4_request,"
      "Signature=e21d18daa82167720f9b1047ae7e7f1ce7cb77a31e8203a7d5f4624fa0284afe");
}

class Credentials : public testing::Test {
 protected:
  base::Result<AwsCredentials> find(AwsIdentity identity = {}) {
    environment_.emplace("HOME", folder_.path().string());
    NoPause pause;
    PatientHttp patient(http_, pause, kClock, {.attempts = 1});
    return AwsCredentialChain(std::move(identity), patient, environment_).get();
  }

  void write(const std::string& name, const std::string& text) {
    make_folders((folder_.path() / name).parent_path()).value();
    write_file(folder_.path() / name, text).value();
  }

  ScratchFolder folder_ = ScratchFolder::create(std::filesystem::temp_directory_path()).value();
  std::map<std::string, std::string> environment_;
  std::function<base::Result<HttpAnswer>(const HttpRequest&)> answer_ =
      [](const HttpRequest&) -> base::Result<HttpAnswer> { return base::unavailable("nobody"); };
  ScriptedHttp http_{[this](const HttpRequest& request) { return answer_(request); }};
};

TEST_F(Credentials, the_environment_comes_before_profiles) {
  write(".aws/credentials", "[default]\naws_access_key_id=P\naws_secret_access_key=S\n");
  EXPECT_EQ(find()->access_key_id, "P");
  environment_["AWS_ACCESS_KEY_ID"] = "E";
  environment_["AWS_SECRET_ACCESS_KEY"] = "S";
  EXPECT_EQ(find()->access_key_id, "E");
}

TEST_F(Credentials, a_program_named_by_a_profile_answers_them) {
  write(
      ".aws/config",
      "[profile p]\ncredential_process = /bin/echo '{\"Version\":1,\"AccessKeyId\":\"C\","
      "\"SecretAccessKey\":\"s\",\"Expiration\":\"2026-02-10T13:00:00Z\"}'\n");
  environment_["PATH"] = "/usr/bin:/bin";
  EXPECT_EQ(find({.profile = "p"})->access_key_id, "C");
}

TEST_F(Credentials, a_profile_that_is_not_there_suggests_the_nearest) {
  write(".aws/config", "[profile billing]\nregion=eu-west-1\n");
  EXPECT_THAT(find({.profile = "biling"}).error().message, HasSubstr("\"billing\""));
  EXPECT_THAT(find({.profile = "billing"}).error().message, HasSubstr("has no aws_access_key_id"));
}

TEST_F(Credentials, profiles_that_name_each_other_end) {
  write(
      ".aws/config",
      "[profile a]\nrole_arn=r\nsource_profile=b\n[profile b]\nrole_arn=r\nsource_profile=a\n");
  EXPECT_THAT(find({.profile = "a"}).error().message, HasSubstr("as its source"));
}

TEST_F(Credentials, an_instance_is_asked_by_version_two_of_its_metadata) {
  answer_ = [](const HttpRequest& request) -> base::Result<HttpAnswer> {
    if (request.method == "PUT") return answer_of(200, "session");
    const bool has_token = request.headers == Headers{{"X-aws-ec2-metadata-token", "session"}};
    if (!has_token) return answer_of(401);
    if (request.url.ends_with("/security-credentials/")) return answer_of(200, "bills\n");
    return answer_of(
        200,
        R"({"AccessKeyId":"I","SecretAccessKey":"s","Token":"t","Expiration":"2026-02-10T18:00:00Z"})");
  };
  const AwsCredentials found = find().value();
  EXPECT_EQ(found.access_key_id, "I");
  EXPECT_EQ(found.session_token, "t");
  EXPECT_THAT(found.origin, HasSubstr("bills"));
}

TEST_F(Credentials, a_web_identity_is_exchanged_without_a_signature) {
  write("token", "jwt\n");
  environment_["AWS_WEB_IDENTITY_TOKEN_FILE"] = (folder_.path() / "token").string();
  environment_["AWS_ROLE_ARN"] = "arn:aws:iam::1:role/r";
  environment_["AWS_REGION"] = "eu-central-1";
  answer_ = [](const HttpRequest& request) -> base::Result<HttpAnswer> {
    EXPECT_EQ(request.url, "https://sts.eu-central-1.amazonaws.com/");
    EXPECT_THAT(request.body, HasSubstr("WebIdentityToken=jwt"));
    for (const auto& [name, value] : request.headers) EXPECT_NE(name, "Authorization");
    return answer_of(
        200,
        "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>"
        "<AccessKeyId>W</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t"
        "</SessionToken><Expiration>2026-02-10T13:00:00Z</Expiration></Credentials>"
        "</AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>");
  };
  EXPECT_EQ(find()->access_key_id, "W");
}

TEST_F(Credentials, a_containers_token_goes_to_no_foreign_host) {
  environment_["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://example.com/keys";
  environment_["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "hush";
  EXPECT_FALSE(find());
  EXPECT_THAT(http_.asked, testing::IsEmpty());
}

TEST(folder_store, a_file_that_changes_is_no_longer_the_one_asked_for) {
  const ScratchFolder folder =
      ScratchFolder::create(std::filesystem::temp_directory_path()).value();
  write_file(folder.path() / "a.csv", "12345").value();
  const auto store = open_folder(folder.path());
  const ObjectInfo info = store->list("")->objects.at(0);
  std::string got;
  const auto read = [&](const std::string& etag) {
    got.clear();
    return store->get(
        "a.csv",
        {.offset = 2,
         .etag = etag,
         .stop = nullptr,
         .sink = [&](std::string_view bytes) -> base::Result<base::Done> {
           got += bytes;
           return base::Done{};
         }});
  };
  EXPECT_TRUE(read(info.etag));
  EXPECT_EQ(got, "345");
  write_file(folder.path() / "a.csv", "123456").value();
  EXPECT_EQ(read(info.etag).error().code, base::Code::conflict);
}

TEST(part_file, goes_on_where_it_was_and_knows_the_whole) {
  const ScratchFolder folder =
      ScratchFolder::create(std::filesystem::temp_directory_path()).value();
  {
    PartFile part = PartFile::open(folder.path() / "p").value();
    part.append("1234").value();
  }
  PartFile part = PartFile::open(folder.path() / "p").value();
  EXPECT_EQ(part.size(), 4U);
  part.append("56789").value();
  EXPECT_EQ(hex(part.close()->md5), "25f9e794323b453885f5181f1b624d0b");
  EXPECT_EQ(read_file(folder.path() / "p").value(), "123456789");
}

TEST(api_store, closed_months_keep_their_version_and_open_ones_do_not) {
  ScriptedHttp http([](const HttpRequest&) { return answer_of(200, "{}"); });
  NoPause pause;
  PatientHttp patient(http, pause, kClock);
  ApiPlace place;
  place.url = "https://api/costs";
  place.since = "2025-11";
  const auto store = open_api(place, patient).value();
  const auto objects = store->list("")->objects;
  ASSERT_EQ(objects.size(), 4U);
  EXPECT_EQ(objects[0].key, "2025-11.json");
  EXPECT_EQ(objects[0].etag, "final");
  EXPECT_EQ(objects[3].etag, "20260210T120000Z");
}

TEST(api_store, a_next_address_on_another_host_gets_no_token) {
  ScriptedHttp http([](const HttpRequest&) {
    return answer_of(200, R"({"data":[1],"next":"https://elsewhere/costs?page=2"})");
  });
  NoPause pause;
  PatientHttp patient(http, pause, kClock);
  ApiPlace place;
  place.url = "https://api/costs";
  place.paging = {.kind = ApiPaging::Kind::link, .next = "next", .more = {}, .param = {}};
  const auto store = open_api(place, patient).value();
  store
      ->get(
          "2026-01.json",
          {.offset = 0,
           .etag = {},
           .stop = nullptr,
           .sink = [](std::string_view) -> base::Result<base::Done> { return base::Done{}; }})
      .value();
  EXPECT_EQ(http.asked.size(), 1U);
}

}  // namespace
}  // namespace outlay::io
