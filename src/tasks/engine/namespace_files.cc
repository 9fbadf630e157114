// SPDX-License-Identifier: Apache-2.0
// Files of namespaces as tasks.
#include "flow/namespace_files.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "format/json.h"
#include "tasks/engine/engine_tasks.h"
#include "tasks/items.h"
#include "tasks/properties.h"
#include "tasks/scripts/glob.h"

namespace outlay::tasks {
namespace {

using flow::Engine;
using flow::TaskContext;
using flow::TaskEnd;
using format::Value;

std::string without_slash(std::string_view path) {
  while (path.starts_with('/')) path.remove_prefix(1);
  return std::string(path);
}

bool is_wanted(const std::vector<std::string>& patterns, const std::string& path) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
    return matches_glob(without_slash(pattern), path);
  });
}

/// The destination folder in front, with one slash between.
base::Result<std::string> destination_property(TaskContext& context, const Value& properties) {
  std::string folder = without_slash(TRY(flow::text_property(context, properties, "destination")));
  if (!folder.empty() && !folder.ends_with('/')) folder += '/';
  return folder;
}

enum class Conflict { overwrite, error, skip };

base::Result<Conflict> conflict_property(TaskContext& context, const Value& properties) {
  const std::string text = TRY(flow::text_property(context, properties, "conflict"));
  if (text.empty() || text == "OVERWRITE") return Conflict::overwrite;
  if (text == "ERROR") return Conflict::error;
  if (text == "SKIP") return Conflict::skip;
  return base::invalid_input(
      fmt::format("property conflict must be OVERWRITE, ERROR or SKIP, found \"{}\"", text));
}

/// Name in the namespace and content of each file to upload.
using Uploads = std::vector<std::pair<std::string, std::string>>;

base::Result<Uploads> uploads_of(TaskContext& context, const Value& properties) {
  Uploads out;
  Value map = TRY(flow::property(context, properties, "filesMap"));
  Value files = TRY(flow::property(context, properties, "files"));
  if (files.is_text() && base::trim(files.as_text()).starts_with('{')) {
    if (auto parsed = format::parse_json(files.as_text())) files = *std::move(parsed);
  }
  if (files.is_object()) map = files;
  if (map.is_text()) map = TRY(format::parse_json(map.as_text()));
  if (map.is_object()) {
    for (const auto& [name, uri] : map.as_object())
      out.emplace_back(without_slash(name), TRY(stored_text(context, text_of(uri))));
    return out;
  }
  const std::vector<std::string> patterns = TRY(texts_property(context, properties, "files"));
  if (patterns.empty()) return base::invalid_input("give files or filesMap; neither is there");
  const io::Path folder = TRY(context.working_folder());
  const std::vector<std::string> names = TRY(io::list_files(folder));
  for (const std::string& name : names) {
    if (is_wanted(patterns, name)) out.emplace_back(name, TRY(io::read_file(folder / name)));
  }
  return out;
}

base::Result<TaskEnd> upload(TaskContext& context, Engine& engine, const Value& properties) {
  const std::string name_space = TRY(namespace_property(context, properties));
  const std::string destination = TRY(destination_property(context, properties));
  const Conflict conflict = TRY(conflict_property(context, properties));
  flow::NamespaceFiles& files = engine.namespace_files();
  format::Object kept;
  const Uploads uploads = TRY(uploads_of(context, properties));
  for (const auto& [name, content] : uploads) {
    const std::string path = destination + name;
    const bool is_there = files.get(name_space, path).has_value();
    if (is_there && conflict == Conflict::error)
      return base::conflict(fmt::format("namespace {} has a file {} already", name_space, path));
    if (is_there && conflict == Conflict::skip) {
      context.log(base::LogLevel::debug, fmt::format("{} is there already and stays", path));
      continue;
    }
    TRY(files.put(name_space, path, content));
    kept.set(path, TRY(store_text(context, content, name_in(name))));
  }
  TaskEnd end;
  end.outputs.set("files", std::move(kept));
  return end;
}

/// The files of a namespace that the property files names.
base::Result<std::vector<flow::NamespaceFile>> wanted_files(
    TaskContext& context, Engine& engine, const Value& properties, const std::string& name_space) {
  const std::vector<std::string> patterns = TRY(texts_property(context, properties, "files"));
  std::vector<flow::NamespaceFile> out;
  for (flow::NamespaceFile& file : TRY(engine.namespace_files().list(name_space))) {
    if (!file.is_folder && is_wanted(patterns, without_slash(file.path)))
      out.push_back(std::move(file));
  }
  return out;
}

base::Result<TaskEnd> download(TaskContext& context, Engine& engine, const Value& properties) {
  const std::string name_space = TRY(namespace_property(context, properties));
  const std::string destination = TRY(destination_property(context, properties));
  format::Object kept;
  const auto files = TRY(wanted_files(context, engine, properties, name_space));
  for (const flow::NamespaceFile& file : files) {
    const io::Path path = TRY(engine.namespace_files().local_path(name_space, file.path));
    kept.set(destination + file.path, TRY(context.store_file(path, name_in(file.path))));
  }
  TaskEnd end;
  end.outputs.set("files", std::move(kept));
  return end;
}

base::Result<TaskEnd> remove(TaskContext& context, Engine& engine, const Value& properties) {
  const std::string name_space = TRY(namespace_property(context, properties));
  format::Array removed;
  const auto files = TRY(wanted_files(context, engine, properties, name_space));
  for (const flow::NamespaceFile& file : files) {
    TRY(engine.namespace_files().remove(name_space, file.path));
    removed.emplace_back(file.path);
  }
  TaskEnd end;
  end.outputs.set("files", std::move(removed));
  return end;
}

base::Result<TaskEnd> purge(TaskContext& context, Engine& engine, const Value& properties) {
  std::vector<std::string> name_spaces = TRY(texts_property(context, properties, "namespaces"));
  if (name_spaces.empty()) name_spaces = {std::string(context.name_space())};
  const Value behavior = TRY(flow::property(context, properties, "behavior"));
  const auto kept = static_cast<int>(behavior["keepAmount"].int_or(1));
  std::int64_t size = 0;
  for (const std::string& name_space : name_spaces)
    size += TRY(engine.namespace_files().purge_versions(name_space, kept));
  TaskEnd end;
  end.outputs.set("size", size);
  return end;
}

}  // namespace

TaskTypes make_namespace_file_tasks() {
  TaskTypes out;
  out.push_back(std::make_unique<EngineTask>("engine/namespace_upload.yaml", upload));
  out.push_back(std::make_unique<EngineTask>("engine/namespace_download.yaml", download));
  out.push_back(std::make_unique<EngineTask>("engine/namespace_delete.yaml", remove));
  out.push_back(std::make_unique<EngineTask>("engine/namespace_purge.yaml", purge));
  return out;
}

}  // namespace outlay::tasks
