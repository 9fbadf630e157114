// SPDX-License-Identifier: Apache-2.0
// Flows and files of namespaces, from a repository and into one.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/random.h"
#include "base/text.h"
#include "flow/engine.h"
#include "flow/glob.h"
#include "flow/namespace_files.h"
#include "tasks/engine/engine_tasks.h"
#include "tasks/git/git.h"
#include "tasks/git/repository.h"
#include "tasks/items.h"
#include "tasks/properties.h"

namespace outlay::tasks {
namespace {

using flow::Engine;
using flow::TaskContext;
using flow::TaskEnd;
using format::Array;
using format::Value;

/// A folder for a clone, removed at the end.
class Clone {
 public:
  static base::Result<Clone> make(TaskContext& context) {
    const io::Path folder = TRY(context.working_folder());
    return Clone(folder / fmt::format(".clone-{}", base::new_id()));
  }

  ~Clone() {
    std::error_code ignored;
    if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
  }

  Clone(Clone&& other) noexcept : folder_(std::exchange(other.folder_, {})) {}

  Clone& operator=(Clone&&) = delete;

  const io::Path& folder() const { return folder_; }

 private:
  explicit Clone(io::Path folder) : folder_(std::move(folder)) {}

  io::Path folder_;
};

/// A folder within the clone; gitDirectory may not lead out of it.
base::Result<io::Path> folder_in(
    TaskContext& context, const Value& properties, const Clone& clone, std::string_view otherwise) {
  std::string directory = TRY(flow::text_property(context, properties, "gitDirectory"));
  if (directory.empty()) directory = otherwise;
  io::Path folder = (clone.folder() / directory).lexically_normal();
  const std::string inside = folder.lexically_relative(clone.folder()).string();
  if (io::Path(directory).is_absolute() || inside.starts_with("..") || inside.starts_with(".git"))
    return base::invalid_input("property gitDirectory leads out of the repository");
  return folder;
}

bool is_wanted(const std::vector<std::string>& patterns, const std::string& name) {
  return patterns.empty() ||
         std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
           return flow::glob_matches(pattern, name);
         });
}

/// What a push did, as the task tells it: a stored file of {gitPath, action}.
base::Result<TaskEnd> told(TaskContext& context, const Pushed& pushed, std::string_view output) {
  Array changes;
  for (const std::string& line : pushed.changes) {
    const char kind = line.front() == ' ' && line.size() > 1 ? line[1] : line.front();
    changes.push_back(Value::object(
        {{"gitPath", line.size() > 3 ? line.substr(3) : line},
         {"changes",
          kind == 'D'   ? "DELETED"
          : kind == 'M' ? "MODIFIED"
                        : "ADDED"}}));
  }
  TaskEnd end;
  end.outputs.set("commitId", pushed.commit.empty() ? Value() : Value(pushed.commit));
  end.outputs.set("commitURL", pushed.url.empty() ? Value() : Value(pushed.url));
  end.outputs.set(std::string(output), TRY(store_items(context, changes, "changes.ion")));
  end.outputs.set("count", static_cast<std::int64_t>(changes.size()));
  return end;
}

base::Result<TaskEnd> push_flows(TaskContext& context, Engine& engine, const Value& properties) {
  std::string source = TRY(flow::text_property(context, properties, "sourceNamespace"));
  if (source.empty()) source = context.name_space();
  const std::string target = TRY(flow::text_property(context, properties, "targetNamespace"));
  const bool with_children =
      TRY(flag_property(context, properties, "includeChildNamespaces", false));
  const bool deletes = TRY(flag_property(context, properties, "delete", true));
  const std::vector<std::string> patterns = TRY(texts_property(context, properties, "flows"));
  const Clone clone = TRY(Clone::make(context));
  TRY(clone_to_push(context, properties, clone.folder()));
  const io::Path folder = TRY(folder_in(context, properties, clone, "_flows"));
  TRY(io::make_folders(folder));
  std::set<std::string> kept;
  for (const flow::StoredFlow& stored : TRY(engine.flows(with_children ? "" : source))) {
    const bool is_below = stored.name_space.starts_with(source + ".");
    if (stored.name_space != source && !(with_children && is_below)) continue;
    if (!is_wanted(patterns, stored.id)) continue;
    // Flows of a namespace below lie in folders of its further names.
    std::string name = stored.id + ".yaml";
    if (is_below)
      name = base::replace_all(stored.name_space.substr(source.size() + 1), ".", "/") + "/" + name;
    std::string text = stored.source;
    if (!target.empty() && target != source)
      text = base::replace_all(text, "namespace: " + source, "namespace: " + target);
    TRY(io::make_folders((folder / name).parent_path()));
    TRY(io::write_file(folder / name, text));
    kept.insert(name);
  }
  if (deletes && patterns.empty()) {
    for (const std::string& name : TRY(io::list_files(folder)))
      if (name.ends_with(".yaml") && !kept.contains(name)) TRY(io::remove_tree(folder / name));
  }
  const Pushed pushed =
      TRY(push_all(context, properties, clone.folder(), "Flows of namespace " + source));
  return told(context, pushed, "flows");
}

base::Result<TaskEnd> push_files(TaskContext& context, Engine& engine, const Value& properties) {
  const std::string name_space = TRY(namespace_property(context, properties));
  const bool deletes = TRY(flag_property(context, properties, "delete", true));
  const std::vector<std::string> patterns = TRY(texts_property(context, properties, "files"));
  const Clone clone = TRY(Clone::make(context));
  TRY(clone_to_push(context, properties, clone.folder()));
  const io::Path folder = TRY(folder_in(context, properties, clone, "_files"));
  TRY(io::make_folders(folder));
  std::set<std::string> kept;
  for (const flow::NamespaceFile& file : TRY(engine.namespace_files().list(name_space))) {
    if (file.is_folder || !is_wanted(patterns, file.path)) continue;
    const std::string content = TRY(engine.namespace_files().read(name_space, file.path));
    TRY(io::make_folders((folder / file.path).parent_path()));
    TRY(io::write_file(folder / file.path, content));
    kept.insert(file.path);
  }
  if (deletes && patterns.empty()) {
    for (const std::string& name : TRY(io::list_files(folder)))
      if (!kept.contains(name)) TRY(io::remove_tree(folder / name));
  }
  const Pushed pushed =
      TRY(push_all(context, properties, clone.folder(), "Files of namespace " + name_space));
  return told(context, pushed, "files");
}

base::Result<TaskEnd> sync_files(TaskContext& context, Engine& engine, const Value& properties) {
  const std::string name_space = TRY(namespace_property(context, properties));
  const bool deletes = TRY(flag_property(context, properties, "delete", false));
  const bool is_dry = TRY(flag_property(context, properties, "dryRun", false));
  const Clone clone = TRY(Clone::make(context));
  TRY(clone_into(context, properties, clone.folder()));
  const io::Path folder = TRY(folder_in(context, properties, clone, "_files"));
  Array changes;
  const auto tell = [&](const std::string& path, const char* state) {
    changes.push_back(
        Value::object({{"kestraPath", path}, {"gitPath", path}, {"syncState", state}}));
  };
  std::set<std::string> seen;
  for (const std::string& name : TRY(io::list_files(folder))) {
    const std::string content = TRY(io::read_file(folder / name));
    const auto known = engine.namespace_files().read(name_space, name);
    const bool is_same = known && *known == content;
    if (!is_dry && !is_same) TRY(engine.namespace_files().put(name_space, name, content));
    seen.insert(name);
    tell(name, is_same ? "UNCHANGED" : known ? "UPDATED" : "ADDED");
  }
  if (deletes) {
    for (const flow::NamespaceFile& file : TRY(engine.namespace_files().list(name_space))) {
      if (file.is_folder || seen.contains(file.path)) continue;
      if (!is_dry) TRY(engine.namespace_files().remove(name_space, file.path));
      tell(file.path, "DELETED");
    }
  }
  TaskEnd end;
  end.outputs.set("files", TRY(store_items(context, changes, "files.ion")));
  end.outputs.set("count", static_cast<std::int64_t>(changes.size()));
  return end;
}

}  // namespace

std::vector<std::unique_ptr<flow::TaskType>> make_git_engine_tasks() {
  std::vector<std::unique_ptr<flow::TaskType>> out;
  out.push_back(std::make_unique<EngineTask>("git/push_flows.yaml", push_flows));
  out.push_back(std::make_unique<EngineTask>("git/push_namespace_files.yaml", push_files));
  out.push_back(std::make_unique<EngineTask>("git/sync_namespace_files.yaml", sync_files));
  return out;
}

}  // namespace outlay::tasks
