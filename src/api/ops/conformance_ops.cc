// SPDX-License-Identifier: Apache-2.0
#include "api/ops/bound.h"
#include "api/parts.h"
#include "api/table_json.h"
#include "io/file.h"
#include "ledger/conformance.h"

namespace outlay::api {
namespace {

using base::Result;
using format::Value;

std::string_view status_name(ledger::RuleStatus status) {
  switch (status) {
    case ledger::RuleStatus::passed:
      return "passed";
    case ledger::RuleStatus::failed:
      return "failed";
    case ledger::RuleStatus::not_checked:
      break;
  }
  return "not checked";
}

Value text_or_null(const std::string& text) { return text.empty() ? Value() : Value(text); }

Value outcome_json(const ledger::RuleOutcome& outcome) {
  format::Array amounts;
  for (const auto& [currency, amount] : outcome.amounts) {
    amounts.push_back(Value::object(
        {{"currency", text_or_null(currency)},
         {"amount", Value(format::Number{amount.short_text()})}}));
  }
  format::Array examples;
  for (std::size_t row = 0; row < outcome.examples.rows.size(); ++row) {
    examples.push_back(row_json(outcome.examples, row));
  }
  const auto& rule = outcome.rule;
  return Value::object({
      {"id", rule.id},
      {"keyword", rule.keyword},
      {"kind", rule.kind},
      {"column", text_or_null(rule.column)},
      {"statement", rule.statement},
      {"status", std::string(status_name(outcome.status))},
      {"checked", static_cast<std::int64_t>(outcome.checked)},
      {"violations", static_cast<std::int64_t>(outcome.violations)},
      {"counted", rule.is_about_groups() ? "groups" : "rows"},
      {"amounts", Value(std::move(amounts))},
      {"firstFile", text_or_null(outcome.first_file)},
      {"firstRow",
       outcome.first_row == 0 ? Value() : Value(static_cast<std::int64_t>(outcome.first_row))},
      {"note", text_or_null(outcome.note)},
      {"examples", Value(std::move(examples))},
  });
}

Value counts_json(const ledger::ConformanceReport& report, std::string_view keyword) {
  using ledger::RuleStatus;
  const auto count = [&](RuleStatus status) {
    return static_cast<std::int64_t>(report.count(status, keyword));
  };
  return Value::object({
      {"passed", count(RuleStatus::passed)},
      {"failed", count(RuleStatus::failed)},
      {"notChecked", count(RuleStatus::not_checked)},
  });
}

Value report_json(const ledger::ConformanceReport& report) {
  format::Array rules;
  for (const auto& outcome : report.outcomes) rules.push_back(outcome_json(outcome));
  const std::string score = report.score();
  return Value::object({
      {"subject", report.subject},
      {"dataset", report.dataset},
      {"version", report.version},
      {"rows", static_cast<std::int64_t>(report.rows)},
      {"conforms", report.conforms()},
      {"score", score == "-" ? Value() : Value(format::Number{score})},
      {"must", counts_json(report, "MUST")},
      {"should", counts_json(report, "SHOULD")},
      {"rules", Value(std::move(rules))},
  });
}

Value answer_of(const std::vector<ledger::ConformanceReport>& reports) {
  bool conforms = true;
  format::Array out;
  for (const auto& report : reports) {
    conforms = conforms && report.conforms();
    out.push_back(report_json(report));
  }
  return Value::object({{"conforms", conforms}, {"reports", Value(std::move(out))}});
}

ledger::ConformanceSettings settings_of(const Request& request) {
  return {
      .version = request.text("version"),
      .source = request.text("source"),
      .period = request.text("period"),
      .violations_shown = request.integer("showViolations")};
}

Result<Value> check_booked(Parts& parts, const Request& request, const CallHooks&) {
  ledger::Ledger* ledger = TRY(parts.booked());
  return answer_of(TRY(ledger->conformance(settings_of(request))));
}

Result<Value> check_files(Parts&, const Request& request, const CallHooks&) {
  std::vector<io::Path> files;
  for (const std::string& name : request.list("files")) files.emplace_back(name);
  const auto scratch = TRY(io::ScratchFolder::create(std::filesystem::temp_directory_path()));
  store::DuckSettings engine;
  engine.temp_folder = scratch.path().string();
  return answer_of(TRY(ledger::check_focus_files(files, settings_of(request), engine)));
}

std::vector<Param> common_params() {
  Param version = {
      .name = "version",
      .kind = ParamKind::text,
      .doc =
          "FOCUS version whose rules are asked; when absent 1.2, and for files the newest "
          "version whose mandatory columns they have",
      .choices = ledger::conformance_versions()};
  Param shown = {
      .name = "showViolations",
      .kind = ParamKind::integer,
      .doc = "how many violations of each rule that fails are shown",
      .fallback = Value(std::int64_t{0})};
  return {version, shown};
}

std::vector<Param> booked_params() {
  std::vector<Param> params{
      {.name = "source", .kind = ParamKind::text, .doc = "one source; all when absent"},
      {.name = "period",
       .kind = ParamKind::text,
       .doc = "the billing period, e.g. 2026-01; all when absent"}};
  for (auto& param : common_params()) params.push_back(std::move(param));
  return params;
}

std::vector<Param> file_params() {
  std::vector<Param> params{
      {.name = "files",
       .kind = ParamKind::list,
       .doc = "FOCUS files: .csv, .csv.gz or .parquet",
       .is_required = true}};
  for (auto& param : common_params()) params.push_back(std::move(param));
  return params;
}

}  // namespace

std::vector<BoundOperation> conformance_operations() {
  const std::string answer =
      R"({"conforms":false,"reports":[{"subject":"aws","dataset":"cost_and_usage","version":"1.2",)"
      R"("rows":3000,"conforms":false,"score":98.5,"must":{"passed":131,"failed":2,"notChecked":9},)"
      R"("should":{...},"rules":[{"id":"CU.ListCost.product","keyword":"MUST","status":"failed",)"
      R"("checked":2900,"violations":4,"counted":"rows","amounts":[{"currency":"USD","amount":1.5}],)"
      R"("firstFile":"bill.csv","firstRow":12,...}]}]})";
  return {
      {{.name = "ledger.conformance",
        .summary =
            "Checks what is booked against the rules of a FOCUS version, its money relations "
            "included.",
        .permission = "ledger.read",
        .method = "GET",
        .path = "ledger/conformance",
        .params = booked_params(),
        .answer = answer,
        .example = R"({"source":"aws","period":"2026-01","version":"1.2","showViolations":3})"},
       &check_booked},
      {{.name = "ledger.conformance_of_files",
        .summary = "Checks FOCUS files as they are against the rules of a FOCUS version.",
        .permission = "ledger.read",
        .params = file_params(),
        .answer = answer,
        .example = R"({"files":"focus-2026-01.parquet","version":"1.2"})"},
       &check_files},
  };
}

}  // namespace outlay::api
