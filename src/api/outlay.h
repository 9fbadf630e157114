// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "api/config.h"
#include "api/operation.h"
#include "base/clock.h"
#include "base/result.h"
#include "base/time.h"
#include "format/value.h"

namespace outlay::api {

/// What a caller may watch while an operation runs.
struct CallHooks {
  /// Stage ("reading", "mapping" ...) and the share done, 0 to 1 or -1 when unknown. May be empty.
  std::function<void(std::string_view stage, double fraction)> progress;
  /// Gets each log line of a running flow, in Kestra's JSON shape. May be empty.
  std::function<void(const format::Value& line)> logged;
  /// Set to true from elsewhere to end the operation early, where it can be. May be null.
  const std::atomic<bool>* stop = nullptr;
  /// Who asks; empty on the command line.
  std::string user = {};
};

/// Something that happened, for live views.
struct Event {
  std::string kind;          ///< "execution", "log", "ledger", "sync"
  std::string execution_id;  ///< of "execution" and "log"
  std::string state;         ///< of "execution": Kestra's state name; of "sync": its stage
  std::string source;        ///< of "ledger" and "sync": the source
};

/// How `up` wants the engine.
struct EngineStart {
  bool with_scheduler = true;
  /// Called for each flow file that was loaded or refused, with what is to be said about it.
  std::function<void(std::string_view text, bool is_problem)> told;
};

/// The product behind its three faces (REST, commands, agents): a catalogue of operations over one
/// data folder. Parts are opened when the first operation needs them. Safe from any thread.
class Outlay {
 public:
  static std::unique_ptr<Outlay> create(Config config, const base::Clock& clock);
  virtual ~Outlay() = default;

  virtual const Config& config() const = 0;

  /// Does one operation of the catalogue. `request` is an object of its parameters; texts are
  /// accepted for every kind. not_found names the nearest operation; invalid_input lists every
  /// wrong parameter.
  virtual base::Result<format::Value> call(
      std::string_view operation, const format::Value& request, const CallHooks& hooks = {}) = 0;

  /// Takes the data folder for this process (conflict names the process that has it), loads the
  /// flows of `flow.folders`, recovers and starts the engine.
  virtual base::Result<base::Done> start(const EngineStart& settings) = 0;
  /// Lets running attempts end for `grace`, then stops the engine. Harmless when it was not
  /// started.
  virtual void stop(base::Duration grace) = 0;

  /// The bytes of a stored file of an execution (kestra:// URI).
  virtual base::Result<std::string> read_uri(std::string_view uri) = 0;

  /// Tells listeners what other processes did to the data folder since the last call.
  virtual void look_around() {}

  /// `listener` is called from other threads and must not block; returns a handle for unlisten(),
  /// which waits for a call that is under way.
  virtual long long listen(std::function<void(const Event&)> listener) = 0;
  virtual void unlisten(long long handle) = 0;
};

/// "0.1.0".
std::string_view version();

}  // namespace outlay::api
