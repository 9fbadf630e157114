// SPDX-License-Identifier: Apache-2.0
#include "tasks/scripts/shell_text.h"

#include <fmt/format.h>

#include "base/text.h"

namespace outlay::tasks {
namespace {

/// Goes through a script keeping track of quotes.
class ShellReader {
 public:
  explicit ShellReader(std::string_view script) : script_(script) {}

  std::vector<BackTicks> read() {
    for (; at_ < script_.size(); ++at_) {
      const char c = script_[at_];
      if (c == '\n') ++line_;
      if (c == '\\' && quote_ != '\'') {
        skip_one();
      } else if (quote_ == '\'') {
        if (c == '\'') quote_ = 0;
      } else if (c == '`') {
        back_ticks();
      } else if (quote_ == '"') {
        if (c == '"') quote_ = 0;
      } else if (c == '\'' || c == '"') {
        quote_ = c;
      } else if (
          c == '#' && (at_ == 0 || std::string_view(" \t\n;").find(script_[at_ - 1]) !=
                                       std::string_view::npos)) {
        skip_comment();
      }
    }
    return std::move(found_);
  }

 private:
  void skip_one() {
    ++at_;
    if (at_ < script_.size() && script_[at_] == '\n') ++line_;
  }

  void skip_comment() {
    while (at_ + 1 < script_.size() && script_[at_ + 1] != '\n') ++at_;
  }

  void back_ticks() {
    const std::size_t end = script_.find('`', at_ + 1);
    const std::string_view inside =
        script_.substr(at_ + 1, end == std::string_view::npos ? end : end - at_ - 1);
    if (quote_ == '"') found_.push_back({std::string(inside), line_});
    for (const char c : inside) line_ += c == '\n' ? 1 : 0;
    at_ = end == std::string_view::npos ? script_.size() : end;
  }

  std::string_view script_;
  std::size_t at_ = 0;
  long line_ = 1;
  char quote_ = 0;
  std::vector<BackTicks> found_;
};

void check_one(
    const format::Node& node, std::string_view property, std::vector<flow::Problem>& problems) {
  if (!node.is_scalar()) return;
  for (const BackTicks& found : quoted_back_ticks(node.text)) {
    base::Place place = node.place;
    if (place.line > 0 && node.text.find('\n') != std::string::npos) place.line += found.line - 1;
    problems.push_back(
        {flow::Problem::Level::warning,
         fmt::format("{}: {}", property, back_ticks_advice(node.text, found)),
         place});
  }
}

}  // namespace

std::vector<BackTicks> quoted_back_ticks(std::string_view script) {
  return ShellReader(script).read();
}

std::string back_ticks_advice(std::string_view script, const BackTicks& found) {
  const std::string told = fmt::format(
      "the shell runs `{}` as a command, because back-ticks work inside double quotes too",
      found.inside);
  if (script.find("--query") != std::string_view::npos ||
      script.find("jmespath") != std::string_view::npos) {
    return told +
           ". For a JMESPath literal put the whole query into single quotes and its own "
           "single quotes as '\\'', or avoid the literal: [?!not_null(Tags[?Key=='owner'].Value | "
           "[0])] "
           "finds what has no such tag.";
  }
  return told + ". If that is meant write $(...); if not, use single quotes or \\`.";
}

void check_shell(
    const format::Node& task, std::string_view property, std::vector<flow::Problem>& problems) {
  const format::Node* node = task.find(property);
  if (node == nullptr) return;
  check_one(*node, property, problems);
  for (const format::Node& item : node->items) check_one(item, property, problems);
}

std::string shell_word(std::string_view text) {
  return "'" + base::replace_all(text, "'", "'\\''") + "'";
}

}  // namespace outlay::tasks
