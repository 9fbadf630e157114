// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

namespace outlay::server {

/// A client for tests that sends exactly the bytes it is told to.
class TestClient {
 public:
  explicit TestClient(int port) : socket_(io_) {
    socket_.connect(
        {boost::asio::ip::make_address("127.0.0.1"), static_cast<unsigned short>(port)});
  }

  void send(std::string_view bytes) {
    boost::system::error_code ignored;
    boost::asio::write(socket_, boost::asio::buffer(bytes.data(), bytes.size()), ignored);
  }

  /// Everything up to and with `end`; what came, when the server closes before.
  std::string read_until(std::string_view end) {
    boost::system::error_code error;
    const std::size_t size = boost::asio::read_until(
        socket_, boost::asio::dynamic_buffer(buffer_), std::string(end), error);
    std::string out = buffer_.substr(0, error ? buffer_.size() : size);
    buffer_.erase(0, out.size());
    return out;
  }

  /// Everything until the server closes.
  std::string read_all() {
    boost::system::error_code error;
    boost::asio::read(socket_, boost::asio::dynamic_buffer(buffer_), error);
    return std::exchange(buffer_, {});
  }

  /// Sends a request that asks for the connection to be closed, and reads the whole answer.
  std::string ask(
      std::string_view method,
      std::string_view target,
      std::string_view headers = {},
      std::string_view body = {}) {
    send(
        std::string(method) + " " + std::string(target) +
        " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(socket_.remote_endpoint().port()) +
        "\r\nConnection: close\r\n" + std::string(headers) +
        (body.empty() ? "" : "Content-Length: " + std::to_string(body.size()) + "\r\n") + "\r\n" +
        std::string(body));
    return read_all();
  }

 private:
  boost::asio::io_context io_;
  boost::asio::ip::tcp::socket socket_;
  std::string buffer_;
};

}  // namespace outlay::server
