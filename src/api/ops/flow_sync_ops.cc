// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <set>

#include "api/ops/bound.h"
#include "api/ops/flow_json.h"
#include "api/ops/params.h"
#include "api/parts.h"
#include "base/text.h"

namespace outlay::api {
namespace {

using base::Result;
using format::Value;

/// A flow of the folder: its YAML, whose it is, where it stands.
struct Found {
  std::string file, source;
  flow::CheckedFlow checked;
};

bool is_flow_file(const io::Path& path) {
  const std::string extension = path.extension().string();
  return extension == ".yaml" || extension == ".yml";
}

Result<std::vector<io::Path>> flow_files(const io::Path& folder) {
  std::error_code error;
  if (!std::filesystem::is_directory(folder, error)) {
    return base::not_found("There is no folder \"" + folder.string() + "\" to take flows from.");
  }
  std::vector<io::Path> out;
  for (auto at = std::filesystem::recursive_directory_iterator(folder, error);
       at != std::filesystem::recursive_directory_iterator();
       at.increment(error)) {
    if (error) break;
    // Hidden folders such as .git hold no flows.
    if (at->path().filename().string().starts_with('.')) {
      at.disable_recursion_pending();
    } else if (is_flow_file(at->path()) && at->is_regular_file(error)) {
      out.push_back(at->path());
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

/// All flows of the folder, or everything that is wrong with them.
Result<std::vector<Found>> read_folder(flow::Engine& engine, const io::Path& folder) {
  std::vector<Found> out;
  std::vector<base::Error> errors;
  for (const io::Path& path : TRY(flow_files(folder))) {
    for (std::string& document : split_documents(TRY(io::read_file(path)))) {
      Found found{path.string(), std::move(document), {}};
      found.checked = engine.check(found.source, found.file);
      for (const flow::Problem& problem : found.checked.problems) {
        if (problem.level == flow::Problem::Level::error)
          errors.push_back(base::invalid_input(problem.message, problem.place));
      }
      out.push_back(std::move(found));
    }
  }
  if (!errors.empty()) return base::join_errors(errors);
  return out;
}

Value change_json(const char* what, const std::string& name_space, const std::string& id) {
  return Value::object({{"change", what}, {"namespace", name_space}, {"id", id}});
}

const char* change_of(flow::Engine& engine, const Found& found) {
  const auto stored = engine.flow(found.checked.name_space, found.checked.id, std::nullopt);
  if (!stored) return "created";
  return base::trim(stored->source) == base::trim(found.source) ? "unchanged" : "updated";
}

Result<Value> sync_flows(Parts& parts, const Request& request, const CallHooks&) {
  const bool is_try = request.boolean("dryRun");
  // An engine that runs in another process would not see what is saved behind its back.
  if (!is_try) TRY(parts.take_data());
  flow::Engine* engine = TRY(parts.engine());
  const std::vector<Found> all = TRY(read_folder(*engine, io::Path(request.text("folder"))));
  const std::string within = request.text("namespace");
  format::Array out;
  std::set<std::pair<std::string, std::string>> kept;
  std::set<std::string> owned;
  for (const Found& found : all) {
    const std::string& name_space = found.checked.name_space;
    if (!within.empty() && name_space != within && !name_space.starts_with(within + ".")) continue;
    kept.emplace(name_space, found.checked.id);
    owned.insert(name_space);
    out.push_back(change_json(change_of(*engine, found), name_space, found.checked.id));
    if (!is_try) TRY(engine->save(found.source, found.file));
  }
  if (!request.boolean("delete")) return Value(std::move(out));
  // The folder is the truth of the namespaces that it has flows of, and of the one that was named.
  for (const flow::StoredFlow& one : TRY(engine->flows(within))) {
    if (kept.contains({one.name_space, one.id})) continue;
    if (within.empty() && !owned.contains(one.name_space)) continue;
    out.push_back(change_json("deleted", one.name_space, one.id));
    if (!is_try) TRY(engine->remove_flow(one.name_space, one.id));
  }
  return Value(std::move(out));
}

}  // namespace

std::vector<BoundOperation> flow_sync_operations() {
  return {
      {{.name = "flows.sync",
        .summary = "Makes the flows of a local folder those of the data folder: all or none.",
        .permission = "flow.write",
        .params =
            {required("folder", ParamKind::text, "the folder; folders in it are read, too"),
             optional("namespace", ParamKind::text, "only flows of this namespace and below it"),
             with_fallback(
                 "delete", ParamKind::boolean, "remove flows that the folder does not have", false),
             with_fallback("dryRun", ParamKind::boolean, "only tell what would be changed", false)},
        .answer = R"([{"change":"created","namespace":"...","id":"..."}])",
        .example = R"({"folder":"flows","delete":true})"},
       &sync_flows},
  };
}

}  // namespace outlay::api
