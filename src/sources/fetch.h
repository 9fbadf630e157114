// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "io/object_store.h"
#include "io/retry.h"
#include "sources/raw_store.h"
#include "sources/state.h"

namespace outlay::sources {

/// What tells one version of an object from another.
std::string version_of(const io::ObjectInfo& object);

struct FetchPorts {
  io::ObjectStore& store;
  const RawStore& raw;
  io::Pause& pause;
  const base::Clock& clock;
  const std::atomic<bool>* stop = nullptr;
  /// Bytes that arrived since the last call; also those that a part held already.
  std::function<void(std::uint64_t bytes)> arrived;
};

/// Downloads one object into the raw store, goes on with a part that an earlier try left, and
/// checks size and checksums. conflict: the object changed after it was listed. A damaged object is
/// fetched a second time before it is an error.
base::Result<KnownObject> fetch_object(const FetchPorts& ports, const io::ObjectInfo& object);

}  // namespace outlay::sources
