// SPDX-License-Identifier: Apache-2.0
#include "sources/fetch_many.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <thread>

#include "base/mutex.h"

namespace outlay::sources {
namespace {

using base::Done;
using base::Error;
using base::Result;

class Pool {
 public:
  Pool(const FetchMany& many, const std::vector<io::ObjectInfo>& objects)
      : many_(many), objects_(objects) {}

  Result<Done> run() {
    const auto count = std::min<std::size_t>(
        objects_.size(), static_cast<std::size_t>(std::max(1, many_.threads)));
    {
      std::vector<std::jthread> threads;
      for (std::size_t i = 1; i < count; ++i) threads.emplace_back([this] { work(); });
      work();
    }
    const base::Lock lock(mutex_);
    if (error_) return *error_;
    return Done{};
  }

 private:
  void work() {
    while (!failed_.load()) {
      const std::size_t i = next_.fetch_add(1);
      if (i >= objects_.size()) return;
      many_.connections.acquire();
      auto got = fetch(objects_[i]);
      many_.connections.release();
      const base::Lock lock(mutex_);
      Result<Done> kept = Done{};
      if (got) kept = many_.fetched(objects_[i], *got);
      if (got && kept) continue;
      failed_ = true;
      if (!error_) error_ = got ? kept.error() : got.error();
    }
  }

  Result<KnownObject> fetch(const io::ObjectInfo& object) {
    FetchPorts ports = many_.ports;
    ports.arrived = [this](std::uint64_t bytes) {
      const base::Lock lock(mutex_);
      arrived_ += bytes;
      if (many_.arrived) many_.arrived(arrived_);
    };
    return fetch_object(ports, object);
  }

  const FetchMany& many_;
  const std::vector<io::ObjectInfo>& objects_;
  std::atomic<std::size_t> next_{0};
  std::atomic<bool> failed_{false};
  base::Mutex mutex_;
  std::uint64_t arrived_ GUARDED_BY(mutex_) = 0;
  std::optional<Error> error_ GUARDED_BY(mutex_);
};

}  // namespace

Result<Done> fetch_many(const FetchMany& many, const std::vector<io::ObjectInfo>& objects) {
  return Pool(many, objects).run();
}

}  // namespace outlay::sources
