// SPDX-License-Identifier: Apache-2.0
#include "tasks/scripts/glob.h"

#include <string>

namespace outlay::tasks {
namespace {

/// Patterns that make many guesses are cut off rather than followed for ever.
constexpr int kStepsMax = 1'000'000;

class Matcher {
 public:
  // NOLINTNEXTLINE(misc-no-recursion): one level per wildcard, and the steps are bounded
  bool matches(std::string_view pattern, std::string_view path) {
    while (!pattern.empty()) {
      if (++steps_ > kStepsMax) return false;
      if (pattern.front() == '*') return star(pattern, path);
      if (pattern.front() == '{') return either(pattern, path);
      if (path.empty() || !one(pattern, path.front())) return false;
      path.remove_prefix(1);
    }
    return path.empty();
  }

 private:
  bool star(std::string_view pattern, std::string_view path) {  // NOLINT(misc-no-recursion)
    const bool crosses = pattern.starts_with("**");
    std::string_view rest = pattern.substr(crosses ? 2 : 1);
    // "**/x" also means "x" itself.
    if (crosses && rest.starts_with('/') && matches(rest.substr(1), path)) return true;
    while (true) {
      if (matches(rest, path)) return true;
      if (path.empty() || (!crosses && path.front() == '/')) return false;
      path.remove_prefix(1);
    }
  }

  bool either(std::string_view pattern, std::string_view path) {  // NOLINT(misc-no-recursion)
    const std::size_t end = pattern.find('}');
    if (end == std::string_view::npos) return false;
    const std::string_view rest = pattern.substr(end + 1);
    std::string_view choices = pattern.substr(1, end - 1);
    while (true) {
      const std::size_t comma = choices.find(',');
      if (matches(std::string(choices.substr(0, comma)).append(rest), path)) return true;
      if (comma == std::string_view::npos) return false;
      choices.remove_prefix(comma + 1);
    }
  }

  /// Matches one character and takes what stood for it off the pattern.
  static bool one(std::string_view& pattern, char c) {
    const char wanted = pattern.front();
    if (wanted == '[' && pattern.find(']') != std::string_view::npos) return one_of(pattern, c);
    pattern.remove_prefix(1);
    if (wanted == '\\' && !pattern.empty()) {
      const char literal = pattern.front();
      pattern.remove_prefix(1);
      return literal == c;
    }
    return wanted == '?' ? c != '/' : wanted == c;
  }

  static bool one_of(std::string_view& pattern, char c) {
    const std::size_t end = pattern.find(']');
    std::string_view set = pattern.substr(1, end - 1);
    pattern.remove_prefix(end + 1);
    const bool is_negated = set.starts_with('!') || set.starts_with('^');
    if (is_negated) set.remove_prefix(1);
    bool is_in = false;
    for (std::size_t i = 0; i < set.size(); ++i) {
      if (i + 2 < set.size() && set[i + 1] == '-') {
        is_in = is_in || (set[i] <= c && c <= set[i + 2]);
        i += 2;
      } else {
        is_in = is_in || set[i] == c;
      }
    }
    return c != '/' && is_in != is_negated;
  }

  int steps_ = 0;
};

}  // namespace

bool matches_glob(std::string_view pattern, std::string_view path) {
  return Matcher().matches(pattern, path);
}

}  // namespace outlay::tasks
