// SPDX-License-Identifier: Apache-2.0
#include <ostream>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/print.h"
#include "cli/session.h"
#include "io/file.h"

namespace outlay::cli {
namespace {

using base::Result;
using format::Value;

// The rows with their columns turned to lines: a charge has more columns than a terminal is wide.
void print_first_rows(std::ostream& out, const Value& rows) {
  for (const Value& row : rows["rows"].as_array()) {
    out << "\n";
    for (const auto& [column, cell] : row.as_object()) {
      if (!cell.is_null()) out << fmt::format("  {:<22} {}\n", column, cell_text(cell));
    }
  }
}

Result<int> init(Session& session, const Given& given) {
  format::Object request;
  request.set("file", Value(given.text("FILE")));
  if (given.has("mapping")) request.set("mapping", Value(given.text("mapping")));
  const Result<Value> answer = session.call("source.init", std::move(request));
  if (!answer) return answer.error();
  if (session.wants_json()) {
    session.print_json(*answer);
    return 0;
  }
  const std::string mapping = (*answer)["mapping"].text_or("");
  if (given.has("out")) {
    TRY(io::write_file(given.text("out"), mapping));
    session.out() << fmt::format("The proposed mapping is in {}\n", given.text("out"));
  } else if (!given.has("mapping")) {
    session.out() << mapping;
  }
  session.out() << fmt::format(
      "\n# The first rows it would book, of {} read:\n",
      base::with_thousands((*answer)["rows"].int_or(0)));
  print_first_rows(session.out(), (*answer)["firstRows"]);
  for (const Value& doubt : (*answer)["doubts"].as_array()) {
    session.err() << "outlay: check: " << doubt.as_text() << "\n";
  }
  return 0;
}

}  // namespace

std::vector<Command> source_commands() {
  using Kind = Argument::Kind;
  return {
      {.words = "source init",
       .summary = "Proposes a mapping for a file of any shape and shows the first rows it would "
                  "book.",
       .details = "Looks at the first thousand rows and books nothing. Save the mapping, change "
                  "what it guessed wrong, look again with --mapping, then book with `outlay ingest "
                  "FILE --mapping MAPPING`.",
       .arguments =
           {{.name = "FILE",
             .kind = Kind::positional,
             .doc = "a bill, or a sample of one",
             .is_required = true},
            {.name = "mapping",
             .value_name = "FILE",
             .doc = "show what this mapping would book instead"},
            {.name = "out", .value_name = "FILE", .doc = "write the proposed mapping here"}},
       .examples = {"outlay source init datacentre.csv --out datacentre.yaml"},
       .run = &init},
  };
}

}  // namespace outlay::cli
