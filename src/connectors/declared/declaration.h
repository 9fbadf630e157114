// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "format/yaml.h"
#include "ledger/delivery.h"

namespace outlay::connectors {

/// A user's own mapping of a file, as its YAML says it; docs/guides/declared.md.
struct Declaration {
  /// An expression with the place it was written at.
  struct Expression {
    std::string text;
    base::Place place;
  };

  using Columns = std::vector<std::pair<std::string, Expression>>;

  std::string file;  ///< where it was read from, for messages
  std::string name;
  std::string version;
  char separator = '\0';  ///< 0: seen from the header
  std::string records;    ///< where the records of a JSON document are: "data.results"
  std::vector<std::string> date_formats;  ///< strptime patterns; empty: ISO 8601 and the like
  std::string time_zone;
  char decimal_mark = '.';
  char thousands_mark = '\0';
  bool is_negated = false;
  bool is_spread = false;
  std::string grain = "day";
  std::string provider;
  std::string service;
  Expression currency;
  ledger::Extent extent = ledger::Extent::whole;
  std::vector<std::string> scope;  ///< columns whose values a file states whole
  std::vector<std::string> key;
  bool keeps_all = true;
  Columns columns;
  Columns tags;
  Columns skips;  ///< reason -> condition
  std::vector<std::pair<std::string, std::string>> defaults;
  std::map<std::string, std::vector<std::pair<std::string, std::string>>, std::less<>> tables;
};

/// Reads a mapping; every mistake at once, with line and column.
base::Result<Declaration> parse_declaration(std::string_view yaml, std::string_view file);

/// "dd.MM.yyyy" or "%d.%m.%Y" as a strptime pattern.
std::string strptime_pattern(std::string_view format);

}  // namespace outlay::connectors
