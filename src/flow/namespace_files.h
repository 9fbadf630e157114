// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "io/file.h"
#include "store/database.h"

namespace outlay::flow {

/// A file or folder of a namespace: its newest version.
struct NamespaceFile {
  std::string name_space, path;  ///< "scripts/main.py": no slash in front
  long long version = 1, size = 0;
  bool is_folder = false;
  std::string updated;  ///< ISO 8601
};

/// Files that belong to a namespace: scripts, queries. Every version is kept. Safe from any thread.
class NamespaceFiles {
 public:
  NamespaceFiles(io::Path storage, store::Database& state, const base::Clock& clock)
      : storage_(std::move(storage)), state_(state), clock_(clock) {}

  /// Writes a new version; refuses paths that lead out of the namespace.
  base::Result<NamespaceFile> put(
      std::string_view name_space, std::string_view path, std::string_view content);
  base::Result<NamespaceFile> make_folder(std::string_view name_space, std::string_view path);
  /// not_found when there is none.
  base::Result<NamespaceFile> get(
      std::string_view name_space,
      std::string_view path,
      std::optional<long long> version = std::nullopt);
  base::Result<std::string> read(
      std::string_view name_space,
      std::string_view path,
      std::optional<long long> version = std::nullopt);
  /// Where its bytes are; not to be changed.
  base::Result<io::Path> local_path(
      std::string_view name_space,
      std::string_view path,
      std::optional<long long> version = std::nullopt);
  /// Everything at or below `folder` ("" for all), by path.
  base::Result<std::vector<NamespaceFile>> list(
      std::string_view name_space, std::string_view folder = {});
  /// All versions of one file, oldest first.
  base::Result<std::vector<NamespaceFile>> versions(
      std::string_view name_space, std::string_view path);
  /// A file, or a folder with all in it; answers what was removed.
  base::Result<std::vector<std::string>> remove(std::string_view name_space, std::string_view path);
  base::Result<base::Done> move(
      std::string_view name_space, std::string_view from, std::string_view to);
  /// Removes versions of files but the newest `kept` of each; answers how many.
  base::Result<long long> purge_versions(std::string_view name_space, int kept);

 private:
  io::Path path_of(const NamespaceFile& file) const;
  base::Result<NamespaceFile> add(NamespaceFile file, std::string_view content);

  io::Path storage_;
  store::Database& state_;
  const base::Clock& clock_;
};

}  // namespace outlay::flow
