// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "server/http.h"

namespace outlay::server {

struct ListenerSettings {
  std::string host = "127.0.0.1";
  int port = 8080;  ///< 0: any free one
  int workers = 4;
  std::uint32_t header_bytes_max = 16 * 1024;
  std::uint64_t body_bytes_max = 100'000'000;
  std::size_t connections_max = 4096;
  /// Requests that wait for a worker; more are told to come back later.
  std::size_t waiting_max = 1024;
  /// Bytes that a client of an event stream may lag behind before it is let go.
  std::size_t stream_bytes_max = 4 * 1024 * 1024;
  std::chrono::milliseconds idle_max{75'000};     ///< between two requests
  std::chrono::milliseconds header_max{10'000};   ///< from the first byte to the last of the header
  std::chrono::milliseconds silence_max{30'000};  ///< without a byte of a body read or written
  std::chrono::milliseconds body_max{600'000};    ///< for a whole body
  std::chrono::milliseconds heartbeat{15'000};  ///< between signs of life on a silent event stream
};

/// Speaks HTTP/1.1 on one address: one I/O thread, and workers for what takes time.
class Listener {
 public:
  /// `handler` must outlive the listener. conflict when the port is in use.
  static base::Result<std::unique_ptr<Listener>> start(
      const ListenerSettings& settings, Handler& handler);
  ~Listener();

  int port() const;
  /// Closes every connection and waits for workers to finish what they do.
  void stop();

 private:
  struct State;
  explicit Listener(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace outlay::server
