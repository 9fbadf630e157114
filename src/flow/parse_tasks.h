// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <vector>

#include "flow/parse_parts.h"

namespace outlay::flow {

/// Reads the tree of tasks into Flow::tasks.
class TaskParser {
 public:
  TaskParser(
      Flow& flow,
      const TaskRegistry& registry,
      const std::vector<PluginDefault>& defaults,
      Problems& problems)
      : flow_(flow), registry_(registry), defaults_(defaults), problems_(problems) {}

  TaskList list(Fields& owner, std::string_view key, int parent);

 private:
  int task(const format::Node& node, int parent);
  void read_common(Fields& fields, Task& task);
  void read_cache(Fields& fields, Task& task);
  void read_type(Fields& fields, Task& task);
  void read_pause(Fields& fields, int index);
  TaskList item_parts(Fields& fields, int index);
  void read_subflow(Fields& fields, const Task& task);
  void read_work(Fields& fields, Task& task);
  /// The task's own lists of tasks; grows Flow::tasks.
  void read_children(Fields& fields, int index);
  void read_switch(Fields& fields, int index);
  void read_dag(Fields& fields, int index);
  void read_settings(Fields& fields, int index);
  void read_for_each(Fields& fields, Task& task);
  void check_duplicate(const Task& task);

  Task& at(int index) { return flow_.tasks[static_cast<std::size_t>(index)]; }

  Flow& flow_;
  const TaskRegistry& registry_;
  const std::vector<PluginDefault>& defaults_;
  Problems& problems_;
  std::set<std::string> ids_;
  int depth_ = 0;
};

}  // namespace outlay::flow
