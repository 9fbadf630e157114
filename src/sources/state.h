// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "store/database.h"

namespace outlay::sources {

/// Bytes that were fetched.
struct KnownObject {
  std::string version;  ///< etag or time, and size
  std::string sha256;
  std::uint64_t bytes = 0;
};

/// What became of a delivery.
struct KnownDelivery {
  std::string id;
  std::string state;  ///< "booked", "waiting", "refused"
  std::string reason;
  std::string fingerprint;  ///< of the versions that were looked at
  std::string content;      ///< of the bytes that were booked; empty before
  std::string folder;       ///< where its files are, below the data folder; empty when not kept
  long long files = 0;
  std::uint64_t bytes = 0;
  std::string changed_at;
};

struct KnownRun {
  std::string started_at;
  std::string ended_at;
  std::string state;  ///< "done", "failed", "stopped"
  std::string message;
};

/// What the state store knows of sources. Safe from any thread.
class SyncState {
 public:
  static base::Result<SyncState> open(store::Database& database, const base::Clock& clock);

  base::Result<std::vector<std::pair<std::string, std::string>>> settings();
  base::Result<base::Done> save_settings(const std::string& name, const std::string& json);
  /// Settings and all that is known; false when there was nothing.
  base::Result<bool> forget(const std::string& name);

  base::Result<std::map<std::string, KnownObject>> objects(const std::string& source);
  base::Result<base::Done> save_object(
      const std::string& source, const std::string& key, const KnownObject& object);

  base::Result<std::map<std::string, KnownDelivery>> deliveries(const std::string& source);
  base::Result<base::Done> save_delivery(const std::string& source, const KnownDelivery& delivery);

  base::Result<std::map<std::string, std::string>> reports(const std::string& source);
  base::Result<base::Done> save_report(
      const std::string& source, const std::string& report, const std::string& ledger_source);

  base::Result<std::optional<KnownRun>> run(const std::string& source);
  base::Result<base::Done> save_run(const std::string& source, const KnownRun& run);

  std::string now() const;

 private:
  SyncState(store::Database& database, const base::Clock& clock)
      : database_(&database), clock_(&clock) {}

  base::Result<base::Done> write(std::string_view sql, const store::Params& params);

  store::Database* database_;
  const base::Clock* clock_;
};

}  // namespace outlay::sources
