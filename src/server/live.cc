// SPDX-License-Identifier: Apache-2.0
#include "server/live.h"

#include <algorithm>

#include "format/json.h"

namespace outlay::server {

namespace {

using format::Value;

/// How often followed executions are looked at although nothing was heard of them.
constexpr std::chrono::seconds kLookAgain{5};

bool is_terminal(std::string_view state) {
  static const std::set<std::string_view> kTerminal{
      "SUCCESS", "WARNING", "FAILED", "KILLED", "CANCELLED", "RETRIED", "SKIPPED", "RESUBMITTED"};
  return kTerminal.contains(state);
}

std::string event_json(const api::Event& event) {
  format::Object out;
  out.set("kind", event.kind);
  if (!event.execution_id.empty()) out.set("executionId", event.execution_id);
  if (!event.state.empty()) out.set("state", event.state);
  if (!event.source.empty()) out.set("source", event.source);
  return format::print_json(Value(std::move(out)));
}

}  // namespace

Live::Live(api::Outlay& outlay) : outlay_(outlay) {
  listening_ = outlay_.listen([this](const api::Event& event) { heard(event); });
  thread_ = std::thread([this] { run(); });
}

Live::~Live() {
  outlay_.unlisten(listening_);
  {
    base::Lock lock(mutex_);
    work_.is_stopping = true;
    condition_.notify_all();
  }
  thread_.join();
}

void Live::follow_execution(std::string execution_id, std::shared_ptr<EventSink> sink) {
  Follower follower;
  follower.kind = Follower::Kind::execution;
  follower.execution_id = std::move(execution_id);
  follower.sink = std::move(sink);
  add(std::move(follower));
}

void Live::follow_logs(
    std::string execution_id,
    std::int64_t after,
    std::string min_level,
    std::shared_ptr<EventSink> sink) {
  Follower follower;
  follower.kind = Follower::Kind::logs;
  follower.execution_id = std::move(execution_id);
  follower.after = after;
  follower.min_level = std::move(min_level);
  follower.sink = std::move(sink);
  add(std::move(follower));
}

void Live::follow_events(std::shared_ptr<EventSink> sink) {
  Follower follower;
  follower.sink = std::move(sink);
  add(std::move(follower));
}

void Live::add(Follower follower) {
  base::Lock lock(mutex_);
  if (!follower.execution_id.empty()) work_.changed.insert(follower.execution_id);
  arriving_.push_back(std::move(follower));
  condition_.notify_all();
}

void Live::heard(const api::Event& event) {
  base::Lock lock(mutex_);
  if (!event.execution_id.empty()) work_.changed.insert(event.execution_id);
  // Log lines are many, and who wants them follows the execution.
  if (event.kind != "log") work_.events.push_back(event);
  condition_.notify_all();
}

Live::Work Live::await_work() {
  base::Lock lock(mutex_);
  while (!work_.is_stopping && work_.changed.empty() && work_.events.empty() && arriving_.empty()) {
    if (!condition_.wait_for(mutex_, kLookAgain)) break;
  }
  for (Follower& follower : arriving_) followers_.push_back(std::move(follower));
  arriving_.clear();
  Work work = std::move(work_);
  work_ = Work{};
  work_.is_stopping = work.is_stopping;
  return work;
}

void Live::run() {
  while (true) {
    Work work = await_work();
    if (work.is_stopping) break;
    std::erase_if(followers_, [](const Follower& follower) { return !follower.sink->is_open(); });
    const bool is_look = work.changed.empty() && work.events.empty();
    if (is_look && !followers_.empty()) outlay_.look_around();
    for (const Follower& follower : followers_) {
      if (is_look && !follower.execution_id.empty()) work.changed.insert(follower.execution_id);
    }
    for (const std::string& id : work.changed) {
      const bool is_followed =
          std::any_of(followers_.begin(), followers_.end(), [&](const Follower& follower) {
            return follower.execution_id == id;
          });
      if (!is_followed) continue;
      const auto execution = outlay_.call("executions.get", Value::object({{"id", id}}));
      if (!execution) continue;  // it is looked at again later
      for (Follower& follower : followers_) {
        if (follower.execution_id == id) tell(follower, *execution);
      }
    }
    for (const api::Event& event : work.events) {
      const StreamEvent out{event.kind, event_json(event)};
      for (Follower& follower : followers_) {
        if (follower.kind == Follower::Kind::events) follower.sink->send(out);
      }
    }
  }
  for (Follower& follower : followers_) follower.sink->close();
}

void Live::tell(Follower& follower, const Value& execution) {
  const bool has_ended = is_terminal(execution["state"]["current"].text_or(""));
  if (follower.kind == Follower::Kind::logs) return tell_logs(follower, has_ended);
  tell_execution(follower, execution, has_ended);
}

void Live::tell_execution(Follower& follower, const Value& execution, bool has_ended) {
  std::string json = format::print_json(execution);
  if (!follower.has_started) follower.sink->send({"start", json});
  if (has_ended) {
    follower.sink->send({"end", json});
    follower.sink->close();
  } else if (json != follower.last_sent) {
    // Clients skip the start: the state of now follows it.
    follower.sink->send({"progress", json});
  }
  follower.has_started = true;
  follower.last_sent = std::move(json);
}

void Live::tell_logs(Follower& follower, bool has_ended) {
  format::Object request;
  request.set("id", follower.execution_id);
  request.set("after", follower.after);
  if (!follower.min_level.empty()) request.set("minLevel", follower.min_level);
  if (!follower.has_started) follower.sink->send({"start", "{}"});
  follower.has_started = true;
  const auto lines = outlay_.call("logs.get", Value(std::move(request)));
  if (lines && lines->is_array()) {
    for (const Value& line : lines->as_array()) {
      follower.after = std::max(follower.after, line["id"].int_or(0));
      follower.sink->send({"progress", format::print_json(line)});
    }
  }
  if (!has_ended) return;
  follower.sink->send({"end", "{}"});
  follower.sink->close();
}

}  // namespace outlay::server
