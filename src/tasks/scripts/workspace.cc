// SPDX-License-Identifier: Apache-2.0
#include "tasks/scripts/workspace.h"

#include <algorithm>
#include <system_error>

#include <fmt/format.h>

#include "flow/engine.h"
#include "flow/namespace_files.h"
#include "tasks/properties.h"
#include "tasks/scripts/glob.h"

namespace outlay::tasks {
namespace {

// Hidden, so that it is not taken for a file that the script left.
constexpr std::string_view kOutputFolder = ".outputs";

bool is_uri(std::string_view text) {
  return (text.starts_with("kestra://") || text.starts_with("file://") ||
          text.starts_with("nsfile://")) &&
         text.find_first_of(" \n") == std::string_view::npos;
}

/// A path that stays inside the folder it is put below.
base::Result<io::Path> inner_path(std::string_view property, std::string_view name) {
  const io::Path path = io::Path(name).lexically_normal();
  const bool climbs = std::find(path.begin(), path.end(), "..") != path.end();
  if (!name.empty() && path.is_relative() && !climbs && path.has_filename()) return path;
  return base::invalid_input(fmt::format(
      "{} must name files below the working folder, without a leading / or ..; found \"{}\"",
      property,
      name));
}

/// All files below a folder that are no links, sorted, relative to it; hidden ones only when
/// `with_hidden`.
base::Result<std::vector<std::string>> files_below(const io::Path& folder, bool with_hidden) {
  if (!with_hidden) return io::list_files(folder);
  std::vector<std::string> out;
  std::error_code failed;
  for (std::filesystem::recursive_directory_iterator at(folder, failed), end; !failed && at != end;
       at.increment(failed)) {
    if (at->is_regular_file(failed)) {
      out.push_back(at->path().lexically_relative(folder).generic_string());
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace

base::Result<Workspace> Workspace::open(flow::TaskContext& context) {
  io::Path folder = std::filesystem::absolute(TRY(context.working_folder()));
  io::Path outputs = folder / kOutputFolder;
  TRY(io::make_folders(outputs));
  return Workspace(std::move(folder), std::move(outputs));
}

namespace {

/// Which files of which namespaces, and what becomes of those that are there already.
struct NamespaceWish {
  std::vector<std::string> name_spaces, include, exclude;
  std::string if_exists;
  bool has_folders = false;

  bool wants(const std::string& path) const {
    const auto matches = [&](const std::string& pattern) {
      const std::string_view shown = pattern;
      return matches_glob(shown.starts_with('/') ? shown.substr(1) : shown, path);
    };
    const bool is_in = include.empty() || std::any_of(include.begin(), include.end(), matches);
    return is_in && std::none_of(exclude.begin(), exclude.end(), matches);
  }
};

base::Result<NamespaceWish> namespace_wish(flow::TaskContext& context, const format::Value& asked) {
  NamespaceWish wish;
  wish.name_spaces = TRY(texts_property(context, asked, "namespaces"));
  if (wish.name_spaces.empty()) wish.name_spaces = {std::string(context.name_space())};
  wish.include = TRY(texts_property(context, asked, "include"));
  wish.exclude = TRY(texts_property(context, asked, "exclude"));
  wish.if_exists = TRY(flow::text_property(context, asked, "ifExists"));
  wish.has_folders = TRY(flag_property(context, asked, "folderPerNamespace", false));
  return wish;
}

/// False when a file that is there stays.
base::Result<bool> may_write(
    flow::TaskContext& context, const NamespaceWish& wish, const io::Path& path) {
  std::error_code failed;
  if (!std::filesystem::exists(path, failed)) return true;
  const std::string name = path.filename().string();
  if (wish.if_exists == "FAIL")
    return base::conflict(fmt::format("namespaceFiles: the file {} is there already", name));
  if (wish.if_exists == "WARN") {
    context.log(
        base::LogLevel::warn,
        fmt::format("namespaceFiles: the file {} is there already and stays", name));
  }
  return wish.if_exists != "WARN" && wish.if_exists != "IGNORE";
}

}  // namespace

base::Result<base::Done> Workspace::put_namespace_files(
    flow::TaskContext& context, const format::Value& properties) {
  const format::Value& asked = properties["namespaceFiles"];
  if (!asked.is_object() || !TRY(flag_property(context, asked, "enabled", true)))
    return base::Done{};
  flow::Engine* engine = context.engine();
  if (engine == nullptr) return base::conflict("namespaceFiles: there is no engine here");
  const NamespaceWish wish = TRY(namespace_wish(context, asked));
  for (const std::string& name_space : wish.name_spaces) {
    const auto files = TRY(engine->namespace_files().list(name_space));
    for (const flow::NamespaceFile& file : files) {
      if (file.is_folder || !wish.wants(file.path)) continue;
      const io::Path path = folder_ / (wish.has_folders ? name_space : "") / file.path;
      if (!TRY(may_write(context, wish, path))) continue;
      const std::string content = TRY(engine->namespace_files().read(name_space, file.path));
      TRY(io::make_folders(path.parent_path()));
      TRY(io::write_file(path, content));
    }
  }
  return base::Done{};
}

base::Result<base::Done> Workspace::put_inputs(
    flow::TaskContext& context, const format::Value& properties) {
  for (const auto& [name, content] : TRY(map_property(context, properties, "inputFiles"))) {
    TRY(put(context, name, content.is_null() ? "" : text_of(content)));
  }
  return base::Done{};
}

base::Result<base::Done> Workspace::put(
    flow::TaskContext& context, std::string_view name, const std::string& content) const {
  const io::Path path = folder_ / TRY(inner_path("inputFiles", name));
  TRY(io::make_folders(path.parent_path()));
  // A file of that name may be linked in from an earlier task: the link is replaced, never written
  // through.
  TRY(io::remove_tree(path));
  if (!is_uri(content)) return io::write_file(path, content);
  auto source = context.open_uri(content);
  if (!source) return source.error().within(fmt::format("inputFiles, {}", name));
  std::error_code failed;
  std::filesystem::copy_file(*source, path, failed);
  if (!failed) return base::Done{};
  return base::unavailable(
      fmt::format("inputFiles, {}: cannot copy {}: {}", name, content, failed.message()));
}

base::Result<format::Object> Workspace::take_outputs(
    flow::TaskContext& context, const format::Value& properties) {
  const std::vector<std::string> patterns = TRY(texts_property(context, properties, "outputFiles"));
  const std::vector<std::string> files = TRY(files_below(folder_, false));
  format::Object stored;
  for (const std::string& pattern : patterns) {
    if (pattern.starts_with('/') || pattern.starts_with("./") || pattern.starts_with("..")) {
      return base::invalid_input(fmt::format(
          "outputFiles may not begin with /, ./ or ..; write the path below the working folder, "
          "found \"{}\"",
          pattern));
    }
    bool has_match = false;
    for (const std::string& file : files) {
      if (!matches_glob(pattern, file)) continue;
      has_match = true;
      if (stored.find(file) == nullptr) {
        stored.set(file, TRY(context.store_file(folder_ / file, file)));
      }
    }
    if (!has_match) {
      context.log(
          base::LogLevel::warn, fmt::format("outputFiles: nothing matches \"{}\"", pattern));
    }
  }
  for (const std::string& file : TRY(files_below(output_folder_, true))) {
    stored.set(file, TRY(context.store_file(output_folder_ / file, file)));
  }
  return stored;
}

}  // namespace outlay::tasks
