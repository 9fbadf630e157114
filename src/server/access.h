// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/config.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "server/http.h"

namespace outlay::server {

struct AccessSettings {
  std::string host;  ///< that the server listens on
  /// Everybody who reaches the server may use it.
  bool is_insecure = false;
  std::vector<api::User> users;
};

/// True for names and addresses that only this machine can reach.
bool is_loopback(std::string_view host);

/// Decides who may ask.
///
/// Invariants
/// 1. Nothing but /health and webhooks (whose key is the secret) is answered to somebody who is
/// not known, unless is_insecure.
/// 2. The one-time token makes one session and then is worth nothing.
/// 3. A request that a browser sends for another site changes nothing.
/// 4. A server on loopback answers only to loopback names, so that a foreign name pointed at it
/// gets nothing. Safe from any thread.
class Access {
 public:
  Access(AccessSettings settings, const base::Clock& clock);

  /// The token of the address that is printed at the start.
  const std::string& token() const { return token_; }

  /// A refusal, or a redirect that sets the session; nothing when the request may go on (its `user`
  /// is set).
  std::optional<Response> check(Request& request);

 private:
  struct Session {
    std::string user;
    base::Instant last_seen;
  };

  bool is_own_host(std::string_view host) const;
  std::optional<Response> exchange(const Request& request);
  /// The user of a session, a password or a bearer token; empty when none fits.
  std::string user_of(const Request& request);
  std::string user_of_session(std::string_view id);
  std::string user_of_credentials(std::string_view authorization) const;
  Response unknown_user(const Request& request) const;

  const AccessSettings settings_;
  const base::Clock& clock_;
  const std::string token_;
  base::Mutex mutex_;
  bool token_was_used_ GUARDED_BY(mutex_) = false;
  std::map<std::string, Session, std::less<>> sessions_ GUARDED_BY(mutex_);
};

}  // namespace outlay::server
