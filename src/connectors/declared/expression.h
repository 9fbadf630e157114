// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace outlay::connectors {

/// What an expression of a declared mapping gives.
enum class Sort { text, number, time, truth };

/// SQL with the sort of its value: VARCHAR, DECIMAL(38,22), TIMESTAMP or BOOLEAN.
struct Compiled {
  std::string sql;
  Sort sort = Sort::text;
};

/// What names mean and how cells are read, for the compiler.
class ExpressionWorld {
 public:
  virtual ~ExpressionWorld() = default;
  /// The column of the file of that name, as `sort` (never truth); nothing when there is none.
  virtual std::optional<Compiled> file_column(std::string_view name, Sort sort) = 0;
  /// Another column of the mapping; nothing when there is none.
  virtual base::Result<std::optional<Compiled>> mapped_column(std::string_view name) = 0;
  /// SQL that reads a text as number or as time.
  virtual std::string read_as(std::string_view sql, Sort sort) const = 0;
  /// A table of the mapping (key -> value), or null.
  virtual const std::vector<std::pair<std::string, std::string>>* table(
      std::string_view name) const = 0;
  virtual std::vector<std::string> column_names() const = 0;
};

/// Compiles an expression to SQL. No text of the user's becomes SQL but as a quoted literal. The
/// error names the place within the expression.
base::Result<Compiled> compile_expression(std::string_view text, ExpressionWorld& world);

/// The same value as another sort; truth and time never become numbers.
base::Result<Compiled> converted(Compiled value, Sort sort, ExpressionWorld& world);

/// The words for a sort in messages.
std::string_view sort_name(Sort sort);

}  // namespace outlay::connectors
