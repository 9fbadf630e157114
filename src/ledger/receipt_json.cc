// SPDX-License-Identifier: Apache-2.0
#include <charconv>

#include "ledger/receipt.h"

namespace outlay::ledger {
namespace {

using format::Array;
using format::Value;
using money::Decimal;

Value whole(long long number) { return static_cast<std::int64_t>(number); }

Value exact(const Decimal& amount) { return format::Number{amount.short_text()}; }

Value exact(const std::optional<Decimal>& amount) { return amount ? exact(*amount) : Value(); }

template <class T, class Function>
Value list(const std::vector<T>& items, Function&& one) {
  Array out;
  for (const auto& item : items) out.push_back(one(item));
  return out;
}

Value totals_json(const CostTotals& totals) {
  return Value::object(
      {{"BillingCurrency", totals.currency},
       {"rows", whole(totals.rows)},
       {"BilledCost", exact(totals.billed)},
       {"EffectiveCost", exact(totals.effective)},
       {"ListCost", exact(totals.list)},
       {"ContractedCost", exact(totals.contracted)}});
}

Value reason_json(const ReasonCount& reason) {
  return Value::object(
      {{"reason", reason.reason},
       {"rows", whole(reason.rows)},
       {"first_file", reason.first_file},
       {"first_row", whole(reason.first_row)}});
}

Value change_json(const Change& change) {
  return Value::object(
      {{"ServiceName", change.service},
       {"BillingCurrency", change.currency},
       {"billed_before", exact(change.before)},
       {"billed_after", exact(change.after)},
       {"effective_before", exact(change.effective_before)},
       {"effective_after", exact(change.effective_after)}});
}

Value column_change_json(const ColumnChange& change) {
  return Value::object(
      {{"column", change.column},
       {"charges", whole(change.charges)},
       {"before", change.before},
       {"after", change.after}});
}

Value period_json(const BookedPeriod& period) {
  Value plain = Value::object(
      {{"period", period.period},
       {"dataset", period.dataset},
       {"generation", whole(period.generation)},
       {"replaced", period.replaced ? whole(*period.replaced) : Value()},
       {"was_there", period.was_there},
       {"rows", whole(period.rows)},
       {"totals", list(period.totals, totals_json)},
       {"changes", list(period.changes, change_json)}});
  if (period.column_changes.empty()) return plain;
  format::Object out = plain.as_object();
  out.set("column_changes", list(period.column_changes, column_change_json));
  return Value(std::move(out));
}

Value file_json(const BillFile& file) {
  return Value::object(
      {{"name", file.name},
       {"sha256", file.sha256},
       {"mapping", file.mapping},
       {"bytes", whole(static_cast<long long>(file.bytes))}});
}

Value raw_total_json(const Receipt::RawTotal& total) {
  return Value::object(
      {{"currency", total.currency}, {"cost", total.cost}, {"sum", exact(total.sum)}});
}

Value invoice_json(const InvoiceLine& line) {
  return Value::object(
      {{"InvoiceId", line.invoice_id},
       {"InvoiceIssuerName", line.issuer},
       {"BillingCurrency", line.currency},
       {"BilledCost", exact(line.billed)}});
}

Value told_json(const Receipt::Told& told) {
  return Value::object(
      {{"rule", told.rule},
       {"message", told.message},
       {"rows", whole(told.rows)},
       {"first_row", whole(told.first_row)}});
}

Value skipped_json(const std::pair<std::string, std::string>& skipped) {
  return Value::object({{"file", skipped.first}, {"reason", skipped.second}});
}

Value text_json(const std::string& text) { return text; }

/// A JSON number of any kind as a decimal; null is nothing.
std::optional<Decimal> amount_of(const Value& value) {
  std::string digits;
  if (value.is_exact()) digits = value.as_exact().text;
  if (value.is_int()) digits = std::to_string(value.as_int());
  auto parsed = Decimal::parse(digits);
  if (!parsed) return std::nullopt;
  return *parsed;
}

template <class T, class Function>
std::vector<T> items(const Value& value, Function&& one) {
  std::vector<T> out;
  if (!value.is_array()) return out;
  for (const auto& item : value.as_array()) out.push_back(one(item));
  return out;
}

std::string text_of(const Value& value) { return value.text_or(""); }

CostTotals totals_of(const Value& value) {
  return {
      text_of(value["BillingCurrency"]),
      amount_of(value["BilledCost"]),
      amount_of(value["EffectiveCost"]),
      amount_of(value["ListCost"]),
      amount_of(value["ContractedCost"]),
      value["rows"].int_or(0)};
}

ReasonCount reason_of(const Value& value) {
  return {
      text_of(value["reason"]),
      value["rows"].int_or(0),
      text_of(value["first_file"]),
      value["first_row"].int_or(0)};
}

Change change_of(const Value& value) {
  return {
      text_of(value["ServiceName"]),
      text_of(value["BillingCurrency"]),
      amount_of(value["billed_before"]),
      amount_of(value["billed_after"]),
      amount_of(value["effective_before"]),
      amount_of(value["effective_after"])};
}

BookedPeriod period_of(const Value& value) {
  BookedPeriod period;
  period.period = text_of(value["period"]);
  period.dataset = text_of(value["dataset"]);
  period.generation = value["generation"].int_or(0);
  if (value["replaced"].is_int()) period.replaced = value["replaced"].as_int();
  period.was_there = value["was_there"].bool_or(false);
  period.rows = value["rows"].int_or(0);
  period.totals = items<CostTotals>(value["totals"], totals_of);
  period.changes = items<Change>(value["changes"], change_of);
  return period;
}

BillFile file_of(const Value& value) {
  BillFile file;
  file.name = text_of(value["name"]);
  file.sha256 = text_of(value["sha256"]);
  file.mapping = text_of(value["mapping"]);
  file.bytes = static_cast<std::uint64_t>(value["bytes"].int_or(0));
  return file;
}

Receipt::RawTotal raw_total_of(const Value& value) {
  return {
      text_of(value["currency"]),
      text_of(value["cost"]),
      amount_of(value["sum"]).value_or(Decimal())};
}

InvoiceLine invoice_of(const Value& value) {
  return {
      text_of(value["InvoiceId"]),
      text_of(value["InvoiceIssuerName"]),
      text_of(value["BillingCurrency"]),
      amount_of(value["BilledCost"]).value_or(Decimal())};
}

Receipt::Told told_of(const Value& value) {
  return {
      text_of(value["rule"]),
      text_of(value["message"]),
      value["rows"].int_or(0),
      value["first_row"].int_or(0)};
}

std::pair<std::string, std::string> skipped_of(const Value& value) {
  return {text_of(value["file"]), text_of(value["reason"])};
}

/// Seconds as a number with three decimals.
Value seconds_json(double seconds) {
  return exact(Decimal(static_cast<money::Int128>(seconds * 1000 + 0.5), 3));
}

}  // namespace

Value receipt_json(const Receipt& receipt) {
  return Value::object(
      {{"source", receipt.source},
       {"label", receipt.label},
       {"delivery_id", receipt.delivery_id},
       {"already_booked", receipt.already_booked},
       {"is_trial", receipt.is_trial},
       {"files", list(receipt.files, file_json)},
       {"carried_files", list(receipt.carried_files, file_json)},
       {"mappings", list(receipt.mappings, text_json)},
       {"rows_read", whole(receipt.rows_read)},
       {"rows_booked", whole(receipt.rows_booked)},
       {"rows_added", whole(receipt.rows_added)},
       {"quarantined", list(receipt.quarantined, reason_json)},
       {"quarantine_file", receipt.quarantine_file},
       {"dropped", list(receipt.dropped, reason_json)},
       {"booked_totals", list(receipt.booked_totals, totals_json)},
       {"raw_totals", list(receipt.raw_totals, raw_total_json)},
       {"invoices", list(receipt.invoices, invoice_json)},
       {"periods", list(receipt.periods, period_json)},
       {"findings", list(receipt.findings, told_json)},
       {"notes", list(receipt.notes, text_json)},
       {"skipped", list(receipt.skipped, skipped_json)},
       {"seconds", seconds_json(receipt.seconds)}});
}

base::Result<Receipt> parse_receipt(const Value& value) {
  if (!value.is_object()) return base::invalid_input("a receipt is a JSON object");
  Receipt receipt;
  receipt.source = text_of(value["source"]);
  receipt.label = text_of(value["label"]);
  receipt.delivery_id = text_of(value["delivery_id"]);
  receipt.already_booked = value["already_booked"].bool_or(false);
  receipt.is_trial = value["is_trial"].bool_or(false);
  receipt.files = items<BillFile>(value["files"], file_of);
  receipt.carried_files = items<BillFile>(value["carried_files"], file_of);
  receipt.mappings = items<std::string>(value["mappings"], text_of);
  receipt.rows_read = value["rows_read"].int_or(0);
  receipt.rows_booked = value["rows_booked"].int_or(0);
  receipt.rows_added = value["rows_added"].int_or(0);
  receipt.quarantined = items<ReasonCount>(value["quarantined"], reason_of);
  receipt.quarantine_file = text_of(value["quarantine_file"]);
  receipt.dropped = items<ReasonCount>(value["dropped"], reason_of);
  receipt.booked_totals = items<CostTotals>(value["booked_totals"], totals_of);
  receipt.raw_totals = items<Receipt::RawTotal>(value["raw_totals"], raw_total_of);
  receipt.invoices = items<InvoiceLine>(value["invoices"], invoice_of);
  receipt.periods = items<BookedPeriod>(value["periods"], period_of);
  receipt.findings = items<Receipt::Told>(value["findings"], told_of);
  receipt.notes = items<std::string>(value["notes"], text_of);
  receipt.skipped = items<std::pair<std::string, std::string>>(value["skipped"], skipped_of);
  receipt.seconds = amount_of(value["seconds"]).value_or(Decimal()).approximate();
  return receipt;
}

}  // namespace outlay::ledger
