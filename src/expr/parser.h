// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "expr/lexer.h"
#include "expr/tree.h"

namespace outlay::expr {

/// Nesting that no template needs and the stack still bears.
inline constexpr int kDepthMax = 200;

struct Argument {
  std::string name;
  ExprPtr value;
  Spot spot;
};

struct BinaryOperator;

/// Reads the tokens of one template into statements (parser.cc) and expressions
/// (parse_expression.cc).
class Parser {
 public:
  Parser(std::string_view text, std::vector<Token> tokens)
      : text_(text), tokens_(std::move(tokens)) {}

  base::Result<Parsed> run();

 private:
  using Type = Token::Type;
  template <class T>
  using Result = base::Result<T>;
  using Arguments = std::vector<Argument>;

  Result<Body> body(std::initializer_list<std::string_view> ends, std::string_view opened_by);
  Result<std::optional<Statement>> tag(const Token& begin);
  Result<Statement> branch();
  Result<Statement> loop();
  Result<Statement> set();
  Result<base::Done> macro();
  Result<Statement> filter_block();
  Result<Statement> block();
  Result<base::Done> end_of_tag();

  Result<ExprPtr> expression(int min_precedence = 0);
  Result<ExprPtr> operand();
  Result<ExprPtr> with_operators(ExprPtr left, int min_precedence);
  Result<ExprPtr> binary(ExprPtr left, const BinaryOperator& operation, const Token& token);
  Result<ExprPtr> primary();
  Result<ExprPtr> number();
  Result<ExprPtr> interpolated();
  Result<ExprPtr> postfix(ExprPtr base);
  Result<ExprPtr> member(ExprPtr base);
  Result<ExprPtr> call(const Token& name);
  Result<ExprPtr> list();
  Result<ExprPtr> map();
  Result<ExprPtr> filter(ExprPtr input);
  Result<ExprPtr> test(ExprPtr input, bool is_negated);
  Result<Arguments> arguments(bool is_macro);
  Result<base::Done> bind(
      Expr& target, const Builtin& builtin, Arguments given, std::string_view what);
  Result<base::Done> bind_macro(Expr& target, const Macro& macro, Arguments given);
  Result<base::Done> resolve_calls();
  Result<std::string> new_name();
  /// Equal names of a program have one number.
  int id_of(const std::string& name);

  const Token& current() const { return tokens_[at_]; }

  const Token& following() const { return tokens_[std::min(at_ + 1, tokens_.size() - 1)]; }

  const Token& take() {
    const Token& token = tokens_[at_];
    if (at_ + 1 < tokens_.size()) ++at_;
    return token;
  }

  bool accept(Type type, std::string_view text) {
    if (!current().is(type, text)) return false;
    take();
    return true;
  }

  bool accept_mark(std::string_view text) { return accept(Type::punctuation, text); }

  Result<base::Done> expect_mark(std::string_view text);
  base::Error error(const Token& token, std::string message) const;
  base::Error error(Spot spot, std::string message) const;
  static std::string shown(const Token& token);
  ExprPtr make(Kind kind, Spot spot) const;
  std::string source_from(const Token& begin) const;

  std::string_view text_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  int depth_ = 0;
  Parsed program_;

  // Calls are bound once all macros are known, so that a macro may be used before it is written.
  struct Unbound {
    Expr* target;
    Arguments given;
  };

  std::vector<Unbound> unbound_;
  std::map<std::string, int, std::less<>> name_ids_{{"loop", kLoopId}};
};

/// Counts nesting while it lives.
class Depth {
 public:
  explicit Depth(int& depth) : depth_(depth) { ++depth_; }

  ~Depth() { --depth_; }

  Depth(const Depth&) = delete;
  Depth& operator=(const Depth&) = delete;

 private:
  int& depth_;
};

}  // namespace outlay::expr
