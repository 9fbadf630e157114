// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace outlay::io {

/// One object, as a listing or its head says.
struct ObjectInfo {
  std::string key;  ///< below the place that was opened, "/" between parts
  std::uint64_t bytes = 0;
  bool has_size = true;  ///< false for what is made when it is asked for
  /// Changes when the content does; empty where the store has nothing of the kind.
  std::string etag;
  std::optional<base::Instant> modified;
};

struct ObjectPage {
  std::vector<ObjectInfo> objects;
  std::string next;  ///< hand to list() for the next page; empty on the last one
};

/// What a store says the bytes of an object add up to; raw bytes, empty when it says nothing.
struct AnnouncedSums {
  std::string sha256;
  std::string md5;
  std::string crc32c;
  std::optional<std::uint64_t> crc64;
};

struct Download {
  /// Bytes that are there already.
  std::uint64_t offset = 0;
  /// The etag that the object must still have; empty for whatever is there.
  std::string etag;
  const std::atomic<bool>* stop = nullptr;
  /// Gets the bytes from `offset` on, in order.
  std::function<base::Result<base::Done>(std::string_view bytes)> sink;
};

/// A place that holds files: a bucket, a container, a folder, an API. Opened at one folder of it;
/// keys are below that folder. Safe from any thread.
///
/// Errors: not_found (no such bucket or object), denied (with the permission that is missing, or
/// what is wrong with the credentials), conflict (the object is no longer the one asked for),
/// unavailable (asking again later may help; throttled ones were asked several times), cancelled.
class ObjectStore {
 public:
  virtual ~ObjectStore() = default;
  /// The opened place, for people: "s3://bucket/folder/".
  virtual std::string url() const = 0;
  /// One page of a listing in no promised order; `page` is empty or an earlier page's `next`.
  virtual base::Result<ObjectPage> list(const std::string& page) = 0;
  virtual base::Result<ObjectInfo> head(const std::string& key) = 0;
  /// Hands the object to the sink. One attempt once bytes came: after an error in the middle the
  /// caller asks again from where it is.
  virtual base::Result<AnnouncedSums> get(const std::string& key, const Download& download) = 0;

  /// False when get() cannot begin in the middle.
  virtual bool can_resume() const { return true; }

  /// One line about who is asking ("access key AKIA... of the environment"), without secrets.
  virtual base::Result<std::string> identity() { return std::string(); }
};

}  // namespace outlay::io
