// SPDX-License-Identifier: Apache-2.0
#include "flow/event.h"

#include <utility>

namespace outlay::flow {
namespace {

base::Instant instant_of(const format::Value& json) {
  return base::Instant(base::Duration(json.int_or(0)));
}

std::int64_t micros(base::Instant instant) { return instant.time_since_epoch().count(); }

}  // namespace

// Short keys and numbers: an event is written for every step of every execution.
format::Value event_json(const Event& event) {
  format::Object out;
  out.set("k", static_cast<int>(event.kind));
  out.set("t", micros(event.at));
  if (event.run >= 0) out.set("r", event.run);
  if (event.attempt > 0) out.set("n", event.attempt);
  if (event.aspect != Aspect::none) out.set("a", static_cast<int>(event.aspect));
  if (event.state != State::created) out.set("s", static_cast<int>(event.state));
  if (micros(event.started) != 0) out.set("b", micros(event.started));
  if (!event.value.is_null()) out.set("v", event.value);
  if (!event.error.empty()) out.set("e", event.error);
  if (!event.files.empty()) {
    format::Array files;
    for (const std::string& name : event.files) files.emplace_back(name);
    out.set("f", std::move(files));
  }
  return out;
}

base::Result<Event> event_of(const format::Value& json) {
  if (!json["k"].is_int() || !json["t"].is_int())
    return base::internal_error(
        "a journal entry was expected to have kind and time; found " + std::string(json.kind()));
  Event event;
  event.kind = static_cast<Event::Kind>(json["k"].as_int());
  event.at = instant_of(json["t"]);
  event.run = static_cast<int>(json["r"].int_or(-1));
  event.attempt = static_cast<int>(json["n"].int_or(0));
  event.aspect = static_cast<Aspect>(json["a"].int_or(0));
  event.state = static_cast<State>(json["s"].int_or(0));
  event.started = instant_of(json["b"]);
  event.value = json["v"];
  event.error = json["e"].text_or("");
  if (json["f"].is_array())
    for (const format::Value& name : json["f"].as_array()) event.files.push_back(name.text_or(""));
  return event;
}

}  // namespace outlay::flow
