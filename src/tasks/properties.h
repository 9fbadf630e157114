// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "flow/task.h"

namespace outlay::tasks {

/// Text of any value: texts as they are, everything else as JSON.
std::string text_of(const format::Value& value);

// Rendered properties of one type; each error names the property and what was found.
base::Result<bool> flag_property(
    flow::TaskContext& context,
    const format::Value& properties,
    std::string_view name,
    bool otherwise);
base::Result<std::optional<base::Duration>> duration_property(
    flow::TaskContext& context, const format::Value& properties, std::string_view name);
/// A list of texts; a lone text is a list of one, and a text that is a JSON list is that list.
base::Result<std::vector<std::string>> texts_property(
    flow::TaskContext& context, const format::Value& properties, std::string_view name);
/// A map; a text must be a JSON map.
base::Result<format::Object> map_property(
    flow::TaskContext& context, const format::Value& properties, std::string_view name);
base::Result<std::optional<std::int64_t>> integer_property(
    flow::TaskContext& context, const format::Value& properties, std::string_view name);

/// A context with some more variables on top.
class ContextWithVariables final : public flow::TaskContext {
 public:
  ContextWithVariables(flow::TaskContext& inner, format::Value variables)
      : inner_(inner), scope_(std::move(variables), &inner.scope()) {}

  const expr::Scope& scope() const override { return scope_; }

  const expr::Environment& environment() const override { return inner_.environment(); }

  base::Result<io::Path> working_folder() override { return inner_.working_folder(); }

  base::Result<std::string> store_file(const io::Path& file, std::string_view name) override {
    return inner_.store_file(file, name);
  }

  base::Result<io::Path> open_uri(std::string_view uri) override { return inner_.open_uri(uri); }

  void log(base::LogLevel level, std::string_view message) override { inner_.log(level, message); }

  void metric(flow::Metric metric) override { inner_.metric(std::move(metric)); }

  const std::atomic<bool>& stop() const override { return inner_.stop(); }

  std::string_view name_space() const override { return inner_.name_space(); }

  std::string_view execution_id() const override { return inner_.execution_id(); }

  std::string_view task_run_id() const override { return inner_.task_run_id(); }

  std::string_view flow_id() const override { return inner_.flow_id(); }

  flow::Engine* engine() override { return inner_.engine(); }

 private:
  flow::TaskContext& inner_;
  expr::Scope scope_;
};

}  // namespace outlay::tasks
