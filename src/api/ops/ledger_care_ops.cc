// SPDX-License-Identifier: Apache-2.0
// Looking after what is booked: comparing, reading anew, and letting go of what is old.
#include "api/ops/bound.h"
#include "api/ops/params.h"
#include "api/parts.h"
#include "api/table_json.h"
#include "ledger/receipt.h"
#include "sources/sources.h"

namespace outlay::api {
namespace {

using base::Result;
using format::Value;

Value number_or_null(long long number) {
  return number == 0 ? Value() : Value(static_cast<std::int64_t>(number));
}

Value text_or_null(const std::string& text) { return text.empty() ? Value() : Value(text); }

Result<Value> diff_ledger(Parts& parts, const Request& request, const CallHooks&) {
  ledger::DiffQuery query;
  query.source = request.text("source");
  query.period = request.text("period");
  query.from_generation = request.has("from") ? request.integer("from") : 0;
  query.to_generation = request.has("to") ? request.integer("to") : 0;
  query.from_time = TRY(instant_of(request, "fromTime"));
  query.to_time = TRY(instant_of(request, "toTime"));
  query.by = request.list("by");
  ledger::Ledger* ledger = TRY(parts.booked());
  const ledger::DiffAnswer answer = TRY(ledger->diff(query));
  format::Array compared;
  for (const ledger::ComparedPeriod& one : answer.compared) {
    compared.push_back(Value::object(
        {{"source", one.source},
         {"period", one.period},
         {"from", number_or_null(one.before)},
         {"to", number_or_null(one.after)},
         {"mappingBefore", text_or_null(one.mapping_before)},
         {"mappingAfter", text_or_null(one.mapping_after)}}));
  }
  format::Object out = table_json(answer.table);
  if (answer.compared.size() == 1) {
    out.set("from", number_or_null(answer.compared.front().before));
    out.set("to", number_or_null(answer.compared.front().after));
  }
  out.set("compared", Value(std::move(compared)));
  return Value(std::move(out));
}

Result<std::optional<base::Duration>> age_of(const Request& request) {
  const std::string text = request.text("olderThan");
  if (text.empty()) return std::optional<base::Duration>();
  auto age = base::parse_duration(text);
  if (!age) return age.error().within("\"olderThan\"");
  return std::optional(*age);
}

Result<Value> purge_ledger(Parts& parts, const Request& request, const CallHooks&) {
  ledger::PurgeRule rule;
  rule.source = request.text("source");
  rule.period = request.text("period");
  if (request.has("generations"))
    rule.generations_kept = static_cast<int>(request.integer("generations"));
  rule.superseded_kept = TRY(age_of(request));
  rule.is_trial = request.boolean("dryRun");
  ledger::Ledger* ledger = TRY(parts.booked());
  const ledger::PurgeReport report = TRY(ledger->purge(rule));
  format::Array generations;
  for (const ledger::Generation& one : report.generations) {
    generations.push_back(Value::object(
        {{"source", one.source},
         {"period", one.period},
         {"dataset", one.dataset},
         {"generation", static_cast<std::int64_t>(one.generation)},
         {"bytes", static_cast<std::int64_t>(one.bytes)},
         {"supersededAt", one.superseded_at}}));
  }
  return Value::object(
      {{"generations", Value(std::move(generations))},
       {"quarantineFiles", static_cast<std::int64_t>(report.quarantine_files)},
       {"bytes", static_cast<std::int64_t>(report.bytes)},
       {"isTrial", rule.is_trial}});
}

Result<Value> remap_ledger(Parts& parts, const Request& request, const CallHooks& hooks) {
  sources::Sources* all = TRY(parts.sources());
  sources::RemapOptions options;
  options.period = request.text("period");
  options.is_trial = !request.boolean("book");
  options.stop = hooks.stop;
  options.booked = [&](const ledger::Receipt& receipt) {
    parts.publish({.kind = "ledger", .source = receipt.source});
  };
  std::vector<std::string> names;
  if (request.has("source")) names.push_back(request.text("source"));
  format::Array out;
  for (const sources::RemapReport& report : TRY(all->remap(names, options))) {
    format::Array receipts;
    format::Array texts;
    format::Array not_kept;
    for (const ledger::Receipt& receipt : report.receipts) {
      receipts.push_back(ledger::receipt_json(receipt));
      texts.emplace_back(ledger::receipt_text(receipt));
    }
    for (const std::string& id : report.not_kept) not_kept.emplace_back(id);
    out.push_back(Value::object(
        {{"source", report.source},
         {"receipts", Value(std::move(receipts))},
         {"texts", Value(std::move(texts))},
         {"unchanged", static_cast<std::int64_t>(report.unchanged)},
         {"notKept", Value(std::move(not_kept))}}));
  }
  return Value::object({{"sources", Value(std::move(out))}, {"isTrial", options.is_trial}});
}

BoundOperation diffing() {
  return {
      {.name = "ledger.diff",
       .summary = "Shows what changed between two generations of a period, or between two moments "
                  "over all sources.",
       .permission = "ledger.read",
       .method = "GET",
       .path = "ledger/diff",
       .params =
           {optional("source", ParamKind::text, "only this source"),
            optional("period", ParamKind::text, "only this billing period, e.g. 2026-01"),
            optional(
                "from",
                ParamKind::integer,
                "generation before, of one source and period; the last but one when absent"),
            optional("to", ParamKind::integer, "generation after; the newest when absent"),
            optional(
                "fromTime",
                ParamKind::instant,
                "compare with what was booked at this moment, e.g. 2026-02-05T00:00:00Z"),
            optional("toTime", ParamKind::instant, "the later moment; now when absent"),
            with_fallback(
                "by",
                ParamKind::list,
                "columns or tag:KEY to compare by; Cause tells why",
                Value(format::Array{"ServiceName"}))},
       .answer =
           R"({"columns":[{"name":"...","type":"..."}],"rows":[{"...":"..."}],"compared":[{"source":"aws","period":"2026-01","from":1,"to":2,"mappingBefore":"...","mappingAfter":"..."}]})",
       .example = R"({"fromTime":"2026-02-05T00:00:00Z","by":"Cause,tag:team"})"},
      &diff_ledger};
}

BoundOperation purging() {
  return {
      {.name = "ledger.purge",
       .summary = "Deletes superseded generations that are no longer to be kept. No total of today "
                  "changes.",
       .permission = "ledger.write",
       .method = "POST",
       .path = "ledger/purge",
       .params =
           {optional("source", ParamKind::text, "only this source"),
            optional("period", ParamKind::text, "only this billing period, e.g. 2026-01"),
            optional(
                "generations",
                ParamKind::integer,
                "superseded generations to keep per source and period; the settings' rule when "
                "neither this nor olderThan is given"),
            optional(
                "olderThan", ParamKind::text, "delete what was superseded longer ago, e.g. P90D"),
            with_fallback("dryRun", ParamKind::boolean, "say what would be deleted", Value(false))},
       .answer =
           R"({"generations":[{"source":"aws","period":"2026-01","generation":1,"bytes":1,...}],"quarantineFiles":0,"bytes":1,"isTrial":false})",
       .example = R"({"generations":3,"dryRun":true})"},
      &purge_ledger};
}

BoundOperation remapping() {
  return {
      {.name = "ledger.remap",
       .summary = "Reads the kept files of fetched bills with the mappings of today: shows the "
                  "difference, and books it when told to.",
       .permission = "ledger.write",
       .method = "POST",
       .path = "ledger/remap",
       .params =
           {optional("source", ParamKind::text, "only this source"),
            optional("period", ParamKind::text, "only this billing period, e.g. 2026-01"),
            with_fallback(
                "book", ParamKind::boolean, "book the difference, not only show it", Value(false))},
       .answer =
           R"({"sources":[{"source":"aws","receipts":[{...}],"texts":["..."],"unchanged":1,"notKept":[]}],"isTrial":true})",
       .example = R"({"source":"aws","period":"2026-01"})"},
      &remap_ledger};
}

}  // namespace

std::vector<BoundOperation> ledger_care_operations() { return {diffing(), purging(), remapping()}; }

}  // namespace outlay::api
