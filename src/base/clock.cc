// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"

namespace outlay::base {

Instant SystemClock::now() const {
  return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

}  // namespace outlay::base
