// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "base/text.h"
#include "format/json.h"
#include "tasks/http/http.h"
#include "tasks/http/request_parts.h"
#include "tasks/items.h"
#include "tasks/properties.h"
#include "tasks/spec.h"

namespace outlay::tasks {
namespace {

using format::Value;

/// Takes a stream of server-sent events apart.
class EventStream {
 public:
  void take(std::string_view bytes) {
    pending_ += bytes;
    for (std::size_t end = pending_.find('\n'); end != std::string::npos;
         end = pending_.find('\n')) {
      std::string line = pending_.substr(0, end);
      pending_.erase(0, end + 1);
      if (line.ends_with('\r')) line.pop_back();
      take_line(line);
    }
  }

  /// An event without the empty line after it counts too.
  void finish() {
    if (!pending_.empty()) take_line(std::exchange(pending_, {}));
    end_event();
  }

  const format::Array& events() const { return events_; }

  const std::string& data() const { return all_data_; }

 private:
  void take_line(const std::string& line) {
    if (line.empty()) {
      end_event();
      return;
    }
    const std::size_t colon = line.find(':');
    const std::string name = line.substr(0, colon);
    std::string value = colon == std::string::npos ? "" : line.substr(colon + 1);
    if (value.starts_with(' ')) value.erase(0, 1);
    if (name == "data") {
      data_ += (has_data_ ? "\n" : "") + value;
      has_data_ = true;
    } else if (name == "event") {
      event_ = value;
    } else if (name == "id") {
      id_ = value;
    }
  }

  void end_event() {
    if (has_data_) {
      const auto parsed = format::parse_json(data_);
      events_.push_back(Value::object(
          {{"id", id_.empty() ? Value() : Value(id_)},
           {"name", event_.empty() ? Value("message") : Value(event_)},
           {"data", parsed ? *parsed : Value(data_)}}));
      all_data_ += data_;
    }
    data_.clear();
    event_.clear();
    has_data_ = false;
  }

  std::string pending_, data_, event_, id_, all_data_;
  bool has_data_ = false;
  format::Array events_;
};

class SseRequestTask final : public SpecTask {
 public:
  explicit SseRequestTask(io::Http& http) : SpecTask("http/sse_request.yaml"), http_(http) {}

  base::Result<flow::TaskEnd> run(
      flow::TaskContext& context, const Value& properties) const override {
    PreparedRequest prepared = TRY(prepare_request(context, properties));
    io::HttpRequest& request = prepared.request;
    request.headers.emplace_back("Accept", "text/event-stream");
    EventStream stream;
    request.body_sink = [&](std::string_view bytes) -> base::Result<base::Done> {
      stream.take(bytes);
      return base::Done{};
    };
    const io::HttpAnswer answer = TRY(http_.send(request));
    stream.finish();
    if (!prepared.allowed.contain(answer.status)) return refused(request, answer);
    flow::TaskEnd end;
    end.outputs.set("size", static_cast<std::int64_t>(stream.events().size()));
    end.outputs.set("uri", TRY(store_items(context, stream.events(), "events.ion")));
    end.outputs.set("events", stream.events());
    end.outputs.set("result", stream.data());
    return end;
  }

 private:
  io::Http& http_;
};

}  // namespace

std::unique_ptr<flow::TaskType> make_sse_request(io::Http& http) {
  return std::make_unique<SseRequestTask>(http);
}

}  // namespace outlay::tasks
