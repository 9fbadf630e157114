// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "api/ops/bound.h"
#include "api/ops/params.h"
#include "api/parts.h"
#include "api/table_json.h"
#include "base/text.h"
#include "connectors/connector.h"
#include "connectors/declared/proposal.h"
#include "demo/demo.h"
#include "ledger/receipt.h"

namespace outlay::api {
namespace {

using base::Result;
using format::Value;

Value refusal_json(const std::string& label, const base::Error& error) {
  return Value::object(
      {{"label", label}, {"code", base::code_name(error.code)}, {"message", error.text()}});
}

/// What became of the deliveries that were found.
struct Booked {
  format::Array receipts;
  format::Array texts;
  format::Array refused;
  std::optional<base::Error> first_error;

  void refuse(const std::string& label, const base::Error& error) {
    refused.push_back(refusal_json(label, error));
    if (!first_error) first_error = error;
  }
};

void book_delivery(
    Parts& parts,
    ledger::Ledger& ledger,
    const ledger::Delivery& delivery,
    const CallHooks& hooks,
    const ledger::BookOptions& options,
    Booked& booked) {
  const Result<ledger::Receipt> receipt = ledger.book(
      delivery,
      [&](const ledger::Progress& progress) {
        if (hooks.progress) hooks.progress(progress.stage, progress.fraction);
      },
      options);
  if (!receipt) {
    booked.refuse(delivery.label, receipt.error());
    return;
  }
  booked.receipts.push_back(ledger::receipt_json(*receipt));
  booked.texts.emplace_back(ledger::receipt_text(*receipt));
  if (receipt->already_booked || receipt->is_trial) return;
  parts.publish({.kind = "ledger", .source = receipt->source});
}

/// What the caller knows about bills that do not say it themselves.
Result<connectors::Hints> hints_of(const Request& request) {
  connectors::Hints hints;
  if (request.has("period")) {
    const std::string period = request.text("period");
    const auto first = base::parse_date(period + "-01");
    if (!first || period.size() != 7) {
      return base::invalid_input(
          "\"period\" is a month such as 2026-01, but is \"" + period + "\".");
    }
    hints.first_month = *first;
  }
  const std::string currency = request.text("currency");
  const bool is_code =
      currency.size() == 3 &&
      currency.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string::npos;
  if (!currency.empty() && !is_code) {
    return base::invalid_input(
        "\"currency\" is a code of three capitals such as EUR, but is \"" + currency + "\".");
  }
  hints.currency = currency;
  return hints;
}

Result<Value> ingest(Parts& parts, const Request& request, const CallHooks& hooks) {
  const connectors::FindSettings settings{
      .source = request.text("source"),
      .format = request.text("format"),
      .hints = TRY(hints_of(request)),
      .mapping = request.text("mapping")};
  ledger::Ledger* ledger = TRY(parts.ledger());
  Booked booked;
  std::vector<ledger::Delivery> found;
  for (const std::string& path : request.list("paths")) {
    Result<std::vector<ledger::Delivery>> below = connectors::find_deliveries(path, settings);
    if (!below) {
      booked.refuse(path, below.error());
      continue;
    }
    std::ranges::move(*below, std::back_inserter(found));
  }
  connectors::join_halves(found);
  for (const auto& delivery : found) {
    book_delivery(parts, *ledger, delivery, hooks, {.is_trial = request.boolean("dryRun")}, booked);
  }
  // A lone refusal is the answer itself, with its own code.
  if (booked.receipts.empty() && booked.refused.size() == 1) return *booked.first_error;
  return Value::object({
      {"receipts", Value(std::move(booked.receipts))},
      {"texts", Value(std::move(booked.texts))},
      {"refused", Value(std::move(booked.refused))},
  });
}

std::vector<std::string> format_names() {
  std::vector<std::string> names{"auto"};
  for (const auto& connector : connectors::all_connectors()) names.emplace_back(connector->name());
  return names;
}

Result<Value> list_receipts(Parts& parts, const Request& request, const CallHooks&) {
  ledger::Ledger* ledger = TRY(parts.booked());
  const std::vector<ledger::Receipt> receipts =
      TRY(ledger->receipts(request.text("source"), request.integer("limit")));
  format::Array out;
  for (const ledger::Receipt& receipt : receipts) out.push_back(ledger::receipt_json(receipt));
  return Value::object({{"receipts", Value(std::move(out))}});
}

Value amount(const std::optional<money::Decimal>& value) {
  return value ? Value(format::Number{value->short_text()}) : Value();
}

Value totals_json(const ledger::CostTotals& totals) {
  return Value::object({
      {"currency", totals.currency},
      {"BilledCost", amount(totals.billed)},
      {"EffectiveCost", amount(totals.effective)},
      {"ListCost", amount(totals.list)},
      {"ContractedCost", amount(totals.contracted)},
      {"rows", static_cast<std::int64_t>(totals.rows)},
  });
}

Result<Value> export_focus(Parts& parts, const Request& request, const CallHooks&) {
  const ledger::ExportSettings settings{
      .version = request.text("version"),
      .period = request.text("period"),
      .source = request.text("source"),
      .out = request.text("out")};
  ledger::Ledger* ledger = TRY(parts.booked());
  const ledger::ExportReport report = TRY(ledger->export_focus(settings));
  format::Array totals;
  for (const ledger::CostTotals& one : report.totals) totals.push_back(totals_json(one));
  format::Array gaps;
  for (const auto& [column, rows] : report.gaps) {
    gaps.push_back(Value::object({{"column", column}, {"rows", static_cast<std::int64_t>(rows)}}));
  }
  return Value::object({
      {"file", settings.out.string()},
      {"version", settings.version},
      {"rows", static_cast<std::int64_t>(report.rows)},
      {"totals", Value(std::move(totals))},
      {"gaps", Value(std::move(gaps))},
  });
}

Value demo_report_json(const demo::DemoReport& report, const std::string& out) {
  format::Array files;
  for (const demo::DemoFile& file : report.files) {
    files.push_back(Value::object({
        {"path", file.path},
        {"provider", file.provider},
        {"period", file.period},
        {"rows", static_cast<std::int64_t>(file.rows)},
        {"bytes", static_cast<std::int64_t>(file.bytes)},
    }));
  }
  format::Array totals;
  for (const demo::DemoTotal& total : report.totals) {
    totals.push_back(Value::object({
        {"provider", total.provider},
        {"period", total.period},
        {"currency", total.currency},
        {"isRestated", total.is_restated},
        {"BilledCost", amount(total.billed)},
        {"EffectiveCost", amount(total.effective)},
        {"ListCost", amount(total.list)},
        {"ContractedCost", amount(total.contracted)},
    }));
  }
  return Value::object({
      {"out", out},
      {"rows", static_cast<std::int64_t>(report.rows)},
      {"bytes", static_cast<std::int64_t>(report.bytes)},
      {"files", Value(std::move(files))},
      {"totals", Value(std::move(totals))},
  });
}

Result<double> scale_of(const Request& request) {
  const Result<money::Decimal> scale = money::Decimal::parse(request.text("scale"));
  if (!scale || *scale <= money::Decimal()) {
    return base::invalid_input(
        "\"scale\" must be a number above 0, but is \"" + request.text("scale") + "\".");
  }
  return scale->approximate();
}

Result<Value> generate_demo(Parts&, const Request& request, const CallHooks& hooks) {
  demo::DemoSettings settings;
  settings.out = request.text("out");
  settings.months = static_cast<int>(request.integer("months"));
  settings.scale = TRY(scale_of(request));
  if (request.has("rows")) settings.rows = request.integer("rows");
  settings.seed = static_cast<std::uint64_t>(request.integer("seed"));
  settings.providers = request.list("providers");
  settings.with_restatement = request.boolean("restatement");
  if (request.has("last"))
    settings.last_month = TRY(base::parse_date(request.text("last") + "-01"));
  if (request.text("compression") == "none") settings.compression = demo::Compression::none;
  settings.progress = [&](const std::string& file, double share) {
    if (hooks.progress) hooks.progress(file, share);
  };
  return demo_report_json(TRY(demo::generate(settings)), request.text("out"));
}

Result<Value> propose(Parts&, const Request& request, const CallHooks&) {
  const connectors::Proposal proposal =
      TRY(connectors::propose_mapping(request.text("file"), request.text("mapping")));
  format::Array doubts;
  for (const std::string& doubt : proposal.doubts) doubts.emplace_back(doubt);
  return Value::object({
      {"mapping", proposal.yaml},
      {"doubts", Value(std::move(doubts))},
      {"rows", static_cast<std::int64_t>(proposal.rows_read)},
      {"firstRows", Value(table_json(proposal.first_rows))},
  });
}

BoundOperation proposing() {
  return {
      {.name = "source.init",
       .summary = "Proposes a mapping for a file of any shape and shows the first rows it would "
                  "book. Books nothing.",
       .permission = "ledger.write",
       .params =
           {required("file", ParamKind::text, "a bill, or a sample of one"),
            optional("mapping", ParamKind::text, "show what this mapping would book instead")},
       .answer =
           R"({"mapping":"mapping: my-bill\n...","doubts":["..."],"rows":1,"firstRows":{"columns":[...],"rows":[...]}})",
       .example = R"({"file":"bills/datacentre.csv"})"},
      &propose};
}

BoundOperation ingesting() {
  return {
      {.name = "ledger.ingest",
       .summary = "Books bills: files, folders or bucket trees. Booking the same delivery twice "
                  "changes nothing.",
       .permission = "ledger.write",
       .method = "POST",
       .path = "ledger/ingest",
       .params =
           {required(
                "paths",
                ParamKind::list,
                "files, folders or bucket trees, as the server "
                "sees them"),
            optional(
                "source", ParamKind::text, "name of the source; made from the path when absent"),
            one_of("format", "format of the bills", format_names(), "auto"),
            optional("mapping", ParamKind::text, "file with a mapping of your own (YAML)"),
            optional(
                "period", ParamKind::text, "month of bills that do not name one, e.g. 2026-01"),
            optional(
                "currency", ParamKind::text, "currency of bills that do not name one, e.g. EUR"),
            with_fallback(
                "dryRun",
                ParamKind::boolean,
                "say what would be booked and what it would change, and book nothing",
                Value(false))},
       .answer =
           R"({"receipts":[{"source":"...","rows_read":1,"rows_booked":1,...}],"texts":["..."],"refused":[{"label":"...","code":"invalid_input","message":"..."}]})",
       .example = R"({"paths":["bills/aws"],"source":"aws"})"},
      &ingest};
}

Result<Value> download_focus(Parts& parts, const Request& request, const CallHooks&) {
  const io::ScratchFolder folder =
      TRY(io::ScratchFolder::create(std::filesystem::temp_directory_path()));
  const bool is_csv = request.text("format") == "csv";
  const ledger::ExportSettings settings{
      .version = request.text("version"),
      .period = request.text("period"),
      .source = request.text("source"),
      .out = folder.path() / (is_csv ? "focus.csv" : "focus.parquet")};
  ledger::Ledger* ledger = TRY(parts.booked());
  TRY(ledger->export_focus(settings));
  return Value(TRY(io::read_file(settings.out)));
}

BoundOperation downloading() {
  return {
      {.name = "ledger.download",
       .summary = "Answers booked charges as a FOCUS file of a version of the standard.",
       .permission = "ledger.read",
       .method = "GET",
       .path = "ledger/download",
       .params =
           {one_of("version", "version of FOCUS", {"1.0", "1.2", "1.3", "1.4"}, "1.2"),
            one_of("format", "of the file", {"csv", "parquet"}, "csv"),
            optional("period", ParamKind::text, "billing period, e.g. 2026-01; all when absent"),
            optional("source", ParamKind::text, "only this source")},
       .answer = "the file",
       .example = R"({"version":"1.2","period":"2026-01","format":"csv"})",
       .media = "application/octet-stream"},
      &download_focus};
}

BoundOperation exporting() {
  return {
      {.name = "ledger.export",
       .summary =
           "Writes booked charges as a FOCUS file (CSV or Parquet) of a version of the standard.",
       .permission = "ledger.write",
       .method = "POST",
       .path = "ledger/export",
       .params =
           {one_of("version", "version of FOCUS", {"1.0", "1.2", "1.3", "1.4"}, "1.2"),
            optional("period", ParamKind::text, "billing period, e.g. 2026-01; all when absent"),
            optional("source", ParamKind::text, "only this source"),
            required("out", ParamKind::text, "file to write: .csv, .csv.gz or .parquet")},
       .answer =
           R"({"file":"...","version":"1.2","rows":1,"totals":[...],"gaps":[{"column":"...","rows":1}]})",
       .example = R"({"version":"1.2","period":"2026-01","out":"focus.parquet"})"},
      &export_focus};
}

}  // namespace

std::vector<BoundOperation> booking_operations() {
  return {
      ingesting(),
      proposing(),
      {{.name = "ledger.receipts",
        .summary = "Lists what was booked, newest first: the receipts of deliveries.",
        .permission = "ledger.read",
        .method = "GET",
        .path = "ledger/receipts",
        .params =
            {optional("source", ParamKind::text, "only this source"),
             with_fallback("limit", ParamKind::integer, "receipts at most", 100)},
        .answer = R"({"receipts":[{...}]})",
        .example = R"({"source":"aws"})"},
       &list_receipts},
      exporting(),
      downloading(),
      {{.name = "demo.generate",
        .summary = "Writes a fictional company's bills in the providers' own formats, with known "
                   "truths in them.",
        .permission = "demo.write",
        .params =
            {with_fallback(
                 "out", ParamKind::text, "folder to write to; must be empty", "outlay-demo"),
             with_fallback("months", ParamKind::integer, "how many months", 13),
             with_fallback(
                 "scale", ParamKind::text, "size of the company; 1 is about 250,000 rows", "1"),
             optional("rows", ParamKind::integer, "about how many rows, instead of scale"),
             with_fallback("seed", ParamKind::integer, "same seed, same bytes", 1),
             optional("last", ParamKind::text, "last month, e.g. 2026-10"),
             optional("providers", ParamKind::list, "some of aws, azure, google, saas"),
             one_of("compression", "of the large files", {"gzip", "none"}, "gzip"),
             with_fallback(
                 "restatement",
                 ParamKind::boolean,
                 "also write a closed month's second delivery",
                 true)},
        .answer = R"({"out":"...","rows":1,"bytes":1,"files":[...],"totals":[...]})",
        .example = R"({"out":"bills","months":2,"scale":"0.01"})"},
       &generate_demo},
  };
}

}  // namespace outlay::api
