// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "base/mutex.h"
#include "flow/engine.h"
#include "flow/model.h"

namespace outlay::flow {

/// The saved flows with all their revisions. Safe from any thread.
class Definitions {
 public:
  Definitions(store::Database& state, const TaskRegistry& tasks, const base::Clock& clock)
      : state_(state), tasks_(tasks), clock_(clock) {}

  /// Reads the current revision of every flow; those that cannot run are told in the log.
  base::Result<base::Done> load();
  base::Result<StoredFlow> save(
      std::string_view yaml, std::string_view file, std::string_view author);
  /// All revisions, oldest first, without source.
  base::Result<std::vector<StoredFlow>> revisions(std::string_view name_space, std::string_view id);
  base::Result<StoredFlow> stored(
      std::string_view name_space, std::string_view id, std::optional<long long> revision);
  base::Result<std::vector<StoredFlow>> all(std::string_view name_space);
  base::Result<base::Done> remove(std::string_view name_space, std::string_view id);
  /// The flow, parsed once per revision.
  base::Result<std::shared_ptr<const Flow>> flow(
      std::string_view name_space, std::string_view id, std::optional<long long> revision);
  /// Current revision of every flow that is not disabled or broken.
  std::vector<std::shared_ptr<const Flow>> current() const;
  /// Those of them with a Flow trigger.
  std::vector<std::shared_ptr<const Flow>> listening() const;

 private:
  using Name = std::pair<std::string, std::string>;

  struct Known {
    StoredFlow stored;  ///< without source
    std::map<long long, std::shared_ptr<const Flow>> parsed;
  };

  void note_listener(const Name& name, const std::shared_ptr<const Flow>& flow) REQUIRES(mutex_);
  base::Result<std::shared_ptr<const Flow>> parse(const StoredFlow& stored) const;

  store::Database& state_;
  const TaskRegistry& tasks_;
  const base::Clock& clock_;
  mutable base::Mutex mutex_;
  std::map<Name, Known, std::less<>> known_ GUARDED_BY(mutex_);
  std::map<Name, std::shared_ptr<const Flow>> listening_ GUARDED_BY(mutex_);
};

/// All problems as one error, one a line.
base::Error problems_error(const std::vector<Problem>& problems);

}  // namespace outlay::flow
