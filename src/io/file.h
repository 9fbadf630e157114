// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace outlay::io {

using Path = std::filesystem::path;

base::Result<std::string> read_file(const Path& path);
/// Replaces the file so that after a crash either the old or the new content is there:
/// writes a neighbour, fdatasync, rename, fsync of the folder.
base::Result<base::Done> write_file(const Path& path, std::string_view content);
base::Result<base::Done> make_folders(const Path& path);
/// Renames (same file system) and syncs both folders.
base::Result<base::Done> move_path(const Path& from, const Path& to);
/// fsync of one file or folder.
base::Result<base::Done> sync_path(const Path& path);
base::Result<base::Done> remove_tree(const Path& path);
/// Files below `folder`, relative paths, sorted; hidden ones (".x") and their folders are left out.
base::Result<std::vector<std::string>> list_files(const Path& folder);

/// Hex SHA-256 of a file, and its size.
struct FileHash {
  std::string sha256;
  std::uint64_t bytes = 0;
};

base::Result<FileHash> hash_file(const Path& path);
std::string sha256_hex(std::string_view bytes);

/// Inflates a gzip file (any number of members) to `to` and checks every member's CRC and length,
/// so that a truncated or damaged file is an error that says how many bytes were good. `to` is
/// removed on error. `progress` gets compressed bytes read so far; may be empty.
base::Result<std::uint64_t> gunzip_file(
    const Path& from, const Path& to, const std::function<void(std::uint64_t)>& progress = {});
base::Result<base::Done> gzip_file(const Path& from, const Path& to, int level = 6);

/// A folder that is deleted when this goes away.
class ScratchFolder {
 public:
  static base::Result<ScratchFolder> create(const Path& parent);
  ScratchFolder(ScratchFolder&& other) noexcept;
  ScratchFolder& operator=(ScratchFolder&&) = delete;
  ~ScratchFolder();

  const Path& path() const { return path_; }

 private:
  explicit ScratchFolder(Path path) : path_(std::move(path)) {}

  Path path_;
};

}  // namespace outlay::io
