// SPDX-License-Identifier: Apache-2.0
#include <istream>
#include <ostream>
#include <termios.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/print.h"
#include "cli/progress.h"
#include "cli/session.h"

namespace outlay::cli {
namespace {

using base::Result;
using format::Value;

std::string count_text(const Value& source, std::string_view state) {
  int count = 0;
  for (const Value& delivery : source["deliveries"].as_array()) {
    if (delivery["state"].text_or("") == state) ++count;
  }
  return std::to_string(count);
}

Result<int> list_sources(Session& session, const Given&) {
  const Value answer = TRY(session.call("sources.list", {}));
  if (session.wants_json()) {
    session.print_json(answer["sources"]);
    return 0;
  }
  TextTable table{
      .heads = {"source", "url", "last sync", "result", "booked", "waiting", "refused"},
      .is_number = {false, false, false, false, true, true, true}};
  std::string told;
  for (const Value& one : answer["sources"].as_array()) {
    const Value& run = one["lastRun"];
    table.rows.push_back(
        {one["name"].text_or(""),
         one["url"].text_or(""),
         run["endedAt"].text_or("never"),
         run["state"].text_or(""),
         count_text(one, "booked"),
         count_text(one, "waiting"),
         count_text(one, "refused")});
    if (!run["message"].is_null())
      told += "\n" + one["name"].text_or("") + ": " + run["message"].text_or("") + "\n";
    for (const Value& delivery : one["deliveries"].as_array()) {
      const std::string state = delivery["state"].text_or("");
      if (state == "booked") continue;
      told += "\n" + one["name"].text_or("") + ": " + state + ": " + delivery["id"].text_or("") +
              ": " + delivery["reason"].text_or("") + "\n";
    }
  }
  if (table.rows.empty()) {
    session.out() << "There is no source yet. Add one: outlay source add NAME URL\n";
    return 0;
  }
  print_text_table(session.out(), table);
  session.out() << told;
  return 0;
}

Result<int> add_source(Session& session, const Given& given) {
  format::Object settings;
  std::vector<std::string> pairs = given.list("set");
  std::string url = given.text("URL");
  // The last of the settings may have been taken for the url, which not every source has.
  if (url.find('=') < url.find_first_of(":/?")) {
    pairs.push_back(url);
    url.clear();
  }
  for (const std::string& pair : pairs) {
    const std::size_t equals = pair.find('=');
    if (equals == std::string::npos) {
      return base::invalid_input(
          "--set takes KEY=VALUE, such as --set profile=billing; \"" + pair + "\" is not.");
    }
    settings.set(pair.substr(0, equals), pair.substr(equals + 1));
  }
  format::Object request;
  const std::string name = given.text("NAME");
  request.set("name", name);
  if (!url.empty()) request.set("url", url);
  request.set("settings", Value(std::move(settings)));
  const Value answer = TRY(session.call("sources.add", std::move(request)));
  if (session.wants_json())
    session.print_json(answer);
  else
    session.out() << "Added. Try it: outlay source test " << name
                  << "\nThen fetch: outlay source sync " << name << "\n";
  return 0;
}

Result<int> remove_source(Session& session, const Given& given) {
  format::Object request;
  request.set("name", given.text("NAME"));
  request.set("withFiles", given.has("with-files"));
  const Value answer = TRY(session.call("sources.remove", std::move(request)));
  if (session.wants_json())
    session.print_json(answer);
  else
    session.out() << "Removed. What it booked stays booked.\n";
  return 0;
}

Result<int> test_source(Session& session, const Given& given) {
  format::Object request;
  request.set("name", given.text("NAME"));
  const Value answer = TRY(session.call("sources.test", std::move(request)));
  if (session.wants_json()) {
    session.print_json(answer);
  } else {
    for (const Value& step : answer["steps"].as_array()) {
      session.out() << (step["isFine"].bool_or(false) ? "ok      " : "FAILED  ")
                    << step["step"].text_or("") << ": " << step["message"].text_or("") << "\n";
    }
  }
  return answer["isFine"].bool_or(false) ? 0 : 1;
}

// The worst of what happened: 0, 2 for what a person must look at, 3 for the outside.
int sync_status(const Value& answer) {
  int status = 0;
  for (const Value& source : answer["sources"].as_array()) {
    const std::string code = source["error"]["code"].text_or("");
    const bool is_ours =
        code == "unavailable" || code == "exhausted" || code == "internal" || code == "cancelled";
    if (!code.empty()) status = std::max(status, is_ours ? 3 : 2);
    for (const Value& delivery : source["deliveries"].as_array()) {
      if (delivery["state"].text_or("") == "refused") status = std::max(status, 2);
    }
  }
  return status;
}

Result<int> sync_sources(Session& session, const Given& given) {
  format::Object request;
  format::Array names;
  for (const std::string& name : given.list("NAME")) names.emplace_back(name);
  if (!names.empty()) request.set("names", Value(std::move(names)));
  request.set("dryRun", given.has("dry-run"));
  ProgressBar bar(session.streams());
  const api::CallHooks hooks{
      .progress = [&](std::string_view stage, double share) { bar.show(stage, share); },
      .logged = {},
      .stop = session.ports().catch_stop ? session.ports().catch_stop() : nullptr};
  const Result<Value> answer = session.call("sources.sync", std::move(request), hooks);
  bar.clear();
  if (!answer) return answer.error();
  if (session.wants_json()) {
    session.print_json((*answer)["sources"]);
  } else {
    for (const Value& text : (*answer)["texts"].as_array()) session.out() << text.as_text();
  }
  return sync_status(*answer);
}

/// Keeps what is typed off the terminal while it lives.
class NoEcho {
 public:
  NoEcho() {
    if (::tcgetattr(STDIN_FILENO, &before_) != 0) return;
    is_terminal_ = true;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(STDIN_FILENO, TCSANOW, &quiet);
  }

  ~NoEcho() {
    if (is_terminal_) ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
  }

  NoEcho(const NoEcho&) = delete;
  NoEcho& operator=(const NoEcho&) = delete;

 private:
  termios before_{};
  bool is_terminal_ = false;
};

Result<int> set_secret(Session& session, const Given& given) {
  const std::string name = given.text("NAME");
  std::string value;
  {
    const NoEcho quiet;
    if (session.streams().err_is_terminal)
      session.err() << "Value of " << name << ": " << std::flush;
    std::string line;
    // Keys in PEM or JSON have several lines.
    while (std::getline(session.in(), line)) {
      value += (value.empty() ? "" : "\n") + line;
      if (session.streams().err_is_terminal && ::isatty(STDIN_FILENO) == 1) break;
    }
  }
  if (session.streams().err_is_terminal) session.err() << "\n";
  if (value.empty()) {
    return base::invalid_input(
        "no value came; give it on the standard input: outlay secret set " + name + " < FILE");
  }
  format::Object request;
  request.set("name", name);
  request.set("value", value);
  const Value answer = TRY(session.call("secrets.set", std::move(request)));
  if (session.wants_json())
    session.print_json(answer);
  else
    session.out() << "Kept. Name it in a source's settings as {secret: " << name
                  << "}, in flows as {{ secret('" << name << "') }}.\n";
  return 0;
}

Result<int> list_secrets(Session& session, const Given&) {
  const Value answer = TRY(session.call("secrets.list", {}));
  if (session.wants_json()) {
    session.print_json(answer["secrets"]);
    return 0;
  }
  for (const Value& name : answer["secrets"].as_array()) session.out() << name.as_text() << "\n";
  return 0;
}

Result<int> remove_secret(Session& session, const Given& given) {
  format::Object request;
  request.set("name", given.text("NAME"));
  const Value answer = TRY(session.call("secrets.remove", std::move(request)));
  if (session.wants_json())
    session.print_json(answer);
  else
    session.out() << "Removed.\n";
  return 0;
}

Result<int> make_key(Session& session, const Given&) {
  const Value answer = TRY(session.call("secrets.key", {}));
  if (session.wants_json())
    session.print_json(answer);
  else
    session.out() << answer["key"].text_or("") << "\n";
  return 0;
}

Argument name_argument(std::string doc) {
  return {
      .name = "NAME",
      .kind = Argument::Kind::positional,
      .doc = std::move(doc),
      .is_required = true};
}

std::vector<Command> secret_commands() {
  return {
      {.words = "secret set",
       .summary = "Keeps a secret in the encrypted store; its value comes from the standard input.",
       .details = "The store is secrets.json in the data folder, encrypted with AES-256-GCM. Its "
                  "key comes from OUTLAY_SECRETS_KEY or the file in the setting secrets.key_file.",
       .arguments = {name_argument("name of the secret")},
       .examples = {"outlay secret set AZURE_SAS < sas.txt"},
       .run = &set_secret},
      {.words = "secret list",
       .summary = "Lists the names of secrets.",
       .details = "",
       .arguments = {},
       .examples = {"outlay secret list"},
       .run = &list_secrets},
      {.words = "secret remove",
       .summary = "Removes a secret from the encrypted store.",
       .details = "",
       .arguments = {name_argument("name of the secret")},
       .examples = {"outlay secret remove AZURE_SAS"},
       .run = &remove_secret},
      {.words = "secret key",
       .summary = "Prints a fresh key for the encrypted store.",
       .details = "",
       .arguments = {},
       .examples = {"outlay secret key > outlay.key"},
       .run = &make_key},
  };
}

Command sync_command() {
  using Kind = Argument::Kind;
  return {
      .words = "source sync",
      .summary = "Fetches what is new from sources and books it.",
      .details =
          "Lists each source, fetches files that are new or have changed, and books every delivery "
          "that is complete; one that is not waits, with the reason. It can be stopped at any "
          "time: the next sync goes on. A delivery that is refused makes the exit status 2, a "
          "source that cannot be reached 3.",
      .arguments =
          {{.name = "NAME", .kind = Kind::positionals, .doc = "sources; all when there is none"},
           {.name = "dry-run",
            .kind = Kind::flag,
            .doc = "say what would be done, and do nothing"}},
      .examples = {"outlay source sync", "outlay source sync aws-main azure --json"},
      .run = &sync_sources};
}

}  // namespace

std::vector<Command> sync_commands() {
  using Kind = Argument::Kind;
  std::vector<Command> all{
      {.words = "source list",
       .summary = "Lists the places that bills are fetched from, and what waits there.",
       .details = "",
       .arguments = {},
       .examples = {"outlay source list"},
       .run = &list_sources},
      {.words = "source add",
       .summary = "Adds a place that bills are fetched from.",
       .details = "The same can stand under \"sources\" in outlay.yaml. Secrets are named, not "
                  "written: secret:NAME, env:VARIABLE or file:PATH.",
       .arguments =
           {name_argument("name of the source; what it books is kept under it"),
            {.name = "URL",
             .kind = Kind::positional,
             .doc = "s3://BUCKET/FOLDER, az://ACCOUNT/CONTAINER/FOLDER, gs://BUCKET/FOLDER, "
                    "oss://BUCKET/FOLDER, https://..., sftp://USER@HOST/FOLDER, "
                    "postgresql://USER@HOST/DATABASE or a folder"},
            {.name = "set",
             .kind = Kind::values,
             .value_name = "KEY=VALUE",
             .doc = "its other settings, see docs/guides/getting_files.md"}},
       .examples =
           {"outlay source add aws-main s3://bills/cur --set profile=billing",
            "outlay source add azure az://account/exports --set sas_token=secret:AZURE_SAS"},
       .run = &add_source},
      {.words = "source test",
       .summary = "Checks access to a source, and says which permission is missing.",
       .details = "The exit status is 1 when something is.",
       .arguments = {name_argument("the source")},
       .examples = {"outlay source test aws-main"},
       .run = &test_source},
      sync_command(),
      {.words = "source remove",
       .summary = "Removes a source that was added; what it booked stays booked.",
       .details = "",
       .arguments =
           {name_argument("the source"),
            {.name = "with-files", .kind = Kind::flag, .doc = "remove its fetched files too"}},
       .examples = {"outlay source remove aws-main"},
       .run = &remove_source}};
  for (Command& command : secret_commands()) all.push_back(std::move(command));
  return all;
}

}  // namespace outlay::cli
