// SPDX-License-Identifier: Apache-2.0
#include "ledger/unpack.h"

#include <fmt/format.h>

#include "base/text.h"
#include "io/zip.h"
#include "io/zstd.h"
#include "ledger/json_document.h"

namespace outlay::ledger {
namespace {

using base::Done;
using base::Result;
using base::sql_text;

Result<Done> unzip(const BillFile& file, const io::Path& to) {
  for (const auto& member : TRY(io::list_zip(file.path))) {
    if (file.member.empty() || member.name == file.member) {
      TRY(io::unzip_member(file.path, member, to));
      return Done{};
    }
  }
  return base::invalid_input(
      fmt::format("the zip archive holds no file {}; fetch it again", file.member));
}

/// The engine unpacks; every line is one text, whatever it holds, and is written as it was read.
Result<Done> unpack_zstd(store::Duck& duck, const BillFile& file, const io::Path& to) {
  TRY(io::check_zstd(file.path));
  const std::string lines = fmt::format(
      "read_csv({}, columns = {{'line': 'VARCHAR'}}, auto_detect = false, header = false, "
      "delim = '\x1f', quote = '', escape = '', compression = 'zstd', strict_mode = false, "
      "max_line_size = 16000000, buffer_size = 32000000)",
      sql_text(file.path.string()));
  auto done = duck.run(fmt::format(
      "COPY (FROM {}) TO {} (FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER '\x1f')",
      lines,
      sql_text(to.string())));
  if (done || done.error().code == base::Code::exhausted) return done;
  return base::invalid_input(fmt::format(
      "the zstd file is damaged or does not hold UTF-8 text; fetch it again, or ask whoever wrote "
      "it for a whole one (`zstd -t` checks it) ({})",
      done.error().message.substr(0, done.error().message.find('\n'))));
}

/// A table of a DuckDB file becomes a Parquet file, with the types it has.
Result<Done> unpack_duckdb(store::Duck& duck, const BillFile& file, const io::Path& to) {
  const auto dot = file.member.find('.');
  const std::string table = base::sql_name(file.member.substr(0, dot)) + "." +
                            base::sql_name(file.member.substr(dot + 1));
  TRY(duck.run(
      fmt::format("ATTACH {} AS landed (TYPE duckdb, READ_ONLY)", sql_text(file.path.string()))));
  auto done = duck.run(fmt::format(
      "COPY (FROM landed.{}) TO {} (FORMAT parquet, COMPRESSION lz4_raw)",
      table,
      sql_text(to.string())));
  TRY(duck.run("DETACH landed"));
  return done;
}

base::Error in_file(base::Error error, const BillFile& file) {
  error.place.file = file.name;
  return error;
}

}  // namespace

Result<Unpacked> unpack(
    store::Duck& duck, const io::Path& folder, const std::string& stem, const BillFile& file) {
  Unpacked unpacked{file, false, {}};
  if (file.compression == Compression::zip || file.compression == Compression::zstd) {
    const io::Path to = folder / (stem + ".plain");
    auto done =
        file.compression == Compression::zip ? unzip(file, to) : unpack_zstd(duck, file, to);
    if (!done) return in_file(std::move(done).error(), file);
    unpacked.file.path = to;
    unpacked.file.compression = Compression::none;
    unpacked.is_copy = true;
  }
  if (file.kind == FileKind::duckdb) {
    unpacked.file.path = folder / (stem + ".table");
    auto done = unpack_duckdb(duck, file, unpacked.file.path);
    if (!done) return in_file(std::move(done).error(), file);
    unpacked.file.kind = FileKind::parquet;
    unpacked.is_copy = true;
  }
  if (file.kind != FileKind::json_lines) return unpacked;
  if (unpacked.file.compression == Compression::gzip) {
    const io::Path to = folder / (stem + ".plain");
    auto done = io::gunzip_file(file.path, to);
    if (!done) return in_file(std::move(done).error(), file);
    unpacked.file.path = to;
    unpacked.is_copy = true;
  }
  const io::Path table = folder / (stem + ".table");
  if (file.records.empty()) {
    unpacked.broken = TRY(json_to_csv(unpacked.file.path, file.name, table)).broken;
  } else {
    TRY(json_document_to_csv(unpacked.file.path, file.name, file.records, table));
  }
  if (unpacked.is_copy) TRY(io::remove_tree(unpacked.file.path));
  unpacked.file.path = table;
  unpacked.file.kind = FileKind::csv;
  unpacked.file.records.clear();
  unpacked.file.compression = Compression::none;
  unpacked.file.separator = ',';
  unpacked.is_copy = true;
  return unpacked;
}

}  // namespace outlay::ledger
