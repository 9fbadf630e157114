// SPDX-License-Identifier: Apache-2.0
#include "tasks/slack/json_template.h"

#include <fmt/format.h>

#include "base/text.h"

namespace outlay::tasks {
namespace {

/// Whether the expression ends in a filter whose result stays inside JSON quotes.
bool is_escaped(std::string_view expression) {
  const std::size_t pipe = expression.rfind('|');
  if (pipe == std::string_view::npos) return false;
  const std::string_view filter = base::trim(expression.substr(pipe + 1));
  for (const char* name :
       {"toJson",
        "json",
        "jsonEncode",
        "escapeJson",
        "urlencode",
        "slugify",
        "length",
        "date",
        "number",
        "base64encode",
        "md5",
        "sha1",
        "sha256",
        "sha512"}) {
    if (filter.starts_with(name)) return true;
  }
  return false;
}

/// Whether the value comes from outside the flow and may hold anything.
bool is_risky(std::string_view expression) {
  for (const char* source :
       {"read(",
        "outputs",
        "inputs",
        "vars",
        "trigger.",
        "kv(",
        "render(",
        "errorLogs(",
        "http(",
        "error",
        "fetchContext(",
        "fileContent"}) {
    if (expression.find(source) != std::string_view::npos) return true;
  }
  return false;
}

}  // namespace

std::vector<UnsafeExpression> unsafe_expressions(std::string_view json_template) {
  std::vector<UnsafeExpression> out;
  bool is_inside = false;
  long line = 1;
  for (std::size_t i = 0; i < json_template.size(); ++i) {
    if (json_template.substr(i).starts_with("{{")) {
      const std::size_t end = json_template.find("}}", i);
      if (end == std::string_view::npos) return out;
      const std::string_view whole = json_template.substr(i, end + 2 - i);
      const std::string_view inner = whole.substr(2, whole.size() - 4);
      if (is_inside && is_risky(inner) && !is_escaped(inner)) {
        out.push_back({std::string(whole), line});
      }
      for (const char c : whole) line += c == '\n' ? 1 : 0;
      i = end + 1;
    } else if (json_template[i] == '\\') {
      ++i;
    } else if (json_template[i] == '"') {
      is_inside = !is_inside;
    } else if (json_template[i] == '\n') {
      ++line;
    }
  }
  return out;
}

std::string safe_form(std::string_view expression) {
  std::string_view inner = expression;
  if (inner.starts_with("{{")) inner.remove_prefix(2);
  if (inner.ends_with("}}")) inner.remove_suffix(2);
  if (inner.starts_with('-')) inner.remove_prefix(1);
  if (inner.ends_with('-')) inner.remove_suffix(1);
  return fmt::format("{{{{ {} | toJson }}}}", base::trim(inner));
}

void warn_of_unsafe_expressions(const format::Node& payload, std::vector<flow::Problem>& problems) {
  for (const UnsafeExpression& unsafe : unsafe_expressions(payload.text)) {
    base::Place place = payload.place;
    if (place.line > 0) place.line += unsafe.line - 1;
    problems.push_back(
        {flow::Problem::Level::warning,
         fmt::format(
             "{0} stands inside quotes of a JSON payload: a quote or line break in its value "
             "makes the JSON invalid. Write {1} without quotes around it.",
             unsafe.text,
             safe_form(unsafe.text)),
         place});
  }
}

}  // namespace outlay::tasks
