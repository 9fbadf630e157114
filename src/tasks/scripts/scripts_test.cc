// SPDX-License-Identifier: Apache-2.0
#include "tasks/scripts/scripts.h"

#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "format/json.h"
#include "tasks/internal/fake_context.h"

namespace outlay::tasks {
namespace {

using base::LogLevel;
using format::Value;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

/// No container engine answers here.
io::Http& http() {
  static FakeHttp none;
  none.answer = {503, {}, ""};
  return none;
}

class scripts : public testing::Test {
 protected:
  static std::unique_ptr<flow::TaskType> make(std::string_view language, bool is_script) {
    for (const ScriptLanguage& known : script_languages()) {
      if (known.name == language)
        return is_script ? make_script(known, http()) : make_commands(known, http());
    }
    return nullptr;
  }

  base::Result<flow::TaskEnd> shell(std::string_view yaml) {
    return run_yaml(*make("shell", false), context, yaml);
  }

  base::Result<flow::TaskEnd> python(std::string_view yaml) {
    return run_yaml(*make("python", true), context, yaml);
  }

  static std::string failure_of(const base::Result<flow::TaskEnd>& end) {
    return end && end->failure ? end->failure->message : "no failure";
  }

  FakeContext context;
};

TEST_F(scripts, stdout_is_info_and_stderr_is_error_but_fails_nothing) {
  const auto end = shell("commands: [echo one, 'echo two >&2']");
  ASSERT_TRUE(end) << end.error().text();
  EXPECT_FALSE(end->failure);
  EXPECT_FALSE(end->is_warning);
  EXPECT_THAT(context.logged(LogLevel::info), ElementsAre("one"));
  EXPECT_THAT(context.logged(LogLevel::error), ElementsAre("two"));
  EXPECT_EQ(end->outputs.find("exitCode")->as_int(), 0);
  EXPECT_EQ(end->outputs.find("stdOutLineCount")->as_int(), 1);
  EXPECT_EQ(end->outputs.find("stdErrLineCount")->as_int(), 1);
}

TEST_F(scripts, protocol_lines_become_outputs_metrics_and_logs) {
  const auto end = shell(R"(
commands:
  - |
    echo '::{"outputs":{"a":1,"b":"x"}}::'
    echo '::{"outputs":{"a":2},"metrics":[{"name":"rows","type":"counter","value":3,"tags":{"k":"v"}}]}::' >&2
    echo '::{"logs":[{"level":"WARN","message":"careful"}]}::'
    echo 'not whole ::{"outputs":{"c":1}}::'
    echo '::{"outputs":{bad}}::'
)");
  ASSERT_TRUE(end) << end.error().text();
  EXPECT_EQ(format::print_json(*end->outputs.find("vars")), R"({"a":2,"b":"x"})");
  ASSERT_EQ(context.metrics.size(), 1U);
  EXPECT_EQ(context.metrics[0].name, "rows");
  EXPECT_EQ(context.metrics[0].value, 3.0);
  EXPECT_EQ(context.metrics[0].tags.at("k"), "v");
  EXPECT_THAT(context.logged(LogLevel::warn), Contains("careful"));
  EXPECT_THAT(context.logged(LogLevel::warn), Contains(HasSubstr("was not taken as outputs")));
  EXPECT_THAT(context.logged(LogLevel::info), Contains(R"(not whole ::{"outputs":{"c":1}}::)"));
}

TEST_F(scripts, a_failure_shows_the_last_words_and_quotes_the_command) {
  const auto end = shell("commands: ['echo going wrong >&2; exit 7']");
  ASSERT_TRUE(end);
  EXPECT_THAT(failure_of(end), HasSubstr("going wrong"));
  EXPECT_THAT(failure_of(end), HasSubstr("status 7: echo going wrong >&2; exit 7"));
  EXPECT_EQ(end->outputs.find("exitCode")->as_int(), 7);
}

TEST_F(scripts, the_first_failing_command_ends_the_task_unless_told_otherwise) {
  EXPECT_THAT(failure_of(shell("commands: ['false', echo never]")), HasSubstr("status 1"));
  EXPECT_TRUE(context.logged(LogLevel::info).empty());
  EXPECT_EQ(
      failure_of(shell("{commands: ['false', echo reached], failFast: false}")), "no failure");
  EXPECT_THAT(context.logged(LogLevel::info), ElementsAre("reached"));
}

TEST_F(scripts, before_commands_run_in_the_same_shell) {
  ASSERT_TRUE(shell("{beforeCommands: [greeting=hi], commands: ['echo $greeting']}"));
  EXPECT_THAT(context.logged(LogLevel::info), ElementsAre("hi"));
}

TEST_F(scripts, files_go_in_and_come_out) {
  const std::string uri = context
                              .store_file(
                                  [&] {
                                    EXPECT_TRUE(io::write_file(context.path("source"), "stored\n"));
                                    return context.path("source");
                                  }(),
                                  "s.txt")
                              .value();
  const auto end = shell(fmt::format(
      R"(
inputFiles:
  text.txt: "written\n"
  sub/stored.txt: "{}"
outputFiles: ["*.out", "sub/**", nothing.csv]
commands:
  - cat text.txt sub/stored.txt > all.out
  - echo kept > "$OUTPUT_DIR/kept.txt"
  - echo more > {{{{ outputDir }}}}/more.txt
)",
      uri));
  ASSERT_TRUE(end) << end.error().text();
  ASSERT_EQ(failure_of(end), "no failure");
  const Value& files = *end->outputs.find("outputFiles");
  const auto content = [&](std::string_view name) {
    return context.environment().read(files[name].text_or("")).value_or("?");
  };
  EXPECT_EQ(content("all.out"), "written\nstored\n");
  EXPECT_EQ(content("sub/stored.txt"), "stored\n");
  EXPECT_EQ(content("kept.txt"), "kept\n");
  EXPECT_EQ(content("more.txt"), "more\n");
  EXPECT_THAT(
      context.logged(LogLevel::warn), Contains(HasSubstr("nothing matches \"nothing.csv\"")));
}

TEST_F(scripts, file_names_cannot_leave_the_working_folder) {
  EXPECT_FALSE(shell("{inputFiles: {../x: y}, commands: ['true']}"));
  EXPECT_FALSE(shell("{inputFiles: {/tmp/x: y}, commands: ['true']}"));
  EXPECT_FALSE(shell("{outputFiles: [../x], commands: ['true']}"));
}

TEST_F(scripts, an_input_file_replaces_a_linked_one_without_writing_through) {
  ASSERT_TRUE(io::write_file(context.path("../earlier"), "earlier"));
  std::filesystem::create_hard_link(context.path("../earlier"), context.path("a"));
  ASSERT_TRUE(shell("{inputFiles: {a: mine}, commands: [cat a]}"));
  EXPECT_EQ(io::read_file(context.path("../earlier")).value(), "earlier");
  EXPECT_THAT(context.logged(LogLevel::info), ElementsAre("mine"));
}

TEST_F(scripts, the_child_sees_a_plain_environment_and_no_secrets) {
  ::setenv("SECRET_TEST_KEY", "c2VjcmV0", 1);
  ::setenv("OUTLAY_TEST_VARIABLE", "x", 1);
  ::setenv("AWS_TEST_VARIABLE", "x", 1);
  const auto end = shell(
      "{env: {MINE: '{{ 1 + 1 }}', PATH: '/bin:/usr/bin'}, commands: ['env | cut -d= -f1', 'echo "
      "$MINE $PATH $WORKING_DIR']}");
  ASSERT_EQ(failure_of(end), "no failure");
  const auto lines = context.logged(LogLevel::info);
  for (const char* name : {"SECRET_TEST_KEY", "OUTLAY_TEST_VARIABLE", "AWS_TEST_VARIABLE"}) {
    EXPECT_THAT(lines, Not(Contains(name)));
    ::unsetenv(name);
  }
  EXPECT_THAT(lines, Contains("OUTPUT_DIR"));
  EXPECT_THAT(lines.back(), HasSubstr("2 /bin:/usr/bin /"));
}

TEST_F(scripts, a_python_script_runs_for_real_and_leaves_no_script_behind) {
  const auto end = python(R"(
inputFiles:
  helper.py: |
    def double(x):
        return 2 * x
outputFiles: [result.txt]
script: |
  import json, helper
  with open("result.txt", "w") as f:
      f.write("line 1\nline 2")
  print('::' + json.dumps({"outputs": {"n": helper.double(21), "l": [1.5, None]}}) + '::')
)");
  ASSERT_TRUE(end) << end.error().text();
  ASSERT_EQ(failure_of(end), "no failure");
  EXPECT_EQ(format::print_json(*end->outputs.find("vars")), R"({"n":42,"l":[1.5,null]})");
  for (const auto& entry : std::filesystem::directory_iterator(context.path(""))) {
    EXPECT_FALSE(entry.path().filename().string().starts_with(".script-")) << entry.path();
  }
}

TEST_F(scripts, a_python_error_is_the_tasks_error) {
  const auto end = python("script: \"import json\\njson.loads('{')\\n\"");
  EXPECT_THAT(failure_of(end), HasSubstr("JSONDecodeError"));
}

TEST_F(scripts, a_long_script_fits) {
  std::string yaml = "script: |\n";
  for (int i = 0; i < 20'000; ++i) yaml += "  echo line > /dev/null\n";
  yaml += "  echo end\n";
  ASSERT_EQ(failure_of(run_yaml(*make("shell", true), context, yaml)), "no failure");
  EXPECT_THAT(context.logged(LogLevel::info), ElementsAre("end"));
}

TEST_F(scripts, bytes_that_are_no_text_are_shown_as_such) {
  ASSERT_TRUE(shell(R"(commands: ["printf 'a\\377b\\303\\251\\n'"])"));
  EXPECT_THAT(
      context.logged(LogLevel::info),
      ElementsAre("a\xEF\xBF\xBD"
                  "b\xC3\xA9"));
}

TEST_F(scripts, a_stopped_script_is_cancelled) {
  context.stop_asked = true;
  EXPECT_EQ(shell("commands: [sleep 600]").error().code, base::Code::cancelled);
}

TEST_F(scripts, a_runner_that_is_not_there_is_told) {
  constexpr std::string_view yaml =
      "{commands: [echo x], taskRunner: {type: io.kestra.plugin.ee.aws.runner.Batch}}";
  ASSERT_TRUE(shell(yaml));
  EXPECT_THAT(context.logged(LogLevel::warn), Contains(HasSubstr("is not there")));
  EXPECT_THAT(check_yaml(*make("shell", false), yaml), testing::SizeIs(1));
  EXPECT_THAT(
      check_yaml(
          *make("shell", false),
          "{commands: [x], taskRunner: {type: io.kestra.plugin.core.runner.Process}}"),
      testing::IsEmpty());
}

// The published variant of the untagged instances flow: back-ticks inside double quotes.
constexpr std::string_view kPublished = R"(
commands:
  - aws ec2 describe-instances --query "Reservations[].Instances[?Tags[?Key=='owner']==`[]`].InstanceId" --output json > untagged_instances.json
)";

/// A stand-in for the aws program, which is not always there.
void put_fake_aws(const FakeContext& context, std::string_view script) {
  ASSERT_TRUE(io::write_file(context.path("aws"), fmt::format("#!/bin/sh\n{}\n", script)));
  std::filesystem::permissions(context.path("aws"), std::filesystem::perms::owner_all);
}

TEST_F(scripts, back_ticks_in_a_query_are_warned_about_beforehand) {
  const auto problems = check_yaml(*make_aws_cli(http()), kPublished);
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].level, flow::Problem::Level::warning);
  EXPECT_EQ(problems[0].place.line, 3);
  EXPECT_THAT(problems[0].message, HasSubstr("runs `[]` as a command"));
  EXPECT_THAT(problems[0].message, HasSubstr("not_null(Tags"));
}

TEST_F(scripts, back_ticks_in_a_query_fail_with_the_shells_own_words) {
  put_fake_aws(context, "echo 'Bad value for --query: invalid expression' >&2; exit 252");
  const auto end = run_yaml(
      *make_aws_cli(http()),
      context,
      fmt::format("{}env: {{PATH: '{}:/usr/bin:/bin'}}\n", kPublished, context.path("").string()));
  EXPECT_THAT(failure_of(end), HasSubstr("[]: not found"));
  EXPECT_THAT(failure_of(end), HasSubstr("Bad value for --query"));
  EXPECT_THAT(failure_of(end), HasSubstr("status 252: aws ec2 describe-instances --query"));
  EXPECT_THAT(failure_of(end), HasSubstr("runs `[]` as a command"));
}

TEST_F(scripts, a_good_query_is_not_warned_about) {
  for (const char* command :
       {R"(aws x --query "a[?!not_null(Tags[?Key=='owner'].Value | [0])]")",
        R"(aws x --query 'a[?b==`[]`]')",
        "x=`date`",
        R"(echo "a \` b")",
        "# say \"`x`\""}) {
    format::Object task;
    task.set("commands", format::Array{command});
    EXPECT_THAT(check_yaml(*make_aws_cli(http()), format::print_yaml(task)), testing::IsEmpty())
        << command;
  }
}

TEST_F(scripts, aws_gets_its_settings_as_variables) {
  put_fake_aws(context, "env | grep ^AWS_ | sort");
  ASSERT_TRUE(run_yaml(
      *make_aws_cli(http()),
      context,
      fmt::format(
          "{{accessKeyId: AKIATEST, secretKeyId: hidden-key, region: eu-west-1, endpointOverride: "
          "'http://localhost:5000', "
          "commands: [aws sts], env: {{PATH: '{}:/usr/bin:/bin'}}}}",
          context.path("").string())));
  const auto lines = context.logged(LogLevel::info);
  for (const char* line :
       {"AWS_ACCESS_KEY_ID=AKIATEST",
        "AWS_DEFAULT_REGION=eu-west-1",
        "AWS_ENDPOINT_URL=http://localhost:5000",
        "AWS_DEFAULT_OUTPUT=json"}) {
    EXPECT_THAT(lines, Contains(line));
  }
}

TEST_F(scripts, only_the_last_aws_command_counts) {
  EXPECT_EQ(
      failure_of(run_yaml(*make_aws_cli(http()), context, "commands: ['false', 'true']")),
      "no failure");
}

TEST_F(scripts, a_role_is_taken_on_before_the_commands) {
  put_fake_aws(
      context,
      "if [ \"$2\" = assume-role ]; then echo 'AKIAROLE role-secret role-token'; else env | grep "
      "^AWS_ACCESS; fi");
  ASSERT_TRUE(run_yaml(
      *make_aws_cli(http()),
      context,
      fmt::format(
          "{{stsRoleArn: 'arn:aws:iam::1:role/x', commands: [aws s3], env: {{PATH: "
          "'{}:/usr/bin:/bin'}}}}",
          context.path("").string())));
  EXPECT_THAT(context.logged(LogLevel::info), ElementsAre("AWS_ACCESS_KEY_ID=AKIAROLE"));
}

TEST_F(scripts, a_missing_aws_program_says_how_to_install_it) {
  const auto end =
      run_yaml(*make_aws_cli(http()), context, "{commands: [aws s3 ls], env: {PATH: '/nowhere'}}");
  EXPECT_THAT(failure_of(end), HasSubstr("apt-get install awscli"));
}

}  // namespace
}  // namespace outlay::tasks
