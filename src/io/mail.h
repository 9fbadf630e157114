// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <string>
#include <vector>

#include "base/result.h"

namespace outlay::io {

/// How the connection to a mail server is protected.
enum class MailSecurity {
  none,       ///< plain SMTP, TLS when the server offers it is not asked for
  start_tls,  ///< SMTP that must change to TLS
  tls,        ///< TLS from the first byte (port 465)
};

struct MailServer {
  std::string host;
  int port = 0;  ///< 0: the usual one of the security
  MailSecurity security = MailSecurity::tls;
  std::string user, password;
  std::chrono::milliseconds timeout{10'000};
};

struct MailAttachment {
  std::string name;
  std::string content_type = "application/octet-stream";
  std::string content;
  bool is_inline = false;  ///< shown within the HTML as cid:<name>
};

struct Mail {
  std::string from;
  std::vector<std::string> to, cc, bcc;
  std::string subject, html, text;
  std::vector<MailAttachment> attachments;
};

/// The mail as it goes over the wire (RFC 5322, MIME). `boundary` parts it and must not occur in
/// it; `date` is its Date header. Bcc is left out.
std::string mail_text(const Mail& mail, const std::string& boundary, const std::string& date);
/// Hands a mail over to a server by SMTP.
base::Result<base::Done> send_mail(
    const MailServer& server,
    const Mail& mail,
    const std::string& text,
    const std::atomic<bool>* stop = nullptr);

}  // namespace outlay::io
