// SPDX-License-Identifier: Apache-2.0
#include "tasks/core/core.h"
#include "tasks/properties.h"
#include "tasks/spec.h"

namespace outlay::tasks {
namespace {

class ReturnTask final : public SpecTask {
 public:
  ReturnTask() : SpecTask("core/return.yaml") {}

  base::Result<flow::TaskEnd> run(
      flow::TaskContext& context, const format::Value& properties) const override {
    flow::TaskEnd end;
    end.outputs.set(
        "value",
        properties["format"].is_null()
            ? format::Value()
            : format::Value(TRY(flow::text_property(context, properties, "format"))));
    return end;
  }
};

class OutputValuesTask final : public SpecTask {
 public:
  OutputValuesTask() : SpecTask("core/output_values.yaml") {}

  base::Result<flow::TaskEnd> run(
      flow::TaskContext& context, const format::Value& properties) const override {
    flow::TaskEnd end;
    end.outputs.set("values", TRY(map_property(context, properties, "values")));
    return end;
  }
};

}  // namespace

std::unique_ptr<flow::TaskType> make_return() { return std::make_unique<ReturnTask>(); }

std::unique_ptr<flow::TaskType> make_output_values() {
  return std::make_unique<OutputValuesTask>();
}

}  // namespace outlay::tasks
