// SPDX-License-Identifier: Apache-2.0
#include "tasks/fs/local.h"

#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "base/text.h"
#include "io/file.h"
#include "tasks/items.h"
#include "tasks/properties.h"
#include "tasks/spec.h"

namespace outlay::tasks {
namespace {

using flow::TaskContext;
using flow::TaskEnd;
using format::Value;
using Work = base::Result<TaskEnd> (*)(TaskContext&, const Value&);

class LocalTask final : public SpecTask {
 public:
  LocalTask(std::string_view spec, Work work) : SpecTask(spec), work_(work) {}

  base::Result<TaskEnd> run(TaskContext& context, const Value& properties) const override {
    return work_(context, properties);
  }

 private:
  Work work_;
};

/// A path of this machine, "/data/x" or "file:///data/x".
base::Result<io::Path> path_property(
    TaskContext& context, const Value& properties, std::string_view name) {
  std::string text = TRY(needed_property(context, properties, name));
  if (text.starts_with("file://")) text = text.substr(7);
  const io::Path path(text);
  if (path.is_absolute()) return path.lexically_normal();
  return base::invalid_input(
      fmt::format("property {} must be a whole path that begins with /, found \"{}\"", name, text));
}

base::Error failed_to(std::string_view what, const io::Path& path, const std::error_code& why) {
  const std::string text = fmt::format("cannot {} {}: {}", what, path.string(), why.message());
  return why == std::errc::no_such_file_or_directory ? base::not_found(text)
                                                     : base::unavailable(text);
}

Value entry_value(const std::filesystem::directory_entry& entry) {
  std::error_code failed;
  const bool is_folder = entry.is_directory(failed);
  return Value::object(
      {{"uri", "file://" + entry.path().string()},
       {"localPath", entry.path().string()},
       {"name", entry.path().filename().string()},
       {"parent", entry.path().parent_path().string()},
       {"size", is_folder ? std::int64_t{0} : static_cast<std::int64_t>(entry.file_size(failed))},
       {"isDirectory", is_folder}});
}

base::Result<TaskEnd> list(TaskContext& context, const Value& properties) {
  const io::Path folder = TRY(path_property(context, properties, "from"));
  const std::string regexp = TRY(flow::text_property(context, properties, "regExp"));
  const bool is_deep = TRY(flag_property(context, properties, "recursive", false));
  const auto most = TRY(integer_property(context, properties, "maxFiles"));
  const auto pattern = TRY(expr::Template::parse("{{ path | regexMatch(regexp) }}"));
  std::error_code failed;
  format::Array files;
  std::filesystem::recursive_directory_iterator at(folder, failed);
  if (failed) return failed_to("list", folder, failed);
  for (; at != std::filesystem::recursive_directory_iterator(); at.increment(failed)) {
    if (failed) return failed_to("list", folder, failed);
    if (!is_deep && at->is_directory(failed)) at.disable_recursion_pending();
    if (!regexp.empty()) {
      const expr::Scope scope(Value::object({{"path", at->path().string()}, {"regexp", regexp}}));
      if (TRY(pattern.render(scope, context.environment())) != "true") continue;
    }
    files.push_back(entry_value(*at));
    if (static_cast<std::int64_t>(files.size()) >= most.value_or(25'000)) break;
  }
  TaskEnd end;
  end.outputs.set("count", static_cast<std::int64_t>(files.size()));
  end.outputs.set("files", std::move(files));
  return end;
}

/// Where a file goes: into a folder under its own name, or to the name given.
io::Path target_of(const io::Path& from, const io::Path& to) {
  std::error_code failed;
  const bool is_folder = to.filename().empty() || std::filesystem::is_directory(to, failed);
  return is_folder ? to / from.filename() : to;
}

base::Result<io::Path> free_target(
    TaskContext& context, const Value& properties, const io::Path& from) {
  const io::Path target = target_of(from, TRY(path_property(context, properties, "to")));
  std::error_code failed;
  const bool overwrites = TRY(flag_property(context, properties, "overwrite", false));
  if (!overwrites && std::filesystem::exists(target, failed)) {
    return base::conflict(
        fmt::format("{} is there already; overwrite: true would replace it", target.string()));
  }
  TRY(io::make_folders(target.parent_path()));
  return target;
}

TaskEnd end_with(const io::Path& path) {
  TaskEnd end;
  end.outputs.set("uri", "file://" + path.string());
  return end;
}

base::Result<TaskEnd> copy(TaskContext& context, const Value& properties) {
  const io::Path from = TRY(path_property(context, properties, "from"));
  const io::Path target = TRY(free_target(context, properties, from));
  std::error_code failed;
  using Options = std::filesystem::copy_options;
  std::filesystem::copy(from, target, Options::recursive | Options::overwrite_existing, failed);
  if (failed) return failed_to("copy", from, failed);
  return end_with(target);
}

base::Result<TaskEnd> move(TaskContext& context, const Value& properties) {
  const io::Path from = TRY(path_property(context, properties, "from"));
  const io::Path target = TRY(free_target(context, properties, from));
  std::error_code failed;
  std::filesystem::rename(from, target, failed);
  if (failed == std::errc::cross_device_link) {
    failed.clear();
    std::filesystem::copy(from, target, std::filesystem::copy_options::recursive, failed);
    if (!failed) TRY(io::remove_tree(from));
  }
  if (failed) return failed_to("move", from, failed);
  return end_with(target);
}

base::Result<TaskEnd> remove(TaskContext& context, const Value& properties) {
  const io::Path from = TRY(path_property(context, properties, "from"));
  const bool is_needed = TRY(flag_property(context, properties, "errorOnMissing", true));
  const bool is_deep = TRY(flag_property(context, properties, "recursive", true));
  std::error_code failed;
  const bool is_there = std::filesystem::exists(from, failed);
  if (!is_there && is_needed) return base::not_found(fmt::format("{} is not there", from.string()));
  if (is_there && !is_deep && std::filesystem::is_directory(from, failed) &&
      !std::filesystem::is_empty(from, failed)) {
    return base::conflict(
        fmt::format("{} is a folder with files; recursive: true would remove them", from.string()));
  }
  if (is_there) TRY(io::remove_tree(from));
  TaskEnd end = end_with(from);
  end.outputs.set("deleted", is_there);
  return end;
}

base::Result<TaskEnd> upload(TaskContext& context, const Value& properties) {
  const std::string from = TRY(needed_property(context, properties, "from"));
  const io::Path source = TRY(context.open_uri(from));
  const io::Path target = TRY(free_target(context, properties, io::Path(name_in(from))));
  std::error_code failed;
  std::filesystem::copy_file(
      source, target, std::filesystem::copy_options::overwrite_existing, failed);
  if (failed) return failed_to("write", target, failed);
  return end_with(target);
}

base::Result<TaskEnd> download(TaskContext& context, const Value& properties) {
  const io::Path from = TRY(path_property(context, properties, "from"));
  std::error_code failed;
  const std::uintmax_t size = std::filesystem::file_size(from, failed);
  if (failed) return failed_to("read", from, failed);
  TaskEnd end;
  end.outputs.set("uri", TRY(context.store_file(from, from.filename().string())));
  end.outputs.set("size", static_cast<std::int64_t>(size));
  return end;
}

}  // namespace

std::vector<std::unique_ptr<flow::TaskType>> make_local_file_tasks() {
  const std::pair<std::string_view, Work> kinds[] = {
      {"fs/list.yaml", list},
      {"fs/copy.yaml", copy},
      {"fs/move.yaml", move},
      {"fs/delete.yaml", remove},
      {"fs/upload.yaml", upload},
      {"fs/download.yaml", download}};
  std::vector<std::unique_ptr<flow::TaskType>> out;
  for (const auto& [spec, work] : kinds) out.push_back(std::make_unique<LocalTask>(spec, work));
  return out;
}

}  // namespace outlay::tasks
