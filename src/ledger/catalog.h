// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "ledger/ledger.h"
#include "store/database.h"

namespace outlay::ledger {

/// Column name and DuckDB type, as a generation's file has them.
using ColumnTypes = std::vector<std::pair<std::string, std::string>>;

/// A generation and what is needed to read it.
struct Volume {
  Generation generation;
  ColumnTypes columns;
  /// Earliest and latest ChargePeriodStart (microseconds since 1970), when there are any.
  std::optional<long long> first_instant, last_instant;
  long long sequence = 0;
  bool is_purged = false;
  /// Folder below the ledger's.
  std::string folder() const;
};

/// A delivery as it was booked.
struct DeliveryRecord {
  std::string id, source, label;
  /// Identifies the content: the same files give the same key.
  std::string files_key;
  /// The shapes its files had, with the mapping used, as JSON.
  std::string shapes;
  std::string receipt;  ///< JSON
};

/// Which generations and deliveries there are: the ledger's tables in the state store.
class Catalog {
 public:
  explicit Catalog(store::Database& state) : state_(state) {}

  base::Result<base::Done> migrate();
  /// Generations current at `as_of` (now when not given), by source, period. Fails when one of them
  /// has been purged since.
  base::Result<std::vector<Volume>> current(
      std::string_view dataset, std::optional<base::Instant> as_of = std::nullopt);
  /// All generations that are on disk; empty texts match everything.
  base::Result<std::vector<Volume>> all(
      std::string_view source, std::string_view period, std::string_view dataset = {});
  /// The number for the next generation of this (source, period, dataset).
  base::Result<long long> next_generation(
      std::string_view source, std::string_view period, std::string_view dataset);
  /// The newest delivery of this source with this content whose every generation is still current.
  base::Result<std::optional<DeliveryRecord>> find_in_place(
      std::string_view source, std::string_view files_key);
  /// Makes all volumes current at once and supersedes what they replace.
  base::Result<base::Done> commit(
      const DeliveryRecord& delivery, const std::vector<Volume>& volumes, base::Instant now);
  base::Result<std::vector<std::string>> receipts(std::string_view source, long long limit);
  base::Result<std::vector<DeliveryRecord>> deliveries(const std::vector<std::string>& ids);
  /// Marks superseded generations as purged; their numbers are not given again.
  base::Result<base::Done> forget(const std::vector<Volume>& volumes, base::Instant now);
  /// A delivery has a generation that is on disk.
  base::Result<bool> has_volumes(const std::string& delivery_id);
  /// Volumes with a greater sequence, by it.
  base::Result<std::vector<Volume>> after(long long sequence, long long limit);
  base::Result<long long> newest_sequence();

 private:
  store::Database& state_;
};

}  // namespace outlay::ledger
