// SPDX-License-Identifier: Apache-2.0
#include "server/router.h"

#include <gtest/gtest.h>

namespace outlay::server {
namespace {

Answer names(std::string route) {
  return [route = std::move(route)](const Request&, const Fields& matched) {
    std::string text = route;
    for (const auto& [name, value] : matched) text += " " + name + "=" + value;
    return text_response(200, text);
  };
}

Response ask(const Router& router, std::string method, std::string_view target) {
  Request request;
  request.method = std::move(method);
  EXPECT_TRUE(split_target(target, request));
  return router.route(request);
}

Router flows() {
  Router router;
  router.add("GET", "api/flows/{namespace}/{id}", names("get"));
  router.add("GET", "api/flows/search", names("search"));
  router.add("PUT", "api/flows/{namespace}/{id}", names("put"));
  router.add("POST", "api/flows/{namespace}", names("replace"));
  router.add("GET", "api/files/{+path}", names("file"));
  return router;
}

TEST(Router, values_of_the_path_are_named_and_decoded) {
  EXPECT_EQ(
      ask(flows(), "GET", "/api/flows/company.finops/a%20b").body,
      "get namespace=company.finops id=a b");
}

TEST(Router, a_literal_segment_wins_over_a_name) {
  EXPECT_EQ(ask(flows(), "GET", "/api/flows/search?page=2").body, "search");
}

TEST(Router, a_name_is_taken_when_the_literal_route_has_another_method) {
  EXPECT_EQ(ask(flows(), "POST", "/api/flows/search").body, "replace namespace=search");
}

TEST(Router, a_trailing_slash_and_HEAD_change_nothing) {
  EXPECT_EQ(ask(flows(), "HEAD", "/api/flows/search/").body, "search");
}

TEST(Router, the_rest_of_a_path_can_be_taken_whole) {
  EXPECT_EQ(ask(flows(), "GET", "/api/files/a/b/c").body, "file path=a/b/c");
}

TEST(Router, an_unknown_path_is_404_in_the_shape_that_clients_read) {
  const Response response = ask(flows(), "GET", "/api/nothing");
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(
      response.body,
      R"({"message":"There is nothing at /api/nothing","_links":{"self":{"href":"/api/nothing","templated":false}},)"
      R"("_embedded":{"errors":[{"message":"There is nothing at /api/nothing"}]}})");
}

TEST(Router, another_method_is_405_and_names_those_that_work) {
  const Response response = ask(flows(), "DELETE", "/api/flows/a/b");
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(response.headers.back(), (std::pair<std::string, std::string>("Allow", "GET, PUT")));
}

}  // namespace
}  // namespace outlay::server
