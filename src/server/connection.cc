// SPDX-License-Identifier: Apache-2.0
#include "server/connection.h"

#include <deque>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include "base/log.h"
#include "base/mutex.h"
#include "base/text.h"

namespace outlay::server {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;
using std::chrono::milliseconds;

namespace {

/// The queue between those who send events (any thread) and the connection (I/O thread).
class Stream final : public EventSink {
 public:
  Stream(std::size_t bytes_max, std::function<void()> wake)
      : bytes_max_(bytes_max), wake_(std::move(wake)) {}

  bool send(const StreamEvent& event) override {
    std::string text;
    if (!event.id.empty()) text = "id: " + event.id + "\n";
    for (const std::string& line : base::split(event.data, '\n')) text += "data: " + line + "\n";
    return push(text + "\n");
  }

  void close() override {
    base::Lock lock(mutex_);
    if (!is_open_) return;
    is_open_ = false;
    is_ended_ = true;
    wake_();
  }

  bool is_open() const override {
    base::Lock lock(mutex_);
    return is_open_;
  }

  bool push(std::string text) {
    base::Lock lock(mutex_);
    if (!is_open_) return false;
    if (waiting_.size() + text.size() > bytes_max_) {
      is_open_ = false;
      is_overrun_ = true;
    } else {
      waiting_ += text;
    }
    wake_();
    return is_open_;
  }

  enum class Next { bytes, nothing, end, overrun };

  /// Moves what waits into `bytes`.
  Next take(std::string& bytes) {
    base::Lock lock(mutex_);
    if (is_overrun_) return Next::overrun;
    bytes.clear();
    bytes.swap(waiting_);
    if (!bytes.empty()) return Next::bytes;
    return is_ended_ ? Next::end : Next::nothing;
  }

  /// The connection is gone: from now on nobody is woken.
  void abandon() {
    base::Lock lock(mutex_);
    is_open_ = false;
    is_overrun_ = false;
    wake_ = [] {};
  }

 private:
  const std::size_t bytes_max_;
  mutable base::Mutex mutex_;
  std::function<void()> wake_ GUARDED_BY(mutex_);
  std::string waiting_ GUARDED_BY(mutex_);
  bool is_open_ GUARDED_BY(mutex_) = true;
  bool is_ended_ GUARDED_BY(mutex_) = false;
  bool is_overrun_ GUARDED_BY(mutex_) = false;
};

constexpr std::pair<const char*, const char*> kSecurityHeaders[] = {
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
     "font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; "
     "frame-ancestors 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
};

Request request_of(http::request<http::string_body>&& message, const std::string& remote) {
  Request request;
  request.method = std::string(message.method_string());
  request.target = std::string(message.target());
  for (const auto& field : message) {
    request.headers.emplace_back(
        base::lower(std::string_view(field.name_string().data(), field.name_string().size())),
        std::string(field.value()));
  }
  request.body = std::move(message.body());
  request.remote = remote;
  return request;
}

}  // namespace

/// One client. All members belong to the I/O thread.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Shared& shared, net::ip::tcp::socket socket)
      : shared_(shared), socket_(std::move(socket)), timer_(shared.io) {
    error_code error;
    const auto endpoint = socket_.socket().remote_endpoint(error);
    if (!error) remote_ = endpoint.address().to_string();
    shared_.open.insert(this);
  }

  ~Connection() {
    if (stream_) stream_->abandon();
    shared_.open.erase(this);
  }

  void start() { await_request(shared_.settings.header_max); }

  void close() {
    if (stream_) stream_->abandon();
    timer_.cancel();
    error_code ignored;
    socket_.socket().shutdown(net::ip::tcp::socket::shutdown_both, ignored);
    socket_.close();
  }

 private:
  using Self = std::shared_ptr<Connection>;

  // Being idle between requests and being slow within one have limits of their own.
  void await_request(milliseconds idle_max) {
    parser_.emplace();
    parser_->header_limit(shared_.settings.header_bytes_max);
    parser_->body_limit(shared_.settings.body_bytes_max);
    if (buffer_.size() > 0) return read_header();
    socket_.expires_after(idle_max);
    socket_.async_read_some(
        buffer_.prepare(4096), [self = shared_from_this()](error_code error, std::size_t size) {
          if (error) return self->close();
          self->buffer_.commit(size);
          self->read_header();
        });
  }

  void read_header() {
    socket_.expires_after(shared_.settings.header_max);
    http::async_read_header(
        socket_, buffer_, *parser_, [self = shared_from_this()](error_code error, std::size_t) {
          if (error) return self->refuse_broken(error);
          if (!self->parser_->is_done()) self->limit_body_time();
          if (beast::iequals(self->parser_->get()[http::field::expect], "100-continue")) {
            return self->write_continue();
          }
          self->read_body();
        });
  }

  void limit_body_time() {
    timer_.expires_after(shared_.settings.body_max);
    timer_.async_wait([weak = weak_from_this()](error_code error) {
      const Self self = weak.lock();
      if (!error && self) self->close();
    });
  }

  void write_continue() {
    static const std::string kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    net::async_write(
        socket_,
        net::buffer(kContinue),
        [self = shared_from_this()](error_code error, std::size_t) {
          if (error) return self->close();
          self->read_body();
        });
  }

  void read_body() {
    if (parser_->is_done()) return dispatch();
    socket_.expires_after(shared_.settings.silence_max);
    http::async_read_some(
        socket_, buffer_, *parser_, [self = shared_from_this()](error_code error, std::size_t) {
          if (error) return self->refuse_broken(error);
          self->read_body();
        });
  }

  void refuse_broken(const error_code& error) {
    keep_alive_ = false;
    if (error == http::error::header_limit || error == http::error::buffer_overflow) {
      return write(error_response(
          431,
          "The request header is larger than " +
              base::with_thousands(shared_.settings.header_bytes_max) + " bytes",
          "/"));
    }
    if (error == http::error::body_limit) {
      return write(error_response(
          413,
          "The request body is larger than " +
              base::with_thousands(static_cast<long long>(shared_.settings.body_bytes_max)) +
              " bytes",
          "/"));
    }
    // Those of HTTP's own kind are malformed requests; the rest is a client that went or was too
    // slow.
    if (error.category() == http::make_error_code(http::error::bad_method).category() &&
        error != http::error::end_of_stream && error != http::error::partial_message) {
      return write(error_response(400, "This is no HTTP/1.1 request: " + error.message(), "/"));
    }
    close();
  }

  void dispatch() {
    timer_.cancel();
    keep_alive_ = parser_->keep_alive() && !shared_.is_stopping;
    socket_.expires_never();
    auto request = std::make_shared<Request>(request_of(parser_->release(), remote_));
    parser_.reset();
    is_head_ = request->method == "HEAD";
    if (!split_target(std::string(request->target), *request)) {
      return write(error_response(400, "The address is malformed", "/"));
    }
    if (auto response = shared_.handler.answer_at_once(*request))
      return write(std::move(*response));
    if (shared_.waiting >= shared_.settings.waiting_max) {
      Response busy = error_response(503, "Too many requests wait; try again", request->target);
      busy.headers.emplace_back("Retry-After", "1");
      return write(std::move(busy));
    }
    ++shared_.waiting;
    net::post(shared_.workers, [self = shared_from_this(), request] {
      // Libraries below may throw, at least for want of memory; that ends the request, not the
      // server.
      auto response = std::make_shared<Response>();
      try {
        *response = self->shared_.handler.answer(*request);
      } catch (const std::exception& fault) {
        LOG(error, "a request failed", {"target", request->target}, {"error", fault.what()});
        *response = error_response(500, "A fault of ours; the log tells more", request->target);
      }
      --self->shared_.waiting;
      net::post(self->shared_.io, [self, response] { self->write(std::move(*response)); });
    });
  }

  void write(Response&& response) {
    response_ = std::move(response);
    message_.emplace();
    message_->result(static_cast<unsigned>(response_.status));
    message_->set(http::field::server, "outlay");
    for (const auto& [name, value] : kSecurityHeaders) message_->set(name, value);
    for (const auto& [name, value] : response_.headers) message_->set(name, value);
    if (response_.stream && !is_head_) return write_stream_header();
    message_->keep_alive(keep_alive_);
    const std::string_view bytes =
        response_.fixed_body.empty() ? std::string_view(response_.body) : response_.fixed_body;
    if (response_.status != 304 && response_.status != 204) message_->content_length(bytes.size());
    if (!is_head_) message_->body() = {bytes.data(), bytes.size()};
    socket_.expires_after(shared_.settings.body_max);
    serializer_.emplace(*message_);
    auto done = [self = shared_from_this()](error_code error, std::size_t) {
      if (error || !self->keep_alive_) return self->close_gently();
      self->await_request(self->shared_.settings.idle_max);
    };
    if (is_head_) {
      http::async_write_header(socket_, *serializer_, std::move(done));
    } else {
      http::async_write(socket_, *serializer_, std::move(done));
    }
  }

  // A client still sending what we refused must read our answer before it sees the connection end.
  void close_gently() {
    error_code ignored;
    socket_.socket().shutdown(net::ip::tcp::socket::shutdown_send, ignored);
    socket_.expires_after(std::chrono::seconds(2));
    drain();
  }

  void drain() {
    buffer_.clear();
    socket_.async_read_some(
        buffer_.prepare(4096), [self = shared_from_this()](error_code error, std::size_t) {
          if (error) return self->close();
          self->drain();
        });
  }

  void write_stream_header() {
    message_->set(http::field::content_type, "text/event-stream; charset=utf-8");
    message_->set(http::field::cache_control, "no-store");
    message_->keep_alive(false);
    message_->set("X-Accel-Buffering", "no");
    socket_.expires_after(shared_.settings.silence_max);
    serializer_.emplace(*message_);
    http::async_write_header(
        socket_, *serializer_, [self = shared_from_this()](error_code error, std::size_t) {
          if (error) return self->close();
          self->start_stream();
        });
  }

  void start_stream() {
    std::weak_ptr<Connection> weak = weak_from_this();
    Shared& shared = shared_;
    stream_ = std::make_shared<Stream>(shared.settings.stream_bytes_max, [&shared, weak] {
      net::post(shared.io, [weak] {
        if (const Self self = weak.lock()) self->write_events();
      });
    });
    watch_client();
    beat();
    // Sinks are made on the I/O thread, but who fills them may take time.
    net::post(shared_.workers, [stream = stream_, begin = response_.stream] { begin(stream); });
  }

  // A client of a stream sends nothing; a read tells that it went, and keeps the connection alive
  // meanwhile.
  void watch_client() {
    buffer_.clear();
    socket_.socket().async_read_some(
        buffer_.prepare(512), [self = shared_from_this()](error_code error, std::size_t) {
          if (!error) return self->watch_client();
          self->stream_->abandon();
          self->close();
        });
  }

  void beat() {
    timer_.expires_after(shared_.settings.heartbeat);
    timer_.async_wait([weak = weak_from_this()](error_code error) {
      const Self self = weak.lock();
      if (error || !self) return;
      self->stream_->push(":\n\n");
      self->beat();
    });
  }

  void write_events() {
    if (is_writing_) return;
    switch (stream_->take(events_)) {
      case Stream::Next::nothing:
        return;
      case Stream::Next::end:
        return end_stream();
      case Stream::Next::overrun:
        LOG(warn,
            "a client of an event stream did not keep up and was let go",
            {"client", remote_});
        return close();
      case Stream::Next::bytes:
        break;
    }
    is_writing_ = true;
    socket_.expires_after(shared_.settings.silence_max);
    net::async_write(
        socket_, net::buffer(events_), [self = shared_from_this()](error_code error, std::size_t) {
          self->is_writing_ = false;
          if (error) return self->close();
          self->socket_.expires_never();
          self->write_events();
        });
  }

  // The client closes once it has read the end; watch_client() sees that.
  void end_stream() {
    error_code ignored;
    socket_.socket().shutdown(net::ip::tcp::socket::shutdown_send, ignored);
    timer_.expires_after(std::chrono::seconds(2));
    timer_.async_wait([weak = weak_from_this()](error_code error) {
      const Self self = weak.lock();
      if (!error && self) self->close();
    });
  }

  Shared& shared_;
  beast::tcp_stream socket_;
  net::steady_timer timer_;
  std::string remote_;
  beast::flat_buffer buffer_{64 * 1024};
  std::optional<http::request_parser<http::string_body>> parser_;
  bool keep_alive_ = false;
  bool is_head_ = false;
  Response response_;
  std::optional<http::response<http::span_body<const char>>> message_;
  std::optional<http::response_serializer<http::span_body<const char>>> serializer_;
  std::shared_ptr<Stream> stream_;
  std::string events_;
  bool is_writing_ = false;
};

void serve(Shared& shared, net::ip::tcp::socket socket) {
  std::make_shared<Connection>(shared, std::move(socket))->start();
}

void close_all(Shared& shared) {
  const std::set<Connection*> open = shared.open;
  for (Connection* connection : open) connection->close();
}

}  // namespace outlay::server
