// SPDX-License-Identifier: Apache-2.0
#include "connectors/read_sql.h"

#include <array>

#include <fmt/format.h>

#include "base/text.h"

namespace outlay::connectors {
namespace {

// Words met in exports where a cell should be empty. "None" and "-" are left alone: names may be
// so.
constexpr std::string_view kNullWords[]{
    "NULL", "null", "Null", "N/A", "n/a", "\\N", "<null>", "(null)"};
constexpr std::size_t kLongestWord = 6;

bool is_text(std::string_view type) { return type == "VARCHAR" || type.empty(); }

bool is_nested(std::string_view type) {
  return type.starts_with("MAP") || type.starts_with("STRUCT") || type.ends_with("]");
}

// No IN: the engine would make a join of every long list, and there is a list per column.
std::string text_sql(std::string_view column, std::string_view type, bool is_loose) {
  if (is_text(type)) {
    return is_loose ? fmt::format(
                          "CASE WHEN strlen({0}) > {1} THEN {0} WHEN {0} = '' OR {2} THEN NULL "
                          "ELSE {0} END",
                          column,
                          kLongestWord,
                          is_null_word_sql(column))
                    : fmt::format("nullif({}, '')", column);
  }
  if (is_nested(type)) {
    return fmt::format("CAST(to_json({}) AS VARCHAR)", column);
  }
  return fmt::format("CAST({} AS VARCHAR)", column);
}

// Only what cannot be misread is undone: "1,234.50" and "1,234,567" have their marks in threes;
// "1,50" and "1,234" may have a decimal comma and stay as they are.
std::string money_sql(std::string_view column, std::string_view type, bool is_loose) {
  const std::string text = text_sql(column, type, is_loose);
  if (!is_text(type) || !is_loose) {
    return text;
  }
  constexpr std::string_view kMarked =
      R"(\s*\(?\s*-?\s*(?:[$€£¥]|[A-Z]{3})?\s*-?\s*(?:\d{1,3}(?:,\d{3})+\.\d*|\d{1,3}(?:,\d{3}){2,}|\d+(?:\.\d*)?)\s*(?:[$€£¥]|[A-Z]{3})?\s*\)?\s*)";
  return fmt::format(
      "CASE WHEN TRY_CAST({0} AS DOUBLE) IS NOT NULL THEN {0} "
      "WHEN regexp_full_match({0}, '{1}') THEN CASE WHEN contains({0}, '(') THEN '-' ELSE '' END "
      "|| "
      "regexp_replace({0}, '[^0-9.\\-]', '', 'g') ELSE {2} END",
      column,
      kMarked,
      text);
}

std::string slash_date_sql(std::string_view column, std::string_view day_first) {
  constexpr std::string_view kTimes[]{
      "%y",
      "%Y",
      "%y %H:%M",
      "%Y %H:%M",
      "%y %H:%M:%S",
      "%Y %H:%M:%S",
      "%Y %I:%M:%S %p",
      "%Y %I:%M %p"};
  std::string days;
  std::string months;
  for (const auto time : kTimes) {
    const std::string_view comma = days.empty() ? "" : ",";
    days += fmt::format("{}'%d/%m/{}'", comma, time);
    months += fmt::format("{}'%m/%d/{}'", comma, time);
  }
  return fmt::format(
      "CASE WHEN {1} THEN try_strptime({0}, [{2}]) ELSE try_strptime({0}, [{3}]) END",
      column,
      day_first,
      days,
      months);
}

// A plain cast drops offsets, so text with one goes through TIMESTAMPTZ; and it takes 5/1/25 for a
// day of the year 5, so only slash dates with a year of four digits in front are cast. Digits alone
// are epoch seconds, milliseconds or microseconds by their number.
std::string timestamp_text_sql(std::string_view column, std::string_view day_first) {
  std::string rare = fmt::format(
      "CASE WHEN regexp_full_match({0}, '\\d{{10,16}}') THEN make_timestamp(CAST({0} AS BIGINT) * "
      "CASE length({0}) "
      "WHEN 10 THEN 1000000 WHEN 13 THEN 1000 WHEN 16 THEN 1 END) ",
      column);
  if (!day_first.empty()) {
    rare +=
        fmt::format("WHEN contains({}, '/') THEN {} ", column, slash_date_sql(column, day_first));
  }
  rare += fmt::format(
      "ELSE try_strptime({}, ['%Y-%m-%dT%H:%MZ','%Y-%m-%dT%H:%M','%Y-%m-%d "
      "%H:%M','%Y%m%dT%H%M%SZ','%Y%m%d','%Y-%m']) END",
      column);
  return fmt::format(
      "coalesce(CASE WHEN strpos({0}, '/') BETWEEN 1 AND 4 THEN NULL "
      "WHEN strlen({0}) <= 19 OR suffix({0}, 'Z') THEN TRY_CAST({0} AS TIMESTAMP) "
      "ELSE make_timestamp(epoch_us(TRY_CAST({0} AS TIMESTAMPTZ))) END, {1})",
      column,
      rare);
}

std::string timestamp_sql(
    std::string_view column, std::string_view type, std::string_view day_first) {
  if (is_text(type)) {
    return timestamp_text_sql(column, day_first);
  }
  if (type == "TIMESTAMP WITH TIME ZONE") {
    return fmt::format("make_timestamp(epoch_us({}))", column);
  }
  if (type.starts_with("TIMESTAMP") || type == "DATE") {
    return fmt::format("CAST({} AS TIMESTAMP)", column);
  }
  // A count since 1970; larger than 1e14 it can only be microseconds, larger than 1e11
  // milliseconds.
  return fmt::format(
      "make_timestamp(CAST({0} AS BIGINT) * CASE WHEN abs({0}) > 100000000000000 THEN 1 "
      "WHEN abs({0}) > 100000000000 THEN 1000 ELSE 1000000 END)",
      column);
}

}  // namespace

bool parse_read(std::string_view word, Read& read) {
  constexpr std::array<std::string_view, 5> kWords{"text", "money", "amount", "timestamp", "json"};
  for (std::size_t i = 0; i < kWords.size(); ++i) {
    if (kWords.at(i) == word) {
      read = static_cast<Read>(i);
      return true;
    }
  }
  return false;
}

std::string read_sql(
    Read read, std::string_view column, std::string_view type, const Spelling& spelling) {
  switch (read) {
    case Read::money:
      return money_sql(column, type, spelling.is_loose);
    case Read::amount:
      return is_text(type) ? fmt::format("outlay_money({})", column)
                           : fmt::format("TRY_CAST({} AS DECIMAL(38,22))", column);
    case Read::timestamp:
      return timestamp_sql(column, type, spelling.day_first);
    case Read::text:
    case Read::json:
      break;
  }
  return text_sql(column, type, spelling.is_loose);
}

std::string is_null_word_sql(std::string_view column) {
  std::string any;
  for (const auto word : kNullWords) {
    any += fmt::format("{}{} = '{}'", any.empty() ? "(" : " OR ", column, word);
  }
  return any + ")";
}

}  // namespace outlay::connectors
