// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>

#include "base/clock.h"
#include "base/result.h"
#include "io/http.h"

namespace outlay::io {

/// Waiting, as a port, so that tests do not.
class Pause {
 public:
  virtual ~Pause() = default;
  /// False when `stop` (may be null) was set before the time was over.
  virtual bool wait(base::Duration time, const std::atomic<bool>* stop) = 0;
};

class SystemPause final : public Pause {
 public:
  bool wait(base::Duration time, const std::atomic<bool>* stop) override;
};

struct RetryPolicy {
  int attempts = 6;
  base::Duration first{500'000};
  base::Duration longest{30'000'000};
  /// How long before attempt `next` (1 is the first repetition): doubles each time, up to
  /// `longest`, with up to a quarter taken off so that several clients do not come back together.
  base::Duration before(int next, double unit) const;
};

/// Sends a request until it is answered by something other than "later": no connection, 408, 429 or
/// 5xx, with growing pauses, or those that the answer asks for (Retry-After).
class PatientHttp {
 public:
  PatientHttp(Http& http, Pause& pause, const base::Clock& clock, RetryPolicy policy = {})
      : http_(http), pause_(pause), clock_(clock), policy_(policy) {}

  /// `make` is asked before every attempt, so that signatures carry the time of their own attempt.
  /// A request whose sink has had bytes is not repeated: the error is for the caller, who knows how
  /// far the bytes got. Answers any status that is not "later", and "later" when patience is over.
  base::Result<HttpAnswer> send(const std::function<base::Result<HttpRequest>()>& make);

  const base::Clock& clock() const { return clock_; }

  Http& http() { return http_; }

 private:
  Http& http_;
  Pause& pause_;
  const base::Clock& clock_;
  RetryPolicy policy_;
};

/// What a "Retry-After" header asks for, in seconds or as a date; nothing when there is none.
base::Duration retry_after(const HttpAnswer& answer, base::Instant now);
bool is_later(int status);
/// "Fri, 24 May 2013 00:00:00 GMT".
std::string print_http_date(base::Instant instant);
base::Result<base::Instant> parse_http_date(std::string_view text);

}  // namespace outlay::io
