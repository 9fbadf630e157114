// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "expr/builtin.h"
#include "expr/expr.h"
#include "format/value.h"

namespace outlay::expr {

/// Where something stands in the template's text; both count from 1.
struct Spot {
  int line = 1;
  int column = 1;
};

enum class Kind : std::uint8_t {
  literal,
  variable,
  attribute,  ///< child.name
  index,      ///< child[child]
  method,     ///< child.name(children...)
  call,       ///< a function or a macro
  filter,     ///< child | builtin(children...)
  test,       ///< child is builtin(children...)
  negate,
  plus,
  logical_not,
  logical_or,
  logical_and,
  contains,
  equal,
  not_equal,
  less,
  greater,
  less_equal,
  greater_equal,
  add,
  subtract,
  multiply,
  divide,
  modulo,
  concat,
  range,
  null_coalesce,       ///< a ?? b
  undefined_coalesce,  ///< a ??? b
  is_in,
  ternary,
  list,
  map,
};

/// What a loop tells of itself.
enum class LoopPart : std::uint8_t { none, index, length, first, last, revindex };

/// The number of the name "loop" in every program.
inline constexpr int kLoopId = 0;

/// One node of an expression. Children that are null are arguments that were not given.
struct Expr {
  Kind kind = Kind::literal;
  bool is_negated = false;  ///< `is not`
  bool is_of_loop = false;  ///< loop.index and its like
  LoopPart loop_part = LoopPart::none;
  Spot spot;
  int macro = -1;    ///< of a call: which macro of the program
  int name_id = -1;  ///< of a variable: its number among the names of the program
  const Builtin* builtin = nullptr;
  std::string name;
  format::Value literal;
  std::vector<std::unique_ptr<Expr>> children;
};

using ExprPtr = std::unique_ptr<Expr>;

struct Statement;
using Body = std::vector<Statement>;

/// `if`: one arm per condition; the last one's condition is null for `else`.
struct Arm {
  ExprPtr condition;
  Body body;
};

struct Statement {
  enum class Kind : std::uint8_t { text, raw, print, branch, loop, set, filter, block };

  Kind kind = Kind::text;
  Spot spot;
  /// text: what is written; raw: the protected text; set, loop, block: the name.
  std::string text;
  int name_id = -1;  ///< set, loop: the number of the name
  /// The statement as written, for messages; raw: with its tags.
  std::string source;
  /// print, set: the value; loop: what is walked through; filter: the chain, applied to `text`
  /// variable.
  ExprPtr value;
  std::vector<Arm> arms;
  Body body;
  Body otherwise;
};

struct Macro {
  std::string name;
  std::vector<std::string> parameters;
  std::vector<int> parameter_ids;
  std::vector<ExprPtr> defaults;  ///< null where there is none
  Body body;
};

struct Block {
  std::string name;
  const Body* body = nullptr;
};

/// A parsed template.
struct Parsed {
  Body body;
  std::vector<std::unique_ptr<Macro>> macros;
  bool is_plain = false;
  std::string text;  ///< of a plain template
};

/// The name under which the text of a filter block is passed to its filters; no name a template can
/// write.
inline constexpr std::string_view kFilterBlockText = "{filter}";

base::Result<Parsed> parse_template(std::string_view text);

}  // namespace outlay::expr
