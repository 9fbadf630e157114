// SPDX-License-Identifier: Apache-2.0
#include "cli/progress.h"

#include <algorithm>
#include <ostream>

#include <fmt/format.h>

namespace outlay::cli {

void ProgressBar::show(std::string_view stage, double share) {
  if (!streams_.err_is_terminal) return;
  constexpr int kWidth = 30;
  std::string line = "  " + std::string(stage);
  if (share >= 0) {
    const int full = static_cast<int>(std::min(share, 1.0) * kWidth);
    line = fmt::format(
        "  [{}{}] {:3.0f} % {}",
        std::string(static_cast<std::size_t>(full), '#'),
        std::string(static_cast<std::size_t>(kWidth - full), '-'),
        std::min(share, 1.0) * 100,
        stage);
  }
  const base::Lock lock(mutex_);
  if (line == shown_) return;
  streams_.err << "\r\x1b[K" << line << std::flush;
  shown_ = std::move(line);
}

void ProgressBar::clear() {
  const base::Lock lock(mutex_);
  if (!shown_.empty()) streams_.err << "\r\x1b[K" << std::flush;
  shown_.clear();
}

}  // namespace outlay::cli
