// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "server/http.h"

namespace outlay::server {

/// What a route answers with; `matched` are the values of the pattern's {names}, in order.
using Answer = std::function<Response(const Request& request, const Fields& matched)>;

/// Finds the route of a request. A pattern is "api/v1/main/flows/{namespace}/{id}"; a literal
/// segment wins over a {name}; a last segment {+name} takes the rest of the path. Not for use from
/// several threads while routes are added.
class Router {
 public:
  void add(std::string_view method, std::string_view pattern, Answer answer);
  bool has(std::string_view method, std::string_view pattern) const;
  /// 404 for an unknown path, 405 (with Allow) for a known path and another method.
  Response route(const Request& request) const;

 private:
  struct Route {
    std::vector<std::string> pattern;
    std::map<std::string, Answer, std::less<>> by_method;
  };

  /// The most literal route that fits; of any method when `method` is empty.
  const Route* find(
      std::string_view method, const std::vector<std::string>& segments, Fields& matched) const;
  std::vector<Route> routes_;
};

}  // namespace outlay::server
