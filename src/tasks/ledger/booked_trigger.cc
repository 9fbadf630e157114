// SPDX-License-Identifier: Apache-2.0
#include "tasks/ledger/booked_trigger.h"

#include <algorithm>
#include <map>

#include "flow/engine.h"
#include "tasks/ledger/ledger_tasks.h"
#include "tasks/ledger/rows.h"
#include "tasks/properties.h"
#include "tasks/spec.h"

namespace outlay::tasks {
namespace {

using base::Done;
using base::Result;
using format::Value;
using money::Decimal;

Value amount(const std::optional<Decimal>& cost) {
  return cost ? Value(format::Number{cost->short_text()}) : Value();
}

/// Unknown against known counts as the known side: what a report shows as the change.
std::optional<Decimal> difference(
    const std::optional<Decimal>& before, const std::optional<Decimal>& after) {
  if (!before && !after) return std::nullopt;
  return after.value_or(Decimal()) - before.value_or(Decimal());
}

Value changes_json(const std::vector<ledger::Change>& changes) {
  format::Array out;
  for (const auto& change : changes) {
    out.push_back(Value::object(
        {{"ServiceName", change.service.empty() ? Value() : Value(change.service)},
         {"BillingCurrency", change.currency},
         {"BilledCostBefore", amount(change.before)},
         {"BilledCostAfter", amount(change.after)},
         {"BilledCostChange", amount(difference(change.before, change.after))},
         {"EffectiveCostBefore", amount(change.effective_before)},
         {"EffectiveCostAfter", amount(change.effective_after)},
         {"EffectiveCostChange",
          amount(difference(change.effective_before, change.effective_after))}}));
  }
  return out;
}

/// One line per currency: currencies are never added up.
Value sums_json(const std::vector<ledger::Change>& changes) {
  std::map<std::string, std::pair<Decimal, Decimal>> sums;
  for (const auto& change : changes) {
    auto& [billed, effective] = sums[change.currency];
    billed += difference(change.before, change.after).value_or(Decimal());
    effective += difference(change.effective_before, change.effective_after).value_or(Decimal());
  }
  format::Array out;
  for (const auto& [currency, sum] : sums) {
    out.push_back(Value::object(
        {{"BillingCurrency", currency},
         {"BilledCostChange", amount(sum.first)},
         {"EffectiveCostChange", amount(sum.second)}}));
  }
  return out;
}

format::Object variables_of(const ledger::BookedEvent& event) {
  const auto& generation = event.generation;
  const Value out = Value::object(
      {{"source", generation.source},
       {"period", generation.period},
       {"dataset", generation.dataset},
       {"generation", static_cast<std::int64_t>(generation.generation)},
       {"replaced", event.replaced ? Value(static_cast<std::int64_t>(*event.replaced)) : Value()},
       {"rows", static_cast<std::int64_t>(generation.rows)},
       {"deliveryId", generation.delivery_id},
       {"label", generation.label},
       {"mapping", generation.mapping},
       {"bookedAt", generation.booked_at},
       {"wasClosed", event.was_closed},
       {"changes", changes_json(event.changes)},
       {"sums", sums_json(event.changes)}});
  return out.as_object();
}

bool fits(const BookedFilter& filter, const ledger::BookedEvent& event) {
  const auto& generation = event.generation;
  const bool is_asked =
      filter.sources.empty() ||
      std::find(filter.sources.begin(), filter.sources.end(), generation.source) !=
          filter.sources.end();
  if (!is_asked || (!filter.period.empty() && filter.period != generation.period)) return false;
  if (generation.dataset != filter.dataset) return false;
  if (filter.only_restated && (!event.replaced || event.changes.empty())) return false;
  return !filter.only_closed || event.was_closed;
}

/// How far a trigger has looked. `pending` is what it found last, told to `execution`.
struct Mark {
  long long sequence = 0;
  long long pending = 0;
  std::string execution;
};

Result<std::optional<Mark>> read_mark(const BookedMemory& memory) {
  const auto kept = memory.kv.get(memory.name_space, memory.key);
  if (!kept && kept.error().code == base::Code::not_found) return std::optional<Mark>();
  if (!kept) return kept.error();
  return std::optional(Mark{
      kept->value["sequence"].int_or(0),
      kept->value["pending"].int_or(0),
      kept->value["execution"].text_or("")});
}

Result<Done> write_mark(const BookedMemory& memory, const Mark& mark) {
  flow::KvPut put;
  put.value = Value::object(
      {{"sequence", static_cast<std::int64_t>(mark.sequence)},
       {"pending", static_cast<std::int64_t>(mark.pending)},
       {"execution", mark.execution}});
  put.type = "JSON";
  put.description = "how far a trigger has looked through the ledger";
  TRY(memory.kv.put(memory.name_space, memory.key, put));
  return Done{};
}

class BookedTrigger final : public flow::PollingType {
 public:
  BookedTrigger(std::string_view spec, bool only_changes, CostBook book)
      : info_(read_spec(spec)), only_changes_(only_changes), book_(std::move(book)) {}

  const flow::TaskInfo& info() const override { return info_; }

  Result<std::optional<format::Object>> poll(
      flow::TaskContext& context, const Value& properties) const override {
    flow::Engine* engine = context.engine();
    if (engine == nullptr) {
      return base::not_found(
          "this trigger remembers in the engine's store, and there is no engine");
    }
    BookedFilter filter;
    filter.sources = TRY(names_property(context, properties, "source"));
    filter.period = TRY(flow::text_property(context, properties, "period"));
    if (const auto dataset = TRY(flow::text_property(context, properties, "dataset"));
        !dataset.empty()) {
      filter.dataset = dataset;
    }
    filter.only_restated = only_changes_;
    filter.only_closed =
        only_changes_ && TRY(flow::text_property(context, properties, "onlyClosed")) != "false";
    const BookedMemory memory{
        engine->kv(),
        std::string(context.name_space()),
        "trigger." + std::string(context.flow_id()) + "." + std::string(context.task_run_id()),
        [engine](const std::string& id) { return engine->execution(id).has_value(); }};
    ledger::Ledger* book = TRY(cost_book(book_));
    return next_booked(*book, filter, memory, std::string(context.execution_id()));
  }

 private:
  flow::TaskInfo info_;
  bool only_changes_;
  CostBook book_;
};

}  // namespace

Result<std::optional<format::Object>> next_booked(
    ledger::Ledger& book,
    const BookedFilter& filter,
    const BookedMemory& memory,
    const std::string& execution) {
  const auto kept = TRY(read_mark(memory));
  if (!kept) {
    const long long newest = TRY(book.newest_sequence());
    TRY(write_mark(memory, {newest, 0, {}}));
    return std::optional<format::Object>();
  }
  Mark mark = *kept;
  if (mark.pending != 0 && memory.is_known(mark.execution)) mark = {mark.pending, 0, {}};
  const long long begun = mark.sequence;
  while (true) {
    constexpr long long kAtOnce = 100;
    const auto events = TRY(book.booked_after(mark.sequence, kAtOnce));
    for (const auto& event : events) {
      if (fits(filter, event)) {
        TRY(write_mark(memory, {mark.sequence, event.sequence, execution}));
        return std::optional(variables_of(event));
      }
      mark.sequence = event.sequence;
    }
    if (events.empty()) break;
  }
  if (mark.sequence != begun || kept->pending != 0) TRY(write_mark(memory, {mark.sequence, 0, {}}));
  return std::optional<format::Object>();
}

std::unique_ptr<flow::PollingType> make_ledger_booked_trigger(CostBook book) {
  return std::make_unique<BookedTrigger>("ledger/booked.yaml", false, std::move(book));
}

std::unique_ptr<flow::PollingType> make_ledger_period_changed_trigger(CostBook book) {
  return std::make_unique<BookedTrigger>("ledger/period_changed.yaml", true, std::move(book));
}

}  // namespace outlay::tasks
