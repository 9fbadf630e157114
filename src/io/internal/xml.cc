// SPDX-License-Identifier: Apache-2.0
#include "io/internal/xml.h"

#include <charconv>

#include <fmt/format.h>

#include "base/text.h"
#include "base/utf8.h"

namespace outlay::io {
namespace {

constexpr int kDepthMax = 50;

class XmlReader {
 public:
  explicit XmlReader(std::string_view text) : text_(text) {}

  base::Result<XmlElement> document() {
    skip_prolog();
    return element(0);
  }

 private:
  base::Error wrong(std::string_view what) const {
    return base::invalid_input(fmt::format("the XML answer is broken at byte {}: {}", at_, what));
  }

  bool starts(std::string_view what) const { return text_.substr(at_).starts_with(what); }

  void skip_past(std::string_view end) {
    const std::size_t found = text_.find(end, at_);
    at_ = found == std::string_view::npos ? text_.size() : found + end.size();
  }

  void skip_space() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\r' || text_[at_] == '\n')) {
      ++at_;
    }
  }

  void skip_prolog() {
    if (starts("\xEF\xBB\xBF")) at_ += 3;
    for (skip_space(); starts("<?") || starts("<!--"); skip_space()) {
      skip_past(starts("<?") ? "?>" : "-->");
    }
  }

  // The tag's name without its prefix; attributes are passed over.
  base::Result<std::string> open_tag(bool& is_closed) {
    if (!starts("<") || starts("<!")) return wrong("an element should begin here");
    const std::size_t start = ++at_;
    const std::size_t end = text_.find_first_of(" \t\r\n/>", at_);
    if (end == std::string_view::npos || end == start) return wrong("the tag has no name or end");
    std::string name(text_.substr(start, end - start));
    if (const std::size_t colon = name.find(':'); colon != std::string::npos) {
      name.erase(0, colon + 1);
    }
    at_ = end;
    for (char quote = 0; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (quote != 0) {
        if (c == quote) quote = 0;
      } else if (c == '"' || c == '\'') {
        quote = c;
      } else if (c == '>') {
        is_closed = text_[at_ - 1] == '/';
        ++at_;
        return name;
      }
    }
    return wrong("the tag does not end");
  }

  base::Result<XmlElement> element(int depth) {  // NOLINT(misc-no-recursion): depth is bounded
    if (depth > kDepthMax) return wrong("too many elements inside each other");
    XmlElement out;
    bool is_closed = false;
    out.name = TRY(open_tag(is_closed));
    while (!is_closed) {
      if (at_ >= text_.size()) return wrong("the answer ends inside <" + out.name + ">");
      if (starts("</")) {
        skip_past(">");
        break;
      }
      if (starts("<!--")) {
        skip_past("-->");
      } else if (starts("<![CDATA[")) {
        at_ += 9;
        const std::size_t end = std::min(text_.find("]]>", at_), text_.size());
        out.text += text_.substr(at_, end - at_);
        skip_past("]]>");
      } else if (starts("<")) {
        out.children.push_back(TRY(element(depth + 1)));
      } else {
        out.text += TRY(characters());
      }
    }
    return out;
  }

  base::Result<std::string> characters() {
    const std::size_t end = std::min(text_.find('<', at_), text_.size());
    std::string out;
    while (at_ < end) {
      if (text_[at_] != '&') {
        out.push_back(text_[at_++]);
        continue;
      }
      const std::size_t stop = text_.find(';', at_);
      if (stop == std::string_view::npos || stop - at_ > 10) return wrong("a lone &");
      TRY(entity(text_.substr(at_ + 1, stop - at_ - 1), out));
      at_ = stop + 1;
    }
    return out;
  }

  base::Result<base::Done> entity(std::string_view name, std::string& out) const {
    static constexpr std::pair<std::string_view, char> kKnown[] = {
        {"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"quot", '"'}, {"apos", '\''}};
    for (const auto& [known, c] : kKnown) {
      if (known == name) {
        out.push_back(c);
        return base::Done{};
      }
    }
    if (name.starts_with('#')) {
      const bool is_hex = name.starts_with("#x") || name.starts_with("#X");
      name.remove_prefix(is_hex ? 2 : 1);
      std::uint32_t code = 0;
      const auto [end, failed] =
          std::from_chars(name.data(), name.data() + name.size(), code, is_hex ? 16 : 10);
      if (failed == std::errc() && end == name.data() + name.size() && code < 0x110000) {
        base::append_utf8(out, code);
        return base::Done{};
      }
    }
    return wrong("an unknown entity");
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

const XmlElement* XmlElement::find(std::string_view child) const {
  for (const XmlElement& one : children) {
    if (one.name == child) return &one;
  }
  return nullptr;
}

std::string XmlElement::text_of(std::string_view path) const {
  const XmlElement* at = this;
  for (const std::string& part : base::split(path, '/')) {
    at = at->find(part);
    if (at == nullptr) return {};
  }
  return at->text;
}

base::Result<XmlElement> parse_xml(std::string_view text) { return XmlReader(text).document(); }

}  // namespace outlay::io
