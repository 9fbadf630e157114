// SPDX-License-Identifier: Apache-2.0
#include "sources/report_json.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/log.h"
#include "base/text.h"
#include "ledger/receipt.h"

namespace outlay::sources {
namespace {

using format::Value;

Value number(std::uint64_t count) { return Value(static_cast<std::int64_t>(count)); }

Value text_or_null(const std::string& text) { return text.empty() ? Value() : Value(text); }

long long count(const SyncReport& report, std::string_view state) {
  return std::count_if(report.deliveries.begin(), report.deliveries.end(), [&](const auto& one) {
    return one.state == state;
  });
}

std::string size_text(std::uint64_t bytes) {
  if (bytes < 10'000) return base::with_thousands(static_cast<long long>(bytes)) + " bytes";
  if (bytes < 10'000'000) return base::with_thousands(static_cast<long long>(bytes / 1000)) + " kB";
  return base::with_thousands(static_cast<long long>(bytes / 1'000'000)) + " MB";
}

// "secret:NAME" as {secret: NAME}; anything else as it is.
Value secret_of_text(const std::string& text) {
  for (const std::string kind : {"secret", "env", "file"}) {
    if (text.starts_with(kind + ":") && text.size() > kind.size() + 1)
      return Value::object({{kind, text.substr(kind.size() + 1)}});
  }
  return Value(text);
}

Value value_of_text(const Field& field, const std::string& text) {
  if (field.kind == FieldKind::boolean && (text == "true" || text == "false"))
    return Value(text == "true");
  if (field.kind == FieldKind::list) {
    format::Array out;
    for (std::string& piece : base::split_trimmed(text, ',')) out.emplace_back(std::move(piece));
    return Value(std::move(out));
  }
  return field.kind == FieldKind::secret ? secret_of_text(text) : Value(text);
}

}  // namespace

Value report_json(const SyncReport& report) {
  format::Array deliveries;
  for (const SyncedDelivery& one : report.deliveries) {
    deliveries.push_back(Value::object(
        {{"id", one.id},
         {"state", one.state},
         {"reason", text_or_null(one.reason)},
         {"files", static_cast<std::int64_t>(one.files)},
         {"bytes", number(one.bytes)}}));
  }
  format::Array receipts;
  for (const ledger::Receipt& one : report.receipts) receipts.push_back(ledger::receipt_json(one));
  format::Array left_out;
  for (const auto& [file, reason] : report.left_out) {
    left_out.push_back(Value::object({{"file", file}, {"reason", reason}}));
  }
  Value error;
  if (report.error) {
    error = Value::object(
        {{"code", base::code_name(report.error->code)},
         {"message", base::masked(report.error->text())}});
  }
  return Value::object(
      {{"source", report.source},
       {"url", report.url},
       {"filesListed", static_cast<std::int64_t>(report.files_listed)},
       {"filesFetched", static_cast<std::int64_t>(report.files_fetched)},
       {"bytesFetched", number(report.bytes_fetched)},
       {"deliveries", Value(std::move(deliveries))},
       {"receipts", Value(std::move(receipts))},
       {"leftOut", Value(std::move(left_out))},
       {"error", error}});
}

Value status_json(const SourceStatus& status) {
  format::Array deliveries;
  for (const KnownDelivery& one : status.deliveries) {
    deliveries.push_back(Value::object(
        {{"id", one.id},
         {"state", one.state},
         {"reason", text_or_null(one.reason)},
         {"files", static_cast<std::int64_t>(one.files)},
         {"bytes", number(one.bytes)},
         {"folder", text_or_null(one.folder)},
         {"changedAt", one.changed_at}}));
  }
  Value run;
  if (status.last_run) {
    run = Value::object(
        {{"startedAt", status.last_run->started_at},
         {"endedAt", status.last_run->ended_at},
         {"state", status.last_run->state},
         {"message", text_or_null(status.last_run->message)}});
  }
  const Value shown = status.settings.shown();
  return Value::object(
      {{"name", status.settings.name()},
       {"url", shown["url"].is_null() ? shown["api"] : shown["url"]},
       {"from", status.is_configured ? "configuration" : "added"},
       {"settings", shown},
       {"lastRun", run},
       {"deliveries", Value(std::move(deliveries))}});
}

std::string report_text(const SyncReport& report) {
  std::string out = fmt::format(
      "{}: {} files listed, {} fetched ({}); deliveries: {} booked, {} unchanged, {} waiting, {} "
      "refused\n",
      report.source,
      base::with_thousands(report.files_listed),
      base::with_thousands(report.files_fetched),
      size_text(report.bytes_fetched),
      count(report, "booked"),
      count(report, "unchanged"),
      count(report, "waiting"),
      count(report, "refused"));
  for (const SyncedDelivery& one : report.deliveries) {
    if (one.state == "unchanged") continue;
    const std::string size =
        fmt::format("{} files, {}", base::with_thousands(one.files), size_text(one.bytes));
    out += fmt::format("  {}: {}: {}\n", one.state, one.id, one.reason.empty() ? size : one.reason);
  }
  if (report.error) out += "  failed: " + base::masked(report.error->text()) + "\n";
  return out;
}

Value settings_of_texts(const Value& texts) {
  if (!texts.is_object()) return texts;
  format::Object out;
  for (const auto& [key, value] : texts.as_object()) {
    if (!value.is_text()) {
      out.set(key, value);
      continue;
    }
    const std::size_t dot = key.find('.');
    const std::string name = key.substr(0, dot);
    const auto field = std::find_if(
        fields().begin(), fields().end(), [&](const Field& one) { return one.name == name; });
    if (field == fields().end()) {
      out.set(key, value);
    } else if (dot == std::string::npos) {
      out.set(key, value_of_text(*field, value.as_text()));
    } else {
      const Value* held = out.find(name);
      format::Object inner =
          held != nullptr && held->is_object() ? held->as_object() : format::Object();
      inner.set(key.substr(dot + 1), secret_of_text(value.as_text()));
      out.set(name, Value(std::move(inner)));
    }
  }
  return Value(std::move(out));
}

}  // namespace outlay::sources
