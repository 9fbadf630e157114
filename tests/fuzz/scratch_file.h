// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

#include "base/check.h"

/// Bytes as a file that lies in memory alone, for readers that want a path.
class ScratchFile {
 public:
  ScratchFile(const std::uint8_t* data, std::size_t size) : number_(::memfd_create("fuzz", 0)) {
    CHECK(number_ >= 0);
    CHECK(::write(number_, data, size) == static_cast<ssize_t>(size));
  }

  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;

  ~ScratchFile() { ::close(number_); }

  std::filesystem::path path() const { return "/proc/self/fd/" + std::to_string(number_); }

 private:
  int number_;
};
