// SPDX-License-Identifier: Apache-2.0
#include "connectors/look.h"

#include <algorithm>
#include <fstream>

#include <fmt/format.h>

#include "base/text.h"
#include "format/csv.h"
#include "io/zip.h"
#include "ledger/json_document.h"
#include "ledger/json_records.h"

namespace outlay::connectors {
namespace {

using ledger::Compression;
using ledger::FileKind;

// Headers of AWS reports with many tags reach tens of kilobytes.
constexpr std::size_t kStart = 1U << 20U;

base::Result<std::string> first_bytes(const io::Path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    return base::not_found(fmt::format("cannot open the file {}; may it be read?", path.string()));
  }
  std::string bytes(kStart, '\0');
  in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(in.gcount()));
  return bytes;
}

std::string last_bytes(const io::Path& path, std::size_t count) {
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  const auto size = static_cast<std::size_t>(std::max<std::streamoff>(in.tellg(), 0));
  const std::size_t length = std::min(count, size);
  std::string bytes(length, '\0');
  in.seekg(static_cast<std::streamoff>(size - length));
  in.read(bytes.data(), static_cast<std::streamsize>(length));
  return bytes;
}

// The mark that parts the header into most fields, quotes respected.
char separator_of(std::string_view line) {
  char best = ',';
  std::ptrdiff_t most = 0;
  for (const char mark : {',', ';', '\t', '|'}) {
    std::ptrdiff_t count = 0;
    bool is_quoted = false;
    for (const char c : line) {
      is_quoted = is_quoted != (c == '"');
      count += c == mark && !is_quoted ? 1 : 0;
    }
    if (count > most) {
      most = count;
      best = mark;
    }
  }
  return best;
}

std::string_view without_mark(std::string_view text) {
  return text.starts_with("\xEF\xBB\xBF") ? text.substr(3) : text;
}

void read_header_line(Look& look, std::string_view line) {
  line = without_mark(line);
  if (line.ends_with('\r')) {
    line.remove_suffix(1);
  }
  if (base::trim(line).empty()) {
    look.trouble = "the file is empty, without even a header line";
    return;
  }
  if (!base::is_utf8(line)) {
    look.trouble = "the header is not UTF-8; save the file as UTF-8";
    look.is_damaged = line.find(',') != std::string_view::npos;
    return;
  }
  look.file.separator = separator_of(line);
  const auto rows = format::parse_csv(line, look.file.separator, look.file.name);
  if (!rows || rows->empty()) {
    look.trouble = "the first line is no header of a table";
    return;
  }
  look.header = rows->front();
}

// The columns are the names of all objects that the start holds whole.
void read_json_keys(Look& look, std::string_view start) {
  look.file.kind = FileKind::json_lines;
  look.header = ledger::json_names(start);
  if (look.header.empty()) look.trouble = "a JSON document, no table of charges";
}

}  // namespace

base::Result<store::Duck*> Looker::duck() {
  if (!duck_) {
    database_ = TRY(store::DuckDatabase::open({.threads = 1, .memory_bytes = 256'000'000}));
    duck_ = std::make_unique<store::Duck>(TRY(database_->connect()));
  }
  return duck_.get();
}

base::Result<base::Done> Looker::look_at_text(Look& look, const std::string& start) {
  if (start.starts_with("\xFF\xFE") || start.starts_with("\xFE\xFF")) {
    look.trouble = "the file is UTF-16; save it as UTF-8";
    look.is_damaged = true;
    return base::Done{};
  }
  if (start.find('\0') != std::string::npos) {
    look.trouble = "binary data of no known format";
    return base::Done{};
  }
  const std::string_view line = std::string_view(start).substr(0, start.find('\n'));
  const auto first = base::trim(without_mark(line));
  if (first.starts_with('{') || first.starts_with('[')) {
    look.paths = ledger::json_paths(start);
    read_json_keys(look, start);
  } else {
    read_header_line(look, line);
  }
  return base::Done{};
}

// The engine unpacks; every line is one text, whatever it holds.
base::Result<base::Done> Looker::look_at_packed(Look& look, std::string_view packing) {
  look.file.compression = packing == "gzip" ? Compression::gzip : Compression::zstd;
  store::Duck* engine = TRY(duck());
  const auto lines = engine->query(fmt::format(
      "SELECT line FROM read_csv({}, columns = {{'line': 'VARCHAR'}}, auto_detect = false, header "
      "= false, delim = '\x1f', quote = '', escape = '', compression = {}, strict_mode = false, "
      "max_line_size = 8000000, buffer_size = 16000000) LIMIT 100",
      base::sql_text(look.file.path.string()),
      base::sql_text(packing)));
  if (!lines) {
    look.trouble =
        fmt::format("the {} file is damaged or does not hold UTF-8 text; fetch it again", packing);
    look.is_damaged = true;
    return base::Done{};
  }
  std::string start;
  for (const auto& line : lines->rows) start += line[0].value_or("") + "\n";
  return look_at_text(look, start);
}

base::Result<std::vector<Look>> Looker::look_into_zip(const Look& archive) {
  std::vector<Look> looks;
  const auto fail = [&](std::string trouble) {
    Look look = archive;
    look.trouble = std::move(trouble);
    look.is_damaged = true;
    return std::vector<Look>{std::move(look)};
  };
  const auto members = io::list_zip(archive.file.path);
  if (!members) return fail(members.error().message);
  for (const auto& member : *members) {
    const auto slash = member.name.rfind('/');
    const bool is_hidden = member.name[slash == std::string::npos ? 0 : slash + 1] == '.';
    if (is_hidden || member.name.starts_with("__MACOSX/") || member.bytes == 0) continue;
    const auto start = io::zip_member_start(archive.file.path, member, kStart);
    if (!start) return fail(start.error().message);
    Look look = archive;
    look.file.member = member.name;
    if (members->size() > 1) look.file.name += "/" + member.name;
    if (start->starts_with("PAR1")) {
      look.trouble = "a Parquet file inside a zip archive; unpack the archive";
      look.is_damaged = true;
    } else {
      TRY(look_at_text(look, *start));
    }
    looks.push_back(std::move(look));
  }
  if (looks.empty()) return fail("the zip archive holds no files");
  return looks;
}

base::Result<base::Done> Looker::look_at_parquet(Look& look) {
  look.file.kind = FileKind::parquet;
  if (last_bytes(look.file.path, 4) != "PAR1") {
    look.trouble = "the Parquet file is cut short: its end is missing; fetch it again";
    look.is_damaged = true;
    return base::Done{};
  }
  store::Duck* engine = TRY(duck());
  const auto columns = engine->query(fmt::format(
      "DESCRIBE SELECT * FROM read_parquet({})", base::sql_text(look.file.path.string())));
  if (!columns) {
    look.trouble = "the Parquet file cannot be read: " + columns.error().message;
    look.is_damaged = true;
    return base::Done{};
  }
  for (const auto& row : columns->rows) {
    look.header.push_back(row[0].value_or(""));
  }
  return base::Done{};
}

// The tables of a database that some other program wrote; views are left to it.
base::Result<std::vector<Look>> Looker::look_into_duckdb(const Look& database) {
  store::Duck* engine = TRY(duck());
  const auto fail = [&](const std::string& why) {
    Look look = database;
    look.trouble =
        "the DuckDB file cannot be read; close the program that writes it, or copy it (" +
        why.substr(0, why.find('\n')) + ")";
    look.is_damaged = true;
    return std::vector<Look>{std::move(look)};
  };
  const auto attached = engine->run(fmt::format(
      "ATTACH {} AS landed (TYPE duckdb, READ_ONLY)", base::sql_text(database.file.path.string())));
  if (!attached) return fail(attached.error().message);
  const auto columns = engine->query(
      "SELECT schema_name || '.' || table_name, column_name FROM duckdb_columns() "
      "JOIN duckdb_tables() USING (database_name, schema_name, table_name) "
      "WHERE database_name = 'landed' ORDER BY schema_name, table_name, column_index");
  TRY(engine->run("DETACH landed"));
  if (!columns) return fail(columns.error().message);
  std::vector<Look> looks;
  for (const auto& row : columns->rows) {
    const std::string table = row[0].value_or("");
    if (looks.empty() || looks.back().file.member != table) {
      looks.push_back(database);
      looks.back().file.kind = FileKind::duckdb;
      looks.back().file.member = table;
      looks.back().file.name += "/" + table;
    }
    looks.back().header.push_back(row[1].value_or(""));
  }
  if (looks.empty()) return fail("it holds no tables");
  return looks;
}

base::Result<std::vector<Look>> Looker::look(const io::Path& path, const std::string& name) {
  Look look;
  look.file.path = path;
  look.file.name = name;
  const base::Result<std::string> read = first_bytes(path);
  if (!read) return read.error();
  const std::string& start = *read;
  if (start.empty()) {
    look.trouble = "the file is empty";
  } else if (start.starts_with("\x1F\x8B")) {
    TRY(look_at_packed(look, "gzip"));
  } else if (start.starts_with("PAR1")) {
    TRY(look_at_parquet(look));
  } else if (start.starts_with("PK\x03\x04")) {
    look.file.compression = Compression::zip;
    return look_into_zip(look);
  } else if (start.size() > 12 && std::string_view(start).substr(8, 4) == "DUCK") {
    return look_into_duckdb(look);
  } else if (start.starts_with("\x28\xB5\x2F\xFD")) {
    TRY(look_at_packed(look, "zstd"));
  } else {
    TRY(look_at_text(look, start));
  }
  return std::vector<Look>{std::move(look)};
}

}  // namespace outlay::connectors
