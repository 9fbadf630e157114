// SPDX-License-Identifier: Apache-2.0
#include "flow/timers.h"

#include <algorithm>
#include <chrono>

namespace outlay::flow {

Timers::Handle Timers::add(base::Instant due, std::function<void()> action) {
  const base::Lock lock(mutex_);
  const Handle handle{due, ++count_};
  const bool is_first = actions_.empty() || handle < actions_.begin()->first;
  actions_.emplace(handle, std::move(action));
  if (is_first) changed_.notify_all();
  return handle;
}

void Timers::cancel(const Handle& handle) {
  const base::Lock lock(mutex_);
  actions_.erase(handle);
}

std::optional<base::Instant> Timers::next() const {
  const base::Lock lock(mutex_);
  if (actions_.empty()) return std::nullopt;
  return actions_.begin()->first.first;
}

int Timers::fire() {
  for (int fired = 0;; ++fired) {
    std::function<void()> action;
    {
      const base::Lock lock(mutex_);
      if (actions_.empty() || actions_.begin()->first.first > clock_.now()) return fired;
      action = std::move(actions_.begin()->second);
      actions_.erase(actions_.begin());
    }
    action();
  }
}

bool Timers::wait() {
  const base::Lock lock(mutex_);
  while (!is_stopped_) {
    if (actions_.empty()) {
      changed_.wait(mutex_);
      continue;
    }
    const base::Duration left = actions_.begin()->first.first - clock_.now();
    if (left <= base::Duration::zero()) return true;
    // The machine's clock may be set: look again after a minute at the latest.
    changed_.wait_for(mutex_, std::min<base::Duration>(left, std::chrono::minutes(1)));
  }
  return false;
}

void Timers::stop() {
  const base::Lock lock(mutex_);
  is_stopped_ = true;
  changed_.notify_all();
}

}  // namespace outlay::flow
