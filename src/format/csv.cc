// SPDX-License-Identifier: Apache-2.0
#include "format/csv.h"

#include <fmt/format.h>

namespace outlay::format {
namespace {

/// Walks over the text once; every read_ function leaves `at_` behind what it read.
class CsvReader {
 public:
  CsvReader(std::string_view text, char separator, std::string_view file)
      : text_(text), separator_(separator), file_(file) {
    if (text_.starts_with("\xEF\xBB\xBF")) text_.remove_prefix(3);
  }

  base::Result<std::vector<std::vector<std::string>>> rows() {
    std::vector<std::vector<std::string>> out;
    while (at_ < text_.size()) out.push_back(TRY(row()));
    return out;
  }

 private:
  base::Result<std::vector<std::string>> row() {
    std::vector<std::string> fields;
    while (true) {
      fields.push_back(is_at('"') ? TRY(quoted()) : plain());
      if (!is_at(separator_)) break;
      ++at_;
    }
    if (is_at('\r')) ++at_;
    if (is_at('\n')) {
      ++at_;
      ++line_;
    }
    return fields;
  }

  std::string plain() {
    const std::size_t start = at_;
    while (at_ < text_.size() && !is_at(separator_) && !is_at('\n') && !is_line_end()) ++at_;
    return std::string(text_.substr(start, at_ - start));
  }

  base::Result<std::string> quoted() {
    const long first_line = line_;
    std::string out;
    for (++at_; at_ < text_.size(); ++at_) {
      if (is_at('\n')) ++line_;
      if (!is_at('"')) {
        out += text_[at_];
      } else if (text_.substr(at_ + 1).starts_with('"')) {
        out += '"';
        ++at_;
      } else {
        ++at_;
        return closed(std::move(out));
      }
    }
    return base::invalid_input(
        "a quoted field that begins on this line never ends; close it with \"", place(first_line));
  }

  base::Result<std::string> closed(std::string field) const {
    if (at_ == text_.size() || is_at(separator_) || is_at('\n') || is_line_end()) return field;
    return base::invalid_input(
        fmt::format(
            "after the closing quote of a field stands {:?}; double a quote that belongs to the "
            "text",
            text_.substr(at_, 1)),
        place(line_));
  }

  bool is_at(char c) const { return at_ < text_.size() && text_[at_] == c; }

  bool is_line_end() const {
    return is_at('\r') && (at_ + 1 == text_.size() || text_[at_ + 1] == '\n');
  }

  base::Place place(long line) const { return {std::string(file_), line, 0, 0}; }

  std::string_view text_;
  char separator_;
  std::string_view file_;
  std::size_t at_ = 0;
  long line_ = 1;
};

}  // namespace

base::Result<std::vector<std::vector<std::string>>> parse_csv(
    std::string_view text, char separator, std::string_view file) {
  return CsvReader(text, separator, file).rows();
}

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",;\t\"\r\n") == std::string_view::npos && !text.starts_with(' ') &&
      !text.ends_with(' ')) {
    return std::string(text);
  }
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

}  // namespace outlay::format
