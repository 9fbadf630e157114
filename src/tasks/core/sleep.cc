// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <thread>

#include "tasks/core/core.h"
#include "tasks/properties.h"
#include "tasks/spec.h"

namespace outlay::tasks {
namespace {

/// How soon a sleeper notices that it was stopped.
constexpr base::Duration kNap = std::chrono::milliseconds(50);

class SleepTask final : public SpecTask {
 public:
  SleepTask() : SpecTask("core/sleep.yaml") {}

  base::Result<flow::TaskEnd> run(
      flow::TaskContext& context, const format::Value& properties) const override {
    const auto duration = TRY(duration_property(context, properties, "duration"));
    if (!duration) return base::invalid_input("property duration must be given, such as PT10S");
    for (base::Duration rest = *duration; rest > base::Duration::zero(); rest -= kNap) {
      if (context.stop())
        return base::Error{base::Code::cancelled, "stopped while sleeping", {}, nullptr};
      std::this_thread::sleep_for(std::min(rest, kNap));
    }
    return flow::TaskEnd{};
  }
};

}  // namespace

std::unique_ptr<flow::TaskType> make_sleep() { return std::make_unique<SleepTask>(); }

}  // namespace outlay::tasks
