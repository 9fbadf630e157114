// SPDX-License-Identifier: Apache-2.0
#include <fstream>
#include <ostream>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/print.h"
#include "cli/session.h"
#include "cli/table_output.h"
#include "format/csv.h"
#include "format/json.h"
#include "io/file.h"

namespace outlay::cli {
namespace {

using base::Result;
using format::Value;

Result<int> export_focus(Session& session, const Given& given) {
  const Value report = TRY(session.call("ledger.export", request_of("ledger.export", given)));
  if (session.wants_json()) {
    session.print_json(report);
    return 0;
  }
  session.out() << base::with_thousands(report["rows"].int_or(0)) << " rows of FOCUS "
                << report["version"].text_or("") << " written to " << report["file"].text_or("")
                << "\n";
  for (const Value& total : report["totals"].as_array()) {
    session.out() << "  " << total["currency"].text_or("") << "  BilledCost "
                  << money_text(total["BilledCost"]) << "  EffectiveCost "
                  << money_text(total["EffectiveCost"]) << "\n";
  }
  for (const Value& gap : report["gaps"].as_array()) {
    session.err() << "outlay: mandatory column " << gap["column"].text_or("") << " is null on "
                  << base::with_thousands(gap["rows"].int_or(0))
                  << " rows: the bill does not say it.\n";
  }
  return 0;
}

bool ties(const Value& answer) {
  for (const Value& row : answer["rows"].as_array()) {
    const std::string status = base::lower(cell_text(row["Status"]));
    if (status == "differs" || status == "not booked") return false;
  }
  return true;
}

// Invoice ids and amounts, with or without a header.
Result<Value> expected_in_csv(const std::string& content, const std::string& name) {
  format::Object out;
  long row_number = 0;
  for (const std::vector<std::string>& row : TRY(format::parse_csv(content, ',', name))) {
    if (row.size() == 1 && base::trim(row[0]).empty()) continue;
    const bool is_header = row_number++ == 0 && row.size() > 1 &&
                           row[1].find_first_of("0123456789") == std::string::npos;
    if (is_header) continue;
    if (row.size() < 2) {
      return base::invalid_input(
          "an invoice id and its amount per line", base::Place{name, 0, 0, row_number});
    }
    out.set(std::string(base::trim(row[0])), std::string(base::trim(row[1])));
  }
  return Value(std::move(out));
}

// --expected takes the JSON itself or the name of a file with it.
Result<Value> expected_of(const std::string& text) {
  if (base::trim(text).starts_with("{"))
    return format::parse_json(text, format::JsonNumbers::exact);
  const std::string content = TRY(io::read_file(text));
  if (base::lower(text).ends_with(".csv")) return expected_in_csv(content, text);
  return format::parse_json(content, format::JsonNumbers::exact, text);
}

Result<int> reconcile(Session& session, const Given& given) {
  format::Object request = request_of("ledger.reconcile", given);
  if (given.has("expected")) request.set("expected", TRY(expected_of(given.text("expected"))));
  const Value answer = TRY(session.call("ledger.reconcile", std::move(request)));
  TRY(print_result(session, given, answer));
  if (ties(answer)) return 0;
  session.err() << "outlay: not every invoice ties: see the lines that differ.\n";
  return 1;
}

void print_trace_line(std::ostream& out, const Value& line) {
  out << line["file"].text_or("") << ", row " << line["row"].int_or(0) << "\n"
      << "  sha256      " << line["sha256"].text_or("") << "\n"
      << "  booked      " << line["source"].text_or("") << " " << line["period"].text_or("")
      << ", generation " << line["generation"].int_or(0) << ", " << line["bookedAt"].text_or("")
      << "\n"
      << "  mapping     " << line["mapping"].text_or("") << "\n"
      << "  delivery    " << line["deliveryId"].text_or("") << "\n";
  const Value& charge = line["charge"];
  for (const char* const column :
       {"ServiceName",
        "ChargeCategory",
        "ChargeDescription",
        "ResourceId",
        "ChargePeriodStart",
        "BillingCurrency",
        "BilledCost",
        "EffectiveCost"}) {
    if (!charge[column].is_null()) {
      out << "  " << column << std::string(20 - std::string_view(column).size(), ' ')
          << cell_text(charge[column]) << "\n";
    }
  }
}

Result<int> trace(Session& session, const Given& given) {
  format::Object request = request_of("ledger.trace", given);
  if (given.has("WHERE")) request.set("where", given.text("WHERE"));
  const Value answer = TRY(session.call("ledger.trace", std::move(request)));
  if (session.wants_json()) {
    session.print_json(answer["lines"]);
    return 0;
  }
  for (const Value& line : answer["lines"].as_array()) print_trace_line(session.out(), line);
  if (answer["lines"].as_array().empty()) session.out() << "No booked row fits.\n";
  return 0;
}

// What fits a terminal; csv and json have the rest.
Value first_columns(const Value& columns) {
  format::Array out;
  for (const Value& column : columns.as_array()) {
    const std::string name = column["name"].text_or("");
    if (name != "Label" && name != "DeliveryId" && name != "Bytes" && name != "Mapping") {
      out.push_back(column);
    }
  }
  return Value(std::move(out));
}

Result<int> sources(Session& session, const Given& given) {
  const Value answer = TRY(session.call("ledger.sources", {}));
  const bool is_for_people = style_of(session, given) == "table";
  const Value table = Value::object(
      {{"columns", is_for_people ? first_columns(answer["columns"]) : answer["columns"]},
       {"rows", answer["sources"]}});
  return print_result(session, given, table);
}

Result<int> generations(Session& session, const Given& given) {
  const Value answer =
      TRY(session.call("ledger.generations", request_of("ledger.generations", given)));
  if (session.wants_json()) {
    session.print_json(answer["generations"]);
    return 0;
  }
  TextTable table{
      .heads =
          {"source",
           "period",
           "dataset",
           "generation",
           "rows",
           "booked",
           "current",
           "mapping",
           "delivery of"},
      .is_number = {false, false, false, true, true}};
  for (const Value& one : answer["generations"].as_array()) {
    table.rows.push_back(
        {one["source"].text_or(""),
         one["period"].text_or(""),
         one["dataset"].text_or(""),
         std::to_string(one["generation"].int_or(0)),
         base::with_thousands(one["rows"].int_or(0)),
         one["bookedAt"].text_or(""),
         one["isCurrent"].bool_or(false) ? "yes" : "no",
         one["mapping"].text_or(""),
         one["label"].text_or("")});
  }
  print_text_table(session.out(), table);
  return 0;
}

}  // namespace

std::vector<Command> book_commands() {
  using Kind = Argument::Kind;
  return {
      {.words = "export focus",
       .summary = "Writes charges as a FOCUS file of a version of the standard.",
       .details = "Mandatory columns that the bill does not fill stay null and are told: nothing "
                  "is made up.",
       .arguments = options_of("ledger.export"),
       .examples =
           {"outlay export focus --version 1.2 --period 2026-01 --out focus-2026-01.parquet"},
       .run = &export_focus},
      {.words = "reconcile",
       .summary = "Compares BilledCost per invoice with what the provider or the invoice says.",
       .details = "Exit status 1 when an invoice does not tie. --expected takes JSON, or a JSON or "
                  "CSV file: invoice id and amount.",
       .arguments = joined(options_of("ledger.reconcile"), table_options()),
       .examples =
           {"outlay reconcile --period 2026-01",
            "outlay reconcile --period 2026-01 --expected '{\"INV-1\": \"177.70\"}'"},
       .run = &reconcile},
      {.words = "trace",
       .summary = "Takes a number back to its files and rows.",
       .arguments = joined(
           {{.name = "WHERE",
             .kind = Kind::positional,
             .doc = "SQL condition that picks the rows, as --where"}},
           options_of("ledger.trace")),
       .examples = {"outlay trace --where \"ResourceId = 'i-0abc'\" --limit 5"},
       .run = &trace},
      {.words = "sources",
       .summary = "Lists what is booked per source: periods, rows, freshness, tie-out.",
       .arguments = table_options(),
       .examples = {"outlay sources"},
       .run = &sources},
      {.words = "generations",
       .summary = "Lists every generation of a source and billing period.",
       .arguments = options_of("ledger.generations"),
       .examples = {"outlay generations --source aws"},
       .run = &generations},
  };
}

}  // namespace outlay::cli
