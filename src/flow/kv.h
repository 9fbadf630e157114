// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "format/value.h"
#include "store/database.h"

namespace outlay::flow {

/// A value of the key-value store as it is now.
struct KvEntry {
  std::string name_space, key, description;
  std::string type;  ///< STRING, NUMBER, BOOLEAN, DATETIME, DATE, DURATION or JSON
  format::Value value;
  long long version = 1;
  std::string created, updated;  ///< ISO 8601
  std::string expires;           ///< empty: never
};

/// A value to put: how it is typed, for how long, and whether it may replace another.
struct KvPut {
  format::Value value;
  std::string type;  ///< empty: told from the value; a text is guessed
  std::optional<base::Duration> ttl;
  bool overwrites = true;
  std::string description;
};

/// What kv.PurgeKV removes.
struct KvPurge {
  std::vector<std::string> name_spaces;  ///< empty: all
  std::string key_pattern;               ///< * and ?; empty: every key
  bool expired_only = true;
  /// Keeps the newest versions of a key and removes older ones; nothing: removes whole keys.
  std::optional<int> versions_kept;
};

/// Values by namespace and key, with a time to live and all versions kept. Keys are letters,
/// digits, points, dashes and underscores. Safe from any thread.
class KvStore {
 public:
  KvStore(store::Database& state, const base::Clock& clock) : state_(state), clock_(clock) {}

  /// Puts and answers the new version; conflict when the key is there and may not be replaced.
  base::Result<long long> put(std::string_view name_space, std::string_view key, const KvPut& what);
  /// not_found when there is none or it expired. Looks in this namespace alone.
  base::Result<KvEntry> get(std::string_view name_space, std::string_view key);
  /// As kv() does: this namespace, then the dotted namespaces above it.
  base::Result<KvEntry> find(std::string_view name_space, std::string_view key);
  /// False when there was none.
  base::Result<bool> remove(std::string_view name_space, std::string_view key);
  /// Entries of a namespace that have not expired, by key. Empty namespace: all.
  base::Result<std::vector<KvEntry>> list(std::string_view name_space, std::string_view prefix);
  /// Rows removed.
  base::Result<long long> purge(const KvPurge& what);

 private:
  store::Database& state_;
  const base::Clock& clock_;
};

/// The type of a value that was given without one; a text is looked at: a number, true, a date ...
std::string kv_type_of(const format::Value& value);
/// The value as `type` says; invalid_input when it is no such thing.
base::Result<format::Value> kv_value(std::string_view type, const format::Value& given);

}  // namespace outlay::flow
