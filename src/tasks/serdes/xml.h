// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "format/value.h"

namespace outlay::tasks {

/// One thing met in an XML text: the begin of an element, its end, or text between tags.
struct XmlEvent {
  enum class Kind { begin, end, text } kind = Kind::text;
  std::string name;  ///< of the element, with its prefix
  std::string text;
  std::vector<std::pair<std::string, std::string>> attributes;

  /// The value of an attribute, "" when it is not there.
  std::string attribute(std::string_view wanted) const;
};

/// Goes through an XML text once. Comments, instructions and DOCTYPE are left out; entities other
/// than the five of XML and numbers are not expanded. The text must outlive the reader.
class XmlReader {
 public:
  explicit XmlReader(std::string_view text) : text_(text) {}

  /// Nothing at the end; invalid_input with the line when a tag is broken or left open.
  base::Result<std::optional<XmlEvent>> next();

 private:
  base::Result<std::optional<XmlEvent>> tag();
  base::Error wrong(std::string_view what) const;

  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<std::string> open_;
  bool ends_at_once_ = false;  ///< the last begin was <a/>
};

/// `text` as it may stand between tags and in attributes.
std::string xml_escaped(std::string_view text);

/// An XML document as a value: an element with attributes or children is a map, one with text alone
/// a text, number or boolean; elements of one name become a list; text beside attributes is
/// "content". `forced` names elements that are lists even when there is one.
base::Result<format::Value> xml_value(
    std::string_view text, const std::vector<std::string>& forced);
/// An element with the value in it: members become elements, lists repeat theirs.
void append_xml(std::string& out, std::string_view name, const format::Value& value, int depth);

}  // namespace outlay::tasks
