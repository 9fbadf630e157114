// SPDX-License-Identifier: Apache-2.0
#include "random_flow.h"

namespace outlay::sim {

using format::Array;
using format::Object;
using format::Value;

namespace {

constexpr const char* kFlow = "io.kestra.plugin.core.flow.";

Object flowable_of(const std::string& id, const char* type, Value tasks) {
  Object task;
  task.set("id", id);
  task.set("type", std::string(kFlow) + type);
  if (!tasks.is_null()) task.set("tasks", std::move(tasks));
  return task;
}

}  // namespace

std::string RandomFlow::name(const char* prefix) { return prefix + std::to_string(made_++); }

Value RandomFlow::draw(const std::string& id) {
  Object flow;
  flow.set("id", id);
  flow.set("namespace", "sim");
  flow.set("tasks", tasks(3, 4));
  budget_ += 4;
  if (chance(3)) flow.set("errors", tasks(1, 2));
  if (chance(3)) flow.set("finally", tasks(1, 2));
  if (chance(4)) flow.set("afterExecution", tasks(1, 1));
  if (chance(8)) flow.set("retry", retry(true));
  if (chance(4)) {
    const char* behaviors[] = {"QUEUE", "QUEUE", "QUEUE", "CANCEL", "FAIL"};
    flow.set(
        "concurrency",
        Value::object(
            {{"limit", static_cast<std::int64_t>(1 + random_.below(3))},
             {"behavior", behaviors[random_.below(5)]}}));
  }
  if (chance(8)) {
    const char* behaviors[] = {"FAIL", "CANCEL", "NONE"};
    flow.set(
        "sla",
        Value(Array{Value::object(
            {{"id", "soon"},
             {"type", "MAX_DURATION"},
             {"duration", "PT5M"},
             {"behavior", behaviors[random_.below(3)]}})}));
  }
  return Value(std::move(flow));
}

Value RandomFlow::tasks(int depth, std::uint64_t most) {
  Array list;
  const std::uint64_t count = 1 + random_.below(most);
  for (std::uint64_t i = 0; i < count; ++i) list.push_back(task(depth));
  return Value(std::move(list));
}

Value RandomFlow::task(int depth) {
  --budget_;
  if (depth > 0 && budget_ > 0 && chance(2)) return flowable(depth - 1);
  if (!callable_.empty() && budget_ > 0 && chance(8)) return subflow();
  if (chance(12)) return pause();
  return leaf();
}

Value RandomFlow::leaf() {
  Object task;
  const std::string id = name("s");
  task.set("id", id);
  task.set("type", "test.Step");
  if (chance(4)) task.set("say", condition());
  if (chance(3)) task.set("retry", retry(false));
  if (chance(5)) task.set("timeout", "PT40S");
  add_common(task);
  steps_.push_back(id);
  return Value(std::move(task));
}

void RandomFlow::add_common(Object& task) {
  if (chance(4)) task.set("allowFailure", true);
  if (chance(8)) task.set("allowWarning", true);
  if (chance(6)) task.set("runIf", condition());
  if (chance(20)) task.set("disabled", true);
}

std::string RandomFlow::condition() {
  if (steps_.empty() || chance(3)) return chance(2) ? "{{ true }}" : "{{ execution.id < 'i' }}";
  const std::string& step = steps_[random_.below(steps_.size())];
  // Without a default it is an error when the step made no output.
  if (chance(6)) return "{{ outputs." + step + ".value == 'x' }}";
  return "{{ (outputs." + step + ".value ?? 'none') == 'x' }}";
}

Value RandomFlow::retry(bool of_flow) {
  Object retry;
  const std::uint64_t kind = random_.below(3);
  if (kind == 0) {
    retry.set("type", "constant");
    retry.set("interval", "PT20S");
  } else if (kind == 1) {
    retry.set("type", "exponential");
    retry.set("interval", "PT5S");
    retry.set("maxInterval", "PT1M");
  } else {
    retry.set("type", "random");
    retry.set("minInterval", "PT5S");
    retry.set("maxInterval", "PT30S");
  }
  retry.set("maxAttempts", static_cast<std::int64_t>(2 + random_.below(3)));
  if (of_flow)
    retry.set("behavior", chance(2) ? "CREATE_NEW_EXECUTION" : "RETRY_FAILED_TASK");
  else if (chance(4))
    retry.set("maxDuration", "PT2M");
  if (chance(4)) retry.set("warningOnRetry", true);
  return Value(std::move(retry));
}

Value RandomFlow::flowable(int depth) {
  switch (random_.below(8)) {
    case 0:
      return Value(flowable_of(name("q"), "Sequential", tasks(depth, 3)));
    case 1: {
      Object task = flowable_of(name("p"), "Parallel", tasks(depth, 4));
      if (chance(2)) task.set("concurrent", static_cast<std::int64_t>(random_.below(3)));
      if (chance(4)) task.set("errors", tasks(0, 1));
      return Value(std::move(task));
    }
    case 2:
      return for_each(depth);
    case 3:
      return dag(depth);
    case 4: {
      Object task = flowable_of(name("i"), "If", Value());
      task.set("condition", condition());
      task.set("then", tasks(depth, 2));
      if (chance(2)) task.set("else", tasks(depth, 2));
      return Value(std::move(task));
    }
    case 5:
      return cases(depth);
    case 6:
      return loop_until(depth);
    default: {
      Object task = flowable_of(name("a"), "AllowFailure", tasks(depth, 2));
      if (chance(3)) task.set("finally", tasks(0, 1));
      return Value(std::move(task));
    }
  }
}

Value RandomFlow::for_each(int depth) {
  Array values;
  for (std::uint64_t i = 0, count = 1 + random_.below(4); i < count; ++i)
    values.emplace_back(static_cast<std::int64_t>(random_.below(5)));
  Object task = flowable_of(name("f"), "ForEach", tasks(depth, 2));
  task.set("values", Value(std::move(values)));
  task.set("concurrencyLimit", static_cast<std::int64_t>(random_.below(4)));
  return Value(std::move(task));
}

Value RandomFlow::dag(int depth) {
  Array list;
  std::vector<std::string> ids;
  for (std::uint64_t i = 0, count = 2 + random_.below(3); i < count; ++i) {
    Value inner = task(depth);
    Object entry;
    Array before;
    for (const std::string& id : ids)
      if (chance(2)) before.emplace_back(id);
    ids.push_back(inner["id"].text_or(""));
    entry.set("task", std::move(inner));
    if (!before.empty()) entry.set("dependsOn", Value(std::move(before)));
    list.emplace_back(std::move(entry));
  }
  return Value(flowable_of(name("d"), "Dag", Value(std::move(list))));
}

Value RandomFlow::cases(int depth) {
  Object task = flowable_of(name("w"), "Switch", Value());
  task.set("value", "{{ execution.id < 'i' ? 'low' : 'high' }}");
  task.set("cases", Value::object({{"low", tasks(depth, 2)}}));
  if (chance(2)) task.set("defaults", tasks(depth, 2));
  return Value(std::move(task));
}

Value RandomFlow::loop_until(int depth) {
  Object inner;
  const std::string id = name("r");
  inner.set("id", id);
  inner.set("type", "test.Step");
  Array list;
  if (chance(2)) list.push_back(task(depth));
  list.emplace_back(std::move(inner));
  Object loop = flowable_of(name("l"), "LoopUntil", Value(std::move(list)));
  loop.set("condition", "{{ (outputs." + id + ".value ?? 'none') == 'x' }}");
  loop.set(
      "checkFrequency",
      Value::object(
          {{"interval", "PT5S"},
           {"maxIterations", static_cast<std::int64_t>(1 + random_.below(4))}}));
  if (chance(3)) loop.set("failOnMaxReached", true);
  return Value(std::move(loop));
}

Value RandomFlow::pause() {
  Object task;
  task.set("id", name("h"));
  task.set("type", std::string(kFlow) + "Pause");
  const char* behaviors[] = {"RESUME", "WARN", "FAIL", "CANCEL"};
  // One without a duration waits for a person.
  if (!chance(3)) {
    task.set("pauseDuration", "PT1M");
    task.set("behavior", behaviors[random_.below(4)]);
  }
  return Value(std::move(task));
}

Value RandomFlow::subflow() {
  Object task;
  task.set("id", name("c"));
  task.set("type", std::string(kFlow) + "Subflow");
  task.set("namespace", "sim");
  task.set("flowId", callable_[random_.below(callable_.size())]);
  if (chance(4)) task.set("wait", false);
  if (chance(3)) task.set("transmitFailed", false);
  if (chance(4)) task.set("retry", retry(false));
  add_common(task);
  return Value(std::move(task));
}

}  // namespace outlay::sim
