// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "format/value.h"
#include "io/http.h"
#include "io/retry.h"
#include "io/secrets.h"
#include "ledger/ledger.h"
#include "sources/remap.h"
#include "sources/settings.h"
#include "sources/sync.h"
#include "store/database.h"

namespace outlay::sources {

/// What sources reach. Everything outlives them.
struct SourcesWorld {
  io::Http& http;
  io::Pause& pause;
  io::Secrets& secrets;
  const base::Clock& clock;
  store::Database& state;
  /// Opens the cost book when the first delivery is booked.
  std::function<base::Result<ledger::Ledger*>()> open_ledger;
  io::Path data;
  std::map<std::string, std::string> environment;
};

struct SourcesSettings {
  /// The `sources:` of the configuration; null for none.
  format::Value configured;
  int sources_at_once = 4;
  int connections = 8;
};

/// A source and how it stands.
struct SourceStatus {
  SourceSettings settings;
  /// In the configuration file, rather than added by hand.
  bool is_configured = false;
  std::optional<KnownRun> last_run;
  std::vector<KnownDelivery> deliveries;
};

/// One step of a test of access.
struct AccessStep {
  std::string step;  ///< "credentials", "list", "read"
  bool is_fine = false;
  std::string message;
};

/// The places that bills are fetched from. Safe from any thread.
class Sources {
 public:
  static base::Result<std::unique_ptr<Sources>> open(
      const SourcesSettings& settings, const SourcesWorld& world);

  base::Result<std::vector<SourceStatus>> list();
  /// conflict when there is one of that name; invalid_input when a secret is written out.
  base::Result<base::Done> add(const std::string& name, const format::Value& settings);
  /// Removes one that was added by hand, and its fetched files when asked. What is booked stays.
  base::Result<base::Done> remove(const std::string& name, bool with_files);
  /// Tries what a sync needs, and stops at the first step that fails.
  base::Result<std::vector<AccessStep>> test(const std::string& name);
  /// Syncs the named sources, all when there is no name; several at once.
  base::Result<std::vector<SyncReport>> sync(
      const std::vector<std::string>& names, const SyncOptions& options);
  /// Reads the kept files of the named sources (all when there is no name) with today's mappings.
  base::Result<std::vector<RemapReport>> remap(
      const std::vector<std::string>& names, const RemapOptions& options);

 private:
  Sources(
      SourcesSettings settings,
      const SourcesWorld& world,
      SyncState state,
      std::vector<SourceSettings> configured);

  base::Result<std::vector<SourceSettings>> all();
  base::Result<SourceSettings> find(const std::string& name);
  base::Result<std::vector<SourceSettings>> wanted(const std::vector<std::string>& names);
  base::Result<SyncWorld> sync_world();

  SourcesSettings settings_;
  SourcesWorld world_;
  SyncState state_;
  std::vector<SourceSettings> configured_;
  io::PatientHttp http_;
  std::counting_semaphore<> connections_;
};

}  // namespace outlay::sources
