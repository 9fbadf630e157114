// SPDX-License-Identifier: Apache-2.0
#include "cli/cli.h"

#include <ostream>

#include "cli/help.h"
#include "cli/parser.h"
#include "cli/session.h"

namespace outlay::cli {

using base::Result;

namespace {

int refuse(std::ostream& err, const base::Error& error) {
  err << "outlay: " << base::masked(error.text()) << "\n";
  return base::exit_code(error.code);
}

int print_help(const Parsed& parsed, const Streams& streams) {
  if (parsed.command != nullptr) {
    streams.out << help_of(*parsed.command);
    return 0;
  }
  // Without a command nothing was done: that is wrong use, unless help was asked for.
  (parsed.wants_help ? streams.out : streams.err) << overview(parsed.group);
  return parsed.wants_help ? 0 : 2;
}

}  // namespace

int run(const std::vector<std::string>& arguments, const Streams& streams, const Ports& ports) {
  const Result<Parsed> parsed = parse_command_line(arguments);
  if (!parsed) return refuse(streams.err, parsed.error());
  if (parsed->wants_help || parsed->command == nullptr) return print_help(*parsed, streams);
  Session session(streams, ports, parsed->globals);
  const Result<int> status = parsed->command->run(session, parsed->given);
  streams.out.flush();
  return status ? *status : refuse(streams.err, status.error());
}

}  // namespace outlay::cli
