// SPDX-License-Identifier: Apache-2.0
#include "flow/attempt.h"

#include "base/text.h"
#include "flow/outside_functions.h"
#include "flow/scope.h"

namespace outlay::flow {
namespace {

using base::Done;
using base::Result;

// Above this a file is linked, not copied: the next task then shares its bytes.
constexpr std::uintmax_t kCopyMax = 64U << 20U;

}  // namespace

std::string_view level_name(base::LogLevel level) {
  switch (level) {
    case base::LogLevel::trace:
      return "TRACE";
    case base::LogLevel::debug:
      return "DEBUG";
    case base::LogLevel::info:
      return "INFO";
    case base::LogLevel::warn:
      return "WARN";
    default:
      return "ERROR";
  }
}

namespace {

constexpr std::string_view kNamespaceFile = "nsfile://";

Result<format::Value> kv_value_of(
    Engine& engine,
    std::string_view own,
    std::string_view key,
    std::string_view name_space,
    bool is_error) {
  // Only a lookup without a namespace climbs to the namespaces above.
  auto entry = name_space.empty() ? engine.kv().find(own, key) : engine.kv().get(name_space, key);
  if (entry) return entry->value;
  if (!is_error && entry.error().code == base::Code::not_found) return format::Value();
  return entry.error();
}

}  // namespace

Result<std::string> read_namespace_file(
    Engine& engine, std::string_view name_space, std::string_view uri) {
  if (uri.substr(0, kNamespaceFile.size()) != kNamespaceFile)
    return engine.namespace_files().read(name_space, uri);
  const std::string_view rest = uri.substr(kNamespaceFile.size());
  const std::size_t slash = rest.find('/');
  const std::string_view named = rest.substr(0, slash);
  return engine.namespace_files().read(
      named.empty() ? name_space : named,
      slash == std::string_view::npos ? "" : rest.substr(slash));
}

expr::Environment plain_environment(
    const base::Clock& clock, io::Secrets& secrets, Engine& engine, std::string name_space) {
  expr::Environment environment;
  environment.clock = &clock;
  environment.secret = [&secrets, own = name_space](std::string_view key, std::string_view name) {
    return secrets.get(name.empty() ? std::string_view(own) : name, key);
  };
  environment.kv = [&engine, own = name_space](
                       std::string_view key, std::string_view name, bool is_error) {
    return kv_value_of(engine, own, key, name, is_error);
  };
  environment.read = [&engine, own = std::move(name_space)](std::string_view uri) {
    if (uri.find("://") != std::string_view::npos &&
        uri.substr(0, kNamespaceFile.size()) != kNamespaceFile)
      return engine.read_uri(uri);
    return read_namespace_file(engine, own, uri);
  };
  return environment;
}

RunningAttempt::RunningAttempt(
    const AttemptHouse& house, WorkItem item, std::shared_ptr<AttemptControl> control)
    : house_(house), item_(std::move(item)), control_(std::move(control)) {
  Live& live = *item_.live;
  const base::Lock lock(live.mutex);
  const Execution& execution = live.execution;
  task_ = &execution.task_of(execution.run(item_.run));
  execution_id_ = execution.id;
  task_run_id_ = run_id(execution, item_.run);
  outer_ = expr::Scope(execution_variables(execution, house_.key), house_.globals);
  scope_ = expr::Scope(run_variables(execution, item_.run, task_->mentions), &outer_);
  environment_ =
      plain_environment(*house_.clock, *house_.secrets, *house_.engine, live.flow->name_space);
  environment_.read = [this](std::string_view name) { return read(name); };
  environment_.other = [this](std::string_view function, const format::Array& arguments) {
    const OutsideWorld world{
        house_.engine, std::string(name_space()), execution_id_, environment_.read};
    return outside_function(world, function, arguments);
  };
}

const VisibleFiles& RunningAttempt::visible() {
  if (!visible_) {
    const base::Lock lock(item_.live->mutex);
    visible_ = house_.files->visible(item_.live->execution, item_.run);
  }
  return *visible_;
}

Result<std::string> RunningAttempt::read(std::string_view name) {
  if (name.substr(0, kNamespaceFile.size()) == kNamespaceFile)
    return read_namespace_file(*house_.engine, name_space(), name);
  if (name.find("://") != std::string_view::npos) return io::read_file(TRY(open_uri(name)));
  if (folder_) {
    const io::Path own = *folder_ / name;
    std::error_code error;
    if (std::filesystem::is_regular_file(own, error)) return io::read_file(own);
  }
  const VisibleFiles& files = visible();
  const auto found = files.by_name.find(std::string(name));
  if (found != files.by_name.end()) return io::read_file(found->second.path);
  if (auto shared = house_.engine->namespace_files().read(name_space(), name); shared)
    return shared;
  std::vector<std::string> names;
  for (const auto& [known, file] : files.by_name) names.push_back(known);
  return base::not_found(
      "read() needs a storage URI or the name of a file that an earlier task left; found \"" +
      std::string(name) + "\"." +
      (names.empty() ? " No earlier task left a file." : base::did_you_mean(name, names)));
}

Result<io::Path> RunningAttempt::working_folder() {
  if (folder_) return *folder_;
  io::Path folder;
  {
    const base::Lock lock(item_.live->mutex);
    folder = house_.files->attempt_folder(item_.live->execution, item_.run, item_.attempt);
  }
  // What an attempt left that died halfway is no input of this one.
  const bool is_shared =
      task_->parent >= 0 && item_.live->flow->tasks[static_cast<std::size_t>(task_->parent)].kind ==
                                TaskKind::working_directory;
  if (!is_shared) TRY(io::remove_tree(folder));
  TRY(io::make_folders(folder));
  folder_ = folder;
  TRY(bring_files());
  return folder;
}

Result<Done> RunningAttempt::bring_files() {
  const VisibleFiles& files = visible();
  for (const std::string& conflict : files.conflicts) log(base::LogLevel::warn, conflict);
  for (const auto& [name, file] : files.by_name) {
    const io::Path to = *folder_ / name;
    std::error_code error;
    if (std::filesystem::exists(to, error)) continue;
    std::filesystem::create_directories(to.parent_path(), error);
    const std::uintmax_t size = std::filesystem::file_size(file.path, error);
    if (error) continue;  // it was removed since
    if (size > kCopyMax) {
      std::filesystem::create_hard_link(file.path, to, error);
      if (!error) continue;
      error.clear();
    }
    std::filesystem::copy_file(file.path, to, error);
    if (error)
      return base::unavailable(
          "cannot bring the file " + name + " into " + folder_->string() + ": " + error.message());
  }
  for (const std::string& name : TRY(io::list_files(*folder_))) {
    std::error_code error;
    const io::Path path = *folder_ / name;
    brought_[name] = {
        std::filesystem::file_size(path, error), std::filesystem::last_write_time(path, error)};
  }
  return Done{};
}

std::vector<std::string> RunningAttempt::left_files() const {
  std::vector<std::string> left;
  if (!folder_) return left;
  auto names = io::list_files(*folder_);
  if (!names) return left;
  for (std::string& name : *names) {
    std::error_code error;
    const io::Path path = *folder_ / name;
    const Stamp stamp{
        std::filesystem::file_size(path, error), std::filesystem::last_write_time(path, error)};
    const auto before = brought_.find(name);
    if (before == brought_.end() || !(before->second == stamp)) left.push_back(std::move(name));
  }
  return left;
}

Result<std::string> RunningAttempt::store_file(const io::Path& file, std::string_view name) {
  std::string uri;
  {
    const base::Lock lock(item_.live->mutex);
    uri = house_.files->uri(item_.live->execution, item_.run, name);
  }
  const io::Path to = TRY(house_.files->path_of(uri));
  TRY(io::make_folders(to.parent_path()));
  std::error_code error;
  std::filesystem::copy_file(file, to, std::filesystem::copy_options::overwrite_existing, error);
  if (error)
    return base::unavailable(
        "cannot store " + file.string() + " in the execution's storage: " + error.message());
  return uri;
}

Result<io::Path> RunningAttempt::open_uri(std::string_view uri) {
  constexpr std::string_view kFile = "file://";
  if (uri.substr(0, kFile.size()) == kFile)
    return base::invalid_input(
        "file:// URIs may not be read by flows; pass the file as an input of type FILE: " +
        std::string(uri));
  if (uri.substr(0, kNamespaceFile.size()) == kNamespaceFile) {
    const std::string_view rest = uri.substr(kNamespaceFile.size());
    const std::size_t slash = rest.find('/');
    const std::string_view named = rest.substr(0, slash);
    return house_.engine->namespace_files().local_path(
        named.empty() ? name_space() : named,
        slash == std::string_view::npos ? "" : rest.substr(slash));
  }
  return house_.files->path_of(uri);
}

void RunningAttempt::log(base::LogLevel level, std::string_view message) {
  if (level >= task_->log_level) house_.log(line(level, message));
}

LogLine RunningAttempt::line(base::LogLevel level, std::string_view message) const {
  LogLine line;
  line.execution_id = execution_id_;
  line.task_id = task_->id;
  line.task_run_id = task_run_id_;
  line.attempt = item_.attempt;
  line.level = level_name(level);
  line.message = message;
  return line;
}

void RunningAttempt::metric(Metric metric) {
  if (house_.metric) house_.metric(*this, metric);
}

}  // namespace outlay::flow
