// SPDX-License-Identifier: Apache-2.0
#include "tasks/git/git.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/random.h"
#include "base/text.h"
#include "flow/engine.h"
#include "format/yaml.h"
#include "tasks/git/repository.h"
#include "tasks/items.h"
#include "tasks/properties.h"
#include "tasks/spec.h"

namespace outlay::tasks {
namespace {

using format::Value;

class CloneTask final : public SpecTask {
 public:
  CloneTask() : SpecTask("git/clone.yaml") {}

  base::Result<flow::TaskEnd> run(
      flow::TaskContext& context, const Value& properties) const override {
    const std::string directory = TRY(flow::text_property(context, properties, "directory"));
    const io::Path folder = TRY(context.working_folder());
    const io::Path target = (folder / directory).lexically_normal();
    if (target.lexically_relative(folder).string().starts_with(".."))
      return base::invalid_input("property directory leaves the working folder");
    // git wants an empty folder; what is in the working folder already stays beside it.
    const io::Path clone = folder / fmt::format(".clone-{}", base::new_id());
    const std::string commit = TRY(clone_into(context, properties, clone));
    TRY(io::make_folders(target));
    std::error_code failed;
    for (const auto& entry : std::filesystem::directory_iterator(clone, failed)) {
      std::filesystem::rename(entry.path(), target / entry.path().filename(), failed);
      if (failed) {
        return base::conflict(
            fmt::format("{} is in the working folder already", entry.path().filename().string()));
      }
    }
    TRY(io::remove_tree(clone));
    flow::TaskEnd end;
    end.outputs.set("directory", target.string());
    end.outputs.set("commitId", commit);
    return end;
  }
};

bool is_flow_file(std::string_view name) {
  return name.ends_with(".yaml") || name.ends_with(".yml");
}

class SyncFlowsTask final : public SpecTask {
 public:
  SyncFlowsTask() : SpecTask("git/sync_flows.yaml") {}

  base::Result<flow::TaskEnd> run(
      flow::TaskContext& context, const Value& properties) const override {
    flow::Engine* engine = context.engine();
    if (engine == nullptr) return base::conflict("there is no engine here to keep flows");
    const std::string name_space = TRY(needed_property(context, properties, "targetNamespace"));
    const bool is_dry = TRY(flag_property(context, properties, "dryRun", false));
    const bool deletes = TRY(flag_property(context, properties, "delete", false));
    const std::string directory = TRY(flow::text_property(context, properties, "gitDirectory"));
    const io::Path folder = TRY(context.working_folder());
    const io::Path clone = folder / fmt::format(".clone-{}", base::new_id());
    TRY(clone_into(context, properties, clone));
    const io::Path source = clone / (directory.empty() ? "_flows" : directory);
    format::Array changes;
    std::set<std::string> seen;
    const std::vector<std::string> names = TRY(io::list_files(source));
    for (const std::string& name : names) {
      if (!is_flow_file(name)) continue;
      Value change = TRY(take(*engine, source / name, name, name_space, is_dry));
      seen.insert(change["flowId"].text_or(""));
      changes.push_back(std::move(change));
    }
    if (deletes) TRY(remove_others(*engine, name_space, seen, is_dry, changes));
    TRY(io::remove_tree(clone));
    flow::TaskEnd end;
    end.outputs.set("flows", TRY(store_items(context, changes, "flows.ion")));
    end.outputs.set("count", static_cast<std::int64_t>(changes.size()));
    return end;
  }

 private:
  /// Saves one file's flow in the namespace and tells what that changed.
  static base::Result<Value> take(
      flow::Engine& engine,
      const io::Path& file,
      const std::string& name,
      const std::string& name_space,
      bool is_dry) {
    const std::string text = TRY(io::read_file(file));
    const auto node = format::parse_yaml(text, name);
    if (!node) return node.error();
    const std::string id = node->value()["id"].text_or("");
    const std::string given = node->value()["namespace"].text_or("");
    const bool is_below = given == name_space || given.starts_with(name_space + ".");
    const std::string source =
        is_below ? text
                 : base::replace_all(text, "namespace: " + given, "namespace: " + name_space);
    const std::string target = is_below ? given : name_space;
    const auto known = engine.flow(target, id, std::nullopt);
    const bool is_same = known && known->source == source;
    if (!is_dry && !is_same) TRY(engine.save(source, name, "git"));
    return Value::object(
        {{"gitPath", name},
         {"syncState",
          is_same ? "UNCHANGED"
          : known ? "UPDATED"
                  : "ADDED"},
         {"flowId", id},
         {"namespace", target}});
  }

  static base::Result<base::Done> remove_others(
      flow::Engine& engine,
      const std::string& name_space,
      const std::set<std::string>& seen,
      bool is_dry,
      format::Array& changes) {
    const auto flows = TRY(engine.flows(name_space));
    for (const flow::StoredFlow& stored : flows) {
      if (seen.contains(stored.id) || stored.name_space != name_space) continue;
      if (!is_dry) TRY(engine.remove_flow(stored.name_space, stored.id));
      changes.push_back(Value::object(
          {{"gitPath", Value()},
           {"syncState", "DELETED"},
           {"flowId", stored.id},
           {"namespace", stored.name_space}}));
    }
    return base::Done{};
  }
};

}  // namespace

std::unique_ptr<flow::TaskType> make_git_clone() { return std::make_unique<CloneTask>(); }

std::unique_ptr<flow::TaskType> make_git_sync_flows() { return std::make_unique<SyncFlowsTask>(); }

}  // namespace outlay::tasks
