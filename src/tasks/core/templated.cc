// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "base/text.h"
#include "format/yaml.h"
#include "tasks/core/core.h"
#include "tasks/items.h"
#include "tasks/spec.h"

namespace outlay::tasks {
namespace {

class TemplatedTask final : public SpecTask {
 public:
  explicit TemplatedTask(const flow::TaskRegistry& registry)
      : SpecTask("core/templated_task.yaml"), registry_(registry) {}

  base::Result<flow::TaskEnd> run(
      flow::TaskContext& context, const format::Value& properties) const override {
    const std::string text = TRY(needed_property(context, properties, "spec"));
    const auto parsed = format::parse_yaml(text, "spec");
    if (!parsed) return parsed.error().within("property spec");
    const format::Value task = parsed->value();
    const std::string type = task["type"].text_or("");
    const flow::TaskType* found = registry_.find(type);
    if (found == nullptr) {
      return base::invalid_input(fmt::format(
          "property spec has no task that can be run: there is no type \"{}\".{}",
          type,
          base::did_you_mean(type, registry_.names())));
    }
    if (found == this) return base::invalid_input("property spec may not be a TemplatedTask again");
    return found->run(context, task);
  }

 private:
  const flow::TaskRegistry& registry_;
};

}  // namespace

std::unique_ptr<flow::TaskType> make_templated_task(const flow::TaskRegistry& registry) {
  return std::make_unique<TemplatedTask>(registry);
}

}  // namespace outlay::tasks
