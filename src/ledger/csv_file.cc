// SPDX-License-Identifier: Apache-2.0
#include "ledger/csv_file.h"

#include <fstream>
#include <set>

#include <fmt/format.h>

#include "base/text.h"

namespace outlay::ledger {
namespace {

using base::Result;

constexpr std::size_t kHeaderBytesMax = 4U << 20U;

Result<std::string> first_bytes(const io::Path& path, const std::string& name) {
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    return base::not_found(
        fmt::format("{} cannot be opened; check that it exists and may be read", name));
  }
  std::string bytes(kHeaderBytesMax, '\0');
  in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(in.gcount()));
  return bytes;
}

base::Error wrong_encoding(const std::string& name, std::string_view found) {
  return base::invalid_input(
      fmt::format(
          "a bill must be UTF-8, but this file is {}; convert it, for example with "
          "\"iconv -f {} -t UTF-8\", and try again",
          found,
          found == "Latin-1 or another 8-bit encoding" ? "ISO-8859-1" : "UTF-16"),
      base::Place{name, 0, 0, 0});
}

Result<base::Done> check_encoding(std::string_view bytes, const std::string& name) {
  const auto begins = [&](std::string_view mark) { return bytes.substr(0, mark.size()) == mark; };
  if (begins("\xFF\xFE") || begins("\xFE\xFF")) return wrong_encoding(name, "UTF-16");
  if (bytes.substr(0, 4096).find('\0') != std::string_view::npos) {
    return wrong_encoding(name, "UTF-16 or binary");
  }
  return base::Done{};
}

/// The fields of the first record; quotes as RFC 4180 has them.
std::vector<std::string> first_record(std::string_view bytes, char separator) {
  std::vector<std::string> fields(1);
  bool is_quoted = false;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const char c = bytes[i];
    if (is_quoted && c == '"' && i + 1 < bytes.size() && bytes[i + 1] == '"') {
      fields.back().push_back('"');
      ++i;
    } else if (c == '"') {
      is_quoted = !is_quoted;
    } else if (!is_quoted && c == separator) {
      fields.emplace_back();
    } else if (!is_quoted && (c == '\n' || c == '\r')) {
      break;
    } else {
      fields.back().push_back(c);
    }
  }
  return fields;
}

/// Walks a CSV file record by record without keeping it.
class RecordCounter {
 public:
  explicit RecordCounter(const std::vector<long long>& lines) : lines_(lines) {}

  void feed(std::string_view bytes) {
    for (const char c : bytes) take(c);
  }

  std::vector<long long> finish() {
    if (!is_blank_) end_record();
    return rows_;
  }

 private:
  void take(char c) {
    if (c == '\n' && is_after_return_ && !is_quoted_) {
      is_after_return_ = false;
      return;
    }
    is_after_return_ = c == '\r' && !is_quoted_;
    if (c == '"') is_quoted_ = !is_quoted_;
    if (!is_quoted_ && (c == '\n' || c == '\r')) {
      end_record();
    } else {
      is_blank_ = false;
    }
  }

  void end_record() {
    ++line_;
    if (!is_blank_) ++records_;
    if (rows_.size() < lines_.size() && lines_[rows_.size()] == line_) {
      rows_.push_back(records_ - 1);
    }
    is_blank_ = true;
  }

  const std::vector<long long>& lines_;
  std::vector<long long> rows_;
  long long line_ = 0;
  long long records_ = 0;
  bool is_quoted_ = false;
  bool is_blank_ = true;
  bool is_after_return_ = false;
};

}  // namespace

CsvHeader usable_names(const std::vector<std::string>& names, const std::string& file) {
  CsvHeader header;
  // Names the ledger gives to columns of its own.
  std::set<std::string> taken{"x_file", "x_row", "x_outlay_file", "file_row_number", "filename"};
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string given(base::trim(names[i]));
    std::string wanted = given.empty() ? fmt::format("column_{}", i + 1) : given;
    std::string name = wanted;
    for (int n = 1; !taken.insert(base::lower(name)).second; ++n) {
      name = fmt::format("{}_{}", wanted, n);
    }
    if (name != given) {
      header.notes.push_back(
          given.empty() ? fmt::format("{}: column {} has no name: read as {}", file, i + 1, name)
                        : fmt::format(
                              "{}: the name {} is taken by another column: column {} is read as {}",
                              file,
                              given,
                              i + 1,
                              name));
    }
    header.columns.push_back(name);
  }
  return header;
}

Result<CsvHeader> read_csv_header(const io::Path& path, const std::string& name, char separator) {
  const std::string bytes = TRY(first_bytes(path, name));
  TRY(check_encoding(bytes, name));
  std::string_view rest = bytes;
  if (rest.substr(0, 3) == "\xEF\xBB\xBF") rest.remove_prefix(3);
  const auto fields = first_record(rest, separator);
  if (rest.empty() || (fields.size() == 1 && base::trim(fields[0]).empty())) {
    return base::invalid_input(
        "the file is empty; a bill has at least a header line; fetch the file again",
        base::Place{name, 0, 0, 0});
  }
  for (const auto& field : fields) {
    if (!base::is_utf8(field)) return wrong_encoding(name, "Latin-1 or another 8-bit encoding");
  }
  return usable_names(fields, name);
}

Result<std::vector<long long>> rows_of_lines(
    const io::Path& path, const std::vector<long long>& lines) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return base::not_found(path.string() + " cannot be opened");
  RecordCounter counter(lines);
  std::string buffer(1U << 20U, '\0');
  while (in) {
    in.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    counter.feed(std::string_view(buffer.data(), static_cast<std::size_t>(in.gcount())));
  }
  auto rows = counter.finish();
  // A record that a broken quote hides: number it as best as can be told.
  while (rows.size() < lines.size()) rows.push_back(lines[rows.size()] - 1);
  return rows;
}

}  // namespace outlay::ledger
