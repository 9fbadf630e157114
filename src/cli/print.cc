// SPDX-License-Identifier: Apache-2.0
#include "cli/print.h"

#include <algorithm>
#include <ostream>

#include <fmt/format.h>

#include "base/text.h"
#include "format/csv.h"
#include "format/json.h"

namespace outlay::cli {

using format::Value;

std::size_t shown_width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

std::string cell_text(const Value& cell) {
  if (cell.is_null()) return {};
  if (cell.is_text()) return cell.as_text();
  if (cell.is_exact()) return cell.as_exact().text;
  return format::print_json(cell);
}

std::string money_text(const Value& amount) {
  if (amount.is_null()) return "-";
  std::string digits = cell_text(amount);
  const bool is_negative = digits.starts_with('-');
  if (is_negative) digits.erase(0, 1);
  std::size_t point = digits.find('.');
  if (digits.find_first_not_of("0123456789.") != std::string::npos) return cell_text(amount);
  if (point == std::string::npos) {
    point = digits.size();
    digits += ".00";
  }
  while (digits.size() - point < 3) digits += '0';
  for (std::size_t at = point; at > 3;) {
    at -= 3;
    digits.insert(at, ",");
  }
  return is_negative ? "-" + digits : digits;
}

std::string seconds_text(double seconds) {
  if (seconds < 10) return fmt::format("{:.2f} s", seconds);
  if (seconds < 120) return fmt::format("{:.0f} s", seconds);
  const long long whole = static_cast<long long>(seconds);
  return fmt::format("{} min {} s", whole / 60, whole % 60);
}

namespace {

bool is_money(std::string_view column) {
  for (const std::string_view cost :
       {"BilledCost", "EffectiveCost", "ListCost", "ContractedCost"}) {
    if (column.find(cost) != std::string_view::npos) return true;
  }
  return false;
}

bool is_number_type(std::string_view type) {
  return type == "integer" || type == "decimal" || type == "real";
}

// Control characters would break the alignment, and a terminal would obey them.
std::string one_line(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  }
  return text;
}

void print_line(
    std::ostream& out,
    const std::vector<std::string>& cells,
    const TextTable& table,
    const std::vector<std::size_t>& widths) {
  std::string line;
  for (std::size_t at = 0; at < widths.size(); ++at) {
    const std::string text = at < cells.size() ? cells[at] : std::string();
    const std::string space(widths[at] - std::min(widths[at], shown_width(text)), ' ');
    const bool is_right = at < table.is_number.size() && table.is_number[at];
    if (at > 0) line += "  ";
    line += is_right ? space + text : text + space;
  }
  out << line.substr(0, line.find_last_not_of(' ') + 1) << "\n";
}

}  // namespace

void print_text_table(std::ostream& out, const TextTable& table) {
  std::vector<std::size_t> widths;
  std::vector<std::string> rules;
  for (const std::string& head : table.heads) widths.push_back(shown_width(head));
  for (const std::vector<std::string>& row : table.rows) {
    for (std::size_t at = 0; at < std::min(row.size(), widths.size()); ++at) {
      widths[at] = std::max(widths[at], shown_width(row[at]));
    }
  }
  for (const std::size_t width : widths) rules.emplace_back(width, '-');
  print_line(out, table.heads, table, widths);
  print_line(out, rules, table, widths);
  for (const std::vector<std::string>& row : table.rows) print_line(out, row, table, widths);
}

void print_table(std::ostream& out, const Value& answer) {
  TextTable table;
  std::vector<bool> money;
  for (const Value& column : answer["columns"].as_array()) {
    table.heads.push_back(column["name"].text_or(""));
    table.is_number.push_back(is_number_type(column["type"].text_or("")));
    money.push_back(table.is_number.back() && is_money(table.heads.back()));
  }
  for (const Value& row : answer["rows"].as_array()) {
    std::vector<std::string> cells;
    for (std::size_t at = 0; at < table.heads.size(); ++at) {
      const Value& cell = row[table.heads[at]];
      if (money[at])
        cells.push_back(money_text(cell));
      else
        cells.push_back(cell.is_null() ? "-" : one_line(cell_text(cell)));
    }
    table.rows.push_back(std::move(cells));
  }
  print_text_table(out, table);
}

void print_csv(std::ostream& out, const Value& answer) {
  std::vector<std::string> heads;
  std::string line;
  for (const Value& column : answer["columns"].as_array()) {
    heads.push_back(column["name"].text_or(""));
    line += (line.empty() ? "" : ",") + format::csv_field(heads.back());
  }
  out << line << "\n";
  for (const Value& row : answer["rows"].as_array()) {
    line.clear();
    for (std::size_t at = 0; at < heads.size(); ++at) {
      if (at > 0) line += ",";
      line += format::csv_field(cell_text(row[heads[at]]));
    }
    out << line << "\n";
  }
}

void print_rows(std::ostream& out, const Value& answer) {
  const format::Array& rows = answer["rows"].as_array();
  out << "[";
  for (std::size_t at = 0; at < rows.size(); ++at) {
    out << (at == 0 ? "\n" : ",\n") << format::print_json(rows[at]);
  }
  out << (rows.empty() ? "]\n" : "\n]\n");
}

void print_answer(std::ostream& out, const Value& answer, std::string_view style) {
  if (style == "csv")
    print_csv(out, answer);
  else if (style == "json")
    print_rows(out, answer);
  else
    print_table(out, answer);
}

}  // namespace outlay::cli
