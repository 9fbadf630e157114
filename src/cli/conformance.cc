// SPDX-License-Identifier: Apache-2.0
#include <ostream>
#include <sstream>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/print.h"
#include "cli/session.h"
#include "format/json.h"
#include "io/file.h"

namespace outlay::cli {
namespace {

using base::Result;
using format::Value;

std::string amounts_text(const Value& rule) {
  std::vector<std::string> parts;
  for (const Value& one : rule["amounts"].as_array()) {
    parts.push_back(
        std::string(base::trim(one["currency"].text_or("") + " " + cell_text(one["amount"]))));
  }
  return base::join(parts, "; ");
}

std::string place_text(const Value& rule) {
  const std::string file = rule["firstFile"].text_or("");
  if (rule["firstRow"].is_null()) return file;
  return file + ", row " + std::to_string(rule["firstRow"].int_or(0));
}

void print_examples(std::ostream& out, const Value& rule) {
  for (const Value& example : rule["examples"].as_array()) {
    std::vector<std::string> cells;
    for (const auto& [name, cell] : example.as_object()) {
      cells.push_back(name + "=" + (cell.is_null() ? "null" : cell_text(cell)));
    }
    out << "      " << base::join(cells, "  ") << "\n";
  }
}

void print_failed(std::ostream& out, const Value& rule) {
  const std::string counted = rule["counted"].text_or("rows");
  out << "  " << rule["keyword"].text_or("") << "  " << rule["id"].text_or("") << "\n"
      << "      " << rule["statement"].text_or("") << "\n";
  const bool is_about_columns = rule["kind"] == Value("presence") || rule["column"].is_null();
  if (!is_about_columns) {
    out << "      " << base::with_thousands(rule["violations"].int_or(0)) << " of "
        << base::with_thousands(rule["checked"].int_or(0)) << " " << counted;
    if (!amounts_text(rule).empty()) out << ", " << amounts_text(rule);
    out << "; first: " << place_text(rule) << "\n";
  }
  if (!rule["note"].is_null()) out << "      " << rule["note"].text_or("") << "\n";
  print_examples(out, rule);
}

void print_report(std::ostream& out, const Value& report) {
  out << report["subject"].text_or("") << "  " << report["dataset"].text_or("") << "  FOCUS "
      << report["version"].text_or("") << "  " << base::with_thousands(report["rows"].int_or(0))
      << " rows  score " << (report["score"].is_null() ? "-" : cell_text(report["score"]))
      << " %\n";
  for (const char* const keyword : {"must", "should"}) {
    const Value& counts = report[keyword];
    out << "  " << (keyword[0] == 'm' ? "MUST    " : "SHOULD  ") << counts["passed"].int_or(0)
        << " hold, " << counts["failed"].int_or(0) << " fail, " << counts["notChecked"].int_or(0)
        << " not checked\n";
  }
  for (const char* const keyword : {"MUST", "SHOULD"}) {
    for (const Value& rule : report["rules"].as_array()) {
      if (rule["status"] == Value("failed") && rule["keyword"] == Value(keyword)) {
        print_failed(out, rule);
      }
    }
  }
}

void print_reports(std::ostream& out, const Value& answer) {
  bool is_first = true;
  for (const Value& report : answer["reports"].as_array()) {
    if (!is_first) out << "\n";
    is_first = false;
    print_report(out, report);
  }
}

/// One line per rule.
Value flat(const Value& answer) {
  format::Array columns;
  for (const char* const name :
       {"Subject",
        "Dataset",
        "Version",
        "Rule",
        "Keyword",
        "Kind",
        "Status",
        "Checked",
        "Violations",
        "Counted",
        "Amounts",
        "FirstFile",
        "FirstRow",
        "Statement",
        "Note"}) {
    columns.push_back(Value::object({{"name", name}, {"type", "text"}}));
  }
  format::Array rows;
  for (const Value& report : answer["reports"].as_array()) {
    for (const Value& rule : report["rules"].as_array()) {
      rows.push_back(Value::object({
          {"Subject", report["subject"]},
          {"Dataset", report["dataset"]},
          {"Version", report["version"]},
          {"Rule", rule["id"]},
          {"Keyword", rule["keyword"]},
          {"Kind", rule["kind"]},
          {"Status", rule["status"]},
          {"Checked", rule["checked"]},
          {"Violations", rule["violations"]},
          {"Counted", rule["counted"]},
          {"Amounts", amounts_text(rule)},
          {"FirstFile", rule["firstFile"]},
          {"FirstRow", rule["firstRow"]},
          {"Statement", rule["statement"]},
          {"Note", rule["note"]},
      }));
    }
  }
  return Value::object({{"columns", Value(std::move(columns))}, {"rows", Value(std::move(rows))}});
}

std::string xml_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        // XML has no other control characters than these three.
        out += static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' ? ' ' : c;
    }
  }
  return out;
}

void print_case(std::ostream& out, const Value& report, const Value& rule) {
  out << "    <testcase classname=\""
      << xml_text(report["subject"].text_or("") + "." + report["dataset"].text_or(""))
      << "\" name=\"" << xml_text(rule["id"].text_or("")) << "\">";
  const std::string statement = xml_text(rule["statement"].text_or(""));
  if (rule["status"] == Value("not checked")) {
    out << "<skipped message=\"" << xml_text(rule["note"].text_or("")) << "\"/>";
  } else if (rule["status"] == Value("failed")) {
    const std::string found = xml_text(
        std::to_string(rule["violations"].int_or(0)) + " of " +
        std::to_string(rule["checked"].int_or(0)) + " " + rule["counted"].text_or("") +
        "; first: " + place_text(rule) + "; " + rule["note"].text_or(""));
    if (rule["keyword"] == Value("MUST")) {
      out << "<failure message=\"" << statement << "\">" << found << "</failure>";
    } else {
      out << "<system-out>SHOULD: " << statement << ": " << found << "</system-out>";
    }
  }
  out << "</testcase>\n";
}

void print_junit(std::ostream& out, const Value& answer) {
  out << "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"FOCUS conformance\">\n";
  for (const Value& report : answer["reports"].as_array()) {
    out << "  <testsuite name=\""
        << xml_text(
               report["subject"].text_or("") + " " + report["dataset"].text_or("") + " " +
               report["version"].text_or(""))
        << "\" tests=\"" << report["rules"].as_array().size() << "\" failures=\""
        << report["must"]["failed"].int_or(0) << "\" errors=\"0\" skipped=\""
        << report["must"]["notChecked"].int_or(0) + report["should"]["notChecked"].int_or(0)
        << "\">\n";
    for (const Value& rule : report["rules"].as_array()) print_case(out, report, rule);
    out << "  </testsuite>\n";
  }
  out << "</testsuites>\n";
}

void print_styled(std::ostream& out, const Value& answer, std::string_view style) {
  if (style == "table") print_reports(out, answer);
  if (style == "csv") print_csv(out, flat(answer));
  if (style == "junit") print_junit(out, answer);
  if (style == "json") out << format::print_json(answer) << "\n";
}

Result<int> conformance(Session& session, const Given& given) {
  const bool is_of_files = given.has("FILE");
  const char* const operation = is_of_files ? "ledger.conformance_of_files" : "ledger.conformance";
  format::Object request = request_of(operation, given);
  if (is_of_files) {
    if (given.has("source") || given.has("period")) {
      return base::invalid_input(
          "--source and --period pick what is booked; give them without a FILE.");
    }
    format::Array files;
    for (const std::string& file : given.list("FILE")) files.emplace_back(file);
    request.set("files", Value(std::move(files)));
  }
  const Value answer = TRY(session.call(operation, std::move(request)));
  const std::string style = given.has("format")    ? given.text("format")
                            : session.wants_json() ? "json"
                                                   : "table";
  if (given.has("out")) {
    std::ostringstream text;
    print_styled(text, answer, style);
    TRY(io::write_file(given.text("out"), text.str()));
  } else {
    print_styled(session.out(), answer, style);
  }
  return answer["conforms"].bool_or(false) ? 0 : 1;
}

}  // namespace

std::vector<Command> conformance_commands() {
  using Kind = Argument::Kind;
  return {
      {.words = "conformance",
       .summary = "Checks what is booked, or FOCUS files, against the rules of FOCUS.",
       .details = "Exit status 1 when a MUST rule fails. Rules that say SHOULD are told and change "
                  "nothing. The table has what fails; csv, json and junit have every rule.",
       .arguments = joined(
           {{.name = "FILE",
             .kind = Kind::positionals,
             .doc = "FOCUS files (.csv, .csv.gz, .parquet) to check instead of what is booked"}},
           joined(
               options_of("ledger.conformance"),
               {{.name = "format",
                 .value_name = "table|csv|json|junit",
                 .doc = "how the answer is written",
                 .fallback = "table",
                 .choices = {"table", "csv", "json", "junit"}},
                {.name = "out", .value_name = "FILE", .doc = "write to this file"}})),
       .examples =
           {"outlay conformance",
            "outlay conformance --source aws --period 2026-01 --version 1.2 --show-violations 3",
            "outlay conformance focus-2026-01.parquet invoice_detail.csv --format junit --out "
            "report.xml"},
       .run = &conformance},
  };
}

}  // namespace outlay::cli
