// SPDX-License-Identifier: Apache-2.0
#include "ledger/catalog.h"

#include <fmt/format.h>

#include "base/check.h"
#include "format/json.h"
#include "ledger/cells.h"
#include "ledger/embedded.h"

namespace outlay::ledger {
namespace {

using base::Done;
using base::Result;
using store::Cell;
using store::Params;

std::string instant_text(const Cell& micros) {
  if (!micros) return {};
  return base::print_instant(base::Instant(base::Duration(whole(micros))));
}

std::string print_columns(const ColumnTypes& columns) {
  format::Array list;
  for (const auto& [name, type] : columns) {
    list.push_back(format::Array{format::Value(name), format::Value(type)});
  }
  return format::print_json(list);
}

ColumnTypes parse_columns(const std::string& json) {
  const auto parsed = format::parse_json(json);
  CHECK(parsed.has_value() && parsed->is_array());
  ColumnTypes columns;
  for (const auto& item : parsed->as_array()) {
    columns.emplace_back(item.as_array().at(0).as_text(), item.as_array().at(1).as_text());
  }
  return columns;
}

constexpr std::string_view kVolumeColumns =
    "SELECT source, period, dataset, generation, delivery_id, label, mapping, row_count, bytes, "
    "booked_us, superseded_us, columns, first_us, last_us, sequence, purged_us "
    "FROM ledger_generations ";

Volume volume_of(const store::Table& table, std::size_t row) {
  Volume volume;
  auto& generation = volume.generation;
  generation.source = text(table.at(row, "source"));
  generation.period = text(table.at(row, "period"));
  generation.dataset = text(table.at(row, "dataset"));
  generation.generation = whole(table.at(row, "generation"));
  generation.delivery_id = text(table.at(row, "delivery_id"));
  generation.label = text(table.at(row, "label"));
  generation.mapping = text(table.at(row, "mapping"));
  generation.rows = whole(table.at(row, "row_count"));
  generation.bytes = whole(table.at(row, "bytes"));
  generation.booked_at = instant_text(table.at(row, "booked_us"));
  generation.superseded_at = instant_text(table.at(row, "superseded_us"));
  generation.is_current = !table.at(row, "superseded_us").has_value();
  volume.columns = parse_columns(text(table.at(row, "columns")));
  if (const auto& cell = table.at(row, "first_us")) volume.first_instant = whole(cell);
  if (const auto& cell = table.at(row, "last_us")) volume.last_instant = whole(cell);
  volume.sequence = whole(table.at(row, "sequence"));
  volume.is_purged = table.at(row, "purged_us").has_value();
  return volume;
}

std::vector<Volume> volumes_of(const store::Table& table) {
  std::vector<Volume> volumes;
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    volumes.push_back(volume_of(table, row));
  }
  return volumes;
}

DeliveryRecord delivery_of(const store::Table& table, std::size_t row) {
  return {
      text(table.at(row, "id")),
      text(table.at(row, "source")),
      text(table.at(row, "label")),
      text(table.at(row, "files_key")),
      text(table.at(row, "shapes")),
      text(table.at(row, "receipt"))};
}

std::int64_t micros(base::Instant instant) { return instant.time_since_epoch().count(); }

store::Param optional_number(const std::optional<long long>& number) {
  if (!number) return nullptr;
  return static_cast<std::int64_t>(*number);
}

Result<Done> insert_volume(
    store::Transaction& transaction, const Volume& volume, base::Instant now) {
  const auto& generation = volume.generation;
  TRY(transaction.run(
      "UPDATE ledger_generations SET superseded_us = ? "
      "WHERE source = ? AND period = ? AND dataset = ? AND superseded_us IS NULL",
      {micros(now), generation.source, generation.period, generation.dataset}));
  TRY(transaction.run(
      embedded_file("sql/insert_generation.sql"),
      {generation.source,
       generation.period,
       generation.dataset,
       std::int64_t{generation.generation},
       generation.delivery_id,
       generation.label,
       generation.mapping,
       std::int64_t{generation.rows},
       std::int64_t{generation.bytes},
       micros(now),
       print_columns(volume.columns),
       optional_number(volume.first_instant),
       optional_number(volume.last_instant)}));
  return Done{};
}

}  // namespace

std::string Volume::folder() const {
  return fmt::format(
      "{}/source={}/period={}/gen={:06}",
      generation.dataset,
      generation.source,
      generation.period,
      generation.generation);
}

Result<Done> Catalog::migrate() {
  return state_.migrate(
      "ledger",
      {{1, embedded_file("sql/schema_1.sql")},
       {2, embedded_file("sql/schema_2.sql")},
       {3, embedded_file("sql/schema_3.sql")}});
}

Result<std::vector<Volume>> Catalog::current(
    std::string_view dataset, std::optional<base::Instant> as_of) {
  std::string sql(kVolumeColumns);
  Params params{std::string(dataset)};
  if (as_of) {
    sql += "WHERE dataset = ? AND booked_us <= ? AND (superseded_us IS NULL OR superseded_us > ?)";
    params.emplace_back(micros(*as_of));
    params.emplace_back(micros(*as_of));
  } else {
    sql += "WHERE dataset = ? AND superseded_us IS NULL";
  }
  sql += " ORDER BY source, period, generation";
  auto volumes = volumes_of(TRY(state_.read(sql, params)));
  for (const auto& volume : volumes) {
    if (!volume.is_purged) continue;
    return base::not_found(fmt::format(
        "generation {} of source \"{}\" for {} was current then, and has been purged since; ask "
        "for "
        "a moment from {} on",
        volume.generation.generation,
        volume.generation.source,
        volume.generation.period,
        volume.generation.superseded_at));
  }
  return volumes;
}

Result<std::vector<Volume>> Catalog::all(
    std::string_view source, std::string_view period, std::string_view dataset) {
  const std::string sql = std::string(kVolumeColumns) +
                          "WHERE (? = '' OR source = ?) AND (? = '' OR period = ?) "
                          "AND (? = '' OR dataset = ?) AND purged_us IS NULL ORDER BY source, "
                          "period, dataset, generation";
  const std::string s(source);
  const std::string p(period);
  const std::string d(dataset);
  return volumes_of(TRY(state_.read(sql, {s, s, p, p, d, d})));
}

Result<long long> Catalog::next_generation(
    std::string_view source, std::string_view period, std::string_view dataset) {
  const auto table = TRY(state_.read(
      "SELECT coalesce(max(generation), 0) + 1 AS next FROM ledger_generations "
      "WHERE source = ? AND period = ? AND dataset = ?",
      {std::string(source), std::string(period), std::string(dataset)}));
  return whole(table.at(0, "next"));
}

Result<std::optional<DeliveryRecord>> Catalog::find_in_place(
    std::string_view source, std::string_view files_key) {
  const auto table = TRY(state_.read(
      "SELECT d.* FROM ledger_deliveries d WHERE d.source = ? AND d.files_key = ? "
      "AND NOT EXISTS (SELECT 1 FROM ledger_generations g WHERE g.delivery_id = d.id "
      "AND g.superseded_us IS NOT NULL) ORDER BY d.booked_us DESC LIMIT 1",
      {std::string(source), std::string(files_key)}));
  if (table.empty()) return std::optional<DeliveryRecord>();
  return std::optional<DeliveryRecord>(delivery_of(table, 0));
}

Result<Done> Catalog::commit(
    const DeliveryRecord& delivery, const std::vector<Volume>& volumes, base::Instant now) {
  return state_.write([&](store::Transaction& transaction) -> Result<Done> {
    TRY(transaction.run(
        "INSERT INTO ledger_deliveries(id, source, label, files_key, shapes, receipt, booked_us) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        {delivery.id,
         delivery.source,
         delivery.label,
         delivery.files_key,
         delivery.shapes,
         delivery.receipt,
         micros(now)}));
    for (const auto& volume : volumes) TRY(insert_volume(transaction, volume, now));
    return Done{};
  });
}

Result<std::vector<std::string>> Catalog::receipts(std::string_view source, long long limit) {
  const std::string s(source);
  const auto table = TRY(state_.read(
      "SELECT receipt FROM ledger_deliveries WHERE (? = '' OR source = ?) "
      "ORDER BY booked_us DESC, rowid DESC LIMIT ?",
      {s, s, std::int64_t{limit}}));
  std::vector<std::string> receipts;
  for (const auto& row : table.rows) receipts.push_back(text(row[0]));
  return receipts;
}

Result<std::vector<DeliveryRecord>> Catalog::deliveries(const std::vector<std::string>& ids) {
  std::vector<DeliveryRecord> records;
  for (const auto& id : ids) {
    const auto table = TRY(state_.read("SELECT * FROM ledger_deliveries WHERE id = ?", {id}));
    if (!table.empty()) records.push_back(delivery_of(table, 0));
  }
  return records;
}

Result<Done> Catalog::forget(const std::vector<Volume>& volumes, base::Instant now) {
  if (volumes.empty()) return Done{};
  return state_.write([&](store::Transaction& transaction) -> Result<Done> {
    for (const auto& volume : volumes) {
      const auto& generation = volume.generation;
      TRY(transaction.run(
          "UPDATE ledger_generations SET purged_us = ? WHERE source = ? AND period = ? "
          "AND dataset = ? AND generation = ? AND superseded_us IS NOT NULL",
          {micros(now),
           generation.source,
           generation.period,
           generation.dataset,
           std::int64_t{generation.generation}}));
    }
    return Done{};
  });
}

Result<bool> Catalog::has_volumes(const std::string& delivery_id) {
  return !TRY(state_.read(
                  "SELECT 1 FROM ledger_generations WHERE delivery_id = ? AND purged_us IS NULL "
                  "LIMIT 1",
                  {delivery_id}))
              .empty();
}

Result<std::vector<Volume>> Catalog::after(long long sequence, long long limit) {
  const std::string sql =
      std::string(kVolumeColumns) + "WHERE sequence > ? ORDER BY sequence LIMIT ?";
  return volumes_of(TRY(state_.read(sql, {std::int64_t{sequence}, std::int64_t{limit}})));
}

Result<long long> Catalog::newest_sequence() {
  const auto table =
      TRY(state_.read("SELECT coalesce(max(sequence), 0) AS newest FROM ledger_generations", {}));
  return whole(table.at(0, "newest"));
}

}  // namespace outlay::ledger
