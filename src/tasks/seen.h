// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "flow/task.h"

namespace outlay::tasks {

/// What a polling trigger has met already, in the key-value store of its namespace: names with
/// their versions (an entity tag, a time). The properties `on` (CREATE, UPDATE, CREATE_OR_UPDATE),
/// `stateKey` and `stateTtl` rule it. Without an engine everything is new.
class Seen {
 public:
  static base::Result<Seen> open(flow::TaskContext& context, const format::Value& properties);
  /// Whether something of this name and version is to be told; remembers it either way.
  bool take(std::string_view name, std::string_view version);
  /// Writes down what was taken.
  base::Result<base::Done> keep();

 private:
  explicit Seen(flow::TaskContext& context) : context_(&context) {}

  flow::TaskContext* context_;
  std::string key_, on_;
  std::optional<base::Duration> ttl_;
  format::Object known_;
  bool is_changed_ = false;
};

}  // namespace outlay::tasks
