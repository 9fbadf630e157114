// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/result.h"
#include "io/file.h"

namespace outlay::io {

/// Writes one file from start to end, plain or as gzip, in constant memory. Not safe across
/// threads. Without close() the file is incomplete.
class StreamWriter {
 public:
  /// Replaces what is there.
  static base::Result<StreamWriter> create(const Path& path, bool as_gzip);
  StreamWriter(StreamWriter&&) noexcept;
  StreamWriter& operator=(StreamWriter&&) noexcept;
  ~StreamWriter();

  base::Result<base::Done> write(std::string_view bytes);
  /// Ends the file; its size on disk. Nothing may be written afterwards.
  base::Result<std::uint64_t> close();

 private:
  struct State;
  explicit StreamWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace outlay::io
