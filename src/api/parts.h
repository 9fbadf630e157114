// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "api/config.h"
#include "api/data_lock.h"
#include "api/outlay.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/result.h"
#include "flow/engine.h"
#include "io/http.h"
#include "io/retry.h"
#include "io/secret_store.h"
#include "io/secrets.h"
#include "ledger/ledger.h"
#include "sources/sources.h"
#include "store/database.h"

namespace outlay::api {

/// An engine with state of its own that goes away with it: for `flow run` and checks.
struct ScratchEngine {
  std::unique_ptr<io::ScratchFolder> folder;
  std::unique_ptr<store::Database> state;
  std::unique_ptr<flow::Engine> engine;
};

/// The parts behind the operations; each is opened when it is first asked for. Safe from any
/// thread.
class Parts {
 public:
  Parts(Config config, const base::Clock& clock);
  ~Parts();

  const Config& config() const { return config_; }

  const base::Clock& clock() const { return clock_; }

  /// The ledger of the data folder, which is made when it is not there.
  base::Result<ledger::Ledger*> ledger();
  /// The same for operations that only read: fails when there is no data folder.
  base::Result<ledger::Ledger*> booked();
  /// The engine on the data folder's state. It runs nothing until start_engine().
  base::Result<flow::Engine*> engine();
  /// The same for operations that only look: fails when there is no data folder.
  base::Result<flow::Engine*> saved_engine();
  /// Some engine to check flows with; needs no data folder.
  base::Result<flow::Engine*> checker();
  /// The task types; the ledger that their tasks use is this one's.
  const flow::TaskRegistry& tasks();
  io::Secrets& secrets();

  /// The secrets that this installation keeps itself.
  io::EncryptedSecrets& secret_store() { return *secret_store_; }

  /// The places that bills are fetched from.
  base::Result<sources::Sources*> sources();

  base::Result<std::unique_ptr<ScratchEngine>> scratch_engine();

  /// Keeps the data folder's engine to this process; conflict names the one that has it.
  base::Result<base::Done> take_data();
  /// Takes the data folder for this process and starts its engine.
  base::Result<base::Done> start_engine(bool with_scheduler);
  void stop_engine(base::Duration grace);

  void publish(const Event& event);
  /// Publishes a booking that another process made since the last call. Looks only when somebody
  /// here asked for the ledger before.
  void look_for_bookings();
  long long listen(std::function<void(const Event&)> listener);
  void unlisten(long long handle);

 private:
  base::Result<store::Database*> state() REQUIRES(mutex_);
  base::Result<base::Done> require_data() const;
  base::Result<io::Path> data_folder() const;
  base::Result<std::unique_ptr<flow::Engine>> open_engine(
      const io::Path& folder, store::Database& state) REQUIRES(mutex_);
  const flow::TaskRegistry& tasks_locked() REQUIRES(mutex_);
  io::Http& http() REQUIRES(mutex_);

  const Config config_;
  const base::Clock& clock_;
  base::Mutex mutex_;
  std::unique_ptr<io::Http> http_ GUARDED_BY(mutex_);
  std::unique_ptr<io::EncryptedSecrets> secret_store_;
  std::unique_ptr<io::Secrets> secrets_;
  io::SystemPause pause_;
  std::unique_ptr<store::Database> state_ GUARDED_BY(mutex_);
  std::unique_ptr<ledger::Ledger> ledger_ GUARDED_BY(mutex_);
  std::unique_ptr<sources::Sources> sources_ GUARDED_BY(mutex_);
  std::unique_ptr<flow::TaskRegistry> tasks_ GUARDED_BY(mutex_);
  std::unique_ptr<ScratchEngine> checker_ GUARDED_BY(mutex_);
  std::optional<DataLock> lock_ GUARDED_BY(mutex_);
  std::unique_ptr<flow::Engine> engine_ GUARDED_BY(mutex_);
  base::Mutex seen_mutex_;
  std::optional<std::string> seen_delivery_ GUARDED_BY(seen_mutex_);  ///< the newest booked
  base::Mutex listeners_mutex_;
  std::map<long long, std::function<void(const Event&)>> listeners_ GUARDED_BY(listeners_mutex_);
  long long listeners_made_ GUARDED_BY(listeners_mutex_) = 0;
};

}  // namespace outlay::api
