// SPDX-License-Identifier: Apache-2.0
#include "api/ops/flow_fixtures.h"

#include <memory>

namespace outlay::api {

using base::Result;
using format::Value;

namespace {

/// A task type that does what the test says for the tasks it names, else what it always does.
class FixedTask final : public flow::TaskType {
 public:
  FixedTask(const flow::TaskType& usual, const TaskFixtures& fixtures)
      : usual_(usual), fixtures_(fixtures) {}

  const flow::TaskInfo& info() const override { return usual_.info(); }

  void check(const format::Node& task, std::vector<flow::Problem>& problems) const override {
    usual_.check(task, problems);
  }

  Result<flow::TaskEnd> run(flow::TaskContext& context, const Value& properties) const override {
    const auto fixture = fixtures_.find(properties["id"].text_or(""));
    if (fixture == fixtures_.end()) return usual_.run(context, properties);
    flow::TaskEnd end;
    end.outputs = fixture->second.outputs;
    end.is_warning = fixture->second.state == "WARNING";
    if (fixture->second.state == "FAILED")
      end.failure = base::unavailable("The test's fixture lets this task fail");
    return end;
  }

 private:
  const flow::TaskType& usual_;
  const TaskFixtures& fixtures_;
};

}  // namespace

void add_with_fixtures(
    const flow::TaskRegistry& known, const TaskFixtures& fixtures, flow::TaskRegistry& registry) {
  for (const flow::TaskType* type : known.all())
    registry.add(std::make_unique<FixedTask>(*type, fixtures));
}

}  // namespace outlay::api
