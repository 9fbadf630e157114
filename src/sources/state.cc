// SPDX-License-Identifier: Apache-2.0
#include "sources/state.h"

#include "sources/embedded.h"

namespace outlay::sources {

using base::Done;
using base::Result;

namespace {

std::string text_at(const store::Table& table, std::size_t row, std::string_view column) {
  return table.at(row, column).value_or("");
}

std::uint64_t number_at(const store::Table& table, std::size_t row, std::string_view column) {
  return std::stoull(table.at(row, column).value_or("0"));
}

}  // namespace

Result<SyncState> SyncState::open(store::Database& database, const base::Clock& clock) {
  TRY(database.migrate("sources", {{1, embedded_file("sql/schema_1.sql")}}));
  return SyncState(database, clock);
}

std::string SyncState::now() const { return base::print_instant(clock_->now()); }

Result<Done> SyncState::write(std::string_view sql, const store::Params& params) {
  return database_->write([&](store::Transaction& transaction) -> Result<Done> {
    TRY(transaction.run(sql, params));
    return Done{};
  });
}

Result<std::vector<std::pair<std::string, std::string>>> SyncState::settings() {
  const store::Table table =
      TRY(database_->read("SELECT name, settings FROM source_settings ORDER BY name"));
  std::vector<std::pair<std::string, std::string>> out;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    out.emplace_back(text_at(table, i, "name"), text_at(table, i, "settings"));
  }
  return out;
}

Result<Done> SyncState::save_settings(const std::string& name, const std::string& json) {
  return write(embedded_file("sql/save_settings.sql"), {name, json, now()});
}

Result<bool> SyncState::forget(const std::string& name) {
  std::int64_t rows = 0;
  const auto work = [&](store::Transaction& transaction) -> Result<Done> {
    for (const char* statement :
         {"DELETE FROM source_objects WHERE source = ?",
          "DELETE FROM source_deliveries WHERE source = ?",
          "DELETE FROM source_runs WHERE source = ?",
          "DELETE FROM source_settings WHERE name = ?"}) {
      rows += TRY(transaction.run(statement, {name}));
    }
    return Done{};
  };
  TRY(database_->write(work));
  return rows > 0;
}

Result<std::map<std::string, KnownObject>> SyncState::objects(const std::string& source) {
  const store::Table table = TRY(database_->read(
      "SELECT object_key, version, sha256, bytes FROM source_objects WHERE source = ?", {source}));
  std::map<std::string, KnownObject> out;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    out[text_at(table, i, "object_key")] = {
        .version = text_at(table, i, "version"),
        .sha256 = text_at(table, i, "sha256"),
        .bytes = number_at(table, i, "bytes")};
  }
  return out;
}

Result<Done> SyncState::save_object(
    const std::string& source, const std::string& key, const KnownObject& object) {
  return write(
      embedded_file("sql/save_object.sql"),
      {source, key, object.version, object.sha256, static_cast<std::int64_t>(object.bytes), now()});
}

Result<std::map<std::string, KnownDelivery>> SyncState::deliveries(const std::string& source) {
  const store::Table table =
      TRY(database_->read("SELECT * FROM source_deliveries WHERE source = ?", {source}));
  std::map<std::string, KnownDelivery> out;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    KnownDelivery one;
    one.id = text_at(table, i, "delivery");
    one.state = text_at(table, i, "state");
    one.reason = text_at(table, i, "reason");
    one.fingerprint = text_at(table, i, "fingerprint");
    one.content = text_at(table, i, "content");
    one.folder = text_at(table, i, "folder");
    one.files = static_cast<long long>(number_at(table, i, "files"));
    one.bytes = number_at(table, i, "bytes");
    one.changed_at = text_at(table, i, "changed_at");
    out[one.id] = one;
  }
  return out;
}

Result<Done> SyncState::save_delivery(const std::string& source, const KnownDelivery& delivery) {
  return write(
      embedded_file("sql/save_delivery.sql"),
      {source,
       delivery.id,
       delivery.state,
       delivery.reason,
       delivery.fingerprint,
       delivery.content,
       delivery.folder,
       static_cast<std::int64_t>(delivery.files),
       static_cast<std::int64_t>(delivery.bytes),
       now()});
}

Result<std::map<std::string, std::string>> SyncState::reports(const std::string& source) {
  const store::Table table = TRY(database_->read(
      "SELECT report, ledger_source FROM source_reports WHERE source = ?", {source}));
  std::map<std::string, std::string> out;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    out[text_at(table, i, "report")] = text_at(table, i, "ledger_source");
  }
  return out;
}

Result<Done> SyncState::save_report(
    const std::string& source, const std::string& report, const std::string& ledger_source) {
  return write(
      "INSERT INTO source_reports (source, report, ledger_source) VALUES (?, ?, ?)",
      {source, report, ledger_source});
}

Result<std::optional<KnownRun>> SyncState::run(const std::string& source) {
  const store::Table table =
      TRY(database_->read("SELECT * FROM source_runs WHERE source = ?", {source}));
  if (table.empty()) return std::optional<KnownRun>();
  return std::optional(KnownRun{
      .started_at = text_at(table, 0, "started_at"),
      .ended_at = text_at(table, 0, "ended_at"),
      .state = text_at(table, 0, "state"),
      .message = text_at(table, 0, "message")});
}

Result<Done> SyncState::save_run(const std::string& source, const KnownRun& run) {
  return write(
      embedded_file("sql/save_run.sql"),
      {source, run.started_at, run.ended_at, run.state, run.message});
}

}  // namespace outlay::sources
