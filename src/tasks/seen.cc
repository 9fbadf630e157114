// SPDX-License-Identifier: Apache-2.0
#include "tasks/seen.h"

#include <fmt/format.h>

#include "flow/engine.h"
#include "flow/kv.h"
#include "tasks/properties.h"

namespace outlay::tasks {

using format::Value;

base::Result<Seen> Seen::open(flow::TaskContext& context, const Value& properties) {
  Seen out(context);
  out.on_ = TRY(flow::text_property(context, properties, "on"));
  if (out.on_.empty()) out.on_ = "CREATE_OR_UPDATE";
  if (out.on_ != "CREATE" && out.on_ != "UPDATE" && out.on_ != "CREATE_OR_UPDATE") {
    return base::invalid_input(fmt::format(
        "property on must be CREATE, UPDATE or CREATE_OR_UPDATE, found \"{}\"", out.on_));
  }
  out.ttl_ = TRY(duration_property(context, properties, "stateTtl"));
  out.key_ = TRY(flow::text_property(context, properties, "stateKey"));
  if (out.key_.empty())
    out.key_ = fmt::format("{}.{}.seen", context.flow_id(), context.task_run_id());
  if (context.engine() == nullptr) return out;
  const auto found = context.engine()->kv().get(context.name_space(), out.key_);
  if (found && found->value.is_object()) out.known_ = found->value.as_object();
  if (!found && found.error().code != base::Code::not_found) return found.error();
  return out;
}

bool Seen::take(std::string_view name, std::string_view version) {
  const Value* before = known_.find(name);
  const bool is_new = before == nullptr;
  const bool is_other = !is_new && before->text_or("") != version;
  if (!is_new && !is_other) return false;
  known_.set(std::string(name), std::string(version));
  is_changed_ = true;
  if (on_ == "CREATE") return is_new;
  return on_ == "UPDATE" ? is_other : true;
}

base::Result<base::Done> Seen::keep() {
  if (!is_changed_ || context_->engine() == nullptr) return base::Done{};
  flow::KvPut put;
  put.value = Value(known_);
  put.type = "JSON";
  put.ttl = ttl_;
  put.description = "What a trigger has met already";
  TRY(context_->engine()->kv().put(context_->name_space(), key_, put));
  is_changed_ = false;
  return base::Done{};
}

}  // namespace outlay::tasks
