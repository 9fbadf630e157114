// SPDX-License-Identifier: Apache-2.0
#include <ostream>

#include <fmt/format.h>

#include "base/mutex.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/progress.h"
#include "cli/session.h"

namespace outlay::cli {
namespace {

using base::Result;
using format::Value;

void print_receipts(Session& session, const Value& answer) {
  for (const Value& text : answer["texts"].as_array())
    session.out() << base::trim(text.as_text()) << "\n";
}

// One delivery is one receipt; several are a list.
void print_receipts_json(Session& session, const Value& answer) {
  const format::Array& receipts = answer["receipts"].as_array();
  session.print_json(receipts.size() == 1 ? receipts.front() : answer["receipts"]);
}

void warn_of_quarantine(Session& session, const Value& answer) {
  for (const Value& receipt : answer["receipts"].as_array()) {
    long long rows = 0;
    const Value& reasons = receipt["quarantined"];
    if (!reasons.is_array()) continue;
    for (const Value& reason : reasons.as_array()) rows += reason["rows"].int_or(0);
    if (rows == 0) continue;
    session.err() << fmt::format(
        "outlay: WARNING: {} of {} rows of \"{}\" could not be booked and are in quarantine: {}\n",
        base::with_thousands(rows),
        base::with_thousands(receipt["rows_read"].int_or(0)),
        receipt["label"].text_or(""),
        receipt["quarantine_file"].text_or(""));
  }
}

Result<int> ingest(Session& session, const Given& given) {
  format::Array paths;
  for (const std::string& path : given.list("PATH")) paths.emplace_back(path);
  format::Object request = request_of("ledger.ingest", given);
  request.set("paths", Value(std::move(paths)));
  ProgressBar bar(session.streams());
  const Result<Value> answer = session.call(
      "ledger.ingest",
      std::move(request),
      {.progress = [&](std::string_view stage, double share) { bar.show(stage, share); },
       .logged = {}});
  bar.clear();
  if (!answer) return answer.error();
  if (session.wants_json())
    print_receipts_json(session, *answer);
  else
    print_receipts(session, *answer);
  warn_of_quarantine(session, *answer);
  const format::Array& refused = (*answer)["refused"].as_array();
  for (const Value& one : refused) {
    session.err() << "outlay: refused \"" << one["label"].text_or("")
                  << "\": " << one["message"].text_or("") << "\n";
  }
  return refused.empty() ? 0 : 2;
}

}  // namespace

Command ingest_command() {
  using Kind = Argument::Kind;
  std::vector<Argument> arguments{
      {.name = "PATH",
       .kind = Kind::positionals,
       .doc = "files, folders or bucket trees",
       .is_required = true}};
  std::vector<Argument> options = options_of("ledger.ingest", {"paths"});
  for (Argument& option : options) {
    if (option.name == "source") option.value_name = "NAME";
    if (option.name == "format") option.value_name = "FORMAT";
    if (option.name == "period") option.value_name = "YYYY-MM";
    if (option.name == "currency") option.value_name = "XXX";
    if (option.name == "mapping") option.value_name = "FILE";
  }
  return {
      .words = "ingest",
      .summary = "Books bills into the ledger and prints a receipt.",
      .details =
          "A path is one delivery, or several when its manifests say so. A delivery is booked "
          "whole or not at all; "
          "booking it again changes nothing. Rows that cannot be booked go to quarantine and are "
          "counted. A "
          "delivery that is refused makes the exit status 2.",
      .arguments = joined(std::move(arguments), options),
      .examples =
          {"outlay ingest bills/2026-01.csv.gz", "outlay ingest --source aws s3-mirror/cur --json"},
      .run = &ingest};
}

}  // namespace outlay::cli
