// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define OUTLAY_ANNOTATION(x) __attribute__((x))
#else
#define OUTLAY_ANNOTATION(x)
#endif
#define GUARDED_BY(x) OUTLAY_ANNOTATION(guarded_by(x))
#define REQUIRES(...) OUTLAY_ANNOTATION(requires_capability(__VA_ARGS__))

namespace outlay::base {

/// A mutex that clang's -Wthread-safety understands.
class OUTLAY_ANNOTATION(capability("mutex")) Mutex {
 public:
  void lock() OUTLAY_ANNOTATION(acquire_capability()) { mutex_.lock(); }

  void unlock() OUTLAY_ANNOTATION(release_capability()) { mutex_.unlock(); }

 private:
  friend class Condition;
  std::mutex mutex_;
};

/// Holds a Mutex for a scope.
class OUTLAY_ANNOTATION(scoped_lockable) Lock {
 public:
  explicit Lock(Mutex& mutex) OUTLAY_ANNOTATION(acquire_capability(mutex)) : mutex_(mutex) {
    mutex_.lock();
  }

  ~Lock() OUTLAY_ANNOTATION(release_capability()) { mutex_.unlock(); }

  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  Mutex& mutex_;
};

/// A condition variable for Mutex. Wait in a loop that tests what is waited for.
class Condition {
 public:
  void wait(Mutex& mutex) REQUIRES(mutex) {
    std::unique_lock<std::mutex> held(mutex.mutex_, std::adopt_lock);
    condition_.wait(held);
    held.release();
  }

  /// False when the time ran out.
  template <class Rep, class Period>
  bool wait_for(Mutex& mutex, std::chrono::duration<Rep, Period> time) REQUIRES(mutex) {
    std::unique_lock<std::mutex> held(mutex.mutex_, std::adopt_lock);
    const bool was_notified = condition_.wait_for(held, time) == std::cv_status::no_timeout;
    held.release();
    return was_notified;
  }

  void notify_one() { condition_.notify_one(); }

  void notify_all() { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

}  // namespace outlay::base
