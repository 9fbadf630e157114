// SPDX-License-Identifier: Apache-2.0
#include "server/listener.h"

#include <thread>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>

#include "base/log.h"
#include "server/connection.h"

namespace outlay::server {

namespace net = boost::asio;
using boost::system::error_code;
using net::ip::tcp;

struct Listener::State {
  State(const ListenerSettings& settings, Handler& handler)
      : shared(settings, handler), acceptor(shared.io) {}

  Shared shared;
  tcp::acceptor acceptor;
  std::thread io_thread;
  int port = 0;

  base::Result<base::Done> open();
  void accept();
};

namespace {

base::Error cannot_listen(const ListenerSettings& settings, const error_code& error) {
  const std::string where = settings.host + ":" + std::to_string(settings.port);
  if (error == net::error::address_in_use) {
    return base::conflict(
        "Cannot listen on " + where + ": port " + std::to_string(settings.port) +
        " is in use by another program. Stop it, or choose another port with --port " +
        std::to_string(settings.port + 1));
  }
  if (error == net::error::access_denied) {
    return base::invalid_input(
        "Cannot listen on " + where +
        ": ports below 1024 need special rights. Choose another "
        "port with --port 8080");
  }
  return base::invalid_input("Cannot listen on " + where + ": " + error.message());
}

base::Result<tcp::endpoint> endpoint_of(const ListenerSettings& settings) {
  error_code error;
  const std::string host = settings.host == "localhost" ? "127.0.0.1" : settings.host;
  const auto address = net::ip::make_address(host, error);
  if (error || settings.port < 0 || settings.port > 65535) {
    return base::invalid_input(
        "The server listens on an IP address (127.0.0.1, ::1, 0.0.0.0) and a port up to 65535, "
        "not on " +
        settings.host + ":" + std::to_string(settings.port));
  }
  return tcp::endpoint(address, static_cast<unsigned short>(settings.port));
}

}  // namespace

base::Result<base::Done> Listener::State::open() {
  const tcp::endpoint endpoint = TRY(endpoint_of(shared.settings));
  error_code error;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(1024, error);
  if (error) return cannot_listen(shared.settings, error);
  port = acceptor.local_endpoint(error).port();
  return base::Done{};
}

void Listener::State::accept() {
  acceptor.async_accept([this](error_code error, tcp::socket socket) {
    if (error == net::error::operation_aborted || shared.is_stopping) return;
    if (error) {
      LOG(warn, "a connection could not be accepted", {"error", error.message()});
    } else if (shared.open.size() < shared.settings.connections_max) {
      socket.set_option(tcp::no_delay(true), error);
      serve(shared, std::move(socket));
    }
    accept();
  });
}

Listener::Listener(std::unique_ptr<State> state) : state_(std::move(state)) {}

Listener::~Listener() { stop(); }

int Listener::port() const { return state_->port; }

base::Result<std::unique_ptr<Listener>> Listener::start(
    const ListenerSettings& settings, Handler& handler) {
  auto state = std::make_unique<State>(settings, handler);
  TRY(state->open());
  state->accept();
  State& running = *state;
  state->io_thread = std::thread([&running] { running.shared.io.run(); });
  return std::unique_ptr<Listener>(new Listener(std::move(state)));
}

void Listener::stop() {
  if (!state_->io_thread.joinable()) return;
  net::post(state_->shared.io, [this] {
    state_->shared.is_stopping = true;
    error_code ignored;
    state_->acceptor.close(ignored);
    close_all(state_->shared);
  });
  state_->shared.workers.join();
  state_->io_thread.join();
}

}  // namespace outlay::server
