// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/mutex.h"
#include "cli/cli.h"

namespace outlay::cli {

/// One line on a terminal that shows how far something is; nothing when there is no terminal. Safe
/// from any thread.
class ProgressBar {
 public:
  explicit ProgressBar(const Streams& streams) : streams_(streams) {}

  /// `share` from 0 to 1, or -1 when unknown.
  void show(std::string_view stage, double share);
  void clear();

 private:
  const Streams& streams_;
  base::Mutex mutex_;
  std::string shown_ GUARDED_BY(mutex_);
};

}  // namespace outlay::cli
