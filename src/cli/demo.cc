// SPDX-License-Identifier: Apache-2.0
#include <ostream>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/print.h"
#include "cli/progress.h"
#include "cli/session.h"

namespace outlay::cli {
namespace {

using base::Result;
using format::Value;

Result<int> generate(Session& session, const Given& given) {
  format::Object request = request_of("demo.generate", given);
  if (given.has("no-restatement")) request.set("restatement", false);
  ProgressBar bar(session.streams());
  const Result<Value> report = session.call(
      "demo.generate",
      std::move(request),
      {.progress = [&](std::string_view file, double share) { bar.show(file, share); },
       .logged = {}});
  bar.clear();
  if (!report) return report.error();
  if (session.wants_json()) {
    session.print_json(*report);
    return 0;
  }
  const Value& files = (*report)["files"];
  session.out() << base::with_thousands((*report)["rows"].int_or(0)) << " rows in "
                << files.as_array().size() << " files below " << (*report)["out"].text_or("")
                << "; TRUTH.md there says what to find in them\n";
  return 0;
}

}  // namespace

std::vector<Command> demo_commands() {
  using Kind = Argument::Kind;
  std::vector<Argument> options = options_of("demo.generate", {"restatement"});
  options.push_back(
      {.name = "no-restatement",
       .kind = Kind::flag,
       .doc = "leave out the second delivery of a closed month"});
  return {
      {.words = "demo generate",
       .summary = "Writes a fictional company's bills in the providers' own formats.",
       .details =
           "The same seed gives the same bytes. TRUTH.md and truth.json say what was planted.",
       .arguments = std::move(options),
       .examples = {"outlay demo generate --months 13 --scale 1 --seed 1 --out bills"},
       .run = &generate},
  };
}

}  // namespace outlay::cli
