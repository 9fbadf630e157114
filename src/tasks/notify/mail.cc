// SPDX-License-Identifier: Apache-2.0
#include "io/mail.h"

#include <fmt/format.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "base/text.h"
#include "format/json.h"
#include "tasks/items.h"
#include "tasks/notify/execution_facts.h"
#include "tasks/notify/mail_task.h"
#include "tasks/notify/service_spec.h"
#include "tasks/properties.h"

namespace outlay::tasks {
namespace {

using format::Value;

/// "a@b; c@d", a list, or both.
base::Result<std::vector<std::string>> addresses_property(
    flow::TaskContext& context, const Value& properties, std::string_view name) {
  std::vector<std::string> out;
  for (const std::string& text : TRY(texts_property(context, properties, name))) {
    for (std::string& address : base::split_trimmed(base::replace_all(text, ";", ","), ','))
      out.push_back(std::move(address));
  }
  return out;
}

base::Result<io::MailServer> server_of(flow::TaskContext& context, const Value& properties) {
  io::MailServer server;
  server.host = TRY(needed_property(context, properties, "host"));
  server.port = static_cast<int>(TRY(integer_property(context, properties, "port")).value_or(0));
  server.user = TRY(flow::text_property(context, properties, "username"));
  server.password = TRY(flow::text_property(context, properties, "password"));
  if (!server.password.empty()) base::hide_in_log(server.password);
  const std::string strategy = TRY(flow::text_property(context, properties, "transportStrategy"));
  if (strategy == "SMTP") {
    server.security = io::MailSecurity::none;
  } else if (strategy == "SMTP_TLS") {
    server.security = io::MailSecurity::start_tls;
  } else if (!strategy.empty() && strategy != "SMTPS") {
    return base::invalid_input(fmt::format(
        "property transportStrategy must be SMTP, SMTPS or SMTP_TLS, found \"{}\"", strategy));
  }
  if (const auto millis = TRY(integer_property(context, properties, "sessionTimeout")))
    server.timeout = std::chrono::milliseconds(*millis);
  return server;
}

base::Result<base::Done> add_files(
    flow::TaskContext& context,
    const Value& properties,
    std::string_view name,
    bool is_inline,
    io::Mail& mail) {
  Value files = TRY(flow::property(context, properties, name));
  if (files.is_null()) return base::Done{};
  if (files.is_text()) files = TRY(format::parse_json(files.as_text()));
  if (!files.is_array())
    return base::invalid_input(fmt::format("property {} must be a list of files", name));
  for (const Value& file : files.as_array()) {
    const std::string uri = file["uri"].text_or("");
    io::MailAttachment attachment;
    attachment.content = TRY(stored_text(context, uri));
    attachment.name = file["name"].text_or(name_in(uri));
    attachment.content_type = file["contentType"].text_or("application/octet-stream");
    attachment.is_inline = is_inline;
    mail.attachments.push_back(std::move(attachment));
  }
  return base::Done{};
}

class MailTask final : public flow::TaskType {
 public:
  MailTask(flow::TaskInfo info, bool is_twin) : info_(std::move(info)), is_twin_(is_twin) {}

  const flow::TaskInfo& info() const override { return info_; }

  base::Result<flow::TaskEnd> run(
      flow::TaskContext& context, const Value& properties) const override {
    const io::MailServer server = TRY(server_of(context, properties));
    io::Mail mail;
    mail.from = TRY(needed_property(context, properties, "from"));
    mail.to = TRY(addresses_property(context, properties, "to"));
    mail.cc = TRY(addresses_property(context, properties, "cc"));
    mail.bcc = TRY(addresses_property(context, properties, "bcc"));
    mail.subject = TRY(flow::text_property(context, properties, "subject"));
    mail.html = TRY(flow::text_property(context, properties, "htmlTextContent"));
    mail.text = TRY(flow::text_property(context, properties, "plainTextContent"));
    if (mail.text.empty()) mail.text = TRY(flow::text_property(context, properties, "messageText"));
    if (is_twin_) {
      const Value facts = TRY(execution_facts(context, properties));
      if (mail.subject.empty()) mail.subject = facts["title"].text_or("");
      if (mail.text.empty() && mail.html.empty()) mail.text = facts["text"].text_or("");
    }
    TRY(add_files(context, properties, "attachments", false, mail));
    TRY(add_files(context, properties, "embeddedImages", true, mail));
    const std::string text = TRY(written(context, mail));
    TRY(io::send_mail(server, mail, text, &context.stop()));
    context.log(base::LogLevel::debug, fmt::format("{} took the mail", server.host));
    return flow::TaskEnd{};
  }

 private:
  static base::Result<std::string> written(flow::TaskContext& context, const io::Mail& mail) {
    const auto date = TRY(expr::Template::parse(
        "{{ now() | date(\"EEE, dd MMM yyyy HH:mm:ss Z\", timeZone='UTC') }}"));
    const std::string now = TRY(date.render(context.scope(), context.environment()));
    return io::mail_text(mail, "outlay-" + base::new_id(), now);
  }

  flow::TaskInfo info_;
  bool is_twin_;
};

}  // namespace

std::vector<std::unique_ptr<flow::TaskType>> make_mail_tasks() {
  const Value spec = read_service_spec("notify/mail.yaml");
  std::vector<std::unique_ptr<flow::TaskType>> out;
  for (const bool is_twin : {false, true})
    out.push_back(std::make_unique<MailTask>(service_info(spec, is_twin), is_twin));
  return out;
}

}  // namespace outlay::tasks
