// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "base/text.h"
#include "tasks/core/core.h"
#include "tasks/properties.h"
#include "tasks/spec.h"

namespace outlay::tasks {
namespace {

base::Result<std::string> message_or(
    flow::TaskContext& context, const format::Value& properties, std::string_view otherwise) {
  std::string message = TRY(flow::text_property(context, properties, "errorMessage"));
  return message.empty() ? std::string(otherwise) : message;
}

class FailTask final : public SpecTask {
 public:
  FailTask() : SpecTask("core/fail.yaml") {}

  base::Result<flow::TaskEnd> run(
      flow::TaskContext& context, const format::Value& properties) const override {
    if (!TRY(flag_property(context, properties, "condition", true))) return flow::TaskEnd{};
    return base::conflict(TRY(message_or(context, properties, "Task failure")));
  }
};

class AssertTask final : public SpecTask {
 public:
  AssertTask() : SpecTask("core/assert.yaml") {}

  base::Result<flow::TaskEnd> run(
      flow::TaskContext& context, const format::Value& properties) const override {
    const std::vector<std::string> rendered =
        TRY(texts_property(context, properties, "conditions"));
    std::vector<std::string> failed;
    for (std::size_t i = 0; i < rendered.size(); ++i) {
      if (!expr::is_truthy_text(rendered[i])) failed.push_back(written_condition(properties, i));
    }
    const auto count = [&](std::string_view name, std::size_t number) {
      context.metric({std::string(name), "counter", static_cast<double>(number), {}});
    };
    count("success", rendered.size() - failed.size());
    count("failed", failed.size());
    if (failed.empty()) return flow::TaskEnd{};
    return base::conflict(fmt::format(
        "{}: {} of {} conditions do not hold: {}",
        TRY(message_or(context, properties, "Assertion failure")),
        failed.size(),
        rendered.size(),
        base::join(failed, ", ")));
  }

 private:
  /// The condition as its author wrote it, which says more than "false".
  static std::string written_condition(const format::Value& properties, std::size_t index) {
    const format::Value& written = properties["conditions"];
    if (written.is_array() && index < written.as_array().size()) {
      return text_of(written.as_array()[index]);
    }
    return text_of(written);
  }
};

}  // namespace

std::unique_ptr<flow::TaskType> make_fail() { return std::make_unique<FailTask>(); }

std::unique_ptr<flow::TaskType> make_assert() { return std::make_unique<AssertTask>(); }

}  // namespace outlay::tasks
