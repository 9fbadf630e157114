// SPDX-License-Identifier: Apache-2.0
#include <ostream>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/session.h"

namespace outlay::cli {
namespace {

using base::Result;

Result<int> up(Session& session, const Given& given) {
  if (!session.ports().serve)
    return base::internal_error("This program was built without a server.");
  if (given.has("host")) session.override_setting("server.host", given.text("host"));
  if (given.has("port")) session.override_setting("server.port", given.text("port"));
  if (given.has("insecure")) session.override_setting("server.insecure", "true");
  if (given.has("flows")) {
    session.override_setting("flow.folders", base::join(given.list("flows"), ","));
  }
  api::Outlay* product = TRY(session.outlay());
  TRY(session.ports().serve(*product, session.out()));
  return 0;
}

}  // namespace

Command up_command() {
  using Kind = Argument::Kind;
  return {
      .words = "up",
      .summary = "Serves the UI and REST, runs flows and their schedules, until it is stopped.",
      .details =
          "Listens on 127.0.0.1 and prints an address with a one-time token. Anywhere else it "
          "listens only when "
          "server.users are configured, or with --insecure. SIGINT and SIGTERM stop it; what was "
          "running goes on "
          "at the next start.",
      .arguments =
          {{.name = "host",
            .value_name = "ADDRESS",
            .doc = "address to listen on",
            .fallback = "127.0.0.1"},
           {.name = "port",
            .value_name = "N",
            .doc = "port to listen on; 0 picks a free one",
            .fallback = "8080"},
           {.name = "flows",
            .kind = Kind::list,
            .value_name = "FOLDER",
            .doc = "folder whose flow files are loaded"},
           {.name = "insecure",
            .kind = Kind::flag,
            .doc = "serve everybody who reaches the address"}},
      .examples = {"outlay up", "outlay up --port 9000 --flows flows"},
      .run = &up};
}

}  // namespace outlay::cli
