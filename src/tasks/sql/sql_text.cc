// SPDX-License-Identifier: Apache-2.0
#include "tasks/sql/sql_text.h"

#include <cctype>

#include <fmt/format.h>

#include "base/text.h"
#include "format/json.h"

namespace outlay::tasks {
namespace {

using format::Value;

bool is_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

/// Where what begins at `at` ends, when it is a quoted text or a comment; `at` itself else.
std::size_t after_quoted(std::string_view sql, std::size_t at) {
  const auto closed = [&](std::string_view mark, std::size_t from) {
    const std::size_t end = sql.find(mark, from);
    return end == std::string_view::npos ? sql.size() : end + mark.size();
  };
  const std::string_view rest = sql.substr(at);
  if (rest.starts_with("--")) return closed("\n", at);
  if (rest.starts_with("/*")) return closed("*/", at + 2);
  // PostgreSQL's $tag$ ... $tag$.
  if (rest.starts_with('$')) {
    std::size_t end = 1;
    while (end < rest.size() && is_name(rest[end])) ++end;
    const bool is_tag = end < rest.size() && rest[end] == '$' &&
                        (end == 1 || !std::isdigit(static_cast<unsigned char>(rest[1])));
    return is_tag ? closed(rest.substr(0, end + 1), at + end + 1) : at;
  }
  if (rest.empty() || (rest[0] != '\'' && rest[0] != '"')) return at;
  std::size_t end = at + 1;
  while (end < sql.size()) {
    if (sql[end] == rest[0]) {
      if (end + 1 >= sql.size() || sql[end + 1] != rest[0]) return end + 1;
      ++end;
    }
    ++end;
  }
  return sql.size();
}

std::string literal(const Value& value) {
  if (value.is_null()) return "NULL";
  if (value.is_bool()) return value.as_bool() ? "TRUE" : "FALSE";
  if (value.is_number()) return format::print_json(value);
  return base::sql_text(value.is_text() ? value.as_text() : format::print_json(value));
}

}  // namespace

std::vector<std::string> sql_statements(std::string_view sql) {
  std::vector<std::string> out;
  std::size_t begin = 0;
  const auto flush = [&](std::size_t end) {
    const std::string_view piece = base::trim(sql.substr(begin, end - begin));
    if (!piece.empty()) out.emplace_back(piece);
  };
  for (std::size_t at = 0; at < sql.size();) {
    if (const std::size_t end = after_quoted(sql, at); end != at) {
      at = end;
      continue;
    }
    if (sql[at] == ';') {
      flush(at);
      begin = at + 1;
    }
    ++at;
  }
  flush(sql.size());
  return out;
}

base::Result<std::string> with_parameters(std::string_view sql, const format::Object& parameters) {
  if (parameters.empty()) return std::string(sql);
  std::string out;
  for (std::size_t at = 0; at < sql.size();) {
    if (const std::size_t end = after_quoted(sql, at); end != at) {
      out += sql.substr(at, end - at);
      at = end;
      continue;
    }
    if (sql.substr(at).starts_with("::")) {
      out += "::";
      at += 2;
      continue;
    }
    const bool is_parameter = sql[at] == ':' && at + 1 < sql.size() && is_name(sql[at + 1]) &&
                              std::isdigit(static_cast<unsigned char>(sql[at + 1])) == 0;
    if (!is_parameter) {
      out += sql[at++];
      continue;
    }
    std::size_t end = at + 1;
    while (end < sql.size() && is_name(sql[end])) ++end;
    const std::string_view name = sql.substr(at + 1, end - at - 1);
    const Value* value = parameters.find(name);
    if (value == nullptr) {
      return base::invalid_input(
          fmt::format("the SQL has the parameter :{}, which property parameters lacks", name));
    }
    out += literal(*value);
    at = end;
  }
  return out;
}

std::string jdbc_path(std::string_view url, std::string_view scheme) {
  const std::string prefix = fmt::format("jdbc:{}:", scheme);
  std::string_view path = base::trim(url);
  if (path.starts_with(prefix)) path.remove_prefix(prefix.size());
  path = path.substr(0, path.find('?'));
  return path == ":memory:" ? std::string() : std::string(path);
}

}  // namespace outlay::tasks
