// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <utility>

#include "base/result.h"
#include "io/file.h"

namespace outlay::io {

/// A file descriptor that is closed when this goes away.
class Descriptor {
 public:
  Descriptor() = default;

  explicit Descriptor(int number) : number_(number) {}

  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}

  Descriptor& operator=(Descriptor&& other) noexcept;

  ~Descriptor() { reset(); }

  int get() const { return number_; }

  bool is_open() const { return number_ >= 0; }

  void reset();

 private:
  int number_ = -1;
};

/// An error from errno: `what` is the sentence's start ("cannot write"), then the path and the
/// system's reason with what to do where that is known.
base::Error system_error(std::string_view what, const Path& path, int error_number);

base::Result<Descriptor> open_to_read(const Path& path);
/// Creates or empties the file.
base::Result<Descriptor> open_to_write(const Path& path);
/// Reads up to `size` bytes; 0 is the end.
base::Result<std::size_t> read_some(
    const Descriptor& file, char* to, std::size_t size, const Path& path);
base::Result<base::Done> write_all(
    const Descriptor& file, std::string_view bytes, const Path& path);

/// Milliseconds of a clock that never jumps, for time-outs.
long long monotonic_ms();

}  // namespace outlay::io
