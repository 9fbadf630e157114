// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "base/random.h"
#include "store/database.h"

namespace outlay::sim {

/// A state store on bad days: the process dies at one of its writes (before the commit or just
/// after it), writes and reads fail for a while, the disk is slow.
class FaultyStore final : public store::Database {
 public:
  explicit FaultyStore(store::Database& real) : real_(real) {}

  /// The process dies at the write after `writes` more.
  void die_at(int writes, bool after_commit) {
    left_ = writes;
    after_commit_ = after_commit;
  }

  /// The process is dead from now on: nothing more reaches the disk.
  void die() { is_dead_ = true; }

  void rise() {
    is_dead_ = false;
    left_ = -1;
    failing_writes_ = failing_reads_ = 0;
  }

  bool is_dead() const { return is_dead_; }

  /// The next writes fail as on a full disk; the process lives on.
  void fail_writes(int count) { failing_writes_ = count; }

  void fail_reads(int count) { failing_reads_ = count; }

  /// Called before each write: time passes on a slow disk.
  void on_write(std::function<void()> action) { on_write_ = std::move(action); }

  base::Result<base::Done> migrate(
      std::string_view module, const std::vector<store::Migration>& steps) override {
    return real_.migrate(module, steps);
  }

  base::Result<base::Done> write(
      const std::function<base::Result<base::Done>(store::Transaction&)>& work) override {
    if (on_write_) on_write_();
    if (!is_dead_ && left_ >= 0 && left_-- == 0) {
      is_dead_ = true;
      if (after_commit_) static_cast<void>(real_.write(work));
    }
    if (is_dead_) return base::unavailable("the process died");
    if (failing_writes_ > 0) {
      --failing_writes_;
      return base::Error{base::Code::exhausted, "the disk is full", {}, nullptr};
    }
    return real_.write(work);
  }

  base::Result<store::Table> read(std::string_view sql, const store::Params& params) override {
    if (failing_reads_ > 0) {
      --failing_reads_;
      return base::unavailable("the disk does not answer");
    }
    return real_.read(sql, params);
  }

 private:
  store::Database& real_;
  std::function<void()> on_write_;
  int left_ = -1, failing_writes_ = 0, failing_reads_ = 0;
  bool after_commit_ = false, is_dead_ = false;
};

}  // namespace outlay::sim
