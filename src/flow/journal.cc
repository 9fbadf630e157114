// SPDX-License-Identifier: Apache-2.0
#include "flow/journal.h"

#include <iterator>

#include "base/log.h"

namespace outlay::flow {

std::uint64_t Journal::enqueue(Entry entry) {
  const base::Lock lock(mutex_);
  if (!entry.is_lazy) ++eager_;
  queue_.push_back(std::move(entry));
  return ++last_;
}

bool Journal::pump(std::uint64_t until) {
  {
    const base::Lock lock(mutex_);
    if (is_leading_ || eager_ == 0) return true;
    is_leading_ = true;
  }
  return lead(until);
}

void Journal::flush() {
  {
    const base::Lock lock(mutex_);
    if (queue_.empty()) return;
    // The writer at work takes all there is, lazy or not, before it stops.
    eager_ = static_cast<int>(queue_.size());
    if (is_leading_) return;
    is_leading_ = true;
  }
  lead(0);
}

bool Journal::lead(std::uint64_t until) {
  while (true) {
    std::vector<Entry> batch;
    std::uint64_t last = 0;
    {
      const base::Lock lock(mutex_);
      const bool is_done = until != 0 && settled_ >= until;
      if (eager_ == 0 || is_done) {
        is_leading_ = false;
        return eager_ == 0;
      }
      batch.swap(queue_);
      eager_ = 0;
      last = last_;
    }
    const auto written =
        state_.write([&](store::Transaction& transaction) -> base::Result<base::Done> {
          for (const Entry& entry : batch)
            for (const Statement& statement : entry.statements)
              TRY(transaction.run(statement.sql, statement.params));
          return base::Done{};
        });
    settle(std::move(batch), last, written);
    if (!written) return true;
  }
}

void Journal::settle(
    std::vector<Entry> batch, std::uint64_t last, const base::Result<base::Done>& written) {
  if (written) {
    for (Entry& entry : batch)
      if (entry.then) entry.then();
    const base::Lock lock(mutex_);
    settled_ = last;
    ++commits_;
    is_stuck_ = false;
    changed_.notify_all();
    return;
  }
  LOG(error,
      "the journal could not be written; it is tried again",
      {"because", written.error().text()});
  std::vector<Entry> kept;
  for (Entry& entry : batch) {
    if (entry.failed)
      entry.failed(written.error());
    else
      kept.push_back(std::move(entry));
  }
  const base::Lock lock(mutex_);
  // Whoever waits for a dropped entry was told by its `failed`.
  failed_ = last;
  queue_.insert(
      queue_.begin(), std::make_move_iterator(kept.begin()), std::make_move_iterator(kept.end()));
  eager_ = static_cast<int>(queue_.size());
  is_stuck_ = !queue_.empty();
  is_leading_ = false;
  changed_.notify_all();
}

void Journal::wait(std::uint64_t ticket) {
  const base::Lock lock(mutex_);
  while (settled_ < ticket && failed_ < ticket) changed_.wait(mutex_);
}

bool Journal::has_lazy() const {
  const base::Lock lock(mutex_);
  return !queue_.empty() && eager_ == 0;
}

std::uint64_t Journal::commits() const {
  const base::Lock lock(mutex_);
  return commits_;
}

bool Journal::is_stuck() const {
  const base::Lock lock(mutex_);
  return is_stuck_;
}

}  // namespace outlay::flow
