// SPDX-License-Identifier: Apache-2.0
// Commands that look after what is booked.
#include "base/text.h"
#include "cli/commands.h"
#include "cli/print.h"
#include "cli/table_output.h"

namespace outlay::cli {
namespace {

using base::Result;
using format::Value;

std::string generation_text(const Value& number) {
  return number.is_null() ? "not booked" : "generation " + std::to_string(number.int_or(0));
}

void print_compared(std::ostream& out, const Value& answer) {
  for (const Value& one : answer["compared"].as_array()) {
    const std::string before = one["mappingBefore"].text_or("");
    const std::string after = one["mappingAfter"].text_or("");
    out << one["source"].text_or("") << " " << one["period"].text_or("") << ": "
        << generation_text(one["from"]) << " -> " << generation_text(one["to"]);
    if (!before.empty() && !after.empty() && before != after) {
      out << " (mapping " << before << " -> " << after << ")";
    }
    out << "\n";
  }
  if (answer["compared"].as_array().empty()) out << "No period differs.\n";
}

Result<int> diff(Session& session, const Given& given) {
  const Value answer = TRY(session.call("ledger.diff", request_of("ledger.diff", given)));
  if (style_of(session, given) == "table" && !given.has("out")) {
    print_compared(session.out(), answer);
  }
  return print_result(session, given, answer);
}

Result<int> purge(Session& session, const Given& given) {
  const Value report = TRY(session.call("ledger.purge", request_of("ledger.purge", given)));
  if (session.wants_json()) {
    session.print_json(report);
    return 0;
  }
  for (const Value& one : report["generations"].as_array()) {
    session.out() << one["source"].text_or("") << " " << one["period"].text_or("") << " ("
                  << one["dataset"].text_or("") << "): generation " << one["generation"].int_or(0)
                  << ", superseded " << one["supersededAt"].text_or("") << "\n";
  }
  session.out() << report["generations"].as_array().size() << " superseded generations, "
                << base::with_thousands(report["bytes"].int_or(0)) << " bytes"
                << (report["isTrial"].bool_or(false) ? " would be deleted\n" : " deleted\n");
  return 0;
}

Result<int> remap(Session& session, const Given& given) {
  const Value answer = TRY(session.call("ledger.remap", request_of("ledger.remap", given)));
  if (session.wants_json()) {
    session.print_json(answer);
    return 0;
  }
  bool has_changes = false;
  for (const Value& source : answer["sources"].as_array()) {
    for (const Value& text : source["texts"].as_array()) {
      session.out() << base::trim(text.as_text()) << "\n";
      has_changes = true;
    }
    session.out() << source["source"].text_or("") << ": " << source["receipts"].as_array().size()
                  << " deliveries read by another mapping, " << source["unchanged"].int_or(0)
                  << " as before\n";
    for (const Value& id : source["notKept"].as_array()) {
      session.err() << "outlay: the files of " << source["source"].text_or("") << " "
                    << id.as_text() << " are no longer kept; the source's keep_raw says how long\n";
    }
  }
  if (has_changes && answer["isTrial"].bool_or(false)) {
    session.out() << "Nothing was booked; add --book to book it.\n";
  }
  return 0;
}

}  // namespace

std::vector<Command> care_commands() {
  return {
      {.words = "diff",
       .summary = "Shows what a restatement changed, or what changed between two moments.",
       .details = "Without generations or times: the newest generation of each period against the "
                  "one before. --by takes columns, tag:KEY, and Cause: late usage, credit or "
                  "refund, re-rating, re-tagging, currency, mapping change, deletion, new period.",
       .arguments = joined(options_of("ledger.diff"), table_options()),
       .examples =
           {"outlay diff --source aws --period 2026-01 --by ServiceName",
            "outlay diff --from-time 2026-02-05T00:00:00Z --by x_Source,tag:team,Cause"},
       .run = &diff},
      {.words = "purge",
       .summary = "Deletes superseded generations that are no longer to be kept.",
       .details = "Without --generations and --older-than the settings ledger.generations and "
                  "ledger.generations_age rule. Totals of today do not change; a question about a "
                  "moment whose generation is gone is refused.",
       .arguments = options_of("ledger.purge"),
       .examples = {"outlay purge --generations 3 --dry-run", "outlay purge --older-than P400D"},
       .run = &purge},
      {.words = "remap",
       .summary = "Reads kept bills with the mappings of today, and shows what that changes.",
       .details =
           "For bills that `outlay sync` fetched, as long as their files are kept. --book "
           "books the difference as new generations. For bills given by hand: `outlay ingest "
           "PATH --dry-run`.",
       .arguments = options_of("ledger.remap"),
       .examples =
           {"outlay remap --source aws --period 2026-01", "outlay remap --source aws --book"},
       .run = &remap},
  };
}

}  // namespace outlay::cli
