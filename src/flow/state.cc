// SPDX-License-Identifier: Apache-2.0
#include "flow/state.h"

#include <array>

namespace outlay::flow {
namespace {

constexpr std::array<std::string_view, 17> kNames{
    "CREATED",
    "SUBMITTED",
    "RUNNING",
    "PAUSED",
    "RESTARTED",
    "KILLING",
    "SUCCESS",
    "WARNING",
    "FAILED",
    "KILLED",
    "CANCELLED",
    "QUEUED",
    "RETRYING",
    "RETRIED",
    "SKIPPED",
    "BREAKPOINT",
    "RESUBMITTED"};

int badness(State state) {
  switch (state) {
    case State::killed:
      return 4;
    case State::cancelled:
      return 3;
    case State::failed:
      return 2;
    case State::warning:
      return 1;
    default:
      return 0;
  }
}

}  // namespace

std::string_view state_name(State state) { return kNames.at(static_cast<std::size_t>(state)); }

std::optional<State> state_of(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i)
    if (kNames[i] == name) return static_cast<State>(i);
  return std::nullopt;
}

bool is_terminal(State state) {
  switch (state) {
    case State::success:
    case State::warning:
    case State::failed:
    case State::killed:
    case State::cancelled:
    case State::retried:
    case State::skipped:
    case State::resubmitted:
      return true;
    default:
      return false;
  }
}

bool is_failure(State state) { return badness(state) >= 2; }

State worse(State a, State b) { return badness(b) > badness(a) ? b : a; }

format::Value Track::json() const {
  format::Array histories;
  histories.reserve(steps_.size());
  for (const Step& step : steps_)
    histories.push_back(format::Value::object(
        {{"state", state_name(step.state)}, {"date", base::print_instant(step.at)}}));
  format::Object out;
  out.set("current", state_name(current()));
  out.set("histories", std::move(histories));
  if (!steps_.empty()) {
    out.set("duration", base::print_duration(steps_.back().at - steps_.front().at));
    out.set("startDate", base::print_instant(steps_.front().at));
    if (is_terminal(current())) out.set("endDate", base::print_instant(steps_.back().at));
  }
  return out;
}

}  // namespace outlay::flow
