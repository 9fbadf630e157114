// SPDX-License-Identifier: Apache-2.0
#include "api/ops/params.h"

#include <fmt/format.h>

#include "base/text.h"

namespace outlay::api {

using base::Result;
using format::Value;

Param required(std::string name, ParamKind kind, std::string doc) {
  Param param{.name = std::move(name), .kind = kind, .doc = std::move(doc)};
  param.is_required = true;
  return param;
}

Param optional(std::string name, ParamKind kind, std::string doc) {
  return {.name = std::move(name), .kind = kind, .doc = std::move(doc)};
}

Param with_fallback(std::string name, ParamKind kind, std::string doc, Value fallback) {
  Param param{.name = std::move(name), .kind = kind, .doc = std::move(doc)};
  param.fallback = std::move(fallback);
  return param;
}

Param one_of(std::string name, std::string doc, std::vector<std::string> choices, Value fallback) {
  Param param{.name = std::move(name), .kind = ParamKind::text, .doc = std::move(doc)};
  param.choices = std::move(choices);
  param.fallback = std::move(fallback);
  return param;
}

Param as_of_param() {
  return optional("asOf", ParamKind::instant, "answer as the ledger stood at this time");
}

std::vector<Param> cost_params() {
  return {
      with_fallback(
          "metric",
          ParamKind::list,
          "cost or quantity columns to sum: BilledCost, EffectiveCost, ListCost, ContractedCost, "
          "...",
          Value(format::Array{Value("EffectiveCost")})),
      optional("by", ParamKind::list, "columns to group by; tag:KEY for a tag"),
      optional("from", ParamKind::date, "first day, of ChargePeriodStart"),
      optional("to", ParamKind::date, "first day after"),
      optional("where", ParamKind::text, "SQL condition over the focus view"),
      one_of(
          "granularity",
          "one line per day, per month, or for the whole time",
          {"day", "month", "none"},
          "none"),
      optional("limit", ParamKind::integer, "lines at most, largest first"),
      optional(
          "currency",
          ParamKind::text,
          "turn all costs into this currency by the exchange rates loaded, each day at its own"),
      optional("fxDate", ParamKind::date, "with currency: take this day's rates for every day"),
      as_of_param(),
  };
}

std::vector<Param> rows_params() {
  return {
      optional("where", ParamKind::text, "SQL condition over the focus view"),
      optional("from", ParamKind::date, "first day, of ChargePeriodStart"),
      optional("to", ParamKind::date, "first day after"),
      with_fallback("limit", ParamKind::integer, "rows at most", 50),
      with_fallback("offset", ParamKind::integer, "rows to leave out first", 0),
      as_of_param(),
  };
}

std::vector<Param> page_params() {
  return {
      with_fallback("page", ParamKind::integer, "which page, from 1", 1),
      with_fallback("size", ParamKind::integer, "how many on a page", 25),
  };
}

Result<std::optional<base::Instant>> instant_of(const Request& request, std::string_view name) {
  if (!request.has(name)) return std::optional<base::Instant>();
  return std::optional<base::Instant>(TRY(base::parse_instant(request.text(name))));
}

Result<std::optional<base::Date>> date_of(const Request& request, std::string_view name) {
  if (!request.has(name)) return std::optional<base::Date>();
  return std::optional<base::Date>(TRY(base::parse_date(request.text(name))));
}

Result<ledger::CostQuery> cost_query(const Request& request) {
  ledger::CostQuery query;
  query.metrics = request.list("metric");
  query.by = request.list("by");
  query.from = TRY(date_of(request, "from"));
  query.to = TRY(date_of(request, "to"));
  query.where = request.text("where");
  query.as_of = TRY(instant_of(request, "asOf"));
  if (request.has("limit")) {
    if (request.integer("limit") < 1) return base::invalid_input("\"limit\" must be at least 1.");
    query.limit = request.integer("limit");
  }
  using Granularity = ledger::CostQuery::Granularity;
  const std::string granularity = request.text("granularity");
  query.granularity = granularity == "day"     ? Granularity::day
                      : granularity == "month" ? Granularity::month
                                               : Granularity::none;
  if (query.from && query.to && !(base::midnight(*query.from) < base::midnight(*query.to))) {
    return base::invalid_input(fmt::format(
        "\"to\" is the first day after the time asked for and must be later than \"from\", but "
        "from is {} "
        "and to is {}.",
        request.text("from"),
        request.text("to")));
  }
  return query;
}

Result<std::string> rows_sql(const Request& request) {
  std::vector<std::string> conditions;
  // The line break ends a comment the condition may close with.
  if (request.has("where")) conditions.push_back("(" + request.text("where") + "\n)");
  if (request.has("from")) {
    conditions.push_back("ChargePeriodStart >= TIMESTAMP " + base::sql_text(request.text("from")));
  }
  if (request.has("to")) {
    conditions.push_back("ChargePeriodStart < TIMESTAMP " + base::sql_text(request.text("to")));
  }
  const long long limit = request.integer("limit");
  const long long offset = request.integer("offset");
  if (limit < 1 || limit > 10'000) {
    return base::invalid_input(fmt::format("\"limit\" must be 1 to 10000, but is {}.", limit));
  }
  if (offset < 0) return base::invalid_input("\"offset\" must not be negative.");
  return fmt::format(
      "SELECT * FROM focus{}{} ORDER BY abs(EffectiveCost) DESC NULLS LAST, x_Source, x_Period, "
      "x_File, "
      "x_Row LIMIT {} OFFSET {}",
      conditions.empty() ? "" : " WHERE ",
      base::join(conditions, " AND "),
      limit,
      offset);
}

Result<std::map<std::string, money::Decimal>> expected_amounts(const Request& request) {
  std::map<std::string, money::Decimal> out;
  const Value& given = request.value("expected");
  if (!given.is_object()) return out;
  for (const auto& [invoice, amount] : given.as_object()) {
    std::string digits;
    if (amount.is_text())
      digits = amount.as_text();
    else if (amount.is_exact())
      digits = amount.as_exact().text;
    else if (amount.is_int())
      digits = std::to_string(amount.as_int());
    Result<money::Decimal> parsed = money::Decimal::parse(digits);
    if (!parsed) {
      return base::invalid_input(
          "The expected amount of invoice \"" + invoice +
          "\" must be written as decimal text such as \"177.70\".");
    }
    out.emplace(invoice, *parsed);
  }
  return out;
}

}  // namespace outlay::api
