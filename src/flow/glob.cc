// SPDX-License-Identifier: Apache-2.0
#include "flow/glob.h"

#include <string>

namespace outlay::flow {
namespace {

constexpr int kDepthMax = 200;

// NOLINTNEXTLINE(misc-no-recursion): bounded by kDepthMax.
bool matches(std::string_view pattern, std::string_view path, int depth) {
  if (depth > kDepthMax) return false;
  while (!pattern.empty()) {
    if (pattern.substr(0, 3) == "**/") {
      if (matches(pattern.substr(3), path, depth + 1)) return true;
      const std::size_t slash = path.find('/');
      if (slash == std::string_view::npos) return false;
      path = path.substr(slash + 1);
      continue;
    }
    if (pattern.substr(0, 2) == "**") return true;
    if (pattern.front() == '*') {
      for (std::size_t i = 0;; ++i) {
        if (matches(pattern.substr(1), path.substr(i), depth + 1)) return true;
        if (i >= path.size() || path[i] == '/') return false;
      }
    }
    if (pattern.front() == '{') {
      const std::size_t close = pattern.find('}');
      if (close == std::string_view::npos) return false;
      std::string_view choices = pattern.substr(1, close - 1);
      while (true) {
        const std::size_t comma = choices.find(',');
        const std::string one =
            std::string(choices.substr(0, comma)) + std::string(pattern.substr(close + 1));
        if (matches(one, path, depth + 1)) return true;
        if (comma == std::string_view::npos) return false;
        choices = choices.substr(comma + 1);
      }
    }
    if (path.empty() ||
        (pattern.front() == '?' ? path.front() == '/' : pattern.front() != path.front()))
      return false;
    pattern = pattern.substr(1);
    path = path.substr(1);
  }
  return path.empty();
}

}  // namespace

bool glob_matches(std::string_view pattern, std::string_view path) {
  constexpr std::string_view kPrefix = "glob:";
  if (pattern.substr(0, kPrefix.size()) == kPrefix) pattern = pattern.substr(kPrefix.size());
  if (!pattern.empty() && pattern.front() == '/') pattern = pattern.substr(1);
  if (!path.empty() && path.front() == '/') path = path.substr(1);
  return matches(pattern, path, 0);
}

}  // namespace outlay::flow
