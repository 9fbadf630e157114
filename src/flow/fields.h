// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "flow/task.h"
#include "format/yaml.h"

namespace outlay::flow {

using Problems = std::vector<Problem>;

void add_error(Problems& problems, std::string message, const base::Place& place);
void add_warning(Problems& problems, std::string message, const base::Place& place);

/// Reads the properties of one YAML mapping: each read names a known property and tells what is
/// wrong with its value; done() tells the unknown ones.
class Fields {
 public:
  /// `what` is how messages call the thing: `task "pull"`.
  Fields(const format::Node& node, Problems& problems, std::string what);

  /// The property, or null when absent or written as null.
  const format::Node* get(std::string_view key);
  std::string text(std::string_view key, std::string_view otherwise = "");
  bool flag(std::string_view key, bool otherwise = false);
  std::optional<long long> integer(std::string_view key, long long min);
  std::optional<base::Duration> duration(std::string_view key);
  /// One of `allowed`, else `otherwise` and a problem.
  std::string choice(
      std::string_view key,
      std::initializer_list<std::string_view> allowed,
      std::string_view otherwise);
  format::Value value(std::string_view key);
  std::vector<std::string> texts(std::string_view key);
  /// The property when it is a list; a problem when it is something else.
  const format::Node* list(std::string_view key);
  /// A property that the language knows and this version cannot honour: an error when it is there.
  void unsupported(std::initializer_list<std::string_view> keys);
  /// Known, and without meaning for the engine.
  void ignore(std::initializer_list<std::string_view> keys);
  /// Known, and told to do nothing here: `why`.
  void without_effect(std::initializer_list<std::string_view> keys, std::string_view why);
  void also_known(const std::vector<std::string>& keys);
  void done();

  void wrong(std::string_view key, std::string_view wanted);

  const format::Node& node() const { return node_; }

  const std::string& what() const { return what_; }

  Problems& problems() { return problems_; }

 private:
  const format::Node* scalar(std::string_view key, std::string_view wanted);

  const format::Node& node_;
  Problems& problems_;
  std::string what_;
  std::vector<std::string> known_;
};

/// "the text x", "a list", "nothing": for messages.
std::string found_text(const format::Node& node);

}  // namespace outlay::flow
