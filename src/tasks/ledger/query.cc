// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "base/text.h"
#include "tasks/ledger/ledger_tasks.h"
#include "tasks/ledger/rows.h"
#include "tasks/properties.h"
#include "tasks/spec.h"

namespace outlay::tasks {
namespace {

using format::Value;
using Granularity = ledger::CostQuery::Granularity;

base::Result<Granularity> granularity_of(const std::string& name) {
  const std::string wanted = base::lower(name);
  if (wanted.empty() || wanted == "none") return Granularity::none;
  if (wanted == "day") return Granularity::day;
  if (wanted == "month") return Granularity::month;
  return base::invalid_input(
      fmt::format("property granularity must be none, day or month, found \"{}\"", name));
}

/// "2026-01-31", or the day part of a longer timestamp.
base::Result<std::optional<base::Date>> day_property(
    flow::TaskContext& context, const Value& properties, std::string_view name) {
  const std::string text = TRY(flow::text_property(context, properties, name));
  if (text.empty()) return std::optional<base::Date>();
  auto day = base::parse_date(std::string_view(text).substr(0, 10));
  if (!day) return day.error().within("property " + std::string(name));
  return std::optional(*day);
}

base::Result<ledger::CostQuery> cost_query(flow::TaskContext& context, const Value& properties) {
  ledger::CostQuery query;
  std::vector<std::string> metrics = TRY(names_property(context, properties, "metrics"));
  for (std::string& metric : TRY(names_property(context, properties, "metric"))) {
    metrics.push_back(std::move(metric));
  }
  if (!metrics.empty()) query.metrics = std::move(metrics);
  query.by = TRY(names_property(context, properties, "by"));
  query.from = TRY(day_property(context, properties, "from"));
  query.to = TRY(day_property(context, properties, "to"));
  query.where = TRY(flow::text_property(context, properties, "where"));
  const std::string granularity = TRY(flow::text_property(context, properties, "granularity"));
  query.granularity = TRY(granularity_of(granularity));
  if (const auto limit = TRY(integer_property(context, properties, "limit"))) query.limit = *limit;
  return query;
}

class LedgerQueryTask final : public SpecTask {
 public:
  explicit LedgerQueryTask(CostBook book) : SpecTask("ledger/query.yaml"), book_(std::move(book)) {}

  base::Result<flow::TaskEnd> run(
      flow::TaskContext& context, const Value& properties) const override {
    ledger::Ledger* book = TRY(cost_book(book_));
    std::optional<base::Instant> as_of;
    if (const std::string text = TRY(flow::text_property(context, properties, "asOf"));
        !text.empty()) {
      as_of = TRY(base::parse_instant(text));
    }
    flow::TaskEnd end;
    const std::string sql = TRY(flow::text_property(context, properties, "sql"));
    if (!sql.empty()) {
      const store::Table table = TRY(book->sql(sql, as_of));
      TRY(put_table(context, properties, table, end.outputs));
      return end;
    }
    ledger::CostQuery query = TRY(cost_query(context, properties));
    query.as_of = as_of;
    const ledger::CostAnswer answer = TRY(book->query(query));
    TRY(put_table(context, properties, answer.table, end.outputs));
    return end;
  }

 private:
  CostBook book_;
};

}  // namespace

std::unique_ptr<flow::TaskType> make_ledger_query(CostBook book) {
  return std::make_unique<LedgerQueryTask>(std::move(book));
}

}  // namespace outlay::tasks
