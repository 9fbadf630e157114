// SPDX-License-Identifier: Apache-2.0
#include "io/mail.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <string_view>

#include <curl/curl.h>
#include <fmt/format.h>

#include "base/text.h"

namespace outlay::io {
namespace {

struct EasyDeleter {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};

struct ListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < 0x7F; });
}

/// A header's value: without line breaks, other letters than ASCII as RFC 2047 words.
std::string header_value(std::string_view text) {
  std::string flat(text);
  std::replace(flat.begin(), flat.end(), '\r', ' ');
  std::replace(flat.begin(), flat.end(), '\n', ' ');
  if (is_ascii(flat)) return flat;
  return "=?UTF-8?B?" + base::base64_encode(flat) + "?=";
}

/// "Ann <ann@x.org>" with its name encoded where that is needed.
std::string address_value(std::string_view address) {
  const std::size_t bracket = address.rfind('<');
  if (bracket == std::string_view::npos || is_ascii(address)) return header_value(address);
  return header_value(base::trim(address.substr(0, bracket))) + " " +
         header_value(address.substr(bracket));
}

std::string addresses(const std::vector<std::string>& list) {
  std::vector<std::string> values;
  for (const std::string& address : list) values.push_back(address_value(address));
  return base::join(values, ", ");
}

/// Base64 in lines of 76 letters.
std::string wrapped_base64(std::string_view bytes) {
  constexpr std::size_t kLine = 76;
  const std::string encoded = base::base64_encode(bytes);
  std::string out;
  for (std::size_t i = 0; i < encoded.size(); i += kLine) out += encoded.substr(i, kLine) + "\r\n";
  return out;
}

std::string text_part(std::string_view type, std::string_view text) {
  return fmt::format(
      "Content-Type: {}; charset=UTF-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{}",
      type,
      wrapped_base64(text));
}

std::string attachment_part(const MailAttachment& attachment) {
  std::string name = attachment.name;
  std::replace(name.begin(), name.end(), '"', '\'');
  std::string out = fmt::format(
      "Content-Type: {}; name=\"{}\"\r\nContent-Transfer-Encoding: base64\r\n"
      "Content-Disposition: {}; filename=\"{}\"\r\n",
      attachment.content_type,
      header_value(name),
      attachment.is_inline ? "inline" : "attachment",
      header_value(name));
  if (attachment.is_inline) out += fmt::format("Content-ID: <{}>\r\n", header_value(name));
  return out + "\r\n" + wrapped_base64(attachment.content);
}

/// The address alone: "Ann <ann@x.org>" goes to ann@x.org.
std::string bare(std::string_view address) {
  const std::size_t open = address.rfind('<');
  const std::size_t close = address.rfind('>');
  if (open != std::string_view::npos && close != std::string_view::npos && close > open) {
    address = address.substr(open + 1, close - open - 1);
  }
  return fmt::format("<{}>", base::trim(address));
}

/// What curl reads from while it sends.
struct Source {
  std::string_view rest;
  const std::atomic<bool>* stop = nullptr;
};

std::size_t give(char* to, std::size_t size, std::size_t count, void* data) {
  auto& source = *static_cast<Source*>(data);
  const std::size_t taken = std::min(size * count, source.rest.size());
  std::memcpy(to, source.rest.data(), taken);
  source.rest.remove_prefix(taken);
  return taken;
}

int look_at_stop(void* data, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  const auto& source = *static_cast<const Source*>(data);
  return source.stop != nullptr && source.stop->load() ? 1 : 0;
}

int usual_port(MailSecurity security) {
  if (security == MailSecurity::tls) return 465;
  return security == MailSecurity::start_tls ? 587 : 25;
}

}  // namespace

std::string mail_text(const Mail& mail, const std::string& boundary, const std::string& date) {
  std::string out = fmt::format("Date: {}\r\nFrom: {}\r\n", date, address_value(mail.from));
  if (!mail.to.empty()) out += "To: " + addresses(mail.to) + "\r\n";
  if (!mail.cc.empty()) out += "Cc: " + addresses(mail.cc) + "\r\n";
  out += fmt::format(
      "Subject: {}\r\nMessage-ID: <{}@outlay>\r\nMIME-Version: 1.0\r\n",
      header_value(mail.subject),
      boundary);
  out += fmt::format("Content-Type: multipart/mixed; boundary=\"{}\"\r\n\r\n", boundary);
  const std::string inner = boundary + "-a";
  out += fmt::format(
      "--{}\r\nContent-Type: multipart/alternative; boundary=\"{}\"\r\n\r\n", boundary, inner);
  // The last alternative is the one preferred.
  if (!mail.text.empty() || mail.html.empty())
    out += fmt::format("--{}\r\n{}", inner, text_part("text/plain", mail.text));
  if (!mail.html.empty())
    out += fmt::format("--{}\r\n{}", inner, text_part("text/html", mail.html));
  out += fmt::format("--{}--\r\n", inner);
  for (const MailAttachment& attachment : mail.attachments)
    out += fmt::format("--{}\r\n{}", boundary, attachment_part(attachment));
  return out + fmt::format("--{}--\r\n", boundary);
}

base::Result<base::Done> send_mail(
    const MailServer& server,
    const Mail& mail,
    const std::string& text,
    const std::atomic<bool>* stop) {
  const std::unique_ptr<CURL, EasyDeleter> easy(curl_easy_init());
  if (easy == nullptr) return base::internal_error("libcurl could not be started");
  curl_slist* list = nullptr;
  for (const auto* group : {&mail.to, &mail.cc, &mail.bcc}) {
    for (const std::string& address : *group) list = curl_slist_append(list, bare(address).c_str());
  }
  const std::unique_ptr<curl_slist, ListDeleter> recipients(list);
  if (list == nullptr) return base::invalid_input("a mail needs someone to go to");
  const int port = server.port > 0 ? server.port : usual_port(server.security);
  const std::string url = fmt::format(
      "{}://{}:{}", server.security == MailSecurity::tls ? "smtps" : "smtp", server.host, port);
  Source source{text, stop};
  const auto set = [&](CURLoption option, auto value) {
    curl_easy_setopt(easy.get(), option, value);
  };
  const std::string sender = bare(mail.from);
  set(CURLOPT_URL, url.c_str());
  set(CURLOPT_NOSIGNAL, 1L);
  if (server.security == MailSecurity::start_tls)
    set(CURLOPT_USE_SSL, static_cast<long>(CURLUSESSL_ALL));
  if (!server.user.empty()) {
    set(CURLOPT_USERNAME, server.user.c_str());
    set(CURLOPT_PASSWORD, server.password.c_str());
  }
  set(CURLOPT_MAIL_FROM, sender.c_str());
  set(CURLOPT_MAIL_RCPT, recipients.get());
  set(CURLOPT_UPLOAD, 1L);
  set(CURLOPT_READFUNCTION, &give);
  set(CURLOPT_READDATA, &source);
  set(CURLOPT_NOPROGRESS, 0L);
  set(CURLOPT_XFERINFOFUNCTION, &look_at_stop);
  set(CURLOPT_XFERINFODATA, &source);
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(server.timeout.count()));
  char problem[CURL_ERROR_SIZE] = "";
  set(CURLOPT_ERRORBUFFER, static_cast<char*>(problem));
  const CURLcode code = curl_easy_perform(easy.get());
  if (code == CURLE_OK) return base::Done{};
  return base::unavailable(fmt::format(
      "the mail server {}:{} did not take the mail: {}",
      server.host,
      port,
      problem[0] != '\0' ? problem : curl_easy_strerror(code)));
}

}  // namespace outlay::io
