// SPDX-License-Identifier: Apache-2.0
#include "tasks/kubernetes/kubernetes.h"

#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "format/json.h"
#include "tasks/internal/fake_context.h"

namespace outlay::tasks {
namespace {

using testing::HasSubstr;

/// A kubectl that writes down how it was called and answers as a cluster would.
constexpr std::string_view kStub = R"sh(#!/bin/sh
echo "$*" >> "$0.calls"
case "$*" in
  *"create --filename"*) echo '{"metadata":{"name":"job-1"}}' ;;
  *"get pod job-1"*) echo '{"metadata":{"name":"job-1"},"status":{"phase":"Succeeded"}}' ;;
  *logs*) echo '::{"outputs":{"rows":5}}::'; echo working ;;
  *"get deployments"*) echo '{"items":[{"metadata":{"name":"a"},"status":{"replicas":2}}]}' ;;
  *apply*) cat "$3"; echo >&2; echo '{"metadata":{"name":"applied"}}' ;;
  *missing*) echo 'Error from server (NotFound): pods "missing" not found' >&2; exit 1 ;;
  *) echo '{}' ;;
esac
)sh";

class kubernetes : public testing::Test {
 protected:
  kubernetes() {
    for (auto& type : make_kubernetes_tasks()) types.add(std::move(type));
    EXPECT_TRUE(io::make_folders(context.path("bin")));
    EXPECT_TRUE(io::write_file(context.path("bin/kubectl"), kStub));
    std::filesystem::permissions(context.path("bin/kubectl"), std::filesystem::perms::owner_all);
    const std::string path = context.path("bin").string() + ":/usr/bin:/bin";
    ::setenv("PATH", path.c_str(), 1);
  }

  ~kubernetes() override { ::setenv("PATH", old_path.c_str(), 1); }

  base::Result<flow::TaskEnd> run(std::string_view name, std::string_view yaml) {
    return run_yaml(*types.find("io.kestra.plugin.kubernetes." + std::string(name)), context, yaml);
  }

  std::string calls() { return io::read_file(context.path("bin/kubectl.calls")).value(); }

  std::string old_path = std::getenv("PATH");
  flow::TaskRegistry types;
  FakeContext context;
};

TEST_F(kubernetes, a_pod_is_made_followed_and_removed) {
  const auto end =
      run("core.PodCreate",
          "{namespace: jobs, spec: {containers: [{name: c, image: busybox, command: [echo]}]}}");
  ASSERT_TRUE(end) << end.error().text();
  EXPECT_FALSE(end->failure);
  EXPECT_EQ((*end->outputs.find("vars"))["rows"], format::Value(5));
  EXPECT_THAT(context.logged(base::LogLevel::info), testing::Contains("working"));
  EXPECT_THAT(calls(), HasSubstr("--namespace jobs create --filename"));
  EXPECT_THAT(calls(), HasSubstr("delete pod job-1"));
}

TEST_F(kubernetes, resources_are_asked_for_and_changed) {
  const auto found = run("kubectl.Get", "{resourceType: deployments, apiGroup: apps}");
  ASSERT_TRUE(found) << found.error().text();
  EXPECT_EQ(format::print_json(*found->outputs.find("metadataItems")), R"([{"name":"a"}])");
  EXPECT_THAT(calls(), HasSubstr("get deployments.apps --output json"));
  ASSERT_TRUE(run("kubectl.Restart", "{resourceType: deployment, resourcesNames: [a, b]}"));
  EXPECT_THAT(calls(), HasSubstr("rollout restart deployment/a deployment/b"));
  ASSERT_TRUE(run("kubectl.Delete", "{resourceType: pods, resourcesNames: [x]}"));
  EXPECT_FALSE(run("kubectl.Delete", "{resourceType: pods}"));
}

TEST_F(kubernetes, a_refusal_is_told_in_kubectls_words_and_the_token_stays_out_of_sight) {
  const auto end =
      run("kubectl.Delete",
          "{resourceType: pods, resourcesNames: [missing], connection: {masterUrl: 'https://k8s', "
          "oauthToken: token-1234}}");
  ASSERT_FALSE(end);
  EXPECT_THAT(end.error().message, HasSubstr("NotFound"));
  EXPECT_THAT(calls(), testing::Not(HasSubstr("token-1234")));
}

}  // namespace
}  // namespace outlay::tasks
