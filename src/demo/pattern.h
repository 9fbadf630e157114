// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "money/decimal.h"

namespace outlay::demo {

/// What changes from row to row of one resource.
enum class Slot : char { id = 'A', start, end, quantity, cost, net, list, extra, more, day };

inline constexpr std::size_t kSlots = 10;

/// The mark that stands for a slot inside a line.
std::string mark(Slot slot);

/// A line rendered once per resource, with holes that are filled for each row: rows cost a few
/// copies.
class LinePattern {
 public:
  /// `line` is whole, with its line end, and has mark()s in it.
  explicit LinePattern(std::string_view line);
  LinePattern& set(Slot slot, std::string_view value);
  /// Sets a number, without trailing zeros.
  LinePattern& set(Slot slot, money::Decimal value);
  void append_to(std::string& out) const;

 private:
  struct Piece {
    std::string text;
    /// Index of the slot that follows; kSlots for none.
    std::size_t slot = kSlots;
  };

  std::vector<Piece> pieces_;
  std::array<std::string, kSlots> values_;
};

/// Cells of one CSV row by column name.
class CsvRow {
 public:
  /// The names must outlive the row.
  explicit CsvRow(const std::vector<std::string>& columns);
  /// CHECKs that there is such a column.
  CsvRow& set(std::string_view column, std::string_view value);
  CsvRow& set(std::string_view column, money::Decimal value);
  const std::string& get(std::string_view column) const;
  /// Quoted where needed, with "\n".
  std::string line() const;

 private:
  std::size_t index(std::string_view column) const;

  const std::vector<std::string>& columns_;
  std::vector<std::string> cells_;
};

std::string header_line(const std::vector<std::string>& columns);

/// A literal decimal of the catalogue; CHECKs that it is one.
money::Decimal dec(std::string_view text);
/// Digits without trailing zeros, quicker than Decimal::short_text for small numbers.
void append_decimal(std::string& out, money::Decimal value);

}  // namespace outlay::demo
