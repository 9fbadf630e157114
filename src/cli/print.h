// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include "format/value.h"

namespace outlay::cli {

/// Cells as texts; for tables that commands make themselves.
struct TextTable {
  std::vector<std::string> heads;
  std::vector<bool> is_number;  ///< right-aligned columns; may be shorter than heads
  std::vector<std::vector<std::string>> rows;
};

void print_text_table(std::ostream& out, const TextTable& table);

/// An answer of {columns, rows} for people: aligned, costs with at least two decimals, null as "-".
void print_table(std::ostream& out, const format::Value& answer);
/// The same as CSV: every digit, null as nothing.
void print_csv(std::ostream& out, const format::Value& answer);
/// The same as a JSON list with one row a line.
void print_rows(std::ostream& out, const format::Value& answer);
/// By the name that --format takes: "table", "csv" or "json".
void print_answer(std::ostream& out, const format::Value& answer, std::string_view style);

/// A cell as text: numbers with their digits, lists and maps as JSON.
std::string cell_text(const format::Value& cell);
/// How many characters a terminal shows for UTF-8 text.
std::size_t shown_width(std::string_view text);
/// An amount with at least two decimals and thousands: "1,234.50".
std::string money_text(const format::Value& amount);
/// Seconds for people: "0.12 s", "3 min 5 s".
std::string seconds_text(double seconds);

}  // namespace outlay::cli
