// SPDX-License-Identifier: Apache-2.0
// What was booked, one generation after the other, for those who act on it.
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
using base::sql_text;

/// The first instant after a billing period such as 2026-01; none for "all".
std::optional<base::Instant> end_of(const std::string& period) {
  const auto first = base::parse_date(period + "-01");
  if (!first) return std::nullopt;
  const auto next =
      std::chrono::year_month_day(*first).year() / std::chrono::year_month_day(*first).month() +
      std::chrono::months(1);
  return base::midnight(base::Date(next / std::chrono::day(1)));
}

}  // namespace

/// What the provider's own list of billing periods said just before the booking, else the calendar.
Result<bool> Ledger::State::was_closed(const Generation& generation) {
  const auto booked = TRY(base::parse_instant(generation.booked_at));
  std::vector<Volume> stated;
  for (auto& volume : TRY(catalog.current("billing_period", booked - base::Duration(1)))) {
    if (volume.generation.source == generation.source) stated.push_back(std::move(volume));
  }
  if (!stated.empty()) {
    auto duck = TRY(connect());
    const auto table = TRY(duck.query(fmt::format(
        "SELECT BillingPeriodStatus FROM ({}) WHERE strftime(BillingPeriodStart, '%Y-%m') = {} "
        "AND BillingPeriodStatus IS NOT NULL ORDER BY BillingPeriodLastUpdated DESC NULLS LAST "
        "LIMIT 1",
        rows_sql("billing_period", stated, settings.folder),
        sql_text(generation.period))));
    if (!table.empty()) return base::equal_ignoring_case(text(table.rows[0][0]), "Closed");
  }
  const auto end = end_of(generation.period);
  return end && booked >= *end + settings.closed_after;
}

Result<std::vector<BookedEvent>> Ledger::booked_after(long long sequence, long long limit) {
  std::vector<BookedEvent> events;
  for (auto& volume : TRY(state_->catalog.after(sequence, limit))) {
    BookedEvent event{volume.sequence, std::move(volume.generation), std::nullopt, {}, false};
    const auto records = TRY(state_->catalog.deliveries({event.generation.delivery_id}));
    for (const auto& record : records) {
      const auto json = TRY(format::parse_json(record.receipt, format::JsonNumbers::exact));
      for (auto& period : TRY(parse_receipt(json)).periods) {
        if (period.period != event.generation.period ||
            period.dataset != event.generation.dataset) {
          continue;
        }
        event.replaced = period.replaced;
        event.changes = std::move(period.changes);
      }
    }
    event.was_closed = TRY(state_->was_closed(event.generation));
    events.push_back(std::move(event));
  }
  return events;
}

Result<long long> Ledger::newest_sequence() { return state_->catalog.newest_sequence(); }

}  // namespace outlay::ledger
