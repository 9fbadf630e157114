// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <csignal>
#include <exception>
#include <iostream>
#include <map>
#include <string>
#include <unistd.h>
#include <vector>

#include "app/serve.h"
#include "base/clock.h"
#include "base/log.h"
#include "cli/cli.h"

extern char** environ;  // NOLINT(readability-identifier-naming): named by POSIX

namespace {

std::map<std::string, std::string> process_environment() {
  std::map<std::string, std::string> out;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const std::size_t equals = text.find('=');
    if (equals != std::string::npos) out[text.substr(0, equals)] = text.substr(equals + 1);
  }
  return out;
}

std::atomic<bool> stop_asked{false};

// The first signal asks to stop, the second one ends the process.
const std::atomic<bool>* catch_stop() {
  static_assert(std::atomic<bool>::is_always_lock_free);
  const auto handler = [](int number) {
    stop_asked.store(true);
    std::signal(number, SIG_DFL);
  };
  std::signal(SIGINT, handler);
  std::signal(SIGTERM, handler);
  return &stop_asked;
}

int run(const std::vector<std::string>& arguments) {
  const outlay::base::SystemClock clock;
  const outlay::cli::Ports ports{
      .clock = clock,
      .environment = process_environment(),
      .serve = [&clock](
                   outlay::api::Outlay& product,
                   std::ostream& out) { return outlay::app::serve(product, clock, out); },
      .start_log = outlay::base::start_log,
      .catch_stop = catch_stop};
  const outlay::cli::Streams streams{
      .out = std::cout, .err = std::cerr, .in = std::cin, .err_is_terminal = ::isatty(2) == 1};
  return outlay::cli::run(arguments, streams, ports);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    std::ios::sync_with_stdio(false);
    // A file that may not grow is an error to report, as a full disk is, and no reason to die.
    std::signal(SIGXFSZ, SIG_IGN);
    return run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::cerr << "outlay: a fault of ours: " << error.what() << "\n";
  } catch (...) {
    std::cerr << "outlay: a fault of ours.\n";
  }
  return 3;
}
