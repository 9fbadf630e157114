// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "api/config.h"
#include "api/outlay.h"
#include "base/clock.h"
#include "base/result.h"

namespace outlay::server {

struct ServerSettings {
  std::string host = "127.0.0.1";
  int port = 8080;  ///< 0: any free one
  /// Everybody who reaches the server may use it, without token or password.
  bool is_insecure = false;
  std::vector<api::User> users;
  std::uint64_t body_bytes_max = 100'000'000;
  int workers = 4;
};

/// The product in a browser: REST, server-sent events and the web UI on one address.
/// Safe from any thread.
class Server {
 public:
  /// Listens from now on. Refuses anything but loopback unless there are users or is_insecure is
  /// set. `outlay` and `clock` must outlive the server.
  static base::Result<std::unique_ptr<Server>> start(
      const ServerSettings& settings, api::Outlay& outlay, const base::Clock& clock);
  ~Server();

  int port() const;
  /// "http://127.0.0.1:8080/"
  std::string url() const;
  /// The address to open first: its token makes one session, once. url() when no session is needed.
  std::string url_with_token() const;
  /// Returns once stop() was called.
  void wait();
  /// Ends all connections and lets requests that are being answered finish.
  void stop();

 private:
  struct State;
  explicit Server(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace outlay::server
