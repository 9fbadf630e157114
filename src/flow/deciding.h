// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace outlay::flow {

/// Marks that this thread renders expressions under an execution's lock: what they ask must not
/// wait for the journal, whose entries need that lock.
class Deciding {
 public:
  Deciding() { count() += 1; }

  ~Deciding() { count() -= 1; }

  Deciding(const Deciding&) = delete;
  Deciding& operator=(const Deciding&) = delete;

  static bool is_going_on() { return count() > 0; }

 private:
  static int& count() {
    thread_local int depth = 0;
    return depth;
  }
};

}  // namespace outlay::flow
