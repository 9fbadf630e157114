// SPDX-License-Identifier: Apache-2.0
#include "app/serve.h"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <ostream>
#include <signal.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "base/time.h"
#include "server/server.h"

namespace outlay::app {

using base::Done;
using base::Result;

namespace {

// A signal handler may only write to a descriptor. Blocking the signals instead would be inherited
// by the processes that tasks start, which then could not be ended.
int signal_pipe_end = -1;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

void on_signal(int number) {
  const int saved = errno;
  const char byte = static_cast<char>(number);
  [[maybe_unused]] const ssize_t written = ::write(signal_pipe_end, &byte, 1);
  errno = saved;
  // A second one does not wait for the first.
  ::signal(number, SIG_DFL);
}

/// Turns SIGINT and SIGTERM into something to wait for.
class StopSignal {
 public:
  StopSignal() {
    if (::pipe2(ends_.data(), O_CLOEXEC) != 0) return;
    signal_pipe_end = ends_[1];
    ::signal(SIGINT, &on_signal);
    ::signal(SIGTERM, &on_signal);
    ::signal(SIGPIPE, SIG_IGN);
  }

  ~StopSignal() {
    ::signal(SIGINT, SIG_DFL);
    ::signal(SIGTERM, SIG_DFL);
    for (const int end : ends_) ::close(end);
  }

  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  /// The signal's number.
  int wait() {
    char byte = 0;
    while (::read(ends_[0], &byte, 1) < 0 && errno == EINTR) {
    }
    return byte;
  }

 private:
  std::array<int, 2> ends_{-1, -1};
};

server::ServerSettings server_settings(const api::Config& config) {
  server::ServerSettings settings;
  settings.host = config.text("server.host");
  settings.port = static_cast<int>(config.integer("server.port"));
  settings.is_insecure = config.boolean("server.insecure");
  settings.users = config.users();
  return settings;
}

}  // namespace

Result<Done> serve(api::Outlay& outlay, const base::Clock& clock, std::ostream& out) {
  const base::Duration grace = TRY(base::parse_duration(outlay.config().text("flow.grace")));
  StopSignal stop;
  const std::unique_ptr<server::Server> server =
      TRY(server::Server::start(server_settings(outlay.config()), outlay, clock));
  const Result<Done> started =
      outlay.start({.with_scheduler = true, .told = [](std::string_view text, bool is_problem) {
                      if (is_problem)
                        LOG(warn, "a flow was left out", {"problem", std::string(text)});
                      else
                        LOG(info, "flow loaded", {"flow", std::string(text)});
                    }});
  if (!started) {
    server->stop();
    return started.error();
  }
  out << "Outlay " << api::version() << " on " << server->url_with_token() << std::endl;
  LOG(info, "serving", {"url", server->url()}, {"data", outlay.config().text("data")});
  const int number = stop.wait();
  LOG(info, "stopping", {"signal", number == SIGINT ? "SIGINT" : "SIGTERM"});
  server->stop();
  outlay.stop(grace);
  return Done();
}

}  // namespace outlay::app
