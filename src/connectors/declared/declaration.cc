// SPDX-License-Identifier: Apache-2.0
#include "connectors/declared/declaration.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.h"
#include "ledger/columns.h"

namespace outlay::connectors {
namespace {

using format::Node;

const std::vector<std::string>& known_keys() {
  static const std::vector<std::string> keys{
      "mapping",      "version",        "separator", "records", "date_format", "time_zone",
      "decimal_mark", "thousands_mark", "sign",      "spread",  "grain",       "provider",
      "service",      "currency",       "scope",     "key",     "keep",        "columns",
      "tags",         "skip",           "defaults",  "tables"};
  return keys;
}

// Reads one document and gathers what is wrong with it.
class Reader {
 public:
  Reader(const Node& root, std::string_view file) : root_(root) { out_.file = file; }

  base::Result<Declaration> run() {
    if (!root_.is_mapping()) {
      return base::invalid_input("a mapping with `columns:` was expected here", root_.place);
    }
    refuse_unknown_keys();
    out_.name = text("mapping", "declared");
    out_.version = text("version", "1");
    out_.records = text("records", "");
    out_.time_zone = text("time_zone", "");
    out_.provider = text("provider", "");
    out_.service = text("service", "");
    out_.decimal_mark = mark("decimal_mark", ".,", '.');
    out_.thousands_mark = mark("thousands_mark", ".,' ", '\0');
    out_.separator = separator();
    if (out_.thousands_mark == out_.decimal_mark) {
      wrong(root_.place, "decimal_mark and thousands_mark are the same");
    }
    out_.is_negated = choice("sign", {"positive", "negative"}) == "negative";
    out_.is_spread = choice("spread", {"none", "day"}) == "day";
    out_.grain = choice("grain", {"day", "hour", "month"});
    read_scope();
    out_.keeps_all = choice("keep", {"all", "none"}) == "all";
    read_dates();
    if (const Node* node = root_.find("currency")) out_.currency = expression(*node);
    if (const Node* node = root_.find("key")) out_.key = list(*node);
    read_columns();
    read_map("tags", [this](const Node::Entry& entry) {
      out_.tags.emplace_back(entry.key, expression(entry.value));
    });
    read_skips();
    read_map("defaults", [this](const Node::Entry& entry) {
      check_column(entry);
      out_.defaults.emplace_back(entry.key, entry.value.text);
    });
    read_map("tables", [this](const Node::Entry& entry) {
      auto& table = out_.tables[entry.key];
      for (const auto& row : entry.value.entries) table.emplace_back(row.key, row.value.text);
    });
    if (!problems_.empty()) {
      return base::invalid_input(base::join(problems_, "\n"), base::Place{out_.file, 0, 0, 0});
    }
    return std::move(out_);
  }

 private:
  void wrong(const base::Place& place, const std::string& what) {
    problems_.push_back(fmt::format("line {}: {}", place.line, what));
  }

  void refuse_unknown_keys() {
    for (const auto& entry : root_.entries) {
      if (std::ranges::find(known_keys(), entry.key) != known_keys().end()) continue;
      wrong(
          entry.key_place,
          fmt::format(
              "a mapping has no \"{}\".{} It may have: {}",
              entry.key,
              base::did_you_mean(entry.key, known_keys()),
              base::join(known_keys(), ", ")));
    }
  }

  std::string text(std::string_view key, std::string_view fallback) const {
    const Node* node = root_.find(key);
    return node != nullptr && node->is_scalar() ? std::string(base::trim(node->text))
                                                : std::string(fallback);
  }

  char mark(std::string_view key, std::string_view allowed, char fallback) {
    const Node* node = root_.find(key);
    if (node == nullptr || node->text.empty() || node->text == "none") return fallback;
    const std::string word = node->text == "space" ? " " : node->text;
    if (word.size() == 1 && allowed.find(word[0]) != std::string_view::npos) return word[0];
    wrong(node->place, fmt::format("{} is one of the marks {}, not \"{}\"", key, allowed, word));
    return fallback;
  }

  char separator() {
    const Node* node = root_.find("separator");
    if (node == nullptr || node->text.empty()) return '\0';
    if (node->text == "tab" || node->text == "\\t") return '\t';
    if (node->text.size() == 1) return node->text[0];
    wrong(node->place, "separator is one mark, or tab");
    return '\0';
  }

  // The first choice is the fallback.
  std::string choice(std::string_view key, const std::vector<std::string>& choices) {
    const Node* node = root_.find(key);
    if (node == nullptr) return choices.front();
    if (std::ranges::find(choices, node->text) != choices.end()) return node->text;
    wrong(
        node->place,
        fmt::format("{} is one of {}, not \"{}\"", key, base::join(choices, ", "), node->text));
    return choices.front();
  }

  static std::vector<std::string> list(const Node& node) {
    if (node.is_scalar()) return {node.text};
    std::vector<std::string> out;
    for (const auto& item : node.items) out.push_back(item.text);
    return out;
  }

  // period: a file states its months whole. file: files add to each other. Columns: a file states
  // whole what has their values.
  void read_scope() {
    const Node* node = root_.find("scope");
    if (node == nullptr || (node->is_scalar() && node->text == "period")) return;
    out_.extent = ledger::Extent::part;
    if (node->is_scalar() && node->text == "file") return;
    out_.scope = list(*node);
  }

  void read_dates() {
    const Node* node = root_.find("date_format");
    if (node == nullptr) return;
    for (const auto& format : list(*node)) out_.date_formats.push_back(strptime_pattern(format));
  }

  // [Cost Center] is a list of one to YAML, and a column to us.
  static Declaration::Expression expression(const Node& node) {
    if (node.is_sequence()) {
      std::vector<std::string> columns;
      for (const auto& item : node.items) columns.push_back("[" + item.text + "]");
      return {
          columns.size() == 1 ? columns.front()
                              : fmt::format("coalesce({})", base::join(columns, ", ")),
          node.place};
    }
    return {std::string(base::trim(node.text)), node.place};
  }

  void check_column(const Node::Entry& entry) {
    const auto* known = ledger::find_focus_column("cost_and_usage", entry.key);
    if (entry.key.starts_with("x_") || (known != nullptr && known->name == entry.key)) return;
    std::vector<std::string> names;
    for (const auto& column : ledger::focus_columns()) {
      if (column.dataset == "cost_and_usage") names.push_back(column.name);
    }
    const std::string meant = known != nullptr ? fmt::format(" Did you mean \"{}\"?", known->name)
                                               : base::did_you_mean(entry.key, names);
    wrong(
        entry.key_place,
        fmt::format("\"{}\" is no FOCUS column and has no x_ in front.{}", entry.key, meant));
  }

  void read_columns() {
    const Node* node = root_.find("columns");
    if (node == nullptr || !node->is_mapping() || node->entries.empty()) {
      wrong(root_.place, "`columns:` is missing: FOCUS column -> expression");
      return;
    }
    for (const auto& entry : node->entries) {
      check_column(entry);
      out_.columns.emplace_back(entry.key, expression(entry.value));
    }
    for (const std::string wanted : {"BilledCost", "ChargePeriodStart"}) {
      const bool is_there = std::ranges::any_of(
          out_.columns, [&](const auto& column) { return column.first == wanted; });
      if (!is_there) wrong(node->place, "`columns:` needs " + wanted);
    }
  }

  template <typename Take>
  void read_map(std::string_view key, Take take) {
    const Node* node = root_.find(key);
    if (node == nullptr) return;
    if (!node->is_mapping()) {
      wrong(node->place, fmt::format("`{}:` is a map", key));
      return;
    }
    for (const auto& entry : node->entries) take(entry);
  }

  // skip: - {when: expression, reason: text}
  void read_skips() {
    const Node* node = root_.find("skip");
    if (node == nullptr) return;
    for (const auto& item : node->items) {
      const Node* when = item.find("when");
      if (when == nullptr) {
        wrong(item.place, "each `skip:` has a `when:` and a `reason:`");
        continue;
      }
      const Node* reason = item.find("reason");
      out_.skips.emplace_back(
          reason != nullptr ? reason->text : "left out by the mapping", expression(*when));
    }
  }

  const Node& root_;
  Declaration out_;
  std::vector<std::string> problems_;
};

}  // namespace

std::string strptime_pattern(std::string_view format) {
  if (format.find('%') != std::string_view::npos) return std::string(format);
  constexpr std::array<std::pair<std::string_view, std::string_view>, 14> kParts{
      {{"yyyy", "%Y"},
       {"YYYY", "%Y"},
       {"MMM", "%b"},
       {"MM", "%m"},
       {"dd", "%d"},
       {"DD", "%d"},
       {"HH", "%H"},
       {"hh", "%I"},
       {"mm", "%M"},
       {"ss", "%S"},
       {"yy", "%y"},
       {"M", "%-m"},
       {"d", "%-d"},
       {"a", "%p"}}};
  std::string out;
  for (std::size_t i = 0; i < format.size();) {
    const auto part = std::ranges::find_if(
        kParts, [&](const auto& one) { return format.substr(i).starts_with(one.first); });
    if (part == kParts.end()) {
      out.push_back(format[i++]);
    } else {
      out += part->second;
      i += part->first.size();
    }
  }
  return out;
}

base::Result<Declaration> parse_declaration(std::string_view yaml, std::string_view file) {
  const auto root = TRY(format::parse_yaml(yaml, file));
  return Reader(root, file).run();
}

}  // namespace outlay::connectors
