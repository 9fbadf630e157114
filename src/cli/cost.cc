// SPDX-License-Identifier: Apache-2.0
#include <fstream>
#include <iterator>
#include <ostream>

#include "cli/commands.h"
#include "cli/print.h"
#include "cli/session.h"
#include "cli/table_output.h"
#include "format/json.h"
#include "io/file.h"

namespace outlay::cli {
namespace {

using base::Result;
using format::Value;

Result<int> query(Session& session, const Given& given) {
  format::Object request = request_of("ledger.query", given);
  if (style_of(session, given) == "parquet") {
    request.set("out", TRY(out_file(given)));
    return print_written(session, TRY(session.call("ledger.query_to_file", std::move(request))));
  }
  const Value answer = TRY(session.call("ledger.query", std::move(request)));
  if (!given.has("explain")) return print_result(session, given, answer);
  if (session.wants_json()) {
    session.print_json(
        Value::object({{"answeredBy", answer["answeredBy"]}, {"sql", answer["sql"]}}));
    return 0;
  }
  session.out() << "answered by the " << answer["answeredBy"].text_or("") << "\n"
                << answer["sql"].text_or("") << "\n";
  return 0;
}

Result<int> sql(Session& session, const Given& given) {
  format::Object request = request_of("ledger.sql", given);
  std::string statement = given.text("STATEMENT");
  if (statement == "-") {
    statement.assign(
        std::istreambuf_iterator<char>(session.in()), std::istreambuf_iterator<char>());
  }
  request.set("statement", statement);
  if (style_of(session, given) == "parquet") {
    request.set("out", TRY(out_file(given)));
    return print_written(session, TRY(session.call("ledger.sql_to_file", std::move(request))));
  }
  return print_result(session, given, TRY(session.call("ledger.sql", std::move(request))));
}

Result<int> load_rates(Session& session, const Given& given) {
  const std::string file = given.text("FILE");
  format::Object request;
  request.set("csv", TRY(io::read_file(file)));
  request.set("name", file);
  const Value answer = TRY(session.call("fx.load", std::move(request)));
  if (session.wants_json()) {
    session.print_json(answer);
  } else {
    session.out() << answer["rates"].int_or(0) << " exchange rates loaded from " << file << "\n";
  }
  return 0;
}

Result<int> list_rates(Session& session, const Given& given) {
  return print_result(session, given, TRY(session.call("fx.list", format::Object())));
}

}  // namespace

std::vector<Command> cost_commands() {
  using Kind = Argument::Kind;
  std::vector<Argument> statement{
      {.name = "STATEMENT",
       .kind = Kind::positional,
       .doc = "one SELECT; - reads it from the standard input",
       .is_required = true}};
  return {
      {.words = "query",
       .summary = "Sums costs by day or month and by any columns or tags.",
       .details = "Costs of different currencies stay on different lines. Days are those of "
                  "ChargePeriodStart, in UTC. "
                  "Unknown costs are null, never 0.",
       .arguments = joined(options_of("ledger.query"), table_options(true)),
       .examples =
           {"outlay query --by ServiceName --from 2026-01-01 --to 2026-02-01",
            "outlay query --metric BilledCost,EffectiveCost --by tag:team --granularity month "
            "--format csv",
            "outlay query --by ServiceName --where \"RegionId = 'us-east-1'\" --json",
            "outlay query --currency EUR --granularity month",
            "outlay query --by ServiceName --explain"},
       .run = &query},
      {.words = "sql",
       .summary = "Answers a SELECT over the FOCUS views of the ledger.",
       .details = "Views: focus (charges), contract_commitment, billing_period, invoice_detail. "
                  "Columns are spelled as in "
                  "FOCUS; columns that begin with x_ are Outlay's or the provider's own.",
       .arguments = joined(
           std::move(statement),
           joined(options_of("ledger.sql", {"statement"}), table_options(true))),
       .examples =
           {"outlay sql \"SELECT ServiceName, sum(BilledCost) FROM focus GROUP BY ALL\"",
            "outlay sql --as-of 2026-02-01T00:00:00Z \"SELECT count(*) FROM focus\" --format json"},
       .run = &sql},
      {.words = "fx load",
       .summary = "Adds dated exchange rates from a CSV file.",
       .details =
           "Columns date, base, quote, rate; or Date and one column per currency in units per "
           "euro, as the European Central Bank publishes them. A rate serves the seven days "
           "after its own when they have none.",
       .arguments =
           {{.name = "FILE",
             .kind = Kind::positional,
             .doc = "CSV file of rates",
             .is_required = true}},
       .examples = {"outlay fx load eurofxref-hist.csv"},
       .run = &load_rates},
      {.words = "fx list",
       .summary = "Lists the pairs of currencies that have exchange rates.",
       .arguments = table_options(),
       .examples = {"outlay fx list"},
       .run = &list_rates},
  };
}

}  // namespace outlay::cli
