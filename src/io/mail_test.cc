// SPDX-License-Identifier: Apache-2.0
#include "io/mail.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace outlay::io {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(mail, has_its_headers_and_both_texts) {
  Mail mail;
  mail.from = "Outlay <outlay@example.com>";
  mail.to = {"Ann <ann@example.com>", "bo@example.com"};
  mail.bcc = {"secret@example.com"};
  mail.subject = "Costs";
  mail.text = "hello";
  mail.html = "<b>hello</b>";
  const std::string text = mail_text(mail, "BB", "Mon, 23 Nov 2026 10:00:00 +0000");
  EXPECT_THAT(text, HasSubstr("From: Outlay <outlay@example.com>\r\n"));
  EXPECT_THAT(text, HasSubstr("To: Ann <ann@example.com>, bo@example.com\r\n"));
  EXPECT_THAT(text, HasSubstr("Subject: Costs\r\n"));
  EXPECT_THAT(text, HasSubstr("text/plain; charset=UTF-8"));
  EXPECT_THAT(text, HasSubstr("aGVsbG8="));
  EXPECT_THAT(text, HasSubstr("text/html; charset=UTF-8"));
  EXPECT_THAT(text, Not(HasSubstr("secret@example.com")));
}

TEST(mail, a_subject_can_neither_break_a_header_nor_lose_its_letters) {
  Mail mail;
  mail.from = "a@b";
  mail.subject = "Grüße\r\nBcc: x@y";
  const std::string text = mail_text(mail, "BB", "now");
  EXPECT_THAT(text, HasSubstr("Subject: =?UTF-8?B?"));
  EXPECT_THAT(text, Not(HasSubstr("\nBcc:")));
}

TEST(mail, an_attachment_keeps_its_bytes) {
  Mail mail;
  mail.from = "a@b";
  mail.attachments = {{"report.csv", "text/csv", "a,b\n1,2\n", false}};
  const std::string text = mail_text(mail, "BB", "now");
  EXPECT_THAT(text, HasSubstr("Content-Disposition: attachment; filename=\"report.csv\""));
  EXPECT_THAT(text, HasSubstr("YSxiCjEsMgo="));
}

TEST(mail, a_server_that_is_not_there_is_named) {
  MailServer server;
  server.host = "127.0.0.1";
  server.port = 1;
  server.security = MailSecurity::none;
  Mail mail;
  mail.from = "a@b";
  mail.to = {"c@d"};
  const auto sent = send_mail(server, mail, "text");
  ASSERT_FALSE(sent);
  EXPECT_THAT(sent.error().message, HasSubstr("127.0.0.1:1 did not take the mail"));
}

}  // namespace
}  // namespace outlay::io
