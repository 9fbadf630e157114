// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <set>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/thread_pool.hpp>

#include "server/listener.h"

namespace outlay::server {

class Connection;

/// What all connections of a listener share. Belongs to the I/O thread but for `waiting`.
struct Shared {
  Shared(const ListenerSettings& settings_in, Handler& handler_in)
      : settings(settings_in),
        handler(handler_in),
        workers(static_cast<std::size_t>(settings_in.workers)) {}

  const ListenerSettings settings;
  Handler& handler;
  std::atomic<std::size_t> waiting = 0;
  std::set<Connection*> open;  // before `io`: connections that die with it leave this set
  bool is_stopping = false;
  boost::asio::io_context io{1};
  boost::asio::thread_pool workers;
};

/// Serves one client on an accepted socket until one of both goes. Call on the I/O thread.
void serve(Shared& shared, boost::asio::ip::tcp::socket socket);
/// Ends every open connection. Call on the I/O thread.
void close_all(Shared& shared);

}  // namespace outlay::server
