// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace outlay::connectors {

/// How the cells of a raw column are to be understood.
enum class Read {
  text,    ///< as written
  money,   ///< text that casts to a decimal: currency signs, thousands marks and (negatives) undone
  amount,  ///< DECIMAL(38,22), null when it is no number; for arithmetic
  timestamp,  ///< TIMESTAMP in UTC
  json,       ///< JSON text; maps and structs are printed as objects
};

/// Name of a reading as mapping.yaml spells it.
bool parse_read(std::string_view word, Read& read);

/// Liberties that writers of a format take.
struct Spelling {
  /// Cells say NULL, N/A and the like where they should be empty, and money may have signs and
  /// marks.
  bool is_loose = false;
  /// SQL for "slash dates have the day first"; empty when the format has no such dates.
  std::string_view day_first = {};
};

/// SQL that reads the raw column `column` (quoted) of DuckDB type `type`; empty cells become null.
std::string read_sql(
    Read read, std::string_view column, std::string_view type, const Spelling& spelling = {});

/// SQL condition: the text cell holds a word for null that is not simply empty.
std::string is_null_word_sql(std::string_view column);

}  // namespace outlay::connectors
