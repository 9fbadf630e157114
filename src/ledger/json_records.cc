// SPDX-License-Identifier: Apache-2.0
#include "ledger/json_records.h"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <sstream>
#include <unordered_map>

#include <fmt/format.h>

#include "base/text.h"
#include "base/utf8.h"
#include "io/stream_writer.h"

namespace outlay::ledger {
namespace {

using base::Result;

constexpr std::size_t kBlock = 1U << 20U;
constexpr std::size_t kRecordMax = 16'000'000;
/// A double holds any decimal number of so many digits.
constexpr int kDoubleDigits = 15;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

/// Walks over the text of one object.
class Splitter {
 public:
  Splitter(std::string_view text, std::vector<JsonField>& fields, std::string& trouble)
      : text_(text), fields_(fields), trouble_(trouble) {}

  bool run() {
    fields_.clear();
    skip_space();
    if (!take('{')) return fail("it is no JSON object");
    skip_space();
    if (take('}')) return at_end();
    do {
      skip_space();
      JsonField field;
      if (!read_string(field.name)) return fail("a name in quotes is missing");
      skip_space();
      if (!take(':')) return fail("a ':' is missing after a name");
      skip_space();
      if (!read_value(field.value)) return fail("a value cannot be read");
      keep(std::move(field));
      skip_space();
    } while (take(','));
    if (!take('}')) return fail("the object does not end; it may be cut short");
    return at_end();
  }

 private:
  bool fail(std::string_view why) {
    if (trouble_.empty()) trouble_ = why;
    return false;
  }

  bool at_end() {
    skip_space();
    return at_ == text_.size() || fail("text follows the object on the same line");
  }

  void skip_space() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }

  bool take(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  void keep(JsonField field) {
    const auto same = std::ranges::find(fields_, field.name, &JsonField::name);
    if (same != fields_.end()) {
      same->value = std::move(field.value);
    } else {
      fields_.push_back(std::move(field));
    }
  }

  bool read_hex(unsigned& code) {
    code = 0;
    for (int i = 0; i < 4; ++i, ++at_) {
      if (at_ >= text_.size() || std::isxdigit(static_cast<unsigned char>(text_[at_])) == 0) {
        return false;
      }
      const auto c = static_cast<unsigned>(text_[at_]);
      code = code * 16 + (c <= '9' ? c - '0' : (c | 0x20U) - 'a' + 10);
    }
    return true;
  }

  bool read_escape(std::string& out) {
    if (at_ >= text_.size()) return false;
    const char c = text_[at_++];
    constexpr std::string_view kNames = "\"\\/bfnrt";
    constexpr std::string_view kMeant = "\"\\/\b\f\n\r\t";
    if (const auto found = kNames.find(c); found != std::string_view::npos) {
      out.push_back(kMeant[found]);
      return true;
    }
    unsigned code = 0;
    if (c != 'u' || !read_hex(code)) return false;
    if (code >= 0xD800 && code < 0xDC00) {
      unsigned low = 0;
      if (!take('\\') || !take('u') || !read_hex(low) || low < 0xDC00 || low > 0xDFFF) return false;
      code = 0x10000 + ((code - 0xD800) << 10U) + (low - 0xDC00);
    } else if (code >= 0xDC00 && code <= 0xDFFF) {
      return false;
    }
    // No text column holds a zero byte.
    base::append_utf8(out, code == 0 ? 0xFFFD : code);
    return true;
  }

  bool read_string(std::string& out) {
    if (!take('"')) return false;
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == '"') return true;
      if (c != '\\') {
        out.push_back(c);
      } else if (!read_escape(out)) {
        return false;
      }
    }
    return false;
  }

  // A number, true, false or null: whatever stands until the next mark.
  std::string_view read_word() {
    const std::size_t start = at_;
    while (at_ < text_.size() &&
           std::string_view(",:{}[]\"").find(text_[at_]) == std::string::npos &&
           !is_space(text_[at_])) {
      ++at_;
    }
    return text_.substr(start, at_ - start);
  }

  static bool is_number(std::string_view word) {
    return !word.empty() &&
           (word[0] == '-' || std::isdigit(static_cast<unsigned char>(word[0])) != 0) &&
           word.find_first_not_of("0123456789+-.eE") == std::string_view::npos;
  }

  static bool is_word(std::string_view word) {
    return word == "null" || word == "true" || word == "false" || word == "NaN" || is_number(word);
  }

  static bool fits_double(std::string_view number) {
    const auto digits = std::ranges::count_if(
        number.substr(0, number.find_first_of("eE")),
        [](unsigned char c) { return std::isdigit(c) != 0; });
    return digits <= kDoubleDigits;
  }

  bool read_value(std::string& out) {
    if (at_ >= text_.size()) return false;
    if (text_[at_] == '"') return read_string(out);
    if (text_[at_] == '{' || text_[at_] == '[') return read_nested(out);
    const auto word = read_word();
    if (!is_word(word)) return false;
    if (word != "null" && word != "NaN") out = word;
    return true;
  }

  bool copy_string(std::string& out) {
    const std::size_t start = at_++;
    while (at_ < text_.size() && text_[at_] != '"') at_ += text_[at_] == '\\' ? 2 : 1;
    if (at_ >= text_.size()) return false;
    out.append(text_.substr(start, ++at_ - start));
    return true;
  }

  bool copy_word(std::string& out) {
    const auto word = read_word();
    if (!is_word(word)) return false;
    const bool is_exact = !is_number(word) || fits_double(word);
    out.append(
        is_exact ? (word == "NaN" ? "null" : std::string(word)) : fmt::format("\"{}\"", word));
    return true;
  }

  // Marks are copied and only matched by kind; whoever uses the text parses it.
  bool read_nested(std::string& out) {
    std::string open;
    do {
      skip_space();
      if (at_ >= text_.size()) return false;
      const char c = text_[at_];
      if (c == '"') {
        if (!copy_string(out)) return false;
        continue;
      }
      if (c == '{' || c == '[') {
        open.push_back(c == '{' ? '}' : ']');
      } else if (c == '}' || c == ']') {
        if (open.back() != c) return false;
        open.pop_back();
      } else if (c != ',' && c != ':') {
        if (!copy_word(out)) return false;
        continue;
      }
      out.push_back(c);
      ++at_;
    } while (!open.empty());
    return true;
  }

  std::string_view text_;
  std::vector<JsonField>& fields_;
  std::string& trouble_;
  std::size_t at_ = 0;
};

void append_cell(std::string& line, const std::string& value, bool is_alone) {
  const bool is_plain = value.find_first_of(",\"\n\r") == std::string::npos;
  if (is_plain && !(is_alone && value.empty())) {
    line += value;
  } else {
    line += "\"" + base::replace_all(value, "\"", "\"\"") + "\"";
  }
}

/// Columns by name, and the rows as CSV.
class TableWriter {
 public:
  void learn(const std::vector<JsonField>& fields) {
    for (const auto& field : fields) {
      if (index_.try_emplace(field.name, columns_.size()).second) columns_.push_back(field.name);
    }
  }

  std::string line_of(const std::vector<JsonField>& fields) {
    cells_.assign(columns_.size(), nullptr);
    for (const auto& field : fields) cells_[index_.at(field.name)] = &field.value;
    std::string line;
    for (std::size_t i = 0; i < cells_.size(); ++i) {
      if (i > 0) line.push_back(',');
      append_cell(line, cells_[i] != nullptr ? *cells_[i] : kNothing, cells_.size() == 1);
    }
    line.push_back('\n');
    return line;
  }

  std::string header() const {
    std::string line;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (i > 0) line.push_back(',');
      append_cell(line, columns_[i], columns_.size() == 1);
    }
    line.push_back('\n');
    return line;
  }

  const std::vector<std::string>& columns() const { return columns_; }

 private:
  const std::string kNothing;
  std::vector<std::string> columns_;
  std::unordered_map<std::string, std::size_t> index_;
  std::vector<const std::string*> cells_;
};

bool split_record(std::string_view record, std::vector<JsonField>& fields, std::string& trouble) {
  trouble.clear();
  if (!base::is_utf8(record)) {
    trouble = "the record is not UTF-8";
    return false;
  }
  return split_json_object(record, fields, trouble);
}

}  // namespace

bool split_json_object(
    std::string_view text, std::vector<JsonField>& fields, std::string& trouble) {
  return Splitter(text, fields, trouble).run();
}

std::vector<std::string> json_names(std::string_view start) {
  auto records = JsonRecords::of(std::make_unique<std::istringstream>(std::string(start)), "");
  std::vector<std::string> names;
  std::vector<JsonField> fields;
  std::string trouble;
  std::string_view record;
  while (true) {
    const auto next = records.next(record);
    if (!next || !*next) break;
    if (!split_json_object(record, fields, trouble)) continue;
    for (const auto& field : fields) {
      if (std::ranges::find(names, field.name) == names.end()) names.push_back(field.name);
    }
  }
  // Of one long document the start alone is here.
  if (names.empty()) {
    split_json_object(start, fields, trouble);
    for (const auto& field : fields) names.push_back(field.name);
  }
  return names;
}

Result<JsonRecords> JsonRecords::open(const io::Path& path, const std::string& name) {
  auto in = std::make_unique<std::ifstream>(path, std::ios::binary);
  if (!*in) {
    return base::not_found(
        fmt::format("{} cannot be opened; check that it exists and may be read", name));
  }
  return of(std::move(in), name);
}

JsonRecords JsonRecords::of(std::unique_ptr<std::istream> in, const std::string& name) {
  JsonRecords records(std::move(in), name);
  records.fill();
  if (records.buffer_.starts_with("\xEF\xBB\xBF")) records.at_ = 3;
  records.find_kind();
  return records;
}

bool JsonRecords::fill() {
  if (is_over_) return false;
  buffer_.erase(0, at_);
  at_ = 0;
  const std::size_t had = buffer_.size();
  buffer_.resize(had + kBlock);
  in_->read(buffer_.data() + had, static_cast<std::streamsize>(kBlock));
  buffer_.resize(had + static_cast<std::size_t>(in_->gcount()));
  is_over_ = buffer_.size() == had;
  return !is_over_;
}

// Lines it is when the first line that is not blank is an object by itself, or begins a line that
// is none.
void JsonRecords::find_kind() {
  while (true) {
    while (at_ < buffer_.size() && is_space(buffer_[at_])) ++at_;
    if (at_ < buffer_.size()) break;
    if (!fill()) return;
  }
  std::size_t end = buffer_.find('\n', at_);
  while (end == std::string::npos && buffer_.size() - at_ < kRecordMax && fill()) {
    end = buffer_.find('\n', at_);
  }
  const auto line =
      std::string_view(buffer_).substr(at_, end == std::string::npos ? end : end - at_);
  std::vector<JsonField> fields;
  std::string trouble;
  is_lines_ = line.starts_with('{') && split_json_object(line, fields, trouble);
}

base::Error JsonRecords::too_long() const {
  return base::invalid_input(
      "a JSON record is longer than 16 MB; have the bill written with one object a line",
      base::Place{name_, 0, 0, row_ + 1});
}

Result<bool> JsonRecords::next(std::string_view& record) {
  return is_lines_ ? next_line(record) : next_object(record);
}

Result<bool> JsonRecords::next_line(std::string_view& record) {
  while (true) {
    std::size_t end = buffer_.find('\n', at_);
    while (end == std::string::npos) {
      if (buffer_.size() - at_ > kRecordMax) return too_long();
      const std::size_t had = buffer_.size() - at_;
      if (!fill()) break;
      end = buffer_.find('\n', had);
    }
    if (end == std::string::npos) end = buffer_.size();
    if (at_ >= buffer_.size()) return false;
    record = base::trim(std::string_view(buffer_).substr(at_, end - at_));
    at_ = std::min(end + 1, buffer_.size());
    if (!record.empty()) {
      ++row_;
      return true;
    }
  }
}

// Objects are found by their brackets; what stands between them must be white space, commas or
// list brackets.
Result<bool> JsonRecords::next_object(std::string_view& record) {
  constexpr std::string_view kBetween = " \t\r\n,[]\x1e";
  while (true) {
    while (at_ < buffer_.size() && kBetween.find(buffer_[at_]) != std::string_view::npos) ++at_;
    if (at_ < buffer_.size()) break;
    if (!fill()) return false;
  }
  if (buffer_[at_] != '{') {
    return base::invalid_input(
        "this JSON file is neither a list of objects nor one object a line",
        base::Place{name_, 0, 0, row_ + 1});
  }
  int depth = 0;
  bool is_string = false;
  for (std::size_t i = 0;; ++i) {
    if (i > kRecordMax) return too_long();
    if (at_ + i >= buffer_.size() && !fill()) {
      return base::invalid_input(
          "the JSON file ends in the middle of an object; it may be cut short: fetch it again",
          base::Place{name_, 0, 0, row_ + 1});
    }
    const char c = buffer_[at_ + i];
    if (is_string) {
      if (c == '\\') ++i;
      is_string = c != '"';
      continue;
    }
    is_string = c == '"';
    depth += c == '{' || c == '[' ? 1 : c == '}' || c == ']' ? -1 : 0;
    if (depth == 0) {
      record = std::string_view(buffer_).substr(at_, i + 1);
      at_ += i + 1;
      ++row_;
      return true;
    }
  }
}

Result<JsonTable> json_to_csv(const io::Path& from, const std::string& name, const io::Path& to) {
  JsonTable table;
  TableWriter rows;
  std::vector<JsonField> fields;
  std::string trouble;
  std::string_view record;
  auto first = TRY(JsonRecords::open(from, name));
  for (long long row = 1; TRY(first.next(record)); ++row) {
    if (split_record(record, fields, trouble)) {
      rows.learn(fields);
    } else {
      table.broken.push_back({row, trouble, std::string(record.substr(0, 10'000))});
    }
  }
  if (rows.columns().empty()) {
    return base::invalid_input(
        "the JSON file holds no object, so there is nothing to book", base::Place{name, 0, 0, 0});
  }
  auto out = TRY(io::StreamWriter::create(to, false));
  TRY(out.write(rows.header()));
  auto second = TRY(JsonRecords::open(from, name));
  while (TRY(second.next(record))) {
    if (split_record(record, fields, trouble)) TRY(out.write(rows.line_of(fields)));
  }
  TRY(out.close());
  table.columns = rows.columns();
  return table;
}

}  // namespace outlay::ledger
