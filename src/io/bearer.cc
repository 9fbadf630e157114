// SPDX-License-Identifier: Apache-2.0
#include "io/bearer.h"

#include "base/log.h"

namespace outlay::io {

base::Result<std::string> Bearer::token() {
  constexpr base::Duration kSpare = std::chrono::minutes(5);
  const base::Lock lock(mutex_);
  if (!held_ || held_->expires - clock_.now() < kSpare) {
    auto fresh = fetch_();
    if (!fresh) {
      held_.reset();
      return fresh.error();
    }
    base::hide_in_log(fresh->value);
    held_ = *std::move(fresh);
  }
  return held_->value;
}

void Bearer::renew() {
  const base::Lock lock(mutex_);
  held_.reset();
}

}  // namespace outlay::io
