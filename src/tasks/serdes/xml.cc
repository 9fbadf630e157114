// SPDX-License-Identifier: Apache-2.0
#include "tasks/serdes/xml.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include <fmt/format.h>

#include "base/text.h"
#include "base/utf8.h"
#include "format/json.h"
#include "tasks/properties.h"

namespace outlay::tasks {
namespace {

using format::Array;
using format::Object;
using format::Value;

constexpr std::size_t kDeepest = 200;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// The characters of one entity (without & and ;), or nothing when it is unknown.
std::optional<std::string> entity(std::string_view name) {
  if (name == "lt") return "<";
  if (name == "gt") return ">";
  if (name == "amp") return "&";
  if (name == "quot") return "\"";
  if (name == "apos") return "'";
  if (!name.starts_with('#')) return std::nullopt;
  const bool is_hex = name.size() > 1 && (name[1] == 'x' || name[1] == 'X');
  const std::string_view digits = name.substr(is_hex ? 2 : 1);
  std::uint32_t code = 0;
  const char* end = digits.data() + digits.size();
  const auto read = std::from_chars(digits.data(), end, code, is_hex ? 16 : 10);
  if (read.ec != std::errc() || read.ptr != end || code == 0 || code > 0x10FFFF)
    return std::nullopt;
  std::string out;
  base::append_utf8(out, code);
  return out;
}

std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t mark = text.find('&', at);
    out += text.substr(at, mark - at);
    if (mark == std::string_view::npos) break;
    const std::size_t end = text.find(';', mark);
    const auto found = end == std::string_view::npos
                           ? std::nullopt
                           : entity(text.substr(mark + 1, end - mark - 1));
    out += found ? *found : "&";
    at = found ? end + 1 : mark + 1;
  }
  return out;
}

/// A text as the number or boolean it is, else itself.
Value typed(const std::string& text) {
  if (text == "true" || text == "false") return text == "true";
  const bool may_be_number =
      !text.empty() && (std::isdigit(static_cast<unsigned char>(text[0])) != 0 || text[0] == '-');
  if (may_be_number) {
    // JSON's grammar leaves 007 a text, as identifiers are to stay.
    auto parsed = format::parse_json(text, format::JsonNumbers::exact);
    if (parsed && parsed->is_number()) return *parsed;
  }
  return text;
}

struct Element {
  std::string name, text;
  Object members;
};

void add_member(Object& members, const std::string& name, Value value, bool is_forced) {
  const Value* before = members.find(name);
  if (before == nullptr && is_forced) {
    members.set(name, Array{std::move(value)});
  } else if (before == nullptr) {
    members.set(name, std::move(value));
  } else {
    Array all = before->is_array() ? before->as_array() : Array{*before};
    all.push_back(std::move(value));
    members.set(name, std::move(all));
  }
}

Value value_of(Element& element) {
  const std::string text(base::trim(element.text));
  if (element.members.empty()) return typed(text);
  if (!text.empty()) element.members.set("content", typed(text));
  return Value(std::move(element.members));
}

}  // namespace

std::string XmlEvent::attribute(std::string_view wanted) const {
  for (const auto& [key, value] : attributes)
    if (key == wanted) return value;
  return {};
}

base::Error XmlReader::wrong(std::string_view what) const {
  const auto end = text_.begin() + static_cast<std::ptrdiff_t>(std::min(at_, text_.size()));
  return base::invalid_input(
      fmt::format("XML, line {}: {}", 1 + std::count(text_.begin(), end, '\n'), what));
}

base::Result<std::optional<XmlEvent>> XmlReader::next() {
  if (ends_at_once_) {
    ends_at_once_ = false;
    XmlEvent end{XmlEvent::Kind::end, open_.back(), {}, {}};
    open_.pop_back();
    return std::optional<XmlEvent>(std::move(end));
  }
  while (at_ < text_.size()) {
    const std::string_view rest = text_.substr(at_);
    const auto skip = [&](std::string_view close,
                          std::string_view what) -> base::Result<base::Done> {
      const std::size_t end = rest.find(close);
      if (end == std::string_view::npos) return wrong(fmt::format("{} has no end", what));
      at_ += end + close.size();
      return base::Done{};
    };
    if (rest.starts_with("<!--")) {
      TRY(skip("-->", "a comment"));
    } else if (rest.starts_with("<![CDATA[")) {
      const std::size_t begin = at_ + 9;
      TRY(skip("]]>", "a CDATA section"));
      return std::optional<XmlEvent>(XmlEvent{
          XmlEvent::Kind::text, {}, std::string(text_.substr(begin, at_ - 3 - begin)), {}});
    } else if (rest.starts_with("<?")) {
      TRY(skip("?>", "an instruction"));
    } else if (rest.starts_with("<!")) {
      const std::size_t inner = rest.find('[');
      const std::size_t close = rest.find('>');
      TRY(skip(inner < close ? "]>" : ">", "a DOCTYPE"));
    } else if (rest.starts_with('<')) {
      return tag();
    } else {
      const std::size_t end = std::min(rest.find('<'), rest.size());
      at_ += end;
      if (!open_.empty())
        return std::optional<XmlEvent>(
            XmlEvent{XmlEvent::Kind::text, {}, decoded(rest.substr(0, end)), {}});
      if (!base::trim(rest.substr(0, end)).empty() && !rest.starts_with("\xEF\xBB\xBF"))
        return wrong("text outside of the root element");
    }
  }
  if (!open_.empty()) return wrong(fmt::format("<{}> has no end", open_.back()));
  return std::optional<XmlEvent>();
}

base::Result<std::optional<XmlEvent>> XmlReader::tag() {
  const auto skip_spaces = [this] {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  };
  const auto name = [this] {
    const std::size_t begin = at_;
    while (at_ < text_.size() && !is_space(text_[at_]) &&
           std::string_view("<>/=\"'").find(text_[at_]) == std::string_view::npos)
      ++at_;
    return std::string(text_.substr(begin, at_ - begin));
  };
  ++at_;
  XmlEvent event;
  const bool is_end = at_ < text_.size() && text_[at_] == '/';
  if (is_end) ++at_;
  event.kind = is_end ? XmlEvent::Kind::end : XmlEvent::Kind::begin;
  event.name = name();
  if (event.name.empty()) return wrong("a tag without a name");
  while (true) {
    skip_spaces();
    if (at_ >= text_.size()) return wrong(fmt::format("the tag <{}> has no end", event.name));
    if (text_[at_] == '>') break;
    if (text_.substr(at_).starts_with("/>")) {
      ends_at_once_ = !is_end;
      ++at_;
      break;
    }
    const std::string key = name();
    skip_spaces();
    const bool has_value = at_ < text_.size() && text_[at_] == '=';
    if (key.empty() || !has_value)
      return wrong(fmt::format("an attribute of <{}> has no name or value", event.name));
    ++at_;
    skip_spaces();
    const char quote = at_ < text_.size() ? text_[at_] : ' ';
    const std::size_t end = text_.find(quote, at_ + 1);
    if ((quote != '"' && quote != '\'') || end == std::string_view::npos)
      return wrong(fmt::format("the attribute {} of <{}> is not in quotes", key, event.name));
    event.attributes.emplace_back(key, decoded(text_.substr(at_ + 1, end - at_ - 1)));
    at_ = end + 1;
  }
  ++at_;
  if (!is_end) {
    if (open_.size() >= kDeepest) return wrong("elements are nested too deep");
    open_.push_back(event.name);
  } else {
    if (open_.empty() || open_.back() != event.name)
      return wrong(fmt::format("</{}> ends what was not begun", event.name));
    open_.pop_back();
  }
  return std::optional<XmlEvent>(std::move(event));
}

std::string xml_escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        // XML 1.0 has no form for other control characters.
        if (static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t' || c == '\r') out += c;
    }
  }
  return out;
}

base::Result<Value> xml_value(std::string_view text, const std::vector<std::string>& forced) {
  XmlReader reader(text);
  std::vector<Element> open(1);
  const auto is_forced = [&](const std::string& name) {
    return std::find(forced.begin(), forced.end(), name) != forced.end();
  };
  while (true) {
    auto event = TRY(reader.next());
    if (!event) break;
    if (event->kind == XmlEvent::Kind::text) {
      open.back().text += event->text;
    } else if (event->kind == XmlEvent::Kind::begin) {
      Element element;
      element.name = event->name;
      for (const auto& [key, value] : event->attributes)
        add_member(element.members, key, typed(value), false);
      open.push_back(std::move(element));
    } else {
      Element done = std::move(open.back());
      open.pop_back();
      const std::string name = done.name;
      add_member(open.back().members, name, value_of(done), is_forced(name));
    }
  }
  return Value(std::move(open.front().members));
}

// NOLINTNEXTLINE(misc-no-recursion): bounded by the depth of the value.
void append_xml(std::string& out, std::string_view name, const Value& value, int depth) {
  if (value.is_array()) {
    for (const Value& item : value.as_array()) append_xml(out, name, item, depth);
    return;
  }
  // An element's name holds no spaces and does not begin with a digit.
  std::string tag;
  for (const char c : name)
    tag += std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.' ||
                   c == ':' || static_cast<unsigned char>(c) >= 0x80
               ? c
               : '_';
  if (tag.empty() || std::isdigit(static_cast<unsigned char>(tag[0])) != 0) tag.insert(0, 1, '_');
  out += fmt::format("<{}>", tag);
  if (value.is_object()) {
    for (const auto& [key, member] : value.as_object()) append_xml(out, key, member, depth + 1);
  } else if (!value.is_null()) {
    out += xml_escaped(text_of(value));
  }
  out += fmt::format("</{}>", tag);
  if (depth <= 1) out += '\n';
}

}  // namespace outlay::tasks
