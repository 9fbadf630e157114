// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "expr/expr.h"
#include "format/value.h"
#include "format/yaml.h"
#include "io/file.h"

namespace outlay::flow {

class Engine;

/// A problem `flow validate` tells: errors stop a save, warnings do not.
struct Problem {
  enum class Level { error, warning } level = Level::error;
  std::string message;
  base::Place place;
};

/// What users may know of a task type: one source for docs, editor help and validation.
struct TaskInfo {
  std::string type;                  ///< "io.kestra.plugin.core.log.Log"
  std::vector<std::string> aliases;  ///< older names that mean the same
  std::string summary;               ///< one sentence
  /// JSON schema of the properties (draft 2020-12 subset: type, properties, required, enum,
  /// description, default).
  format::Value properties;
  format::Value outputs;
  std::string example;  ///< a whole flow in YAML that runs
};

/// A metric a task reports.
struct Metric {
  std::string name, type;  ///< counter, timer or gauge
  double value = 0;
  std::map<std::string, std::string> tags;
};

/// What a running attempt sees of the world. Lives as long as the attempt.
class TaskContext {
 public:
  virtual ~TaskContext() = default;
  /// Variables of this attempt: flow, task, taskrun, execution, inputs, outputs, vars, labels,
  /// trigger ...
  virtual const expr::Scope& scope() const = 0;
  virtual const expr::Environment& environment() const = 0;
  /// The attempt's own folder, with the files of earlier tasks linked in; created on first use.
  virtual base::Result<io::Path> working_folder() = 0;
  /// Copies a file into the execution's storage and answers its kestra:// URI.
  virtual base::Result<std::string> store_file(const io::Path& file, std::string_view name) = 0;
  /// The local path of a kestra:// or file URI this execution may read.
  virtual base::Result<io::Path> open_uri(std::string_view uri) = 0;
  virtual void log(base::LogLevel level, std::string_view message) = 0;
  virtual void metric(Metric metric) = 0;
  /// Set when the execution is killed or the attempt timed out; long work looks at it.
  virtual const std::atomic<bool>& stop() const = 0;
  virtual std::string_view name_space() const = 0;
  virtual std::string_view execution_id() const = 0;
  virtual std::string_view task_run_id() const = 0;

  /// Flow of the execution; empty where there is none.
  virtual std::string_view flow_id() const { return {}; }

  /// The engine that runs this attempt, with its key-value store and namespace files; null where
  /// there is none. May be called like from any other thread.
  virtual Engine* engine() { return nullptr; }
};

/// How an attempt ended: outputs, or an error that fails it. `state` may ask for WARNING.
struct TaskEnd {
  format::Object outputs;
  bool is_warning = false;
  /// Set when the attempt failed although it has outputs (a script that left with status 1).
  std::optional<base::Error> failure;
};

/// An attempt that failed although it has outputs (a script that left with status 1 after printing
/// some).
struct TaskFailure {
  base::Error error;
  format::Object outputs;
};

/// One kind of work. Stateless: all threads share one instance. May be slow, may fail, may run
/// twice.
class TaskType {
 public:
  virtual ~TaskType() = default;
  virtual const TaskInfo& info() const = 0;
  /// Looks at the YAML of one task for mistakes that the schema cannot say. Expressions are not
  /// rendered yet.
  virtual void check(const format::Node& task, std::vector<Problem>& problems) const;
  /// `properties`: the task's properties as written (unrendered); render what may hold expressions
  /// with property() and friends below.
  virtual base::Result<TaskEnd> run(
      TaskContext& context, const format::Value& properties) const = 0;
};

/// The rendered text of a property; empty when it is absent.
base::Result<std::string> text_property(
    TaskContext& context, const format::Value& properties, std::string_view name);
/// The rendered property with native types; null when absent.
base::Result<format::Value> property(
    TaskContext& context, const format::Value& properties, std::string_view name);

/// A trigger that asks the outside now and then whether there is something to do. Stateless: what
/// it must remember between two looks it keeps in the engine's key-value store.
class PollingType {
 public:
  virtual ~PollingType() = default;
  virtual const TaskInfo& info() const = 0;
  virtual void check(const format::Node& trigger, std::vector<Problem>& problems) const;
  /// The variables of `trigger` for a new execution, or nothing when there is no cause for one.
  virtual base::Result<std::optional<format::Object>> poll(
      TaskContext& context, const format::Value& properties) const = 0;

  /// Whether each event begins an execution of its own: `events` is then asked, the trigger is not
  /// locked while an execution of it runs, and it looks every second unless `interval` says else.
  virtual bool is_realtime() const { return false; }

  /// The variables of `trigger`, once for each event that is there.
  virtual base::Result<std::vector<format::Object>> events(
      TaskContext& context, const format::Value& properties) const;
};

/// All task types by name and alias. Filled once at start by app.
class TaskRegistry {
 public:
  void add(std::unique_ptr<PollingType> type);
  /// Null when there is none.
  const PollingType* find_polling(std::string_view type) const;
  /// Every polling trigger, sorted by name.
  std::vector<const PollingType*> all_polling() const;
  void add(std::unique_ptr<TaskType> type);
  /// Null when there is none.
  const TaskType* find(std::string_view type) const;
  /// Every type, sorted by name.
  std::vector<const TaskType*> all() const;
  /// Names that `find` knows, aliases included; for "did you mean".
  std::vector<std::string> names() const;

 private:
  std::vector<std::unique_ptr<TaskType>> types_;
  std::map<std::string, const TaskType*, std::less<>> by_name_;
  std::vector<std::unique_ptr<PollingType>> polling_;
  std::map<std::string, const PollingType*, std::less<>> polling_by_name_;
};

}  // namespace outlay::flow
