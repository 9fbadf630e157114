// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "io/file.h"

namespace outlay::sources {

/// Fetched files of one source, kept by their content and, as second names of the same bytes, by
/// delivery:
///   <data>/raw/<source>/parts/           downloads under way, which go on where they were
///   <data>/raw/<source>/bytes/ab/ab12..  whole files, by SHA-256
///   <data>/raw/<source>/deliveries/<delivery>/<content>/<key>
class RawStore {
 public:
  RawStore(io::Path data, std::string source)
      : data_(std::move(data)), folder_(data_ / "raw" / source), source_(std::move(source)) {}

  const io::Path& folder() const { return folder_; }

  io::Path part(const std::string& version) const { return folder_ / "parts" / version; }

  io::Path bytes(const std::string& sha256) const {
    return folder_ / "bytes" / sha256.substr(0, 2) / sha256;
  }

  bool has(const std::string& sha256) const;
  /// Makes a finished part one of the files by content.
  base::Result<base::Done> keep(const io::Path& part, const std::string& sha256) const;

  /// Gives the files their keys below one folder, which holds nothing else. The folder's path.
  base::Result<io::Path> lay_out(
      const std::string& delivery,
      const std::string& content,
      const std::vector<std::pair<std::string, std::string>>& key_and_sha256) const;
  /// A path below the data folder as it is kept in the state store, and back.
  std::string relative(const io::Path& path) const;

  io::Path absolute(const std::string& relative) const { return data_ / relative; }

  /// Removes deliveries that are older than `kept` (all of them for nothing), except those in
  /// `current`, and files by content that no delivery names any more, except those in `wanted`.
  /// Parts older than a week go as well.
  base::Result<base::Done> clean(
      std::optional<base::Duration> kept,
      const std::vector<std::string>& current,
      const std::set<std::string>& wanted,
      const base::Clock& clock) const;

  base::Result<base::Done> remove_all() const { return io::remove_tree(folder_); }

 private:
  io::Path data_;
  io::Path folder_;
  std::string source_;
};

}  // namespace outlay::sources
