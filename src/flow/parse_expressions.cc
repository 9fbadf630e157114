// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cctype>

#include "expr/expr.h"
#include "flow/parse_parts.h"

namespace outlay::flow {
namespace {

bool may_hold_expression(std::string_view text) {
  return text.find("{{") != std::string_view::npos || text.find("{%") != std::string_view::npos;
}

bool is_name_char(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// Where a place within a text stands in the file. A block is placed where its text begins.
base::Place place_in(const format::Node& node, const base::Place& inside) {
  base::Place place = node.place;
  const bool is_block = node.text.find('\n') != std::string::npos;
  place.line += std::max(inside.line, 1L) - 1;
  if (inside.column > 0) place.column += inside.column - 1 + (node.is_quoted && !is_block ? 1 : 0);
  return place;
}

// Pebble reads inputs.a-b as a subtraction; what was meant needs brackets.
void check_dashes(const format::Node& node, Problems& problems) {
  const std::string& text = node.text;
  std::size_t open = text.find("{{");
  while (open != std::string::npos) {
    const std::size_t close = std::min(text.find("}}", open), text.size());
    std::size_t at = text.find("inputs.", open);
    for (; at < close; at = text.find("inputs.", at + 1)) {
      std::size_t end = at + 7;
      while (end < close && is_name_char(text[end])) ++end;
      if (end + 1 >= close || text[end] != '-' ||
          std::isalpha(static_cast<unsigned char>(text[end + 1])) == 0)
        continue;
      std::size_t last = end + 1;
      while (last < close && (is_name_char(text[last]) || text[last] == '-')) ++last;
      const std::string name = text.substr(at + 7, last - at - 7);
      add_error(
          problems,
          "a name with a dash cannot follow a point; write inputs['" + name +
              "'] instead of inputs." + name,
          node.place);
    }
    open = text.find("{{", close);
  }
}

void note_outputs(std::string_view text, Mentions& mentions) {
  for (std::size_t at = text.find("outputs"); at != std::string_view::npos;
       at = text.find("outputs", at + 7)) {
    const std::size_t after = at + 7;
    std::size_t from = after;
    if (after < text.size() && text[after] == '.') {
      from = after + 1;
    } else if (
        after + 1 < text.size() && text[after] == '[' &&
        (text[after + 1] == '\'' || text[after + 1] == '"')) {
      from = after + 2;
    } else {
      mentions.all_outputs = true;
      continue;
    }
    std::size_t end = from;
    const bool is_bracket = text[after] == '[';
    while (end < text.size() && (is_name_char(text[end]) || (is_bracket && text[end] == '-')))
      ++end;
    mentions.outputs.emplace_back(text.substr(from, end - from));
  }
}

void note_text(std::string_view text, Mentions& mentions) {
  if (!may_hold_expression(text)) return;
  // What these show is known only when they run.
  for (const std::string_view dynamic : {"render", "Context"})
    if (text.find(dynamic) != std::string_view::npos) mentions.all_outputs = mentions.tasks = true;
  if (text.find("tasks") != std::string_view::npos) mentions.tasks = true;
  note_outputs(text, mentions);
}

void note_value(const format::Value& value, Mentions& mentions) {
  if (value.is_text()) return note_text(value.as_text(), mentions);
  if (value.is_array())
    for (const format::Value& item : value.as_array()) note_value(item, mentions);
  if (value.is_object())
    for (const auto& [key, item] : value.as_object()) {
      note_text(key, mentions);
      note_value(item, mentions);
    }
}

}  // namespace

void check_expressions(const format::Node& node, Problems& problems) {
  for (const format::Node& item : node.items) check_expressions(item, problems);
  for (const auto& entry : node.entries) check_expressions(entry.value, problems);
  if (!node.is_scalar() || !may_hold_expression(node.text)) return;
  check_dashes(node, problems);
  const auto parsed = expr::Template::parse(node.text);
  if (!parsed)
    add_error(
        problems, "expression: " + parsed.error().message, place_in(node, parsed.error().place));
}

Mentions mentions_of(const format::Value& properties) {
  Mentions mentions;
  note_value(properties, mentions);
  return mentions;
}

}  // namespace outlay::flow
