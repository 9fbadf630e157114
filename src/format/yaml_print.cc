// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include <fmt/format.h>

#include "base/text.h"
#include "format/json.h"
#include "format/yaml.h"

namespace outlay::format {
namespace {

/// Words that older readers of YAML take for booleans.
bool is_old_boolean(std::string_view text) {
  for (const char* word : {"y", "n", "yes", "no", "on", "off"}) {
    if (base::equal_ignoring_case(text, word)) return true;
  }
  return false;
}

/// Whether the text has characters that must be written as escapes in double quotes.
bool needs_escapes(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if ((c < 0x20 && c != '\n') || c == 0x7F) return true;
    const std::string_view rest = text.substr(i);
    if (rest.starts_with("\xEF\xBB\xBF") || rest.starts_with("\xE2\x80\xA8") ||
        rest.starts_with("\xE2\x80\xA9")) {
      return true;
    }
    if (c == 0xC2 && rest.size() > 1 && static_cast<unsigned char>(rest[1]) < 0xA0) return true;
  }
  return false;
}

bool is_plain(std::string_view text) {
  if (text.empty() || is_old_boolean(text) || needs_escapes(text)) return false;
  if (text.find('\n') != std::string_view::npos) return false;
  if (text.front() == ' ' || text.back() == ' ' || text.back() == ':') return false;
  if (std::string_view("-?:,[]{}#&*!|>'\"%@`=<").find(text.front()) != std::string_view::npos) {
    return false;
  }
  if (text.find(": ") != std::string_view::npos || text.find(" #") != std::string_view::npos) {
    return false;
  }
  Node node;
  node.kind = Node::Kind::scalar;
  node.text = text;
  return node.value().is_text() && text != "..." && !text.starts_with("--- ");
}

std::string quoted(std::string_view text) {
  std::string out = print_json(text);
  for (const auto& [bytes, escape] :
       {std::pair<const char*, const char*>{"\xEF\xBB\xBF", "\\uFEFF"},
        {"\xE2\x80\xA8", "\\u2028"},
        {"\xE2\x80\xA9", "\\u2029"},
        {"\x7F", "\\u007F"}}) {
    out = base::replace_all(out, bytes, escape);
  }
  for (int c = 0x80; c < 0xA0; ++c) {
    const std::string bytes = {'\xC2', static_cast<char>(c)};
    if (out.find(bytes) != std::string::npos) {
      out = base::replace_all(out, bytes, fmt::format("\\u{:04X}", c));
    }
  }
  return out;
}

bool is_block(std::string_view text) {
  return text.find('\n') != std::string_view::npos && !needs_escapes(text) && text.front() != ' ' &&
         text.front() != '\n' && !text.ends_with("\n\n") && text != "\n";
}

std::string block(std::string_view text, int indent) {
  std::string out = text.ends_with('\n') ? "|" : "|-";
  if (text.ends_with('\n')) text.remove_suffix(1);
  for (const std::string& line : base::split(text, '\n')) {
    out += '\n';
    if (!line.empty()) out.append(static_cast<std::size_t>(indent), ' ').append(line);
  }
  return out;
}

std::string scalar(const Value& value, int indent) {
  if (value.is_text()) {
    if (is_plain(value.as_text())) return value.as_text();
    return is_block(value.as_text()) ? block(value.as_text(), indent) : quoted(value.as_text());
  }
  if (value.is_double() && !std::isfinite(value.as_double())) {
    if (std::isnan(value.as_double())) return ".nan";
    return value.as_double() < 0 ? "-.inf" : ".inf";
  }
  return print_json(value);
}

bool is_nested(const Value& value) {
  return (value.is_array() && !value.as_array().empty()) ||
         (value.is_object() && !value.as_object().empty());
}

/// Lines of a list or map, each indented by `indent`; the first one's indent is left to the caller.
// Values are nested at most as deep as what built them allowed.
std::string lines(const Value& value, int indent) {  // NOLINT(misc-no-recursion)
  const std::string margin(static_cast<std::size_t>(indent), ' ');
  std::string out;
  if (value.is_array()) {
    for (const Value& item : value.as_array()) {
      if (!out.empty()) out += margin;
      out += "- ";
      out += is_nested(item) ? lines(item, indent + 2) : scalar(item, indent + 2) + "\n";
    }
    return out;
  }
  for (const Object::Entry& entry : value.as_object()) {
    if (!out.empty()) out += margin;
    out += is_plain(entry.first) ? entry.first : quoted(entry.first);
    if (is_nested(entry.second)) {
      out += ":\n" + margin + "  " + lines(entry.second, indent + 2);
    } else {
      out += ": " + scalar(entry.second, indent + 2) + "\n";
    }
  }
  return out;
}

}  // namespace

std::string print_yaml(const Value& value) {
  return is_nested(value) ? lines(value, 0) : scalar(value, 2) + "\n";
}

}  // namespace outlay::format
