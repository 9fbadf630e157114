// SPDX-License-Identifier: Apache-2.0
#include "flow/shared_folder.h"

#include <algorithm>

#include "base/text.h"
#include "flow/glob.h"
#include "format/json.h"

namespace outlay::flow {
namespace {

using base::Done;
using base::Result;
using format::Value;

std::vector<std::string> texts(const Value& list) {
  std::vector<std::string> out;
  if (list.is_text()) out.push_back(list.as_text());
  if (list.is_array())
    for (const Value& item : list.as_array()) out.push_back(item.text_or(""));
  return out;
}

bool matches_any(const std::vector<std::string>& patterns, const std::string& name) {
  return std::any_of(patterns.begin(), patterns.end(), [&name](const std::string& pattern) {
    return glob_matches(pattern, name);
  });
}

Result<Done> put_copy(const io::Path& from, const io::Path& to) {
  TRY(io::make_folders(to.parent_path()));
  std::error_code error;
  std::filesystem::copy_file(from, to, std::filesystem::copy_options::overwrite_existing, error);
  if (error)
    return base::unavailable(
        "cannot copy " + from.string() + " to " + to.string() + ": " + error.message());
  return Done{};
}

Result<io::Path> inside(const io::Path& folder, std::string_view name) {
  const io::Path inner = io::Path(name).lexically_normal();
  if (inner.empty() || inner.is_absolute() || *inner.begin() == "..")
    return base::invalid_input(
        "a file name within the folder is needed; found \"" + std::string(name) + "\"");
  return folder / inner;
}

Result<Done> bring_inputs(const SharedFolder& shared, const Value& written) {
  Value files = written;
  if (files.is_text()) files = TRY(format::parse_json(files.as_text()));
  if (!files.is_object()) return Done{};
  for (const auto& [name, content] : files.as_object()) {
    const io::Path to = TRY(inside(shared.path, name));
    const std::string text = content.is_text() ? content.as_text() : format::print_json(content);
    const bool is_uri = text.rfind("kestra://", 0) == 0 || text.rfind("nsfile://", 0) == 0;
    if (is_uri) {
      const io::Path from = TRY(shared.open(text));
      TRY(put_copy(from, to));
      continue;
    }
    TRY(io::make_folders(to.parent_path()));
    TRY(io::write_file(to, text));
  }
  return Done{};
}

Result<Done> bring_namespace(const SharedFolder& shared, const Value& settings) {
  if (!settings.is_object() || !settings["enabled"].bool_or(true)) return Done{};
  std::vector<std::string> spaces = texts(settings["namespaces"]);
  if (spaces.empty()) spaces.push_back(shared.name_space);
  const auto include = texts(settings["include"]);
  const auto exclude = texts(settings["exclude"]);
  const std::string exists = settings["ifExists"].text_or("OVERWRITE");
  for (const std::string& name_space : spaces) {
    const io::Path base_folder =
        settings["folderPerNamespace"].bool_or(false) ? shared.path / name_space : shared.path;
    for (const NamespaceFile& file : TRY(shared.files->list(name_space))) {
      if (file.is_folder || (!include.empty() && !matches_any(include, file.path)) ||
          matches_any(exclude, file.path))
        continue;
      const io::Path to = base_folder / file.path;
      std::error_code error;
      if (std::filesystem::exists(to, error) && exists != "OVERWRITE") {
        if (exists == "FAIL")
          return base::conflict(
              "namespaceFiles: the file " + file.path + " is there already and ifExists is FAIL");
        continue;
      }
      const io::Path from = TRY(shared.files->local_path(name_space, file.path));
      TRY(put_copy(from, to));
    }
  }
  return Done{};
}

// The cache is good until its time to live is over, counted from when it was written.
Result<Done> bring_cache(const SharedFolder& shared, const Value& settings) {
  if (!settings.is_object()) return Done{};
  const auto stamp = io::read_file(shared.cache / "stamp");
  if (!stamp) return Done{};
  if (const std::string ttl = settings["ttl"].text_or(""); !ttl.empty()) {
    const auto written = base::parse_instant(*stamp);
    const base::Duration length = TRY(base::parse_duration(ttl));
    if (!written || *written + length < shared.now) return Done{};
  }
  const io::Path kept = shared.cache / "files";
  for (const std::string& name : TRY(io::list_files(kept)))
    TRY(put_copy(kept / name, shared.path / name));
  return Done{};
}

Result<Done> keep_cache(const SharedFolder& shared, const Value& settings) {
  const auto patterns = texts(settings["patterns"]);
  if (patterns.empty()) return Done{};
  const io::Path kept = shared.cache / "files";
  TRY(io::remove_tree(kept));
  TRY(io::make_folders(kept));
  for (const std::string& name : TRY(io::list_files(shared.path)))
    if (matches_any(patterns, name)) TRY(put_copy(shared.path / name, kept / name));
  return io::write_file(shared.cache / "stamp", base::print_instant(shared.now));
}

}  // namespace

Result<Done> SharedFolder::bring(const Value& settings) const {
  TRY(io::make_folders(path));
  TRY(bring_cache(*this, settings["cache"]));
  TRY(bring_namespace(*this, settings["namespaceFiles"]));
  return bring_inputs(*this, settings["inputFiles"]);
}

Result<Value> SharedFolder::collect(const Value& settings) const {
  TRY(keep_cache(*this, settings["cache"]));
  const auto patterns = texts(settings["outputFiles"]);
  if (patterns.empty()) return Value();
  format::Object uris;
  for (const std::string& name : TRY(io::list_files(path)))
    if (matches_any(patterns, name)) uris.set(name, TRY(store(path / name, name)));
  return Value::object({{"outputFiles", std::move(uris)}});
}

}  // namespace outlay::flow
