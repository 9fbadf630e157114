// SPDX-License-Identifier: Apache-2.0
#include "api/ops/bound.h"
#include "api/ops/params.h"
#include "api/parts.h"
#include "api/table_file.h"
#include "api/table_json.h"
#include "base/text.h"
#include "ledger/ledger.h"

namespace outlay::api {
namespace {

using base::Result;
using format::Value;

Result<Value> written(const store::Table& table, const std::string& file) {
  TRY(write_parquet(table, file));
  return Value::object({{"file", file}, {"rows", static_cast<std::int64_t>(table.rows.size())}});
}

Result<ledger::CostAnswer> cost_answer(Parts& parts, const Request& request) {
  const ledger::CostQuery query = TRY(cost_query(request));
  ledger::Ledger* ledger = TRY(parts.booked());
  if (request.has("currency")) {
    const std::optional<base::Date> fixed_day = TRY(date_of(request, "fxDate"));
    return ledger->query_in(query, request.text("currency"), fixed_day);
  }
  if (request.has("fxDate")) {
    return base::invalid_input(
        "\"fxDate\" says which exchange rates to take; give \"currency\" too.");
  }
  return ledger->query(query);
}

Result<Value> query_to_file(Parts& parts, const Request& request, const CallHooks&) {
  const ledger::CostAnswer answer = TRY(cost_answer(parts, request));
  return written(answer.table, request.text("out"));
}

Result<Value> sql_to_file(Parts& parts, const Request& request, const CallHooks&) {
  const std::optional<base::Instant> as_of = TRY(instant_of(request, "asOf"));
  ledger::Ledger* ledger = TRY(parts.booked());
  const store::Table table = TRY(ledger->sql(request.text("statement"), as_of));
  return written(table, request.text("out"));
}

Result<Value> query_cost(Parts& parts, const Request& request, const CallHooks&) {
  const ledger::CostAnswer answer = TRY(cost_answer(parts, request));
  format::Object out = table_json(answer.table);
  out.set("answeredBy", answer.answered_by);
  if (request.boolean("explain")) out.set("sql", answer.sql);
  out.set(
      "currencies",
      distinct_values(answer.table, request.has("currency") ? "Currency" : "BillingCurrency"));
  return Value(std::move(out));
}

Result<Value> run_sql(Parts& parts, const Request& request, const CallHooks&) {
  const std::optional<base::Instant> as_of = TRY(instant_of(request, "asOf"));
  ledger::Ledger* ledger = TRY(parts.booked());
  const store::Table table = TRY(ledger->sql(request.text("statement"), as_of));
  return Value(table_json(table));
}

Result<Value> list_rows(Parts& parts, const Request& request, const CallHooks&) {
  ledger::Ledger* ledger = TRY(parts.booked());
  const std::string statement = TRY(rows_sql(request));
  const std::optional<base::Instant> as_of = TRY(instant_of(request, "asOf"));
  const store::Table table = TRY(ledger->sql(statement, as_of));
  return Value(table_json(table));
}

Value trace_json(const ledger::TraceLine& line) {
  return Value::object({
      {"source", line.source},
      {"period", line.period},
      {"generation", static_cast<std::int64_t>(line.generation)},
      {"file", line.file},
      {"sha256", line.sha256},
      {"row", static_cast<std::int64_t>(line.row)},
      {"mapping", line.mapping},
      {"deliveryId", line.delivery_id},
      {"bookedAt", line.booked_at},
      {"charge", line.charge.rows.empty() ? Value() : row_json(line.charge, 0)},
  });
}

Result<Value> trace_rows(Parts& parts, const Request& request, const CallHooks&) {
  ledger::Ledger* ledger = TRY(parts.booked());
  const std::optional<base::Instant> as_of = TRY(instant_of(request, "asOf"));
  const std::vector<ledger::TraceLine> lines =
      TRY(ledger->trace(request.text("where"), request.integer("limit"), as_of));
  format::Array out;
  for (const ledger::TraceLine& line : lines) out.push_back(trace_json(line));
  return Value::object({{"lines", Value(std::move(out))}});
}

Value generation_json(const ledger::Generation& generation) {
  return Value::object({
      {"source", generation.source},
      {"period", generation.period},
      {"dataset", generation.dataset},
      {"generation", static_cast<std::int64_t>(generation.generation)},
      {"rows", static_cast<std::int64_t>(generation.rows)},
      {"bytes", static_cast<std::int64_t>(generation.bytes)},
      {"deliveryId", generation.delivery_id},
      {"label", generation.label},
      {"mapping", generation.mapping},
      {"bookedAt", generation.booked_at},
      {"supersededAt",
       generation.superseded_at.empty() ? Value() : Value(generation.superseded_at)},
      {"isCurrent", generation.is_current},
  });
}

Result<Value> list_generations(Parts& parts, const Request& request, const CallHooks&) {
  ledger::Ledger* ledger = TRY(parts.booked());
  const std::vector<ledger::Generation> all =
      TRY(ledger->generations(request.text("source"), request.text("period")));
  format::Array out;
  for (const ledger::Generation& generation : all) out.push_back(generation_json(generation));
  return Value::object({{"generations", Value(std::move(out))}});
}

Result<Value> reconcile_invoices(Parts& parts, const Request& request, const CallHooks&) {
  const std::map<std::string, money::Decimal> expected = TRY(expected_amounts(request));
  ledger::Ledger* ledger = TRY(parts.booked());
  const Result<money::Decimal> tolerance = money::Decimal::parse(request.text("tolerance"));
  if (!tolerance) {
    return base::invalid_input(
        "\"tolerance\" is an amount such as 0.01, not \"" + request.text("tolerance") + "\".");
  }
  const store::Table table = TRY(ledger->reconcile(request.text("period"), expected, *tolerance));
  return Value(table_json(table));
}

Result<Value> load_rates(Parts& parts, const Request& request, const CallHooks&) {
  ledger::Ledger* ledger = TRY(parts.ledger());
  const long long rates = TRY(ledger->load_rates(request.text("csv"), request.text("name")));
  return Value::object({{"rates", static_cast<std::int64_t>(rates)}});
}

Result<Value> list_rates(Parts& parts, const Request&, const CallHooks&) {
  ledger::Ledger* ledger = TRY(parts.booked());
  const store::Table table = TRY(ledger->rates());
  return Value(table_json(table));
}

Result<Value> list_sources(Parts& parts, const Request&, const CallHooks&) {
  ledger::Ledger* ledger = TRY(parts.booked());
  const store::Table table = TRY(ledger->sources());
  const format::Object json = table_json(table);
  return Value::object({{"sources", *json.find("rows")}, {"columns", *json.find("columns")}});
}

}  // namespace

namespace {

std::vector<Param> explained_cost_params() {
  std::vector<Param> params = cost_params();
  params.push_back(with_fallback(
      "explain",
      ParamKind::boolean,
      "say what answered, the daily roll-up or the rows, and by which SQL",
      Value(false)));
  return params;
}

std::vector<Param> with_out(std::vector<Param> params) {
  params.push_back(required("out", ParamKind::text, "Parquet file to write"));
  return params;
}

std::vector<BoundOperation> closing_operations() {
  const std::string table = R"({"columns":[{"name":"...","type":"..."}],"rows":[{"...":"..."}]})";
  return {
      {{.name = "ledger.reconcile",
        .summary = "Compares BilledCost per invoice with what the provider's file or the given "
                   "invoice says.",
        .permission = "ledger.read",
        .method = "GET",
        .path = "ledger/reconcile",
        .params =
            {optional(
                 "period", ParamKind::text, "the billing period, e.g. 2026-01; all when absent"),
             optional("expected", ParamKind::map, "invoice id to amount"),
             with_fallback(
                 "tolerance",
                 ParamKind::text,
                 "a difference up to this amount still matches",
                 Value("0"))},
        .answer = table,
        .example = R"({"period":"2026-01","expected":{"INV-1":"177.70"}})"},
       &reconcile_invoices},
  };
}

std::vector<BoundOperation> rate_operations() {
  return {
      {{.name = "fx.load",
        .summary = "Adds dated exchange rates: a list of date, base, quote, rate, or the European "
                   "Central Bank's table.",
        .permission = "ledger.write",
        .method = "POST",
        .path = "ledger/rates",
        .params =
            {required("csv", ParamKind::text, "the rates as CSV"),
             with_fallback("name", ParamKind::text, "what the rates are known by", Value("rates"))},
        .answer = R"({"rates":12})",
        .example = R"({"csv":"date,base,quote,rate\n2026-01-05,USD,EUR,0.92\n"})"},
       &load_rates},
      {{.name = "fx.list",
        .summary = "Lists the pairs of currencies that have exchange rates, with their days.",
        .permission = "ledger.read",
        .method = "GET",
        .path = "ledger/rates",
        .params = {},
        .answer = R"({"columns":[...],"rows":[...]})",
        .example = "{}"},
       &list_rates},
  };
}

std::vector<BoundOperation> file_operations() {
  return {
      {{.name = "ledger.query_to_file",
        .summary = "Writes the answer of ledger.query to a Parquet file.",
        .permission = "ledger.read",
        .params = with_out(cost_params()),
        .answer = R"({"file":"...","rows":1})",
        .example = R"({"by":"ServiceName","out":"services.parquet"})"},
       &query_to_file},
      {{.name = "ledger.sql_to_file",
        .summary = "Writes the answer of ledger.sql to a Parquet file.",
        .permission = "ledger.read",
        .params = with_out(
            {required("statement", ParamKind::text, "one SELECT statement"), as_of_param()}),
        .answer = R"({"file":"...","rows":1})",
        .example = R"({"statement":"SELECT * FROM focus","out":"focus.parquet"})"},
       &sql_to_file},
  };
}

}  // namespace

std::vector<BoundOperation> ledger_operations() {
  const std::string table = R"({"columns":[{"name":"...","type":"..."}],"rows":[{"...":"..."}]})";
  std::vector<BoundOperation> all{
      {{.name = "ledger.query",
        .summary =
            "Sums costs over the current generations, by day or month and by any columns or tags.",
        .permission = "ledger.read",
        .method = "GET",
        .path = "ledger/query",
        .params = explained_cost_params(),
        .answer = R"({"columns":[...],"rows":[...],"answeredBy":"rollup","currencies":["USD"]})",
        .example = R"({"by":"ServiceName,tag:team","from":"2026-01-01","to":"2026-02-01"})"},
       &query_cost},
      {{.name = "ledger.sql",
        .summary = "Answers a SELECT over the views focus, contract_commitment, billing_period and "
                   "invoice_detail.",
        .permission = "ledger.read",
        .method = "POST",
        .path = "ledger/sql",
        .params = {required("statement", ParamKind::text, "one SELECT statement"), as_of_param()},
        .answer = table,
        .example = R"({"statement":"SELECT sum(BilledCost) FROM focus"})"},
       &run_sql},
      {{.name = "ledger.rows",
        .summary = "Lists booked rows, a page at a time; each has its source, period, file and row "
                   "number.",
        .permission = "ledger.read",
        .method = "GET",
        .path = "ledger/rows",
        .params = rows_params(),
        .answer = table,
        .example = R"({"where":"ServiceName = 'Amazon EC2'","limit":50})"},
       &list_rows},
      {{.name = "ledger.trace",
        .summary =
            "Says of booked rows which file (sha256), row, delivery and mapping they came from.",
        .permission = "ledger.read",
        .method = "GET",
        .path = "ledger/trace",
        .params =
            {optional("where", ParamKind::text, "SQL condition that picks the rows"),
             with_fallback("limit", ParamKind::integer, "how many rows at most", 20),
             as_of_param()},
        .answer =
            R"({"lines":[{"source":"...","period":"2026-01","generation":1,"file":"...","sha256":"...","row":12,"mapping":"...","deliveryId":"...","bookedAt":"...","charge":{...}}]})",
        .example = R"({"where":"ResourceId = 'i-0abc'","limit":5})"},
       &trace_rows},
      {{.name = "ledger.sources",
        .summary =
            "Lists what is booked per source: periods, rows, newest charge, last booking, tie-out.",
        .permission = "ledger.read",
        .method = "GET",
        .path = "ledger/sources",
        .params = {},
        .answer = R"({"sources":[{...}],"columns":[...]})",
        .example = "{}"},
       &list_sources},
      {{.name = "ledger.generations",
        .summary = "Lists every generation of a source and billing period, superseded ones too.",
        .permission = "ledger.read",
        .method = "GET",
        .path = "ledger/generations",
        .params =
            {optional("source", ParamKind::text, "only this source"),
             optional("period", ParamKind::text, "only this billing period, e.g. 2026-01")},
        .answer =
            R"({"generations":[{"source":"...","period":"...","generation":1,"rows":1,"isCurrent":true,...}]})",
        .example = R"({"source":"aws","period":"2026-01"})"},
       &list_generations},
  };
  for (BoundOperation& bound : closing_operations()) all.push_back(std::move(bound));
  for (BoundOperation& bound : rate_operations()) all.push_back(std::move(bound));
  for (BoundOperation& bound : file_operations()) all.push_back(std::move(bound));
  return all;
}

}  // namespace outlay::api
