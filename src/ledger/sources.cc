// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "format/json.h"
#include "ledger/cells.h"
#include "ledger/receipt.h"
#include "ledger/state.h"
#include "ledger/views.h"

namespace outlay::ledger {
namespace {

using base::Result;
using store::Cell;
using store::Type;

/// What is current of one source.
struct SourceLine {
  std::set<std::string> periods;
  long long rows = 0, bytes = 0;
  std::string booked_at, label, mapping, delivery_id;
  std::optional<long long> newest;
};

std::map<std::string, SourceLine> lines_of(const std::vector<Volume>& volumes) {
  std::map<std::string, SourceLine> lines;
  for (const auto& volume : volumes) {
    const auto& generation = volume.generation;
    auto& line = lines[generation.source];
    line.periods.insert(generation.period);
    line.rows += generation.rows;
    line.bytes += generation.bytes;
    if (volume.last_instant) line.newest = std::max(line.newest.value_or(0), *volume.last_instant);
    if (generation.booked_at >= line.booked_at) {
      line.booked_at = generation.booked_at;
      line.label = generation.label;
      line.mapping = generation.mapping;
      line.delivery_id = generation.delivery_id;
    }
  }
  return lines;
}

Cell number(long long value) { return std::to_string(value); }

long long rows_of(const std::vector<ReasonCount>& reasons) {
  long long rows = 0;
  for (const auto& reason : reasons) rows += reason.rows;
  return rows;
}

/// BilledCost of each source as "12.5 USD", several currencies one after the other.
Result<std::map<std::string, std::string>> billed_by_source(
    store::Duck& duck, const std::vector<Volume>& volumes, const io::Path& folder) {
  std::map<std::string, std::string> out;
  const auto table = TRY(duck.query(fmt::format(
      "SELECT x_Source, BillingCurrency, sum(BilledCost) FROM ({}) GROUP BY 1, 2 ORDER BY 1, 2",
      rollup_sql(volumes, folder))));
  for (const auto& row : table.rows) {
    const auto sum = amount(row[2]);
    if (!sum) continue;
    auto& line = out[text(row[0])];
    line += (line.empty() ? "" : ", ") + sum->short_text() + " " + text(row[1]);
  }
  return out;
}

}  // namespace

Result<store::Table> Ledger::sources() {
  store::Table table;
  table.columns = {
      {"Source", Type::text},
      {"Periods", Type::integer},
      {"FirstPeriod", Type::text},
      {"LastPeriod", Type::text},
      {"NewestCharge", Type::timestamp},
      {"LastBooking", Type::timestamp},
      {"Charges", Type::integer},
      {"Bytes", Type::integer},
      {"BilledCost", Type::text},
      {"Quarantined", Type::integer},
      {"Findings", Type::integer},
      {"Mapping", Type::text},
      {"Label", Type::text},
      {"DeliveryId", Type::text}};
  const auto volumes = TRY(state_->catalog.current("cost_and_usage"));
  auto duck = TRY(state_->connect());
  const auto billed = TRY(billed_by_source(duck, volumes, state_->settings.folder));
  for (const auto& [source, line] : lines_of(volumes)) {
    Receipt receipt;
    const auto records = TRY(state_->catalog.deliveries({line.delivery_id}));
    if (!records.empty()) {
      const auto json = TRY(format::parse_json(records[0].receipt, format::JsonNumbers::exact));
      receipt = TRY(parse_receipt(json));
    }
    const auto sum = billed.find(source);
    table.rows.push_back(
        {source,
         number(static_cast<long long>(line.periods.size())),
         *line.periods.begin(),
         *line.periods.rbegin(),
         line.newest ? Cell(base::print_instant(base::Instant(base::Duration(*line.newest))))
                     : Cell(),
         line.booked_at,
         number(line.rows),
         number(line.bytes),
         sum == billed.end() ? Cell() : Cell(sum->second),
         number(rows_of(receipt.quarantined)),
         number(static_cast<long long>(receipt.findings.size())),
         line.mapping,
         line.label,
         line.delivery_id});
  }
  return table;
}

}  // namespace outlay::ledger
