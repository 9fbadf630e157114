// SPDX-License-Identifier: Apache-2.0
#include "flow/namespace_files.h"

#include "base/text.h"

namespace outlay::flow {
namespace {

using base::Done;
using base::Result;

constexpr std::string_view kColumns = "namespace, path, version, size, is_folder, created";

constexpr std::string_view kIsNewest =
    "deleted = 0 AND version = (SELECT max(version) FROM flow_files AS n "
    "WHERE n.namespace = f.namespace AND n.path = f.path) ";

NamespaceFile file_of(const std::vector<store::Cell>& row) {
  NamespaceFile file;
  file.name_space = row[0].value_or("");
  file.path = row[1].value_or("");
  file.version = std::stoll(row[2].value_or("1"));
  file.size = std::stoll(row[3].value_or("0"));
  file.is_folder = row[4].value_or("0") == "1";
  file.updated = row[5].value_or("");
  return file;
}

Result<std::string> inner(std::string_view path) {
  const io::Path normal = io::Path(path).relative_path().lexically_normal();
  std::string text = normal.generic_string();
  while (!text.empty() && text.back() == '/') text.pop_back();
  if (text.empty() || text == "." || *normal.begin() == "..")
    return base::invalid_input(
        "a path within the namespace is needed, such as scripts/main.py; found \"" +
        std::string(path) + "\"");
  return text;
}

}  // namespace

io::Path NamespaceFiles::path_of(const NamespaceFile& file) const {
  return storage_ / base::replace_all(file.name_space, ".", "/") / "_files" /
         (file.path + ".v" + std::to_string(file.version));
}

Result<NamespaceFile> NamespaceFiles::add(NamespaceFile file, std::string_view content) {
  file.path = TRY(inner(file.path));
  file.size = static_cast<long long>(content.size());
  file.updated = base::print_instant(clock_.now());
  const auto written = state_.write([&](store::Transaction& transaction) -> Result<Done> {
    const auto last = TRY(transaction.query(
        "SELECT coalesce(max(version), 0) FROM flow_files WHERE namespace = ? AND path = ?",
        {file.name_space, file.path}));
    file.version = std::stoll(last.rows[0][0].value_or("0")) + 1;
    if (!file.is_folder) {
      TRY(io::make_folders(path_of(file).parent_path()));
      TRY(io::write_file(path_of(file), content));
    }
    TRY(transaction.run(
        "INSERT INTO flow_files (namespace, path, version, size, is_folder, created) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        {file.name_space,
         file.path,
         std::int64_t{file.version},
         std::int64_t{file.size},
         std::int64_t{file.is_folder ? 1 : 0},
         file.updated}));
    return Done{};
  });
  if (!written) return written.error();
  return file;
}

Result<NamespaceFile> NamespaceFiles::put(
    std::string_view name_space, std::string_view path, std::string_view content) {
  NamespaceFile file;
  file.name_space = name_space;
  file.path = path;
  return add(std::move(file), content);
}

Result<NamespaceFile> NamespaceFiles::make_folder(
    std::string_view name_space, std::string_view path) {
  if (auto known = get(name_space, path); known && known->is_folder) return known;
  NamespaceFile file;
  file.name_space = name_space;
  file.path = path;
  file.is_folder = true;
  return add(std::move(file), "");
}

Result<NamespaceFile> NamespaceFiles::get(
    std::string_view name_space, std::string_view path, std::optional<long long> version) {
  const std::string name = TRY(inner(path));
  std::string sql = "SELECT " + std::string(kColumns) + " FROM flow_files AS f WHERE ";
  sql += version ? std::string("version = ? ") : std::string(kIsNewest);
  sql += "AND namespace = ? AND path = ?";
  store::Params params;
  if (version) params.emplace_back(std::int64_t{*version});
  params.emplace_back(std::string(name_space));
  params.emplace_back(name);
  const auto rows = TRY(state_.read(sql, params));
  if (!rows.rows.empty()) return file_of(rows.rows[0]);
  return base::not_found(
      "no file " + name + " in the namespace " + std::string(name_space) + "; upload it first");
}

Result<io::Path> NamespaceFiles::local_path(
    std::string_view name_space, std::string_view path, std::optional<long long> version) {
  const NamespaceFile file = TRY(get(name_space, path, version));
  if (file.is_folder) return base::invalid_input("a file is needed; " + file.path + " is a folder");
  return path_of(file);
}

Result<std::string> NamespaceFiles::read(
    std::string_view name_space, std::string_view path, std::optional<long long> version) {
  return io::read_file(TRY(local_path(name_space, path, version)));
}

Result<std::vector<NamespaceFile>> NamespaceFiles::list(
    std::string_view name_space, std::string_view folder) {
  std::string prefix;
  if (!folder.empty() && folder != "/") prefix = TRY(inner(folder));
  const auto rows = TRY(state_.read(
      "SELECT " + std::string(kColumns) + " FROM flow_files AS f WHERE " + std::string(kIsNewest) +
          "AND namespace = ? ORDER BY path",
      {std::string(name_space)}));
  std::vector<NamespaceFile> out;
  for (const auto& row : rows.rows) {
    NamespaceFile file = file_of(row);
    if (prefix.empty() || file.path == prefix || file.path.rfind(prefix + "/", 0) == 0)
      out.push_back(std::move(file));
  }
  return out;
}

Result<std::vector<NamespaceFile>> NamespaceFiles::versions(
    std::string_view name_space, std::string_view path) {
  const std::string name = TRY(inner(path));
  const auto rows = TRY(state_.read(
      "SELECT " + std::string(kColumns) +
          " FROM flow_files AS f WHERE namespace = ? AND path = ? ORDER BY version",
      {std::string(name_space), name}));
  std::vector<NamespaceFile> out;
  for (const auto& row : rows.rows) out.push_back(file_of(row));
  return out;
}

Result<std::vector<std::string>> NamespaceFiles::remove(
    std::string_view name_space, std::string_view path) {
  std::vector<std::string> removed;
  for (const NamespaceFile& file : TRY(list(name_space, path))) removed.push_back(file.path);
  const auto written = state_.write([&](store::Transaction& transaction) -> Result<Done> {
    for (const std::string& name : removed)
      TRY(transaction.run(
          "UPDATE flow_files SET deleted = 1 WHERE namespace = ? AND path = ?",
          {std::string(name_space), name}));
    return Done{};
  });
  if (!written) return written.error();
  return removed;
}

Result<Done> NamespaceFiles::move(
    std::string_view name_space, std::string_view from, std::string_view to) {
  const std::string source = TRY(inner(from));
  const std::string target = TRY(inner(to));
  const auto files = TRY(list(name_space, source));
  if (files.empty()) return get(name_space, source).error();
  for (const NamespaceFile& file : files) {
    const std::string name = target + file.path.substr(source.size());
    if (file.is_folder) {
      TRY(make_folder(name_space, name));
      continue;
    }
    const std::string content = TRY(io::read_file(path_of(file)));
    TRY(put(name_space, name, content));
  }
  TRY(remove(name_space, source));
  return Done{};
}

Result<long long> NamespaceFiles::purge_versions(std::string_view name_space, int kept) {
  const auto rows = TRY(state_.read(
      "SELECT " + std::string(kColumns) +
          " FROM flow_files AS f WHERE (? = '' OR namespace = ?) AND (deleted = 1 OR version <= "
          "(SELECT max(version) FROM flow_files AS n WHERE n.namespace = f.namespace "
          "AND n.path = f.path) - ?)",
      {std::string(name_space), std::string(name_space), std::int64_t{kept}}));
  for (const auto& row : rows.rows) {
    const NamespaceFile file = file_of(row);
    const auto written = state_.write([&](store::Transaction& transaction) -> Result<Done> {
      TRY(transaction.run(
          "DELETE FROM flow_files WHERE namespace = ? AND path = ? AND version = ?",
          {file.name_space, file.path, std::int64_t{file.version}}));
      return Done{};
    });
    if (!written) return written.error();
    if (!file.is_folder) TRY(io::remove_tree(path_of(file)));
  }
  return static_cast<long long>(rows.rows.size());
}

}  // namespace outlay::flow
