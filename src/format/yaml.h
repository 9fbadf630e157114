// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "format/value.h"

namespace outlay::format {

/// A YAML node that knows where it stands. Anchors and merge keys (<<) are resolved.
class Node {
 public:
  enum class Kind { null, scalar, sequence, mapping };

  struct Entry;

  Kind kind = Kind::null;
  /// A scalar's text as written.
  std::string text;
  /// Written in quotes or as a block, hence text and never a number, boolean or null.
  bool is_quoted = false;
  std::vector<Node> items;
  std::vector<Entry> entries;
  base::Place place;

  /// The value of `key` in a mapping, or null.
  const Node* find(std::string_view key) const;

  bool is_mapping() const { return kind == Kind::mapping; }

  bool is_sequence() const { return kind == Kind::sequence; }

  bool is_scalar() const { return kind == Kind::scalar; }

  /// YAML 1.2 core schema (plus yes/no staying text): null, true/false, integers, floats, else
  /// text.
  Value value() const;
};

struct Node::Entry {
  std::string key;
  base::Place key_place;
  Node value;
};

/// Reads one document; an error has line and column. Duplicate keys are errors, all of them at
/// once.
base::Result<Node> parse_yaml(std::string_view text, std::string_view file = {});
/// Reads a stream of documents separated by "---".
base::Result<std::vector<Node>> parse_yaml_stream(
    std::string_view text, std::string_view file = {});
/// Writes block-style YAML that reads back as the same value.
std::string print_yaml(const Value& value);

}  // namespace outlay::format
