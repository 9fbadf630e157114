// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace outlay::io {

/// An element of an XML answer. Attributes, comments and namespaces' prefixes are left out.
struct XmlElement {
  std::string name;
  std::string text;
  std::vector<XmlElement> children;

  /// The first child of that name, or null.
  const XmlElement* find(std::string_view child) const;
  /// The text of a child below, "Error/Code"; empty when it is not there.
  std::string text_of(std::string_view path) const;
};

/// Reads an answer of an object store: its root element. Depth is bounded at 50; entities other
/// than the five of XML and character numbers are errors.
base::Result<XmlElement> parse_xml(std::string_view text);

}  // namespace outlay::io
