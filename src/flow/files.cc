// SPDX-License-Identifier: Apache-2.0
#include "flow/files.h"

#include <algorithm>
#include <set>

#include "base/text.h"

namespace outlay::flow {
namespace {

constexpr std::string_view kScheme = "kestra://";

// A run and those around it, itself first.
std::vector<int> line_of(const Execution& execution, int run) {
  std::vector<int> line;
  for (int at = run; at >= 0; at = execution.run(at).parent) line.push_back(at);
  return line;
}

bool depends_on(const Task& dag, int later, int earlier, std::set<int>& seen) {
  for (const int needed : dag.dependencies[static_cast<std::size_t>(later)]) {
    if (needed == earlier) return true;
    if (seen.insert(needed).second && depends_on(dag, needed, earlier, seen)) return true;
  }
  return false;
}

// Two children of one parent: did `a` end before `b` began?
bool is_child_before(const Execution& execution, const TaskRun& a, const TaskRun& b) {
  if (a.phase != b.phase) return a.phase < b.phase;
  if (a.phase != Phase::main || a.parent < 0) return a.position < b.position;
  const Task& parent = execution.task_of(execution.run(a.parent));
  if (parent.kind == TaskKind::dag) {
    std::set<int> seen;
    return depends_on(parent, b.lane, a.lane, seen);
  }
  if (a.lane == b.lane) return a.position < b.position;
  return parent.kind == TaskKind::for_each && parent.concurrency == 1 && a.lane < b.lane;
}

std::string path_text(const Execution& execution, int run) {
  std::string name = execution.task_of(execution.run(run)).id;
  for (const int at : line_of(execution, run))
    if (execution.run(at).iteration >= 0) name += "[" + execution.run(at).value + "]";
  return name;
}

}  // namespace

bool is_before(const Execution& execution, int earlier, int later) {
  const std::vector<int> a = line_of(execution, earlier);
  const std::vector<int> b = line_of(execution, later);
  std::size_t up_a = a.size();
  std::size_t up_b = b.size();
  while (up_a > 0 && up_b > 0 && a[up_a - 1] == b[up_b - 1]) --up_a, --up_b;
  if (up_a == 0 || up_b == 0) return false;  // one stands within the other
  return is_child_before(execution, execution.run(a[up_a - 1]), execution.run(b[up_b - 1]));
}

io::Path FileHouse::execution_folder(const std::string& execution_id) const {
  return work_ / execution_id;
}

io::Path FileHouse::attempt_folder(const Execution& execution, int run, int attempt) const {
  const int parent = execution.run(run).parent;
  if (parent >= 0 && execution.task_of(execution.run(parent)).kind == TaskKind::working_directory)
    return execution_folder(execution.id) / run_id(execution, parent);
  return execution_folder(execution.id) / (run_id(execution, run) + "-" + std::to_string(attempt));
}

io::Path FileHouse::shared_folder(const Execution& execution, int run) const {
  return execution_folder(execution.id) / run_id(execution, run);
}

io::Path FileHouse::cache_folder(const Execution& execution, int run) const {
  const Flow& flow = *execution.flow;
  return storage_ / base::replace_all(flow.name_space, ".", "/") / flow.id / "_cache" /
         execution.task_of(execution.run(run)).id;
}

io::Path FileHouse::stored_folder(
    std::string_view name_space, std::string_view flow_id, std::string_view id) const {
  return storage_ / base::replace_all(std::string(name_space), ".", "/") / flow_id / "executions" /
         id;
}

VisibleFiles FileHouse::visible(const Execution& execution, int run) const {
  VisibleFiles out;
  for (const int left : execution.file_runs) {
    if (left == run || !is_before(execution, left, run)) continue;
    const TaskRun& from = execution.run(left);
    const io::Path folder = attempt_folder(execution, left, static_cast<int>(from.attempts.size()));
    for (const std::string& name : from.files) {
      const LeftFile file{name, left, folder / name};
      const auto [at, is_new] = out.by_name.emplace(name, file);
      if (is_new) continue;
      const int other = at->second.run;
      if (is_before(execution, other, left)) {
        at->second = file;
      } else if (!is_before(execution, left, other)) {
        const bool is_later = execution.run(left).task >= execution.run(other).task;
        if (is_later) at->second = file;
        out.conflicts.push_back(
            "the file " + name + " was left by two branches, " + path_text(execution, other) +
            " and " + path_text(execution, left) + "; the one of " +
            path_text(execution, is_later ? left : other) + " is used");
      }
    }
  }
  return out;
}

std::string FileHouse::uri(const Execution& execution, int run, std::string_view name) const {
  const Flow& flow = *execution.flow;
  return std::string(kScheme) + "/" + base::replace_all(flow.name_space, ".", "/") + "/" + flow.id +
         "/executions/" + execution.id + "/tasks/" + execution.task_of(execution.run(run)).id +
         "/" + run_id(execution, run) + "/" + std::string(name);
}

base::Result<std::string> FileHouse::store_input(
    const Flow& flow, const std::string& execution_id, const GivenFile& file) const {
  const io::Path given = file.name.empty() ? file.path.filename() : io::Path(file.name).filename();
  std::string name = base::replace_all(given.string(), " ", "_");
  if (name.empty()) name = file.input;
  if (io::Path(name).extension().empty()) name += ".upl";
  const std::string uri = std::string(kScheme) + "/" +
                          base::replace_all(flow.name_space, ".", "/") + "/" + flow.id +
                          "/executions/" + execution_id + "/inputs/" + file.input + "/" + name;
  const io::Path to = TRY(path_of(uri));
  TRY(io::make_folders(to.parent_path()));
  if (file.path.empty()) {
    TRY(io::write_file(to, file.bytes));
    return uri;
  }
  std::error_code error;
  std::filesystem::copy_file(
      file.path, to, std::filesystem::copy_options::overwrite_existing, error);
  if (error) {
    return base::not_found(
        "the input \"" + file.input + "\" names the file \"" + file.path.string() +
        "\", which cannot be read: " + error.message());
  }
  return uri;
}

base::Result<io::Path> FileHouse::path_of(std::string_view uri) const {
  if (uri.substr(0, kScheme.size()) != kScheme)
    return base::invalid_input(
        "a kestra:// URI is needed; found " + std::string(uri.substr(0, 80)));
  const io::Path inner = io::Path(uri.substr(kScheme.size())).relative_path().lexically_normal();
  if (inner.empty() || *inner.begin() == "..")
    return base::invalid_input("the URI leads outside the storage: " + std::string(uri));
  return storage_ / inner;
}

}  // namespace outlay::flow
