// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/random.h"
#include "format/value.h"

namespace outlay::sim {

/// Draws flows out of everything that moves an execution: flowables within flowables, retries,
/// timeouts, conditions, subflows, pauses, loops, errors, finally, afterExecution, concurrency
/// limits.
class RandomFlow {
 public:
  /// `callable`: ids of flows that it may start as subflows.
  RandomFlow(base::Random& random, std::vector<std::string> callable)
      : random_(random), callable_(std::move(callable)) {}

  format::Value draw(const std::string& id);

 private:
  bool chance(std::uint64_t one_in) { return random_.below(one_in) == 0; }

  std::string name(const char* prefix);
  format::Value task(int depth);
  format::Value flowable(int depth);
  format::Value leaf();
  format::Value subflow();
  format::Value pause();
  format::Value loop_until(int depth);
  format::Value for_each(int depth);
  format::Value dag(int depth);
  format::Value cases(int depth);
  format::Value tasks(int depth, std::uint64_t most);
  format::Value retry(bool of_flow);
  std::string condition();
  void add_common(format::Object& task);

  base::Random& random_;
  std::vector<std::string> callable_;
  std::vector<std::string> steps_;  ///< ids of tasks with an output so far
  int made_ = 0;
  int budget_ = 14;  ///< tasks left, so that executions stay small
};

}  // namespace outlay::sim
