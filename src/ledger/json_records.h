// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <istream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "io/file.h"

namespace outlay::ledger {

/// A top-level field of a JSON object as the text of a table's cell: strings unescaped, null empty,
/// numbers and booleans as written, objects and lists as compact JSON. Numbers inside those that a
/// floating-point number cannot hold (more than 15 digits) are put in quotes, so that no reader
/// rounds them.
struct JsonField {
  std::string name;
  std::string value;
};

/// Splits one JSON object into its top-level fields; the last of equal names counts. False when the
/// text is no object; `trouble` says why.
bool split_json_object(std::string_view text, std::vector<JsonField>& fields, std::string& trouble);

/// The names of the top-level fields of all objects that `start`, the first bytes of a JSON file,
/// holds whole; empty when it is no file of objects.
std::vector<std::string> json_names(std::string_view start);

/// Reads objects one after the other, in constant memory: one a line (JSON lines), or anyhow
/// spaced, in a list or not. An object may have 16 MB.
class JsonRecords {
 public:
  static base::Result<JsonRecords> open(const io::Path& path, const std::string& name);
  static JsonRecords of(std::unique_ptr<std::istream> in, const std::string& name);

  /// The next record's text; false at the end. In JSON lines every line that is not blank is a
  /// record, whatever it holds; else a text between records that is no object is an error.
  base::Result<bool> next(std::string_view& record);

 private:
  JsonRecords(std::unique_ptr<std::istream> in, std::string name)
      : in_(std::move(in)), name_(std::move(name)) {}

  bool fill();
  void find_kind();
  base::Result<bool> next_line(std::string_view& record);
  base::Result<bool> next_object(std::string_view& record);
  base::Error too_long() const;

  std::unique_ptr<std::istream> in_;
  std::string name_;
  std::string buffer_;
  std::size_t at_ = 0;
  bool is_lines_ = true;
  bool is_over_ = false;
  long row_ = 0;
};

/// What became of a JSON file that was written as CSV.
struct JsonTable {
  std::vector<std::string> columns;  ///< in order of first appearance

  struct Broken {
    long long row = 0;
    std::string reason;
    std::string content;
  };

  /// Records that are no objects; they are not in the CSV.
  std::vector<Broken> broken;
};

/// Writes a JSON file's objects as CSV, one row each, a column per top-level field.
base::Result<JsonTable> json_to_csv(
    const io::Path& from, const std::string& name, const io::Path& to);

}  // namespace outlay::ledger
