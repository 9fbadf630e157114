// SPDX-License-Identifier: Apache-2.0
#include "flow/simulation.h"

#include <algorithm>
#include <optional>

namespace outlay::flow {

std::function<std::string()> Simulation::seeded_ids(std::uint64_t seed) {
  return [random = std::make_shared<base::Random>(seed)] {
    constexpr std::string_view kLetters = "0123456789abcdefghijklmnopqrstuvwxyz";
    std::string id;
    for (int i = 0; i < 22; ++i) id += kLetters[random->below(kLetters.size())];
    return id;
  };
}

bool Simulation::settle_stopped() {
  for (auto at = pending_.begin(); at != pending_.end(); ++at) {
    if (!executor_.is_stopped(at->second.item)) continue;
    Pending pending = std::move(at->second);
    pending_.erase(at);
    pending.end.state = State::killed;
    executor_.settle(pending.item, pending.end);
    return true;
  }
  return false;
}

bool Simulation::settle_due() {
  if (pending_.empty() || pending_.begin()->first > clock_.now()) return false;
  Pending pending = std::move(pending_.begin()->second);
  pending_.erase(pending_.begin());
  executor_.settle(pending.item, pending.end);
  return true;
}

bool Simulation::step() {
  if (const auto item = executor_.take(); item) {
    length_ = {};
    Event end = executor_.try_task(*item);
    if (length_ == base::Duration::zero())
      executor_.settle(*item, std::move(end));
    else
      pending_.emplace(clock_.now() + length_, Pending{*item, std::move(end)});
    return true;
  }
  if (settle_stopped() || settle_due()) return true;
  std::optional<base::Instant> next = executor_.timers().next();
  const auto sooner = [&next](base::Instant moment) {
    if (!next || moment < *next) next = moment;
  };
  if (!pending_.empty()) sooner(pending_.begin()->first);
  if (!actions_.empty()) sooner(actions_.begin()->first);
  if (!next) return false;
  clock_.set(std::max(*next, clock_.now()));
  if (!actions_.empty() && actions_.begin()->first <= clock_.now()) {
    const auto action = std::move(actions_.begin()->second);
    actions_.erase(actions_.begin());
    action();
  } else {
    executor_.timers().fire();
  }
  return true;
}

bool Simulation::run(const std::string& execution_id) {
  while (!executor_.is_finished(execution_id))
    if (!step()) return false;
  return true;
}

}  // namespace outlay::flow
