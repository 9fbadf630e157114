// SPDX-License-Identifier: Apache-2.0
#include "ledger/stage.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "base/text.h"
#include "ledger/cells.h"
#include "ledger/csv_file.h"
#include "ledger/unpack.h"

namespace outlay::ledger {
namespace {

using base::Done;
using base::Result;
using base::sql_name;
using base::sql_text;

/// The number of a staged file, six digits before its ending, is how a row finds its file.
std::string staged_name(int index) { return fmt::format("{:06}.parquet", index); }

class Stager {
 public:
  Stager(store::Duck& duck, const io::Path& folder) : duck_(duck), folder_(folder) {}

  Result<Done> stage(const NumberedFile& file) {
    return file.file.kind == FileKind::parquet ? stage_parquet(file) : stage_csv(file);
  }

  /// Unpacks the file first where it is no plain table.
  Result<Done> stage_any(const NumberedFile& file) {
    const auto stem = fmt::format("{:06}", file.index);
    auto unpacked = TRY(unpack(duck_, folder_, stem, file.file));
    TRY(stage({file.index, file.set, unpacked.file, file.reference}));
    if (!unpacked.broken.empty()) {
      for (auto& record : unpacked.broken) {
        broken_rows_[file.index].push_back(record.row);
        staged_.broken.push_back(
            {file.index, record.row, std::move(record.reason), std::move(record.content)});
      }
      TRY(number_rows(file, (folder_ / staged_name(file.index)).string()));
    }
    const bool is_needed = !unpacked.is_copy || unpacked.file.kind == FileKind::parquet;
    return is_needed ? Done{} : io::remove_tree(unpacked.file.path);
  }

  Result<Staged> finish() {
    for (auto& group : staged_.groups) TRY(make_view(group));
    TRY(make_references());
    return std::move(staged_);
  }

 private:
  Result<io::Path> inflated(const NumberedFile& file) {
    switch (file.file.compression) {
      case Compression::none:
        return file.file.path;
      case Compression::gzip: {
        const io::Path plain = folder_ / fmt::format("{:06}.csv", file.index);
        auto size = io::gunzip_file(file.file.path, plain);
        if (!size) {
          auto error = std::move(size).error();
          error.place.file = file.file.name;
          return error;
        }
        return plain;
      }
      default:
        return base::invalid_input(
            "this packing cannot be read; pack the file with gzip",
            base::Place{file.file.name, 0, 0, 0});
    }
  }

  Result<Done> stage_csv(const NumberedFile& file) {
    const io::Path plain = TRY(inflated(file));
    const auto header = TRY(read_csv_header(plain, file.file.name, file.file.separator));
    staged_.notes.insert(staged_.notes.end(), header.notes.begin(), header.notes.end());
    const std::string staged = (folder_ / staged_name(file.index)).string();
    std::vector<std::string> columns;
    for (const auto& name : header.columns) columns.push_back(sql_text(name) + ": 'VARCHAR'");
    const std::string reader = fmt::format(
        "read_csv({}, auto_detect = false, header = true, delim = {}, quote = '\"', escape = '\"', "
        "columns = {{{}}}, max_line_size = 16000000",
        sql_text(plain.string()),
        sql_text(std::string(1, file.file.separator)),
        base::join(columns, ", "));
    auto done = copy_csv(reader + ")", staged);
    if (!done && done.error().message.find("CSV Error") != std::string::npos) {
      // Keeping the broken rows holds the whole file in memory, so only a file that has some is
      // read that way.
      done = copy_csv(
          fmt::format(
              "{0}, store_rejects = true, rejects_table = 'broken_{1}', "
              "rejects_scan = 'broken_scan_{1}')",
              reader,
              file.index),
          staged);
      if (done && TRY(take_broken(file, plain))) TRY(number_rows(file, staged));
    }
    if (!done) return in_file(std::move(done).error(), file);
    if (plain != file.file.path) TRY(io::remove_tree(plain));
    add_to_group(
        file, {header.columns, std::vector<std::string>(header.columns.size(), "VARCHAR")});
    return Done{};
  }

  Result<Done> copy_csv(const std::string& reader, const std::string& to) {
    return duck_.run(fmt::format(
        "COPY (FROM {}) TO {} (FORMAT parquet, COMPRESSION lz4_raw)", reader, sql_text(to)));
  }

  base::Error in_file(base::Error error, const NumberedFile& file) const {
    error.message = base::replace_all(error.message, folder_.string() + "/", "");
    return error.at(base::Place{file.file.name, 0, 0, 0});
  }

  /// Collects the records the CSV reader refused, one per row.
  Result<bool> take_broken(const NumberedFile& file, const io::Path& plain) {
    const auto table = TRY(duck_.query(fmt::format(
        "SELECT line, any_value(csv_line) AS content, arg_min(error_message, byte_position) AS why "
        "FROM broken_{} GROUP BY line ORDER BY line",
        file.index)));
    if (table.empty()) return false;
    std::vector<long long> lines;
    for (const auto& row : table.rows) lines.push_back(whole(row[0]));
    const auto rows = TRY(rows_of_lines(plain, lines));
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const std::string why = text(table.at(i, "why"));
      if (why.find("Invalid unicode") != std::string::npos) {
        return base::invalid_input(
            "a bill must be UTF-8, but this row is not; the file seems to be Latin-1 or another "
            "8-bit encoding; convert it, for example with \"iconv -f ISO-8859-1 -t UTF-8\"",
            base::Place{file.file.name, 0, 0, rows[i]});
      }
      staged_.broken.push_back(
          {file.index, rows[i], plain_reason(why), text(table.at(i, "content"))});
      broken_rows_[file.index].push_back(rows[i]);
    }
    return true;
  }

  static std::string plain_reason(const std::string& why) {
    const auto has = [&](std::string_view part) { return why.find(part) != std::string::npos; };
    if (has("Expected Number of Columns")) return "the row has not as many fields as the header";
    if (has("unterminated quote") || has("quote")) return "the row has a broken quote";
    if (has("Maximum line size")) return "the row is longer than 16 MB";
    return why.substr(0, why.find('\n'));
  }

  /// Writes the staged file again with the row numbers the gaps ask for.
  Result<Done> number_rows(const NumberedFile& file, const std::string& staged) {
    std::vector<std::string> thresholds;
    const auto& rows = broken_rows_[file.index];
    for (std::size_t i = 0; i < rows.size(); ++i) {
      // Good rows numbered past this one among themselves stand after i + 1 broken ones.
      thresholds.push_back(fmt::format("({}, {})", rows[i] - static_cast<long long>(i), i + 1));
    }
    const std::string numbered = staged + ".numbered";
    auto done = duck_.run(fmt::format(
        "COPY (SELECT r.* EXCLUDE (file_row_number), "
        "r.file_row_number + 1 + coalesce(t.shift, 0) AS x_outlay_row "
        "FROM read_parquet({}, file_row_number = true) r "
        "ASOF LEFT JOIN (VALUES {}) t(first, shift) ON r.file_row_number + 1 >= t.first "
        "ORDER BY r.file_row_number) TO {} (FORMAT parquet, COMPRESSION lz4_raw)",
        sql_text(staged),
        base::join(thresholds, ", "),
        sql_text(numbered)));
    if (!done) return in_file(std::move(done).error(), file);
    return io::move_path(numbered, staged);
  }

  Result<Done> stage_parquet(const NumberedFile& file) {
    const io::Path link = folder_ / staged_name(file.index);
    std::error_code error;
    std::filesystem::create_symlink(std::filesystem::absolute(file.file.path), link, error);
    if (error) return base::internal_error("cannot link " + link.string());
    auto described =
        duck_.query(fmt::format("DESCRIBE FROM read_parquet({})", sql_text(link.string())));
    if (!described) {
      auto failure = in_file(std::move(described).error(), file);
      failure.message = "the Parquet file cannot be read; it may be cut short: fetch it again (" +
                        failure.message + ")";
      return failure;
    }
    RawShape shape;
    for (const auto& row : described->rows) {
      shape.columns.push_back(text(row[0]));
      shape.types.push_back(text(row[1]));
    }
    add_to_group(file, shape);
    return Done{};
  }

  void add_to_group(const NumberedFile& file, const RawShape& shape) {
    if (!file.reference.empty()) reference_hashes_[file.reference].push_back(file.file.sha256);
    for (auto& group : staged_.groups) {
      if (group.set == file.set && group.shape.columns == shape.columns &&
          group.shape.types == shape.types) {
        group.files.push_back(file.index);
        return;
      }
    }
    StagedGroup group;
    group.set = file.set;
    group.reference = file.reference;
    group.files = {file.index};
    group.shape = shape;
    group.raw = fmt::format("raw_{}", staged_.groups.size());
    staged_.groups.push_back(std::move(group));
  }

  Result<Done> make_view(StagedGroup& group) {
    // A Parquet file may hold names that the view needs for itself.
    const auto usable = usable_names(group.shape.columns, "the Parquet files").columns;
    std::vector<std::string> list;
    for (std::size_t i = 0; i < usable.size(); ++i) {
      list.push_back(sql_name(group.shape.columns[i]) + " AS " + sql_name(usable[i]));
    }
    group.shape.columns = usable;
    std::vector<std::string> paths;
    bool has_broken = false;
    for (const int index : group.files) {
      paths.push_back(sql_text((folder_ / staged_name(index)).string()));
      has_broken = has_broken || broken_rows_.count(index) > 0;
    }
    const std::string row = has_broken ? "coalesce(x_outlay_row, file_row_number + 1)"
                                       : std::string("file_row_number + 1");
    return duck_.run(fmt::format(
        "CREATE TEMP VIEW {} AS SELECT {}, "
        "CAST(left(right(x_outlay_file, 14), 6) AS INTEGER) AS x_File, {} AS x_Row "
        "FROM read_parquet([{}], filename = 'x_outlay_file', file_row_number = true, "
        "union_by_name = {})",
        group.raw,
        base::join(list, ", "),
        row,
        base::join(paths, ", "),
        has_broken));
  }

  /// One view per reference table, over all the shapes its files have; every bill is told of them.
  Result<Done> make_references() {
    std::map<std::string, std::string> views;
    for (const auto& group : staged_.groups) {
      if (group.reference.empty()) continue;
      auto& sql = views[group.reference];
      sql += (sql.empty() ? "FROM " : " UNION ALL BY NAME FROM ") + group.raw;
    }
    std::vector<ReferenceShape> shapes;
    for (const auto& [name, sql] : views) {
      const std::string view = sql_name("reference_" + name);
      TRY(duck_.run(fmt::format("CREATE TEMP VIEW {} AS {}", view, sql)));
      auto& hashes = reference_hashes_[name];
      std::sort(hashes.begin(), hashes.end());
      ReferenceShape shape{name, io::sha256_hex(base::join(hashes, "\n")).substr(0, 12), {}, {}};
      for (const auto& row : TRY(duck_.query("DESCRIBE " + view)).rows) {
        shape.columns.push_back(text(row[0]));
        shape.types.push_back(text(row[1]));
      }
      shapes.push_back(std::move(shape));
    }
    for (auto& group : staged_.groups) {
      if (group.reference.empty()) group.shape.references = shapes;
    }
    return Done{};
  }

  store::Duck& duck_;
  const io::Path folder_;
  Staged staged_;
  std::map<std::string, std::vector<std::string>> reference_hashes_;
  std::map<int, std::vector<long long>> broken_rows_;
};

}  // namespace

bool RawShape::has(std::string_view column) const {
  return std::find(columns.begin(), columns.end(), column) != columns.end();
}

Result<Staged> stage_files(
    store::Duck& duck,
    const io::Path& folder,
    const std::vector<NumberedFile>& files,
    const std::function<void(const NumberedFile&)>& on_file) {
  Stager stager(duck, folder);
  for (const auto& file : files) {
    on_file(file);
    TRY(stager.stage_any(file));
  }
  return stager.finish();
}

}  // namespace outlay::ledger
