// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <iosfwd>
#include <map>
#include <string>
#include <vector>

#include "api/config.h"
#include "api/outlay.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"

namespace outlay::cli {

struct Streams {
  std::ostream& out;
  std::ostream& err;
  std::istream& in;
  bool err_is_terminal = false;
};

/// What the commands need from the program around them.
struct Ports {
  const base::Clock& clock;
  std::map<std::string, std::string> environment;
  /// Serves `outlay` until the process is told to end; prints its address to `out`. May be empty:
  /// no `up` then.
  std::function<base::Result<base::Done>(api::Outlay& outlay, std::ostream& out)> serve;
  /// May be empty: log lines then go where they went.
  std::function<void(const base::LogSettings&)> start_log;
  /// From now on the first SIGINT or SIGTERM sets the flag that this answers, instead of ending the
  /// process. May be empty.
  std::function<const std::atomic<bool>*()> catch_stop;
};

/// Runs one command. `arguments` without the program's name. Answers the exit status: 0 done, 1 the
/// answer is "no", 2 wrong use or bad input, 3 a fault of ours or of the outside.
int run(const std::vector<std::string>& arguments, const Streams& streams, const Ports& ports);

}  // namespace outlay::cli
