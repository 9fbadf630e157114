// SPDX-License-Identifier: Apache-2.0
#include "expr/parser.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"

namespace outlay::expr {

base::Error Parser::error(Spot spot, std::string message) const {
  return base::invalid_input(
      std::move(message),
      base::Place{.file = {}, .line = spot.line, .column = spot.column, .row = 0});
}

base::Error Parser::error(const Token& token, std::string message) const {
  return error(token.spot, std::move(message));
}

std::string Parser::shown(const Token& token) {
  if (token.type == Type::end) return "the end of the text";
  if (token.type == Type::text || token.type == Type::raw) return "text";
  return fmt::format("'{}'", token.text);
}

ExprPtr Parser::make(Kind kind, Spot spot) const {
  auto made = std::make_unique<Expr>();
  made->kind = kind;
  made->spot = spot;
  return made;
}

int Parser::id_of(const std::string& name) {
  return name_ids_.emplace(name, static_cast<int>(name_ids_.size())).first->second;
}

base::Result<base::Done> Parser::expect_mark(std::string_view text) {
  if (accept_mark(text)) return base::Done{};
  return error(current(), fmt::format("'{}' is wanted here, found {}", text, shown(current())));
}

// The statement as written, from its opening to where the parser stands.
std::string Parser::source_from(const Token& begin) const {
  constexpr std::size_t kShownMax = 200;
  const std::size_t end = current().type == Type::print_end || current().type == Type::tag_end
                              ? current().offset + 2
                              : current().offset;
  std::string source(text_.substr(begin.offset, end - begin.offset));
  if (source.size() > kShownMax) {
    source.resize(kShownMax);
    while (!source.empty() && (static_cast<unsigned char>(source.back()) & 0xC0) == 0x80)
      source.pop_back();
    if (!source.empty() && static_cast<unsigned char>(source.back()) >= 0xC0) source.pop_back();
    source += "...";
  }
  return source;
}

base::Result<Parsed> Parser::run() {
  program_.body = TRY(body({}, ""));
  TRY(resolve_calls());
  const bool has_code =
      std::any_of(program_.body.begin(), program_.body.end(), [](const Statement& s) {
        return s.kind != Statement::Kind::text;
      });
  program_.is_plain = !has_code && program_.macros.empty();
  if (program_.is_plain) {
    for (const Statement& statement : program_.body) program_.text += statement.text;
  }
  return std::move(program_);
}

// Statements up to one of the tags `ends` (its name is left to be read) or the end of the text.
base::Result<Body> Parser::body(
    std::initializer_list<std::string_view> ends, std::string_view opened_by) {
  const Depth depth(depth_);
  if (depth_ > kDepthMax) return error(current(), "tags are nested too deeply");
  const Token& opening = tokens_[at_ == 0 ? 0 : at_ - 1];
  Body out;
  while (current().type != Type::end) {
    const Token& token = take();
    Statement statement;
    statement.spot = token.spot;
    if (token.type == Type::text) {
      statement.text = token.text;
    } else if (token.type == Type::raw) {
      statement.kind = Statement::Kind::raw;
      statement.text = token.text;
      statement.source = "{% raw %}" + token.text + "{% endraw %}";
    } else if (token.type == Type::print_begin) {
      statement.kind = Statement::Kind::print;
      statement.value = TRY(expression());
      if (current().type != Type::print_end) {
        return error(current(), fmt::format("'}}}}' is wanted here, found {}", shown(current())));
      }
      statement.source = source_from(token);
      take();
    } else {
      const bool is_end = std::any_of(ends.begin(), ends.end(), [&](std::string_view end) {
        return current().is(Type::name, end);
      });
      if (is_end) return out;
      std::optional<Statement> made = TRY(tag(token));
      if (!made) continue;
      if (made->source.empty()) made->source = source_from(token);
      statement = std::move(*made);
      statement.spot = token.spot;
    }
    out.push_back(std::move(statement));
  }
  if (ends.size() == 0) return out;
  return error(
      opening,
      fmt::format(
          "the tag '{}' is not closed: {{% {} %}} is missing", opened_by, *(ends.end() - 1)));
}

base::Result<base::Done> Parser::end_of_tag() {
  if (current().type == Type::tag_end) {
    take();
    return base::Done{};
  }
  return error(current(), fmt::format("'%}}' is wanted here, found {}", shown(current())));
}

namespace {

base::Result<std::optional<Statement>> as_optional(base::Result<Statement> made) {
  if (!made) return std::move(made).error();
  return std::optional<Statement>(std::move(made).value());
}

}  // namespace

base::Result<std::optional<Statement>> Parser::tag(const Token& begin) {
  if (current().type != Type::name && current().type != Type::operation) {
    return error(
        current(), fmt::format("the name of a tag is wanted here, found {}", shown(current())));
  }
  const Token& name = take();
  if (name.text == "macro") {
    TRY(macro());
    return std::optional<Statement>();
  }
  if (name.text == "if") return as_optional(branch());
  if (name.text == "for") return as_optional(loop());
  if (name.text == "set") {
    Statement made = TRY(set());
    made.source = source_from(begin);
    TRY(end_of_tag());
    return std::optional<Statement>(std::move(made));
  }
  if (name.text == "filter") return as_optional(filter_block());
  if (name.text == "block") return as_optional(block());
  for (std::string_view removed :
       {"include",
        "import",
        "from",
        "extends",
        "embed",
        "cache",
        "flush",
        "parallel",
        "autoescape"}) {
    if (name.text == removed) {
      return error(
          name, fmt::format("the tag '{}' cannot be used in flows: a text stands alone", removed));
    }
  }
  return error(
      name,
      fmt::format(
          "there is no tag '{}' here.{}",
          name.text,
          base::did_you_mean(
              name.text,
              {"if",
               "for",
               "set",
               "macro",
               "filter",
               "block",
               "raw",
               "verbatim",
               "elseif",
               "else",
               "endif",
               "endfor",
               "endmacro",
               "endfilter",
               "endblock"})));
}

base::Result<Statement> Parser::branch() {
  Statement made;
  made.kind = Statement::Kind::branch;
  const Token& opening = tokens_[at_ - 2];
  Arm first;
  first.condition = TRY(expression());
  made.source = source_from(opening);
  TRY(end_of_tag());
  first.body = TRY(body({"elseif", "else", "endif"}, "if"));
  made.arms.push_back(std::move(first));
  while (accept(Type::name, "elseif")) {
    Arm arm;
    arm.condition = TRY(expression());
    TRY(end_of_tag());
    arm.body = TRY(body({"elseif", "else", "endif"}, "if"));
    made.arms.push_back(std::move(arm));
  }
  if (accept(Type::name, "else")) {
    TRY(end_of_tag());
    Arm arm;
    arm.body = TRY(body({"endif"}, "if"));
    made.arms.push_back(std::move(arm));
  }
  if (!accept(Type::name, "endif")) {
    return error(current(), fmt::format("endif is wanted here, found {}", shown(current())));
  }
  TRY(end_of_tag());
  return made;
}

base::Result<std::string> Parser::new_name() {
  const Token& token = current();
  if (token.type != Type::name) {
    return error(token, fmt::format("a name is wanted here, found {}", shown(token)));
  }
  for (std::string_view reserved : {"true", "false", "null", "none"}) {
    if (token.text == reserved)
      return error(token, fmt::format("'{}' cannot be given a value", reserved));
  }
  return take().text;
}

base::Result<Statement> Parser::loop() {
  Statement made;
  made.kind = Statement::Kind::loop;
  const Token& opening = tokens_[at_ - 2];
  made.text = TRY(new_name());
  made.name_id = id_of(made.text);
  if (!accept(Type::name, "in")) {
    return error(current(), fmt::format("'in' is wanted here, found {}", shown(current())));
  }
  made.value = TRY(expression());
  made.source = source_from(opening);
  TRY(end_of_tag());
  made.body = TRY(body({"else", "endfor"}, "for"));
  if (accept(Type::name, "else")) {
    TRY(end_of_tag());
    made.otherwise = TRY(body({"endfor"}, "for"));
  }
  if (!accept(Type::name, "endfor")) {
    return error(current(), fmt::format("endfor is wanted here, found {}", shown(current())));
  }
  TRY(end_of_tag());
  return made;
}

base::Result<Statement> Parser::set() {
  Statement made;
  made.kind = Statement::Kind::set;
  made.text = TRY(new_name());
  made.name_id = id_of(made.text);
  TRY(expect_mark("="));
  made.value = TRY(expression());
  return made;
}

base::Result<base::Done> Parser::macro() {
  auto made = std::make_unique<Macro>();
  const Token& name_token = current();
  made->name = TRY(new_name());
  for (const auto& other : program_.macros) {
    if (other->name == made->name) {
      return error(name_token, fmt::format("there are two macros '{}'", made->name));
    }
  }
  Arguments parameters = TRY(arguments(true));
  for (Argument& parameter : parameters) {
    made->parameter_ids.push_back(id_of(parameter.name));
    made->parameters.push_back(std::move(parameter.name));
    made->defaults.push_back(std::move(parameter.value));
  }
  TRY(end_of_tag());
  made->body = TRY(body({"endmacro"}, "macro"));
  take();
  if (current().type == Type::name) take();
  TRY(end_of_tag());
  program_.macros.push_back(std::move(made));
  return base::Done{};
}

base::Result<Statement> Parser::filter_block() {
  Statement made;
  made.kind = Statement::Kind::filter;
  const Token& opening = tokens_[at_ - 2];
  made.value = make(Kind::variable, current().spot);
  made.value->name = kFilterBlockText;
  made.value->name_id = id_of(made.value->name);
  made.name_id = made.value->name_id;
  do {
    made.value = TRY(filter(std::move(made.value)));
  } while (accept(Type::operation, "|"));
  made.source = source_from(opening);
  TRY(end_of_tag());
  made.body = TRY(body({"endfilter"}, "filter"));
  take();
  TRY(end_of_tag());
  return made;
}

base::Result<Statement> Parser::block() {
  Statement made;
  made.kind = Statement::Kind::block;
  const Token& name = current();
  if (name.type != Type::name && name.type != Type::string) {
    return error(name, fmt::format("the name of the block is wanted here, found {}", shown(name)));
  }
  made.text = take().text;
  TRY(end_of_tag());
  made.body = TRY(body({"endblock"}, "block"));
  take();
  if (current().type == Type::name || current().type == Type::string) take();
  TRY(end_of_tag());
  return made;
}

base::Result<Parsed> parse_template(std::string_view text) {
  std::vector<Token> tokens = TRY(tokenize(text));
  return Parser(text, std::move(tokens)).run();
}

}  // namespace outlay::expr
