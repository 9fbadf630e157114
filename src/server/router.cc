// SPDX-License-Identifier: Apache-2.0
#include "server/router.h"

#include <algorithm>

#include "base/text.h"

namespace outlay::server {

namespace {

bool is_name(std::string_view segment) { return segment.starts_with('{'); }

bool takes_rest(std::string_view segment) { return segment.starts_with("{+"); }

/// Fills `matched`; the score says how literal the match was, -1 for none.
int match(
    const std::vector<std::string>& pattern,
    const std::vector<std::string>& segments,
    Fields& matched) {
  matched.clear();
  int score = 0;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const std::string_view part = pattern[i];
    if (takes_rest(part)) {
      const std::vector<std::string> rest(
          segments.begin() + static_cast<std::ptrdiff_t>(std::min(i, segments.size())),
          segments.end());
      matched.emplace_back(std::string(part.substr(2, part.size() - 3)), base::join(rest, "/"));
      return score;
    }
    if (i >= segments.size()) return -1;
    if (is_name(part)) {
      matched.emplace_back(std::string(part.substr(1, part.size() - 2)), segments[i]);
      score = score * 2;
    } else if (part == segments[i]) {
      score = score * 2 + 1;
    } else {
      return -1;
    }
  }
  return pattern.size() == segments.size() ? score : -1;
}

std::string allowed(const std::map<std::string, Answer, std::less<>>& by_method) {
  std::vector<std::string> methods;
  for (const auto& [method, answer] : by_method) methods.push_back(method);
  return base::join(methods, ", ");
}

}  // namespace

void Router::add(std::string_view method, std::string_view pattern, Answer answer) {
  const std::vector<std::string> parts = base::split_trimmed(pattern, '/');
  auto same = std::find_if(
      routes_.begin(), routes_.end(), [&](const Route& route) { return route.pattern == parts; });
  if (same == routes_.end()) same = routes_.insert(routes_.end(), Route{parts, {}});
  same->by_method.insert_or_assign(std::string(method), std::move(answer));
}

bool Router::has(std::string_view method, std::string_view pattern) const {
  const std::vector<std::string> parts = base::split_trimmed(pattern, '/');
  return std::any_of(routes_.begin(), routes_.end(), [&](const Route& route) {
    return route.pattern == parts && route.by_method.find(method) != route.by_method.end();
  });
}

const Router::Route* Router::find(
    std::string_view method, const std::vector<std::string>& segments, Fields& matched) const {
  const Route* best = nullptr;
  int best_score = -1;
  Fields candidate;
  for (const Route& route : routes_) {
    if (!method.empty() && route.by_method.find(method) == route.by_method.end()) continue;
    const int score = match(route.pattern, segments, candidate);
    if (score > best_score) {
      best = &route;
      best_score = score;
      matched = candidate;
    }
  }
  return best;
}

Response Router::route(const Request& request) const {
  Fields matched;
  // HEAD is GET without the body, which the listener leaves out.
  const std::string_view method =
      request.method == "HEAD" ? std::string_view("GET") : std::string_view(request.method);
  if (const Route* found = find(method, request.segments, matched)) {
    return found->by_method.find(method)->second(request, matched);
  }
  const Route* other = find({}, request.segments, matched);
  if (!other) {
    return error_response(
        404, "There is nothing at " + std::string(request.path()), request.target);
  }
  const std::string methods = allowed(other->by_method);
  Response response = error_response(
      405,
      request.method + " is not offered at " + std::string(request.path()) + "; use " + methods,
      request.target);
  response.headers.emplace_back("Allow", methods);
  return response;
}

}  // namespace outlay::server
