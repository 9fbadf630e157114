// SPDX-License-Identifier: Apache-2.0
#include "tasks/ledger/ledger_tasks.h"
#include "tasks/ledger/rows.h"
#include "tasks/properties.h"
#include "tasks/spec.h"

namespace outlay::tasks {
namespace {

using format::Value;

class LedgerDiffTask final : public SpecTask {
 public:
  explicit LedgerDiffTask(CostBook book) : SpecTask("ledger/diff.yaml"), book_(std::move(book)) {}

  base::Result<flow::TaskEnd> run(
      flow::TaskContext& context, const Value& properties) const override {
    ledger::Ledger* book = TRY(cost_book(book_));
    ledger::DiffQuery query;
    query.source = TRY(flow::text_property(context, properties, "source"));
    query.period = TRY(flow::text_property(context, properties, "period"));
    query.from_generation = TRY(integer_property(context, properties, "from")).value_or(0);
    query.to_generation = TRY(integer_property(context, properties, "to")).value_or(0);
    query.from_time = TRY(instant_property(context, properties, "fromTime"));
    query.to_time = TRY(instant_property(context, properties, "toTime"));
    query.by = TRY(names_property(context, properties, "by"));
    const ledger::DiffAnswer answer = TRY(book->diff(query));
    flow::TaskEnd end;
    TRY(put_table(context, properties, answer.table, end.outputs));
    format::Array compared;
    for (const auto& one : answer.compared) {
      const auto number = [](long long generation) {
        return generation == 0 ? Value() : Value(static_cast<std::int64_t>(generation));
      };
      compared.push_back(Value::object(
          {{"source", one.source},
           {"period", one.period},
           {"from", number(one.before)},
           {"to", number(one.after)},
           {"mappingBefore", one.mapping_before},
           {"mappingAfter", one.mapping_after}}));
    }
    end.outputs.set("compared", Value(std::move(compared)));
    return end;
  }

 private:
  CostBook book_;
};

}  // namespace

std::unique_ptr<flow::TaskType> make_ledger_diff(CostBook book) {
  return std::make_unique<LedgerDiffTask>(std::move(book));
}

}  // namespace outlay::tasks
