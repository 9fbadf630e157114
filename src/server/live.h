// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "api/outlay.h"
#include "base/mutex.h"
#include "server/http.h"

namespace outlay::server {

/// Tells event streams what happens: executions, their logs, bookings.
///
/// One thread reads what changed and hands it to all who follow it, so that a hundred followers of
/// one execution cost one read. Streams of executions and logs begin with an event of id "start",
/// go on with "progress" and close after "end".
class Live {
 public:
  explicit Live(api::Outlay& outlay);
  ~Live();
  Live(const Live&) = delete;
  Live& operator=(const Live&) = delete;

  void follow_execution(std::string execution_id, std::shared_ptr<EventSink> sink);
  /// Only lines with an id larger than `after`.
  void follow_logs(
      std::string execution_id,
      std::int64_t after,
      std::string min_level,
      std::shared_ptr<EventSink> sink);
  void follow_events(std::shared_ptr<EventSink> sink);

 private:
  struct Follower {
    enum class Kind { execution, logs, events } kind = Kind::events;
    std::string execution_id;
    std::string min_level;
    std::int64_t after = 0;
    std::string last_sent;  ///< of an execution, so that nothing is sent twice
    bool has_started = false;
    std::shared_ptr<EventSink> sink;
  };

  /// What the thread is to do next.
  struct Work {
    std::set<std::string> changed;
    std::deque<api::Event> events;
    bool is_stopping = false;
  };

  void add(Follower follower);
  void heard(const api::Event& event);
  Work await_work();
  void run();
  void tell(Follower& follower, const format::Value& execution);
  void tell_execution(Follower& follower, const format::Value& execution, bool has_ended);
  void tell_logs(Follower& follower, bool has_ended);

  api::Outlay& outlay_;
  base::Mutex mutex_;
  base::Condition condition_;
  Work work_ GUARDED_BY(mutex_);
  std::vector<Follower> arriving_ GUARDED_BY(mutex_);
  std::vector<Follower> followers_;  ///< of the thread alone
  long long listening_ = 0;
  std::thread thread_;
};

}  // namespace outlay::server
