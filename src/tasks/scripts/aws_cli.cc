// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "base/log.h"
#include "base/text.h"
#include "tasks/properties.h"
#include "tasks/scripts/script_run.h"
#include "tasks/scripts/scripts.h"
#include "tasks/scripts/shell_text.h"
#include "tasks/spec.h"

namespace outlay::tasks {
namespace {

using format::Value;

constexpr std::pair<const char*, const char*> kVariables[] = {
    {"accessKeyId", "AWS_ACCESS_KEY_ID"},
    {"secretKeyId", "AWS_SECRET_ACCESS_KEY"},
    {"sessionToken", "AWS_SESSION_TOKEN"},
    {"region", "AWS_DEFAULT_REGION"},
    {"endpointOverride", "AWS_ENDPOINT_URL"}};

/// Shell lines that take on the role; nothing when no role is given.
base::Result<std::string> role_lines(flow::TaskContext& context, const Value& properties) {
  const std::string role = TRY(flow::text_property(context, properties, "stsRoleArn"));
  if (role.empty()) return std::string();
  std::string session = TRY(flow::text_property(context, properties, "stsRoleSessionName"));
  if (session.empty()) session = "outlay";
  std::string call = fmt::format(
      "aws sts assume-role --role-arn {} --role-session-name {}",
      shell_word(role),
      shell_word(session));
  if (const std::string id = TRY(flow::text_property(context, properties, "stsRoleExternalId"));
      !id.empty()) {
    call += " --external-id " + shell_word(id);
  }
  if (const auto time = TRY(duration_property(context, properties, "stsRoleSessionDuration"))) {
    call += fmt::format(
        " --duration-seconds {}", std::chrono::duration_cast<std::chrono::seconds>(*time).count());
  }
  if (const std::string url = TRY(flow::text_property(context, properties, "stsEndpointOverride"));
      !url.empty()) {
    call += " --endpoint-url " + shell_word(url);
  }
  return fmt::format(
      "set -- $({} --query 'Credentials.[AccessKeyId,SecretAccessKey,SessionToken]' --output "
      "text)\n"
      "[ -n \"$3\" ] || exit 1\n"
      "export AWS_ACCESS_KEY_ID=\"$1\" AWS_SECRET_ACCESS_KEY=\"$2\" AWS_SESSION_TOKEN=\"$3\"\n"
      "set --\n",
      call);
}

base::Result<ScriptPlan> plan_aws(
    flow::TaskContext& context, const Value& properties, const Workspace&) {
  ScriptPlan plan;
  plan.shown = base::join(TRY(texts_property(context, properties, "commands")), "\n");
  if (base::trim(plan.shown).empty()) return base::invalid_input("property commands is empty");
  plan.shell_script = TRY(role_lines(context, properties)) + plan.shown;
  for (const auto& [property, variable] : kVariables) {
    const std::string value = TRY(flow::text_property(context, properties, property));
    if (value.empty()) continue;
    if (variable != std::string_view("AWS_DEFAULT_REGION") &&
        variable != std::string_view("AWS_ENDPOINT_URL")) {
      base::hide_in_log(value);
    }
    plan.environment.emplace_back(variable, value);
    // The server's own AWS_REGION would win over AWS_DEFAULT_REGION.
    if (property == std::string_view("region")) plan.environment.emplace_back("AWS_REGION", value);
  }
  const std::string format = TRY(flow::text_property(context, properties, "outputFormat"));
  plan.environment.emplace_back(
      "AWS_DEFAULT_OUTPUT", format.empty() ? "json" : base::lower(format));
  // Without a terminal a pager would only wait.
  plan.environment.emplace_back("AWS_PAGER", "");
  return plan;
}

std::string aws_advice(const ScriptPlan& plan, int exit_status, const std::string& last_words) {
  if (last_words.find("aws: not found") != std::string::npos ||
      last_words.find("aws: command not found") != std::string::npos) {
    return "The AWS command line is not on this machine: install it with `apt-get install awscli`, "
           "or as https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html "
           "tells.";
  }
  if (last_words.find("Unable to locate credentials") != std::string::npos) {
    return "Give accessKeyId and secretKeyId, or start the server with AWS credentials.";
  }
  if (last_words.find("You must specify a region") != std::string::npos) {
    return "Give the property region, or start the server with AWS_DEFAULT_REGION.";
  }
  return shell_advice(plan, exit_status, last_words);
}

class AwsCliTask final : public SpecTask {
 public:
  explicit AwsCliTask(io::Http& http) : SpecTask("scripts/aws_cli.yaml") {
    kind_.http = &http;
    kind_.image = "amazon/aws-cli";
    // Only the last command's status counts, as in the program this type is named after.
    kind_.fail_fast = false;
    kind_.passed_variables = {"AWS_*"};
    kind_.plan = plan_aws;
    kind_.advice = aws_advice;
  }

  void check(const format::Node& task, std::vector<flow::Problem>& problems) const override {
    check_script(task, problems);
  }

  base::Result<flow::TaskEnd> run(
      flow::TaskContext& context, const Value& properties) const override {
    return run_script(context, properties, kind_);
  }

 private:
  ScriptKind kind_;
};

}  // namespace

std::unique_ptr<flow::TaskType> make_aws_cli(io::Http& http) {
  return std::make_unique<AwsCliTask>(http);
}

}  // namespace outlay::tasks
