// SPDX-License-Identifier: Apache-2.0
#include "flow/journal.h"

#include <iterator>

#include "base/log.h"

namespace outlay::flow {

bool is_passing(const base::Error& error) {
  return error.code == base::Code::unavailable || error.code == base::Code::exhausted;
}

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
    if (!settle(std::move(batch), last)) return true;
  }
}

base::Result<base::Done> Journal::write(const Entry* entries, std::size_t count) {
  return state_.write([&](store::Transaction& transaction) -> base::Result<base::Done> {
    for (std::size_t i = 0; i < count; ++i)
      for (const Statement& statement : entries[i].statements)
        TRY(transaction.run(statement.sql, statement.params));
    return base::Done{};
  });
}

// One entry that the store refuses for good must not keep the others from being written: then each
// is written by itself.
bool Journal::settle(std::vector<Entry> batch, std::uint64_t last) {
  const auto written = write(batch.data(), batch.size());
  const bool is_single = !written && batch.size() > 1 && !is_passing(written.error());
  if (!written)
    LOG(error,
        "the journal could not be written; it is tried again",
        {"because", written.error().text()});
  std::vector<Entry> kept;
  std::uint64_t commits = 0;
  for (Entry& entry : batch) {
    const auto mine = is_single ? write(&entry, 1) : written;
    if (mine) {
      ++commits;
      if (entry.then) entry.then();
      continue;
    }
    if (entry.failed)
      entry.failed(mine.error());
    else
      kept.push_back(std::move(entry));
  }
  const base::Lock lock(mutex_);
  commits_ += is_single ? commits : (written ? 1 : 0);
  is_stuck_ = !kept.empty();
  // Whoever waits for a dropped entry was told by its `failed`.
  if (is_stuck_ || !written) failed_ = last;
  if (!is_stuck_) settled_ = last;
  queue_.insert(
      queue_.begin(), std::make_move_iterator(kept.begin()), std::make_move_iterator(kept.end()));
  if (is_stuck_) {
    eager_ = static_cast<int>(queue_.size());
    is_leading_ = false;
  }
  changed_.notify_all();
  return !is_stuck_;
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
