// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/result.h"
#include "io/digest.h"
#include "io/file.h"

namespace outlay::io {

/// A file that arrives piece by piece, and goes on where it was after whatever ended the process.
class PartFile {
 public:
  /// Opens or makes the file, and reads what it holds already into the digests.
  static base::Result<PartFile> open(const Path& path);
  PartFile(PartFile&&) noexcept;
  PartFile& operator=(PartFile&&) noexcept;
  ~PartFile();

  std::uint64_t size() const;
  base::Result<base::Done> append(std::string_view bytes);
  /// Empties the file.
  base::Result<base::Done> restart();
  /// Syncs it and says what it holds. Nothing may be appended afterwards.
  base::Result<StreamDigest::Sums> close();

 private:
  struct State;
  explicit PartFile(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Bytes that may still be written on the file system of `path`.
base::Result<std::uint64_t> free_bytes(const Path& path);
/// Makes `to` another name of `from`, or a copy where the file system has no such names. Replaces
/// what is there.
base::Result<base::Done> link_or_copy(const Path& from, const Path& to);

/// Keeps a folder to one process, by a lock on a file that goes with the process however it ends.
class FolderLock {
 public:
  /// Empty when another process has it.
  static base::Result<std::unique_ptr<FolderLock>> take(const Path& file);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  explicit FolderLock(int descriptor) : descriptor_(descriptor) {}

  int descriptor_;
};

}  // namespace outlay::io
