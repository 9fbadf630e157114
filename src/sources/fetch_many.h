// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <semaphore>
#include <vector>

#include "base/result.h"
#include "sources/fetch.h"

namespace outlay::sources {

struct FetchMany {
  /// `arrived` in it is not used.
  FetchPorts ports;
  /// A place for each download that may run now, over all sources.
  std::counting_semaphore<>& connections;
  int threads = 8;
  /// Bytes that arrived so far, of all objects. Called by one thread at a time.
  std::function<void(std::uint64_t bytes)> arrived;
  /// Called for each object that came whole. One at a time.
  std::function<base::Result<base::Done>(const io::ObjectInfo&, const KnownObject&)> fetched;
};

/// Downloads several objects at once. The first error ends the others after what they have so far.
base::Result<base::Done> fetch_many(
    const FetchMany& many, const std::vector<io::ObjectInfo>& objects);

}  // namespace outlay::sources
