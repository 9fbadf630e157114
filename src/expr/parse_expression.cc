// SPDX-License-Identifier: Apache-2.0
// The expression half of Parser.
#include <algorithm>
#include <charconv>
#include <map>

#include <fmt/format.h>

#include "base/text.h"
#include "expr/parser.h"

namespace outlay::expr {

struct BinaryOperator {
  Kind kind;
  int precedence;
};

namespace {

// A larger precedence binds tighter: `a ~ b + c` is (a ~ b) + c, as flows expect it.
const std::map<std::string, BinaryOperator, std::less<>>& binary_operators() {
  static const std::map<std::string, BinaryOperator, std::less<>> operators{
      {"or", {Kind::logical_or, 10}},
      {"and", {Kind::logical_and, 15}},
      {"is", {Kind::test, 20}},
      {"is not", {Kind::test, 20}},
      {"contains", {Kind::contains, 20}},
      {"==", {Kind::equal, 30}},
      {"equals", {Kind::equal, 30}},
      {"!=", {Kind::not_equal, 30}},
      {"<", {Kind::less, 30}},
      {">", {Kind::greater, 30}},
      {"<=", {Kind::less_equal, 30}},
      {">=", {Kind::greater_equal, 30}},
      {"+", {Kind::add, 40}},
      {"-", {Kind::subtract, 40}},
      {"*", {Kind::multiply, 60}},
      {"/", {Kind::divide, 60}},
      {"%", {Kind::modulo, 60}},
      {"|", {Kind::filter, 100}},
      {"~", {Kind::concat, 110}},
      {"..", {Kind::range, 120}},
      {"??", {Kind::null_coalesce, 120}},
      {"???", {Kind::undefined_coalesce, 120}},
      {"isIn", {Kind::is_in, 120}},
  };
  return operators;
}

constexpr int kUnaryPrecedence = 500;

LoopPart loop_part_named(std::string_view name) {
  if (name == "index") return LoopPart::index;
  if (name == "length") return LoopPart::length;
  if (name == "first") return LoopPart::first;
  if (name == "last") return LoopPart::last;
  return name == "revindex" ? LoopPart::revindex : LoopPart::none;
}

// How wide Java's number would be by the form of the expression: "long" for literals and what is
// computed with them, "float" for what `number` reads; nothing where the value itself decides.
std::string_view java_width(const Expr& expr) {  // NOLINT(misc-no-recursion)
  switch (expr.kind) {
    case Kind::literal:
      return expr.literal.is_int() ? "long" : "";
    case Kind::add:
    case Kind::subtract:
    case Kind::multiply:
    case Kind::divide:
    case Kind::modulo:
    case Kind::negate:
    case Kind::plus: {
      const bool is_long =
          std::any_of(expr.children.begin(), expr.children.end(), [](const ExprPtr& child) {
            return child != nullptr && java_width(*child) == "long";
          });
      return is_long ? "long" : "";
    }
    case Kind::filter:
      if (expr.name.starts_with("timestamp")) return "long";
      if (expr.name != "number") return "";
      if (expr.children.size() < 2 || expr.children[1] == nullptr) return "float";
      if (expr.children[1]->literal.text_or("") == "LONG") return "long";
      return expr.children[1]->literal.text_or("") == "FLOAT" ? "float" : "";
    default:
      return "";
  }
}

}  // namespace

base::Result<ExprPtr> Parser::expression(int min_precedence) {
  const Depth depth(depth_);
  if (depth_ > kDepthMax) return error(current(), "the expression is nested too deeply");
  ExprPtr left = TRY(operand());
  left = TRY(with_operators(std::move(left), min_precedence));
  if (min_precedence > 0 || !current().is(Type::punctuation, "?")) return left;
  ExprPtr made = make(Kind::ternary, take().spot);
  made->children.push_back(std::move(left));
  made->children.push_back(TRY(expression()));
  TRY(expect_mark(":"));
  made->children.push_back(TRY(expression()));
  return made;
}

base::Result<ExprPtr> Parser::operand() {
  const Token& token = current();
  if (token.type == Type::operation &&
      (token.text == "not" || token.text == "-" || token.text == "+")) {
    const Kind kind = token.text == "not" ? Kind::logical_not
                      : token.text == "-" ? Kind::negate
                                          : Kind::plus;
    ExprPtr made = make(kind, take().spot);
    made->children.push_back(TRY(expression(kUnaryPrecedence)));
    return made;
  }
  if (token.is(Type::punctuation, "(")) {
    take();
    ExprPtr inner = TRY(expression());
    TRY(expect_mark(")"));
    return postfix(std::move(inner));
  }
  if (token.is(Type::punctuation, "[")) return postfix(TRY(list()));
  if (token.is(Type::punctuation, "{")) return postfix(TRY(map()));
  return postfix(TRY(primary()));
}

base::Result<ExprPtr> Parser::with_operators(ExprPtr left, int min_precedence) {
  constexpr int kChainMax = 10'000;
  const auto& operators = binary_operators();
  int length = 0;
  while (current().type == Type::operation) {
    const auto found = operators.find(current().text);
    if (found == operators.end() || found->second.precedence < min_precedence) break;
    // A chain is a tree as deep as it is long, and evaluating walks it.
    if (++length > kDepthMax * 5 || length > kChainMax) {
      return error(current(), "the expression is too long: set parts of it to variables");
    }
    const Token& token = take();
    left = TRY(binary(std::move(left), found->second, token));
  }
  return left;
}

base::Result<ExprPtr> Parser::binary(
    ExprPtr left, const BinaryOperator& operation, const Token& token) {
  if (operation.kind == Kind::filter) return filter(std::move(left));
  if (operation.kind == Kind::test) return test(std::move(left), token.text == "is not");
  ExprPtr right = TRY(expression(operation.precedence + 1));
  ExprPtr made = make(operation.kind, token.spot);
  made->children.push_back(std::move(left));
  made->children.push_back(std::move(right));
  return made;
}

base::Result<ExprPtr> Parser::primary() {
  const Token& token = current();
  if (token.type == Type::integer || token.type == Type::decimal) return number();
  if (token.type == Type::concat_begin) return interpolated();
  if (token.type == Type::string) {
    ExprPtr made = make(Kind::literal, token.spot);
    made->literal = take().text;
    return made;
  }
  if (token.type != Type::name) {
    return error(token, fmt::format("a value is wanted here, found {}", shown(token)));
  }
  take();
  const bool is_true = token.text == "true" || token.text == "TRUE";
  const bool is_false = token.text == "false" || token.text == "FALSE";
  const bool is_null =
      token.text == "null" || token.text == "NULL" || token.text == "none" || token.text == "NONE";
  if (is_true || is_false || is_null) {
    ExprPtr made = make(Kind::literal, token.spot);
    if (!is_null) made->literal = is_true;
    return made;
  }
  if (current().is(Type::punctuation, "(")) return call(token);
  ExprPtr made = make(Kind::variable, token.spot);
  made->name = token.text;
  made->name_id = id_of(made->name);
  return made;
}

base::Result<ExprPtr> Parser::number() {
  const Token& token = take();
  ExprPtr made = make(Kind::literal, token.spot);
  const char* begin = token.text.data();
  const char* end = begin + token.text.size();
  if (token.type == Type::decimal) {
    double value = 0;
    std::from_chars(begin, end, value);
    made->literal = value;
    return made;
  }
  std::int64_t value = 0;
  if (std::from_chars(begin, end, value).ec != std::errc()) {
    return error(token, fmt::format("the number {} does not fit 64 bits", token.text));
  }
  made->literal = value;
  return made;
}

base::Result<ExprPtr> Parser::interpolated() {
  const Token& begin = take();
  ExprPtr made = make(Kind::literal, begin.spot);
  made->literal = "";
  bool is_first = true;
  while (current().type != Type::concat_end) {
    ExprPtr piece;
    if (current().type == Type::string) {
      piece = make(Kind::literal, current().spot);
      piece->literal = take().text;
    } else {
      take();
      piece = TRY(expression());
      if (current().type != Type::interpolation_end) {
        return error(current(), fmt::format("'}}' is wanted here, found {}", shown(current())));
      }
      take();
    }
    if (is_first && piece->kind == Kind::literal) {
      made = std::move(piece);
    } else {
      ExprPtr joined = make(Kind::concat, begin.spot);
      joined->children.push_back(std::move(made));
      joined->children.push_back(std::move(piece));
      made = std::move(joined);
    }
    is_first = false;
  }
  take();
  return made;
}

base::Result<ExprPtr> Parser::postfix(ExprPtr base) {
  int length = 0;
  while (true) {
    if (++length > kDepthMax) return error(current(), "the path is too long");
    if (accept_mark(".")) {
      base = TRY(member(std::move(base)));
    } else if (current().is(Type::punctuation, "[")) {
      ExprPtr made = make(Kind::index, take().spot);
      made->children.push_back(std::move(base));
      made->children.push_back(TRY(expression()));
      TRY(expect_mark("]"));
      base = std::move(made);
    } else {
      return base;
    }
  }
}

base::Result<ExprPtr> Parser::member(ExprPtr base) {
  const Token& name = current();
  if (name.type == Type::integer) {
    ExprPtr made = make(Kind::index, name.spot);
    made->children.push_back(std::move(base));
    made->children.push_back(TRY(number()));
    return made;
  }
  if (name.type != Type::name) {
    return error(
        name, fmt::format("the name of an attribute is wanted after '.', found {}", shown(name)));
  }
  take();
  ExprPtr made = make(Kind::attribute, name.spot);
  made->name = name.text;
  made->is_of_loop = base->kind == Kind::variable && base->name == "loop";
  if (made->is_of_loop) made->loop_part = loop_part_named(made->name);
  made->children.push_back(std::move(base));
  if (!current().is(Type::punctuation, "(")) return made;
  made->kind = Kind::method;
  Arguments given = TRY(arguments(false));
  for (Argument& argument : given) {
    if (!argument.name.empty()) return error(argument.spot, "a method takes no named arguments");
    made->children.push_back(std::move(argument.value));
  }
  return made;
}

base::Result<ExprPtr> Parser::call(const Token& name) {
  ExprPtr made = make(Kind::call, name.spot);
  made->name = name.text;
  Arguments given = TRY(arguments(false));
  unbound_.push_back({made.get(), std::move(given)});
  return made;
}

base::Result<Parser::Arguments> Parser::arguments(bool is_macro) {
  TRY(expect_mark("("));
  Arguments out;
  bool has_named = false;
  while (!accept_mark(")")) {
    if (!out.empty()) TRY(expect_mark(","));
    Argument argument;
    argument.spot = current().spot;
    if (is_macro) {
      argument.name = TRY(new_name());
      if (accept_mark("=")) argument.value = TRY(expression());
    } else {
      const bool is_named = following().is(Type::punctuation, "=");
      if (is_named) {
        argument.name = TRY(new_name());
        take();
      } else if (has_named) {
        return error(argument.spot, "arguments without a name stand before those with one");
      }
      has_named = has_named || is_named;
      argument.value = TRY(expression());
    }
    out.push_back(std::move(argument));
  }
  return out;
}

base::Result<ExprPtr> Parser::list() {
  ExprPtr made = make(Kind::list, take().spot);
  while (!accept_mark("]")) {
    if (!made->children.empty()) TRY(expect_mark(","));
    made->children.push_back(TRY(expression()));
  }
  return made;
}

base::Result<ExprPtr> Parser::map() {
  ExprPtr made = make(Kind::map, take().spot);
  while (!accept_mark("}")) {
    if (!made->children.empty()) TRY(expect_mark(","));
    made->children.push_back(TRY(expression()));
    TRY(expect_mark(":"));
    made->children.push_back(TRY(expression()));
  }
  return made;
}

base::Result<ExprPtr> Parser::filter(ExprPtr input) {
  const Token& name = current();
  if (name.type != Type::name) {
    return error(name, fmt::format("the name of a filter is wanted here, found {}", shown(name)));
  }
  take();
  const Builtin* builtin = find_filter(name.text);
  if (builtin == nullptr) {
    return error(
        name,
        fmt::format(
            "there is no filter '{}'.{}",
            name.text,
            base::did_you_mean(name.text, filter_names())));
  }
  ExprPtr made = make(Kind::filter, name.spot);
  made->name = name.text;
  made->children.push_back(std::move(input));
  Arguments given;
  if (current().is(Type::punctuation, "(")) given = TRY(arguments(false));
  TRY(bind(*made, *builtin, std::move(given), "filter"));
  if (made->name == "className") {
    ExprPtr width = make(Kind::literal, name.spot);
    width->literal = java_width(*made->children[0]);
    made->children.push_back(std::move(width));
  }
  return made;
}

base::Result<ExprPtr> Parser::test(ExprPtr input, bool is_negated) {
  const Token& name = current();
  if (name.type != Type::name) {
    return error(name, fmt::format("the name of a test is wanted here, found {}", shown(name)));
  }
  take();
  const Builtin* builtin = find_test(name.text);
  if (builtin == nullptr) {
    return error(
        name,
        fmt::format(
            "there is no test '{}'.{}", name.text, base::did_you_mean(name.text, test_names())));
  }
  ExprPtr made = make(Kind::test, name.spot);
  made->name = name.text;
  made->is_negated = is_negated;
  made->children.push_back(std::move(input));
  Arguments given;
  if (current().is(Type::punctuation, "(")) given = TRY(arguments(false));
  TRY(bind(*made, *builtin, std::move(given), "test"));
  return made;
}

// Puts the arguments in the order the builtin names them.
base::Result<base::Done> Parser::bind(
    Expr& target, const Builtin& builtin, Arguments given, std::string_view what) {
  target.builtin = &builtin;
  const std::size_t first = target.children.size();
  for (std::size_t i = 0; i < given.size(); ++i) {
    std::size_t slot = i;
    if (!given[i].name.empty()) {
      const auto found =
          std::find(builtin.parameters.begin(), builtin.parameters.end(), given[i].name);
      if (found == builtin.parameters.end()) {
        const std::vector<std::string> names(builtin.parameters.begin(), builtin.parameters.end());
        return error(
            given[i].spot,
            fmt::format(
                "the {} '{}' has no argument '{}'; it takes: {}",
                what,
                builtin.name,
                given[i].name,
                names.empty() ? "none" : base::join(names, ", ")));
      }
      slot = static_cast<std::size_t>(found - builtin.parameters.begin());
    } else if (!builtin.is_variadic && i >= builtin.parameters.size()) {
      return error(
          given[i].spot,
          fmt::format(
              "the {} '{}' takes {} argument{}, found {}",
              what,
              builtin.name,
              builtin.parameters.size(),
              builtin.parameters.size() == 1 ? "" : "s",
              given.size()));
    }
    if (target.children.size() <= first + slot) target.children.resize(first + slot + 1);
    if (target.children[first + slot] != nullptr) {
      return error(given[i].spot, fmt::format("the argument '{}' is given twice", given[i].name));
    }
    target.children[first + slot] = std::move(given[i].value);
  }
  return base::Done{};
}

base::Result<base::Done> Parser::bind_macro(Expr& target, const Macro& macro, Arguments given) {
  target.children.resize(macro.parameters.size());
  for (std::size_t i = 0; i < given.size(); ++i) {
    std::size_t slot = i;
    if (!given[i].name.empty()) {
      const auto found = std::find(macro.parameters.begin(), macro.parameters.end(), given[i].name);
      slot = static_cast<std::size_t>(found - macro.parameters.begin());
      if (found == macro.parameters.end()) {
        return error(
            given[i].spot,
            fmt::format("the macro '{}' has no argument '{}'", macro.name, given[i].name));
      }
    } else if (i >= macro.parameters.size()) {
      return error(
          given[i].spot,
          fmt::format(
              "the macro '{}' takes {} arguments, found {}",
              macro.name,
              macro.parameters.size(),
              given.size()));
    }
    target.children[slot] = std::move(given[i].value);
  }
  return base::Done{};
}

base::Result<base::Done> Parser::resolve_calls() {
  for (Unbound& call : unbound_) {
    const auto macro =
        std::find_if(program_.macros.begin(), program_.macros.end(), [&](const auto& candidate) {
          return candidate->name == call.target->name;
        });
    if (macro != program_.macros.end()) {
      call.target->macro = static_cast<int>(macro - program_.macros.begin());
      TRY(bind_macro(*call.target, **macro, std::move(call.given)));
      continue;
    }
    const Builtin* builtin = find_function(call.target->name);
    if (builtin == nullptr) {
      return error(
          call.target->spot,
          fmt::format(
              "there is no function or macro '{}'.{}",
              call.target->name,
              base::did_you_mean(call.target->name, function_names())));
    }
    TRY(bind(*call.target, *builtin, std::move(call.given), "function"));
  }
  return base::Done{};
}

}  // namespace outlay::expr
