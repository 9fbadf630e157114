// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "format/value.h"

namespace outlay::server {

using Fields = std::vector<std::pair<std::string, std::string>>;

/// One HTTP request, whole. Header names are in lower case.
struct Request {
  std::string method;
  std::string target;                 ///< as sent: "/api/v1/main/flows?page=2"
  std::vector<std::string> segments;  ///< of the path, percent-decoded; "/" has none
  Fields query;                       ///< in order, percent-decoded
  Fields headers;
  std::string body;
  std::string remote;  ///< the client's address
  std::string user;    ///< who asks; set once access was granted

  /// Empty when there is none.
  std::string_view header(std::string_view name) const;
  std::string_view query_value(std::string_view name) const;
  /// The value of a cookie, or empty.
  std::string_view cookie(std::string_view name) const;
  /// The path as sent, without the query.
  std::string_view path() const;
};

/// Names the tenant where older clients leave it out: /api/v1/flows means /api/v1/main/flows.
void name_tenant(Request& request);
/// Starts an execution for whoever knows the key in the address.
bool is_webhook(const Request& request);
/// Splits a request target into path segments and query; nothing when it is malformed.
bool split_target(std::string_view target, Request& request);

/// One event of a stream of server-sent events.
struct StreamEvent {
  std::string id;
  std::string data;  ///< one JSON document
};

/// The server's end of one event stream. Safe from any thread; never blocks.
class EventSink {
 public:
  virtual ~EventSink() = default;
  /// False once the client is gone, or was let go because it does not read what it is sent.
  virtual bool send(const StreamEvent& event) = 0;
  /// Ends the stream after what was sent so far.
  virtual void close() = 0;
  virtual bool is_open() const = 0;
};

/// An answer: a body, or a stream of events that `stream` is handed the sink of.
struct Response {
  int status = 200;
  Fields headers;
  std::string body;
  /// Bytes that live as long as the program, sent instead of `body`.
  std::string_view fixed_body;
  std::function<void(std::shared_ptr<EventSink>)> stream;
};

/// What the listener asks of the site behind it.
class Handler {
 public:
  virtual ~Handler() = default;
  /// Called on the I/O thread and must not block: what can be answered at once (refusals, files).
  /// Else nothing.
  virtual std::optional<Response> answer_at_once(Request& request) = 0;
  /// Called on a worker.
  virtual Response answer(const Request& request) = 0;
};

Response json_response(int status, const format::Value& body);
Response text_response(int status, std::string_view text);
/// A page of its own with one heading and a text; `text` is HTML.
Response page_response(int status, std::string_view title, std::string_view text);
/// The error in the shape that Kestra's clients read: message, _links, _embedded.errors.
Response error_response(const base::Error& error, std::string_view target);
Response error_response(int status, std::string_view message, std::string_view target);

}  // namespace outlay::server
