// SPDX-License-Identifier: Apache-2.0
#include "connectors/declared/expression.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "base/text.h"
#include "money/decimal.h"

namespace outlay::connectors {
namespace {

using base::Result;
using base::sql_text;

constexpr int kDepthMax = 50;

enum class Mark { name, column, text, number, sign, end };

struct Token {
  Mark mark = Mark::end;
  std::string text;
  std::size_t at = 0;
};

base::Error wrong(std::size_t at, std::string_view expression, const std::string& what) {
  return base::invalid_input(fmt::format("{} (character {} of \"{}\")", what, at + 1, expression));
}

bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_'; }

bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  Result<std::vector<Token>> run() {
    std::vector<Token> tokens;
    while (true) {
      while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0) ++at_;
      if (at_ >= text_.size()) break;
      tokens.push_back(TRY(next()));
    }
    tokens.push_back({Mark::end, "", at_});
    return tokens;
  }

 private:
  Result<Token> next() {
    const std::size_t start = at_;
    const char c = text_[at_];
    if (c == '\'' || c == '"') return quoted(c, c, Mark::text);
    if (c == '`') return quoted(c, c, Mark::column);
    if (c == '[') return quoted(c, ']', Mark::column);
    if (is_digit(c))
      return Token{Mark::number, run_of([](char x) { return is_digit(x) || x == '.'; }), start};
    if (is_letter(c)) {
      return Token{
          Mark::name,
          run_of([](char x) { return is_letter(x) || is_digit(x) || x == '.'; }),
          start};
    }
    for (const std::string_view sign : {"==", "!=", "<=", ">=", "<>"}) {
      if (text_.substr(at_).starts_with(sign)) {
        at_ += 2;
        return Token{Mark::sign, std::string(sign), start};
      }
    }
    if (std::string_view("+-*/~=<>()?:,").find(c) == std::string_view::npos) {
      return wrong(start, text_, fmt::format("'{}' has no meaning here", c));
    }
    ++at_;
    return Token{Mark::sign, std::string(1, c), start};
  }

  template <typename Test>
  std::string run_of(Test test) {
    const std::size_t start = at_;
    while (at_ < text_.size() && test(text_[at_])) ++at_;
    return std::string(text_.substr(start, at_ - start));
  }

  // A mark inside is written twice.
  Result<Token> quoted(char, char close, Mark mark) {
    const std::size_t start = at_++;
    std::string out;
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c != close) {
        out.push_back(c);
      } else if (close != ']' && at_ < text_.size() && text_[at_] == close) {
        out.push_back(c);
        ++at_;
      } else {
        return Token{mark, out, start};
      }
    }
    return wrong(start, text_, fmt::format("a closing {} is missing", close));
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

std::string number_sql(const std::string& sql) {
  return fmt::format("TRY_CAST({} AS DECIMAL(38,22))", sql);
}

/// A function: the sorts it takes (the last one repeats when `is_many`), what it gives, and its SQL
/// with {0}, {1} ...
struct Function {
  std::string_view name;
  std::vector<Sort> takes;
  std::size_t least = 0;
  Sort gives = Sort::text;
  std::string_view sql;
};

const std::vector<Function>& functions() {
  using enum Sort;
  static const std::vector<Function> all{
      {"lower", {text}, 1, text, "lower({0})"},
      {"upper", {text}, 1, text, "upper({0})"},
      {"trim", {text}, 1, text, "trim({0})"},
      {"length", {text}, 1, number, "CAST(length({0}) AS DECIMAL(38,22))"},
      {"replace", {text, text, text}, 3, text, "replace({0}, {1}, {2})"},
      {"split",
       {text, text, number},
       3,
       text,
       "nullif(split_part({0}, {1}, CAST({2} AS INTEGER)), '')"},
      {"substring",
       {text, number, number},
       3,
       text,
       "substring({0}, CAST({1} AS INTEGER), CAST({2} AS INTEGER))"},
      {"extract", {text, text}, 2, text, "nullif(regexp_extract({0}, {1}, 1), '')"},
      {"contains", {text, text}, 2, truth, "contains({0}, {1})"},
      {"starts_with", {text, text}, 2, truth, "starts_with({0}, {1})"},
      {"ends_with", {text, text}, 2, truth, "ends_with({0}, {1})"},
      {"matches", {text, text}, 2, truth, "regexp_matches({0}, {1})"},
      {"empty", {text}, 1, truth, "({0} IS NULL)"},
      {"json", {text, text}, 2, text, "CASE WHEN json_valid({0}) THEN {0} ->> {1} END"},
      {"abs", {number}, 1, number, "abs({0})"},
      {"round",
       {number, number},
       2,
       number,
       "CAST(round({0}, CAST({1} AS INTEGER)) AS DECIMAL(38,22))"},
      {"max", {number, number}, 2, number, "greatest({0}, {1})"},
      {"min", {number, number}, 2, number, "least({0}, {1})"},
      {"month_start", {time}, 1, time, "CAST(date_trunc('month', {0}) AS TIMESTAMP)"},
      {"month_end",
       {time},
       1,
       time,
       "CAST(date_trunc('month', {0}) + INTERVAL 1 MONTH AS TIMESTAMP)"},
      {"day_start", {time}, 1, time, "CAST(date_trunc('day', {0}) AS TIMESTAMP)"},
      {"day_end", {time}, 1, time, "CAST(date_trunc('day', {0}) + INTERVAL 1 DAY AS TIMESTAMP)"},
      {"add_days",
       {time, number},
       2,
       time,
       "CAST({0} + to_days(CAST({1} AS INTEGER)) AS TIMESTAMP)"},
      {"add_months",
       {time, number},
       2,
       time,
       "CAST({0} + to_months(CAST({1} AS INTEGER)) AS TIMESTAMP)"},
      {"format_date", {time, text}, 2, text, "strftime({0}, {1})"},
  };
  return all;
}

class Compiler {
 public:
  Compiler(std::string_view text, std::vector<Token> tokens, ExpressionWorld& world)
      : text_(text), tokens_(std::move(tokens)), world_(world) {}

  Result<Compiled> run() {
    auto value = TRY(choice());
    if (here().mark != Mark::end) {
      return wrong(here().at, text_, fmt::format("\"{}\" was not expected", here().text));
    }
    return value;
  }

 private:
  const Token& here() const { return tokens_[next_]; }

  bool take_sign(std::string_view sign) {
    if (here().mark != Mark::sign || here().text != sign) return false;
    ++next_;
    return true;
  }

  bool take_word(std::string_view word) {
    if (here().mark != Mark::name || base::lower(here().text) != word) return false;
    ++next_;
    return true;
  }

  Result<base::Done> need_sign(std::string_view sign) {
    if (take_sign(sign)) return base::Done{};
    return wrong(here().at, text_, fmt::format("a \"{}\" is missing", sign));
  }

  Result<Compiled> as(Compiled value, Sort sort) {
    return converted(std::move(value), sort, world_);
  }

  // condition ? value : value
  Result<Compiled> choice() {
    if (++depth_ > kDepthMax) return wrong(here().at, text_, "the expression is nested too deeply");
    auto value = TRY(either());
    if (take_sign("?")) {
      const auto condition = TRY(as(std::move(value), Sort::truth));
      auto yes = TRY(choice());
      TRY(need_sign(":"));
      auto no = TRY(choice());
      value = TRY(one_of(condition, std::move(yes), std::move(no)));
    }
    --depth_;
    return value;
  }

  Result<Compiled> one_of(const Compiled& condition, Compiled yes, Compiled no) {
    Sort sort = yes.sort;
    if (yes.sort != no.sort) {
      const bool is_number = yes.sort == Sort::number || no.sort == Sort::number;
      sort = is_number ? Sort::number : Sort::text;
    }
    const auto first = TRY(as(std::move(yes), sort));
    const auto second = TRY(as(std::move(no), sort));
    return Compiled{
        fmt::format("(CASE WHEN {} THEN {} ELSE {} END)", condition.sql, first.sql, second.sql),
        sort};
  }

  Result<Compiled> either() {
    auto left = TRY(both());
    while (take_word("or")) {
      const auto right = TRY(both());
      left = TRY(logic(std::move(left), right, "OR"));
    }
    return left;
  }

  Result<Compiled> both() {
    auto left = TRY(negated());
    while (take_word("and")) {
      const auto right = TRY(negated());
      left = TRY(logic(std::move(left), right, "AND"));
    }
    return left;
  }

  Result<Compiled> logic(Compiled left, const Compiled& right, std::string_view word) {
    const auto a = TRY(as(std::move(left), Sort::truth));
    const auto b = TRY(as(right, Sort::truth));
    return Compiled{fmt::format("({} {} {})", a.sql, word, b.sql), Sort::truth};
  }

  Result<Compiled> negated() {
    if (!take_word("not")) return comparison();
    auto operand = TRY(comparison());
    const auto value = TRY(as(std::move(operand), Sort::truth));
    return Compiled{fmt::format("({} IS NOT TRUE)", value.sql), Sort::truth};
  }

  Result<Compiled> comparison() {
    auto left = TRY(sum());
    for (const std::string_view sign : {"==", "=", "!=", "<>", "<=", ">=", "<", ">"}) {
      if (!take_sign(sign)) continue;
      auto right = TRY(sum());
      Sort sort = left.sort;
      if (left.sort == Sort::text && right.sort != Sort::truth) sort = right.sort;
      const auto a = TRY(as(std::move(left), sort));
      const auto b = TRY(as(std::move(right), sort));
      std::string word(sign);
      if (sign == "==" || sign == "=") word = "IS NOT DISTINCT FROM";
      if (sign == "!=" || sign == "<>") word = "IS DISTINCT FROM";
      return Compiled{fmt::format("({} {} {})", a.sql, word, b.sql), Sort::truth};
    }
    return left;
  }

  Result<Compiled> sum() {
    auto left = TRY(product());
    while (true) {
      if (take_sign("~")) {
        const auto a = TRY(as(std::move(left), Sort::text));
        auto operand = TRY(product());
        const auto b = TRY(as(std::move(operand), Sort::text));
        left = {fmt::format("nullif(concat({}, {}), '')", a.sql, b.sql), Sort::text};
      } else if (here().mark == Mark::sign && (here().text == "+" || here().text == "-")) {
        const std::string sign = here().text;
        ++next_;
        const auto a = TRY(as(std::move(left), Sort::number));
        auto operand = TRY(product());
        const auto b = TRY(as(std::move(operand), Sort::number));
        left = {number_sql(fmt::format("({} {} {})", a.sql, sign, b.sql)), Sort::number};
      } else {
        return left;
      }
    }
  }

  Result<Compiled> product() {
    auto left = TRY(unary());
    while (true) {
      const std::size_t at = here().at;
      if (take_sign("*")) {
        const auto a = TRY(as(std::move(left), Sort::number));
        auto operand = TRY(unary());
        const auto b = TRY(as(std::move(operand), Sort::number));
        left = {
            number_sql(fmt::format(
                "TRY(CAST({} AS DECIMAL(38,14)) * CAST({} AS DECIMAL(38,14)))", a.sql, b.sql)),
            Sort::number};
      } else if (take_sign("/")) {
        const auto a = TRY(as(std::move(left), Sort::number));
        left = TRY(divided(a, at));
      } else {
        return left;
      }
    }
  }

  // Only by a number that is written out, in whole units of the 22nd decimal, rounded half up:
  // floating point has no place here.
  Result<Compiled> divided(const Compiled& value, std::size_t at) {
    if (here().mark != Mark::number) {
      return wrong(
          at, text_, "money is divided by a number only (\"/ 100\"), so that it stays exact");
    }
    const auto divisor = TRY(money::Decimal::parse(here().text));
    ++next_;
    if (divisor.is_zero()) return wrong(at, text_, "nothing can be divided by 0");
    const std::string exact = divisor.short_text();
    const auto point = exact.find('.');
    const std::size_t decimals = point == std::string::npos ? 0 : exact.size() - point - 1;
    const std::string scale = "1" + std::string(decimals, '0');
    const std::string by = base::replace_all(exact, ".", "");
    return Compiled{
        fmt::format(
            "TRY(CAST(((CAST(replace(CAST({0} AS VARCHAR), '.', '') AS HUGEINT) * {1} * 2 + "
            "CAST({2} AS HUGEINT) * sign({0})) // (CAST({2} AS HUGEINT) * 2)) AS DECIMAL(38,0)) * "
            "CAST(0.0000000000000000000001 AS DECIMAL(22,22)))",
            value.sql,
            scale,
            by),
        Sort::number};
  }

  Result<Compiled> unary() {
    if (!take_sign("-")) return primary();
    auto operand = TRY(unary());
    const auto value = TRY(as(std::move(operand), Sort::number));
    return Compiled{fmt::format("(-{})", value.sql), Sort::number};
  }

  Result<Compiled> primary() {
    const Token token = here();
    if (token.mark == Mark::end) return wrong(token.at, text_, "a value is missing at the end");
    ++next_;
    switch (token.mark) {
      case Mark::text:
        return Compiled{sql_text(token.text), Sort::text};
      case Mark::number:
        TRY(money::Decimal::parse(token.text));
        return Compiled{
            fmt::format("CAST({} AS DECIMAL(38,22))", sql_text(token.text)), Sort::number};
      case Mark::column:
        return column(token);
      case Mark::name:
        return take_sign("(") ? call(token) : word(token);
      default:
        break;
    }
    if (token.text != "(") {
      return wrong(token.at, text_, fmt::format("a value was expected, not \"{}\"", token.text));
    }
    auto value = TRY(choice());
    TRY(need_sign(")"));
    return value;
  }

  Result<Compiled> word(const Token& token) {
    const std::string lower = base::lower(token.text);
    if (lower == "null") return Compiled{"CAST(NULL AS VARCHAR)", Sort::text};
    if (lower == "true" || lower == "false") return Compiled{lower, Sort::truth};
    return column(token);
  }

  Result<Compiled> column(const Token& token) {
    if (auto found = world_.file_column(token.text, Sort::text)) {
      found->sql = kColumn + token.text + kColumn;
      return *found;
    }
    if (auto mapped = TRY(world_.mapped_column(token.text))) return *mapped;
    return wrong(
        token.at,
        text_,
        fmt::format(
            "the file has no column {}.{} Its columns: {}",
            token.text,
            base::did_you_mean(token.text, world_.column_names()),
            base::join(world_.column_names(), ", ")));
  }

  Result<std::vector<Compiled>> arguments() {
    std::vector<Compiled> values;
    if (take_sign(")")) return values;
    do {
      values.push_back(TRY(choice()));
    } while (take_sign(","));
    TRY(need_sign(")"));
    return values;
  }

  Result<Compiled> call(const Token& name) {
    const std::string lower = base::lower(name.text);
    if (lower == "lookup") return lookup(name);
    const auto values = TRY(arguments());
    if (lower == "number" || lower == "text" || lower == "date")
      return conversion(lower, name, values);
    if (lower == "coalesce" || lower == "concat") return spread(lower, name, values);
    if (lower == "if") return condition(name, values);
    const auto& all = functions();
    const auto found = std::ranges::find(all, lower, &Function::name);
    if (found == all.end()) {
      std::vector<std::string> names{
          "number", "text", "date", "coalesce", "concat", "if", "lookup"};
      for (const auto& function : all) names.emplace_back(function.name);
      return wrong(
          name.at,
          text_,
          fmt::format(
              "there is no function {}.{} Functions: {}",
              name.text,
              base::did_you_mean(lower, names),
              base::join(names, ", ")));
    }
    if (values.size() != found->takes.size()) {
      return wrong(
          name.at,
          text_,
          fmt::format("{} takes {} values, not {}", lower, found->takes.size(), values.size()));
    }
    std::string sql(found->sql);
    for (std::size_t i = 0; i < values.size(); ++i) {
      const auto value = TRY(as(values[i], found->takes[i]));
      sql = base::replace_all(sql, fmt::format("{{{}}}", i), "(" + value.sql + ")");
    }
    return Compiled{"(" + sql + ")", found->gives};
  }

  Result<Compiled> conversion(
      const std::string& name, const Token& token, const std::vector<Compiled>& values) {
    if (values.size() == 2 && name == "date") {
      const auto value = TRY(as(values[0], Sort::text));
      const auto format = TRY(as(values[1], Sort::text));
      return Compiled{
          fmt::format("CAST(try_strptime({}, {}) AS TIMESTAMP)", value.sql, format.sql),
          Sort::time};
    }
    if (values.size() != 1) return wrong(token.at, text_, name + " takes one value");
    return as(
        values[0],
        name == "number" ? Sort::number
        : name == "date" ? Sort::time
                         : Sort::text);
  }

  Result<Compiled> spread(
      const std::string& name, const Token& token, const std::vector<Compiled>& values) {
    if (values.empty()) return wrong(token.at, text_, name + " needs values");
    const Sort sort = name == "concat" ? Sort::text : values.back().sort;
    std::vector<std::string> list;
    for (const auto& value : values) list.push_back(TRY(as(value, sort)).sql);
    const std::string sql = fmt::format("{}({})", name, base::join(list, ", "));
    return Compiled{name == "concat" ? fmt::format("nullif({}, '')", sql) : sql, sort};
  }

  Result<Compiled> condition(const Token& token, const std::vector<Compiled>& values) {
    if (values.size() != 3) return wrong(token.at, text_, "if takes a condition and two values");
    const auto test = TRY(as(values[0], Sort::truth));
    return one_of(test, values[1], values[2]);
  }

  // lookup(table, value, otherwise)
  Result<Compiled> lookup(const Token& name) {
    const Token table_name = here();
    const auto* table = world_.table(table_name.text);
    if (table == nullptr) {
      return wrong(
          table_name.at,
          text_,
          fmt::format("the mapping has no table \"{}\" (see tables:)", table_name.text));
    }
    ++next_;
    TRY(need_sign(","));
    const auto values = TRY(arguments());
    if (values.empty() || values.size() > 2) {
      return wrong(name.at, text_, "lookup takes a table, a value, and what else to give");
    }
    const auto value = TRY(as(values[0], Sort::text));
    std::string sql = "(CASE lower(" + value.sql + ")";
    for (const auto& [key, meant] : *table) {
      sql += fmt::format(" WHEN {} THEN {}", sql_text(base::lower(key)), sql_text(meant));
    }
    if (values.size() == 2) sql += " ELSE " + TRY(as(values[1], Sort::text)).sql;
    return Compiled{sql + " END)", Sort::text};
  }

 public:
  /// Stands around the name of a column whose sort is not yet known.
  static constexpr char kColumn = '\x01';

 private:
  std::string_view text_;
  std::vector<Token> tokens_;
  ExpressionWorld& world_;
  std::size_t next_ = 0;
  int depth_ = 0;
};

// A column that stands alone is read as what it is used for.
std::optional<std::string> lone_column(const Compiled& value) {
  const auto& sql = value.sql;
  if (sql.size() < 3 || sql.front() != Compiler::kColumn || sql.back() != Compiler::kColumn)
    return {};
  auto name = sql.substr(1, sql.size() - 2);
  if (name.find(Compiler::kColumn) != std::string::npos) return {};
  return name;
}

}  // namespace

std::string_view sort_name(Sort sort) {
  constexpr std::string_view kNames[]{"text", "a number", "a time", "a condition"};
  return kNames[static_cast<std::size_t>(sort)];
}

Result<Compiled> converted(Compiled value, Sort sort, ExpressionWorld& world) {
  if (const auto name = lone_column(value)) {
    return *world.file_column(*name, sort == Sort::truth ? Sort::text : sort);
  }
  if (value.sort == sort) return value;
  if (value.sort == Sort::text && (sort == Sort::number || sort == Sort::time)) {
    return Compiled{world.read_as(value.sql, sort), sort};
  }
  if (sort == Sort::text) {
    return Compiled{fmt::format("CAST({} AS VARCHAR)", value.sql), sort};
  }
  return base::invalid_input(fmt::format(
      "{} is needed where the mapping gives {}", sort_name(sort), sort_name(value.sort)));
}

Result<Compiled> compile_expression(std::string_view text, ExpressionWorld& world) {
  // A whole text that names a column needs no brackets, whatever stands in the name.
  const auto trimmed = base::trim(text);
  if (world.file_column(trimmed, Sort::text)) {
    return Compiled{Compiler::kColumn + std::string(trimmed) + Compiler::kColumn, Sort::text};
  }
  return Compiler(text, TRY(Lexer(text).run()), world).run();
}

}  // namespace outlay::connectors
