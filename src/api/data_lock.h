// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.h"
#include "io/file.h"

namespace outlay::api {

/// Keeps a data folder's engine to one process. The lock goes with the process, however it ends.
class DataLock {
 public:
  /// conflict names the process that has it.
  static base::Result<DataLock> take(const io::Path& data);
  DataLock(DataLock&& other) noexcept;
  DataLock& operator=(DataLock&&) = delete;
  ~DataLock();

 private:
  explicit DataLock(int descriptor) : descriptor_(descriptor) {}

  int descriptor_ = -1;
};

}  // namespace outlay::api
