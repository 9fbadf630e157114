// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/result.h"

namespace outlay::io {

/// A token that opens doors until it expires.
struct AccessToken {
  std::string value;
  base::Instant expires;
};

/// Keeps an OAuth token and fetches a fresh one five minutes before the held one expires. Safe from
/// any thread.
class Bearer {
 public:
  /// `fetch` signs in; `origin` says as whom, for messages.
  Bearer(
      std::function<base::Result<AccessToken>()> fetch,
      const base::Clock& clock,
      std::string origin)
      : fetch_(std::move(fetch)), clock_(clock), origin_(std::move(origin)) {}

  base::Result<std::string> token();
  /// Forgets the held token, when a service refused it.
  void renew();

  const std::string& origin() const { return origin_; }

 private:
  std::function<base::Result<AccessToken>()> fetch_;
  const base::Clock& clock_;
  std::string origin_;
  base::Mutex mutex_;
  std::optional<AccessToken> held_ GUARDED_BY(mutex_);
};

}  // namespace outlay::io
