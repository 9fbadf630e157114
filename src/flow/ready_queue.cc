// SPDX-License-Identifier: Apache-2.0
#include "flow/ready_queue.h"

namespace outlay::flow {

void ReadyQueue::push(WorkItem item, bool caller_takes_next) {
  const base::Lock lock(mutex_);
  items_.push_back(std::move(item));
  const bool is_spoken_for = caller_takes_next && items_.size() == 1;
  if (idle_ > 0 && !is_spoken_for) changed_.notify_one();
}

std::optional<WorkItem> ReadyQueue::pop() {
  const base::Lock lock(mutex_);
  ++idle_;
  while (items_.empty() && !is_stopped_) changed_.wait(mutex_);
  --idle_;
  if (is_stopped_) return std::nullopt;
  WorkItem item = std::move(items_.front());
  items_.pop_front();
  // Work that came while nobody was woken for it must not wait for this item's end.
  if (!items_.empty() && idle_ > 0) changed_.notify_one();
  return item;
}

std::optional<WorkItem> ReadyQueue::try_pop() {
  const base::Lock lock(mutex_);
  if (items_.empty()) return std::nullopt;
  WorkItem item = std::move(items_.front());
  items_.pop_front();
  return item;
}

void ReadyQueue::nudge() {
  const base::Lock lock(mutex_);
  items_.push_front(WorkItem{});
  changed_.notify_one();
}

void ReadyQueue::stop() {
  const base::Lock lock(mutex_);
  is_stopped_ = true;
  changed_.notify_all();
}

}  // namespace outlay::flow
