// SPDX-License-Identifier: Apache-2.0
#include "ledger/json_document.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "format/json.h"
#include "io/stream_writer.h"

namespace outlay::ledger {
namespace {

using base::Done;
using base::Result;
using format::Value;

constexpr std::size_t kPathsMax = 400;
constexpr std::size_t kDepthMax = 6;

using Row = std::vector<std::pair<std::string, std::string>>;

std::string plain_text(const Value& value) {
  if (value.is_null()) return {};
  return value.is_text() ? value.as_text() : format::print_json(value);
}

bool is_plain(const Value& value) { return !value.is_object() && !value.is_array(); }

void put(Row& row, const std::string& name, std::string value) {
  const auto same = std::find_if(
      row.begin(), row.end(), [&name](const auto& cell) { return cell.first == name; });
  if (same != row.end()) {
    same->second = std::move(value);
  } else {
    row.emplace_back(name, std::move(value));
  }
}

/// Walks documents and gathers their records.
class Gatherer {
 public:
  explicit Gatherer(std::string_view records) : steps_(base::split(records, '.')) {}

  void take(const Value& document) { walk(document, 0, {}); }

  const std::vector<Row>& rows() const { return rows_; }

  bool has_place() const { return has_place_; }

 private:
  void walk(const Value& value, std::size_t step, const Row& around) {
    if (value.is_array()) {
      has_place_ = has_place_ || step == steps_.size();
      for (const Value& item : value.as_array()) walk(item, step, around);
    } else if (value.is_object() && step == steps_.size()) {
      has_place_ = true;
      add(value, around);
    } else if (value.is_object()) {
      go_down(value, step, around);
    }
  }

  void go_down(const Value& value, std::size_t step, Row around) {
    for (const auto& [name, member] : value.as_object()) {
      if (is_plain(member)) put(around, name, plain_text(member));
    }
    if (steps_[step] != "*") {
      walk(value[steps_[step]], step + 1, around);
      return;
    }
    for (const auto& [name, member] : value.as_object()) walk(member, step + 1, around);
  }

  void add(const Value& record, Row row) {
    for (const auto& [name, member] : record.as_object()) {
      put(row, name, plain_text(member));
      if (!member.is_object()) continue;
      for (const auto& [inner, value] : member.as_object()) {
        put(row, name + "." + inner, plain_text(value));
      }
    }
    rows_.push_back(std::move(row));
  }

  std::vector<std::string> steps_;
  std::vector<Row> rows_;
  bool has_place_ = false;
};

/// The end of the JSON value that begins at `at`, strings respected; npos when it does not end.
std::size_t end_of_value(std::string_view text, std::size_t at) {
  int depth = 0;
  bool is_string = false;
  for (std::size_t i = at; i < text.size(); ++i) {
    const char c = text[i];
    if (is_string) {
      if (c == '\\') ++i;
      is_string = c != '"';
      continue;
    }
    is_string = c == '"';
    if (c == '{' || c == '[') ++depth;
    if ((c == '}' || c == ']') && --depth == 0) return i + 1;
  }
  return std::string_view::npos;
}

Result<Done> take_documents(std::string_view text, const std::string& name, Gatherer& gatherer) {
  constexpr std::string_view kBetween = " \t\r\n,\x1e";
  std::size_t at = text.find_first_not_of(kBetween);
  while (at != std::string_view::npos) {
    const std::size_t end = end_of_value(text, at);
    if (end == std::string_view::npos) {
      return base::invalid_input(
          "the JSON document does not end; it may be cut short: fetch it again",
          base::Place{name, 0, 0, 0});
    }
    gatherer.take(
        TRY(format::parse_json(text.substr(at, end - at), format::JsonNumbers::exact, name)));
    at = text.find_first_not_of(kBetween, end);
  }
  return Done{};
}

std::string quoted(const std::string& cell) {
  return "\"" + base::replace_all(cell, "\"", "\"\"") + "\"";
}

std::string csv_of(const std::vector<Row>& rows) {
  std::vector<std::string> columns;
  std::map<std::string, std::size_t> index;
  for (const auto& row : rows) {
    for (const auto& [name, unused] : row) {
      if (index.try_emplace(name, columns.size()).second) columns.push_back(name);
    }
  }
  std::string out;
  for (const auto& name : columns) out += (out.empty() ? "" : ",") + quoted(name);
  out.push_back('\n');
  for (const auto& row : rows) {
    std::vector<std::string> cells(columns.size());
    for (const auto& [name, value] : row) cells[index.at(name)] = quoted(value);
    out += base::join(cells, ",") + "\n";
  }
  return out;
}

/// Names and brackets of a text that may be cut short.
class PathFinder {
 public:
  explicit PathFinder(std::string_view text) : text_(text) {}

  std::vector<std::string> run() {
    while (at_ < text_.size() && paths_.size() < kPathsMax) {
      const char c = text_[at_];
      if (c == '"') {
        read_string();
        continue;
      }
      if (c == '{' || c == '[') open_.push_back(pending_);
      if (c == '{' || c == '[' || c == ',') pending_.clear();
      if ((c == '}' || c == ']') && !open_.empty()) open_.pop_back();
      if (c == ':' && !last_.empty()) learn();
      ++at_;
    }
    return paths_;
  }

 private:
  void read_string() {
    const std::size_t start = ++at_;
    while (at_ < text_.size() && text_[at_] != '"') at_ += text_[at_] == '\\' ? 2 : 1;
    if (at_ >= text_.size()) return;
    last_ = std::string(text_.substr(start, at_ - start));
    ++at_;
  }

  // A name has been read: its path is known, and what comes next lies below it.
  void learn() {
    std::string path;
    for (const auto& name : open_) {
      if (!name.empty()) path += name + ".";
    }
    pending_ = last_;
    path += std::exchange(last_, {});
    const auto depth = static_cast<std::size_t>(std::count(path.begin(), path.end(), '.'));
    if (depth < kDepthMax && seen_.insert(path).second) paths_.push_back(path);
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<std::string> open_;
  std::string pending_, last_;
  std::set<std::string> seen_;
  std::vector<std::string> paths_;
};

}  // namespace

std::vector<std::string> json_paths(std::string_view start) { return PathFinder(start).run(); }

Result<long long> json_document_to_csv(
    const io::Path& from, const std::string& name, std::string_view records, const io::Path& to) {
  std::string text = TRY(io::read_file(from));
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
  Gatherer gatherer(records);
  TRY(take_documents(text, name, gatherer));
  if (!gatherer.has_place()) {
    return base::invalid_input(
        fmt::format("the JSON document has no records at \"{}\"", records),
        base::Place{name, 0, 0, 0});
  }
  if (gatherer.rows().empty()) {
    return base::invalid_input(
        fmt::format("the JSON document holds no charges: the list at \"{}\" is empty", records),
        base::Place{name, 0, 0, 0});
  }
  auto out = TRY(io::StreamWriter::create(to, false));
  TRY(out.write(csv_of(gatherer.rows())));
  TRY(out.close());
  return static_cast<long long>(gatherer.rows().size());
}

}  // namespace outlay::ledger
