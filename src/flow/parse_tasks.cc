// SPDX-License-Identifier: Apache-2.0
#include "flow/parse_tasks.h"

#include <algorithm>
#include <map>

#include "base/text.h"
#include "flow/item_tasks.h"
#include "flow/task_kinds.h"

namespace outlay::flow {
namespace {

constexpr int kDepthMax = 50;

// Lists of tasks are no properties of the flowable that holds them.
bool is_child_list(TaskKind kind, std::string_view key) {
  if (kind == TaskKind::work) return false;
  if (kind == TaskKind::pause && key == "onPause") return true;
  for (const std::string_view name : {"tasks", "errors", "finally", "then", "else"})
    if (key == name) return true;
  return kind == TaskKind::choice_switch && (key == "cases" || key == "defaults");
}

format::Node own_properties(const format::Node& node, TaskKind kind) {
  format::Node own = node;
  own.entries.erase(
      std::remove_if(
          own.entries.begin(),
          own.entries.end(),
          [kind](const auto& entry) { return is_child_list(kind, entry.key); }),
      own.entries.end());
  return own;
}

void check_schema(const format::Node& node, const TaskInfo& info, Fields& fields) {
  const format::Value& required = info.properties["required"];
  if (!required.is_array()) return;
  for (const format::Value& name : required.as_array()) {
    const format::Node* found = node.find(name.text_or(""));
    if (found == nullptr || found->kind == format::Node::Kind::null)
      fields.wrong(name.text_or(""), "given");
  }
}

}  // namespace

TaskList TaskParser::list(Fields& owner, std::string_view key, int parent) {
  TaskList places;
  const format::Node* node = owner.list(key);
  if (node == nullptr) return places;
  for (const format::Node& item : node->items) {
    if (!item.is_mapping()) {
      add_error(
          problems_,
          owner.what() + ": " + std::string(key) + " must hold maps with id and type; found " +
              found_text(item),
          item.place);
      continue;
    }
    places.push_back(task(item, parent));
  }
  return places;
}

int TaskParser::task(const format::Node& written, int parent) {
  const format::Node node = with_defaults(written, defaults_, problems_);
  const int index = static_cast<int>(flow_.tasks.size());
  flow_.tasks.emplace_back();
  const format::Node* id = node.find("id");
  Fields fields(node, problems_, "task \"" + (id == nullptr ? "" : id->text) + "\"");
  Task read;
  read.parent = parent;
  read.place = node.place;
  read_common(fields, read);
  read_type(fields, read);
  const format::Node own = own_properties(node, read.kind);
  read.properties = own.value();
  read.mentions = mentions_of(read.properties);
  check_expressions(own, problems_);
  const TaskKind kind = read.kind;
  const bool is_known = kind != TaskKind::work || read.work != nullptr;
  if (read.work != nullptr) read_work(fields, read);
  at(index) = std::move(read);
  if (kind != TaskKind::work) {
    if (++depth_ > kDepthMax)
      add_error(problems_, "tasks may be nested at most 50 deep; make a subflow", node.place);
    else
      read_children(fields, index);
    --depth_;
    read_settings(fields, index);
  }
  if (is_known) fields.done();
  return index;
}

void TaskParser::check_duplicate(const Task& task) {
  if (!task.id.empty() && !ids_.insert(task.id).second)
    add_error(
        problems_,
        "duplicate task id \"" + task.id + "\"; ids must differ in the whole flow",
        task.place);
}

void TaskParser::read_common(Fields& fields, Task& task) {
  task.id = fields.text("id");
  if (!is_identifier(task.id, "_-", 256))
    fields.wrong("id", "1 to 256 letters, digits, dashes or underscores");
  check_duplicate(task);
  task.type = fields.text("type");
  task.run_if = fields.text("runIf", fields.text("when"));
  if (task.run_if == "true") task.run_if.clear();
  task.allow_failure = fields.flag("allowFailure");
  task.allow_warning = fields.flag("allowWarning");
  task.is_disabled = fields.flag("disabled");
  task.timeout = fields.text("timeout");
  if (!task.timeout.empty() && task.timeout.find('{') == std::string::npos)
    static_cast<void>(fields.duration("timeout"));
  task.retry = parse_retry(fields);
  const std::string level =
      fields.choice("logLevel", {"TRACE", "DEBUG", "INFO", "WARN", "ERROR"}, "TRACE");
  const std::map<std::string, base::LogLevel> levels{
      {"TRACE", base::LogLevel::trace},
      {"DEBUG", base::LogLevel::debug},
      {"INFO", base::LogLevel::info},
      {"WARN", base::LogLevel::warn},
      {"ERROR", base::LogLevel::error}};
  task.log_level = levels.at(level);
  read_cache(fields, task);
  fields.ignore({"description", "version", "pluginDefaultsRef", "logToFile"});
  fields.without_effect(
      {"workerGroup", "workerSelector"}, "all tasks run on the workers of this engine");
  fields.without_effect({"assets"}, "there is no catalogue of assets");
}

void TaskParser::read_cache(Fields& fields, Task& task) {
  const format::Node* node = fields.get("taskCache");
  if (node == nullptr) return;
  if (!node->is_mapping()) return fields.wrong("taskCache", "a map with enabled and ttl");
  Fields inner(*node, problems_, fields.what() + " taskCache");
  task.is_cached = inner.flag("enabled");
  task.cache_ttl = inner.text("ttl");
  if (!task.cache_ttl.empty() && task.cache_ttl.find('{') == std::string::npos)
    static_cast<void>(inner.duration("ttl"));
  inner.done();
}

void TaskParser::read_type(Fields& fields, Task& task) {
  const format::Node* type = fields.node().find("type");
  if (task.type.empty())
    return fields.wrong("type", "a task type such as io.kestra.plugin.core.log.Log");
  if (const auto kind = engine_kind(task.type); kind) {
    task.kind = *kind;
    task.is_item_loop = is_item_loop(task.type);
    return;
  }
  task.work = registry_.find(task.type);
  if (task.work != nullptr) return;
  std::vector<std::string> names = registry_.names();
  const auto own = engine_task_names();
  names.insert(names.end(), own.begin(), own.end());
  const std::string tail = is_known_unsupported(task.type) ? " It is not supported in this version."
                                                           : base::did_you_mean(task.type, names);
  add_error(
      problems_, fields.what() + ": unknown task type \"" + task.type + "\"." + tail, type->place);
}

void TaskParser::read_work(Fields& fields, Task& task) {
  const TaskInfo& info = task.work->info();
  if (info.properties["properties"].is_object()) {
    std::vector<std::string> keys;
    for (const auto& [key, schema] : info.properties["properties"].as_object()) keys.push_back(key);
    fields.also_known(keys);
  } else {
    for (const auto& entry : fields.node().entries) fields.also_known({entry.key});
  }
  check_schema(fields.node(), info, fields);
  task.work->check(fields.node(), problems_);
}

void TaskParser::read_children(Fields& fields, int index) {
  // Lists are read before they are stored: reading grows the vector of tasks.
  const auto read = [&](std::string_view key) { return list(fields, key, index); };
  switch (at(index).kind) {
    case TaskKind::choice_if: {
      TaskList then = read("then");
      if (fields.node().find("then") == nullptr) fields.wrong("then", "a list of tasks");
      TaskList otherwise = read("else");
      at(index).tasks = std::move(then);
      at(index).otherwise = std::move(otherwise);
      break;
    }
    case TaskKind::choice_switch:
      read_switch(fields, index);
      break;
    case TaskKind::dag:
      read_dag(fields, index);
      break;
    case TaskKind::pause:
      read_pause(fields, index);
      return;
    case TaskKind::subflow:
    case TaskKind::exit:
    case TaskKind::set_labels:
    case TaskKind::set_variables:
    case TaskKind::unset_variables:
      return;
    default: {
      if (at(index).is_item_loop) {
        TaskList parts = item_parts(fields, index);
        at(index).tasks = std::move(parts);
        break;
      }
      TaskList tasks = read("tasks");
      if (tasks.empty()) fields.wrong("tasks", "a list with at least one task");
      if (at(index).kind == TaskKind::working_directory)
        for (const int child : tasks)
          if (at(child).kind != TaskKind::work)
            add_error(
                problems_,
                fields.what() + ": only runnable tasks may stand in a WorkingDirectory; found " +
                    at(child).type,
                at(child).place);
      at(index).tasks = std::move(tasks);
    }
  }
  TaskList errors = read("errors");
  at(index).errors = std::move(errors);
  TaskList finally = read("finally");
  at(index).finally = std::move(finally);
}

void TaskParser::read_pause(Fields& fields, int index) {
  std::vector<Input> inputs = parse_inputs(fields, "onResume");
  TaskList later = list(fields, "tasks", index);
  TaskList first;
  if (const format::Node* node = fields.get("onPause"); node != nullptr) {
    if (node->is_mapping())
      first.push_back(task(*node, index));
    else
      fields.wrong("onPause", "a task: a map with id and type");
  }
  at(index).on_resume = std::move(inputs);
  at(index).tasks = std::move(later);
  at(index).otherwise = std::move(first);
}

// The parts run one after the other: cut the file, start a subflow per batch, gather what they
// gave.
TaskList TaskParser::item_parts(Fields& fields, int index) {
  fields.ignore(
      {"items",
       "batch",
       "namespace",
       "flowId",
       "revision",
       "inputs",
       "labels",
       "wait",
       "transmitFailed",
       "inheritLabels",
       "scheduleDate",
       "restartBehavior"});
  for (const std::string_view key : {"items", "namespace", "flowId"})
    if (fields.node().find(key) == nullptr) fields.wrong(key, "given");
  const Task whole = at(index);
  TaskList parts;
  const auto add = [&](std::string_view tail, std::string_view type) -> Task& {
    parts.push_back(static_cast<int>(flow_.tasks.size()));
    Task& part = flow_.tasks.emplace_back();
    part.id = whole.id + std::string(tail);
    part.type = whole.type + std::string(type);
    part.parent = index;
    part.place = whole.place;
    part.log_level = whole.log_level;
    format::Object own = whole.properties.as_object();
    own.set("id", part.id);
    own.set("loop", whole.id);
    part.properties = std::move(own);
    part.mentions = whole.mentions;
    part.mentions.outputs.push_back(whole.id + "_split");
    part.mentions.outputs.push_back(whole.id + "_items");
    check_duplicate(part);
    return part;
  };
  add("_split", "$ForEachItemSplit").work = &item_split_type();
  Task& items = add("_items", "$ForEachItemExecutable");
  items.kind = TaskKind::item_loop;
  items.retry = whole.retry;
  add("_merge", "$ForEachItemMergeOutputs").work = &item_merge_type();
  return parts;
}

void TaskParser::read_switch(Fields& fields, int index) {
  std::vector<std::pair<std::string, TaskList>> cases;
  if (const format::Node* node = fields.get("cases"); node != nullptr && node->is_mapping()) {
    Fields inner(*node, problems_, fields.what() + " cases");
    for (const auto& entry : node->entries)
      cases.emplace_back(entry.key, list(inner, entry.key, index));
  } else if (node != nullptr) {
    fields.wrong("cases", "a map from value to a list of tasks");
  }
  TaskList otherwise = list(fields, "defaults", index);
  at(index).cases = std::move(cases);
  at(index).otherwise = std::move(otherwise);
}

}  // namespace outlay::flow
