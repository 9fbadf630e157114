// SPDX-License-Identifier: Apache-2.0
#include "demo/pattern.h"

#include <algorithm>

#include "base/check.h"

namespace outlay::demo {
namespace {

constexpr char kMark = '\x01';

std::size_t index_of(Slot slot) {
  return static_cast<std::size_t>(static_cast<char>(slot) - static_cast<char>(Slot::id));
}

std::string quoted(std::string_view cell) {
  if (cell.find_first_of(",\"\n\r") == std::string_view::npos) return std::string(cell);
  std::string out = "\"";
  for (const char c : cell) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

}  // namespace

std::string mark(Slot slot) { return {kMark, static_cast<char>(slot)}; }

LinePattern::LinePattern(std::string_view line) {
  while (!line.empty()) {
    const std::size_t at = line.find(kMark);
    if (at == std::string_view::npos) {
      pieces_.push_back({std::string(line), kSlots});
      return;
    }
    const std::size_t slot = index_of(static_cast<Slot>(line[at + 1]));
    CHECK(slot < kSlots);
    pieces_.push_back({std::string(line.substr(0, at)), slot});
    line.remove_prefix(at + 2);
  }
}

LinePattern& LinePattern::set(Slot slot, std::string_view value) {
  values_[index_of(slot)].assign(value);
  return *this;
}

LinePattern& LinePattern::set(Slot slot, money::Decimal value) {
  std::string& text = values_[index_of(slot)];
  text.clear();
  append_decimal(text, value);
  return *this;
}

void LinePattern::append_to(std::string& out) const {
  for (const Piece& piece : pieces_) {
    out += piece.text;
    if (piece.slot < kSlots) out += values_[piece.slot];
  }
}

CsvRow::CsvRow(const std::vector<std::string>& columns)
    : columns_(columns), cells_(columns.size()) {}

std::size_t CsvRow::index(std::string_view column) const {
  const auto found = std::find(columns_.begin(), columns_.end(), column);
  CHECK(found != columns_.end());
  return static_cast<std::size_t>(found - columns_.begin());
}

CsvRow& CsvRow::set(std::string_view column, std::string_view value) {
  cells_[index(column)].assign(value);
  return *this;
}

const std::string& CsvRow::get(std::string_view column) const { return cells_[index(column)]; }

CsvRow& CsvRow::set(std::string_view column, money::Decimal value) {
  std::string text;
  append_decimal(text, value);
  return set(column, text);
}

std::string CsvRow::line() const {
  std::string out;
  for (const std::string& cell : cells_) {
    out += quoted(cell);
    out += ',';
  }
  out.back() = '\n';
  return out;
}

std::string header_line(const std::vector<std::string>& columns) {
  std::string out;
  for (const std::string& column : columns) out += column + ',';
  out.back() = '\n';
  return out;
}

money::Decimal dec(std::string_view text) {
  const base::Result<money::Decimal> value = money::Decimal::parse(text);
  CHECK(value.has_value());
  return *value;
}

void append_decimal(std::string& out, money::Decimal value) {
  constexpr money::Int128 kSmall = 9'000'000'000'000'000'000;
  const money::Int128 whole = value.coefficient();
  if (whole > kSmall || whole < -kSmall) {
    out += value.short_text();
    return;
  }
  auto number = static_cast<std::int64_t>(whole < 0 ? -whole : whole);
  int scale = value.scale();
  for (; scale > 0 && number % 10 == 0; --scale) number /= 10;
  std::array<char, 64> digits{};
  char* at = digits.data() + digits.size();
  for (int left = scale; number != 0 || left >= 0; --left) {
    *--at = static_cast<char>('0' + number % 10);
    number /= 10;
    if (left == 1) *--at = '.';
  }
  if (whole < 0) *--at = '-';
  out.append(at, static_cast<std::size_t>(digits.data() + digits.size() - at));
}

}  // namespace outlay::demo
