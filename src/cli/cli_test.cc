// SPDX-License-Identifier: Apache-2.0
#include "cli/cli.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/commands.h"
#include "cli/help.h"
#include "format/json.h"
#include "io/file.h"

namespace outlay::cli {
namespace {

using format::Value;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

struct Answer {
  int status = 0;
  std::string out, err;

  Value json() const {
    const auto parsed = format::parse_json(out, format::JsonNumbers::exact);
    EXPECT_TRUE(parsed) << out;
    return parsed ? *parsed : Value();
  }
};

class Cli : public testing::Test {
 protected:
  Answer run(std::vector<std::string> arguments, const std::string& input = {}) {
    std::ostringstream out;
    std::ostringstream err;
    std::istringstream in(input);
    const base::SystemClock clock;
    const Ports ports{
        .clock = clock,
        .environment = {{"OUTLAY_DATA", (folder_->path() / "data").string()}},
        .serve = {},
        .start_log = {}};
    const int status = cli::run(arguments, {.out = out, .err = err, .in = in}, ports);
    return {status, out.str(), err.str()};
  }

  std::string write(const std::string& name, std::string_view text) {
    const io::Path file = folder_->path() / name;
    EXPECT_TRUE(io::make_folders(file.parent_path()).has_value());
    EXPECT_TRUE(io::write_file(file, text).has_value());
    return file.string();
  }

  std::optional<io::ScratchFolder> folder_ =
      io::ScratchFolder::create(std::filesystem::temp_directory_path()).value();
};

constexpr std::string_view kFocus =
    "BilledCost,EffectiveCost,ListCost,ContractedCost,BillingCurrency,BillingPeriodStart,"
    "BillingPeriodEnd,"
    "ChargePeriodStart,ChargePeriodEnd,ChargeCategory,ServiceName,BillingAccountId,ProviderName,"
    "InvoiceIssuerName,"
    "PublisherName,ServiceCategory,ChargeDescription,InvoiceId\n"
    "10.25,10.25,11,10.25,USD,2026-01-01T00:00:00Z,2026-02-01T00:00:00Z,2026-01-05T00:00:00Z,"
    "2026-01-06T00:00:00Z,Usage,Compute,a1,Acme,Acme,Acme,Compute,vm,INV-1\n"
    "0.75,0.75,1,0.75,USD,2026-01-01T00:00:00Z,2026-02-01T00:00:00Z,2026-01-06T00:00:00Z,"
    "2026-01-07T00:00:00Z,Usage,Storage,a1,Acme,Acme,Acme,Storage,disk,INV-1\n";

constexpr std::string_view kFlow =
    "id: greet\nnamespace: demo\ninputs:\n  - {id: name, type: STRING, defaults: world}\ntasks:\n"
    "  - {id: say, type: io.kestra.plugin.core.debug.Return, format: \"Hello {{ inputs.name "
    "}}\"}\n";

TEST_F(Cli, without_a_command_the_commands_are_listed_and_that_is_wrong_use) {
  const Answer answer = run({});
  EXPECT_EQ(answer.status, 2);
  EXPECT_THAT(answer.err, HasSubstr("ingest"));
  EXPECT_THAT(run({"--help"}).out, HasSubstr("flow run"));
  EXPECT_EQ(run({"--help"}).status, 0);
}

TEST_F(Cli, an_option_that_takes_all_that_follow_leaves_the_file_that_stands_last) {
  const std::string file = write("greet.yaml", kFlow);
  const Answer answer = run({"flow", "run", "--json", "--env", "ENV_A=1", "ENV_B=2", file});
  EXPECT_EQ(answer.status, 0) << answer.err;
  EXPECT_EQ(answer.json()["flowId"].text_or(""), "greet");
}

TEST_F(Cli, a_file_input_takes_a_local_path_and_a_missing_one_is_named) {
  const std::string file = write(
      "reads.yaml",
      "id: reads\nnamespace: demo\ninputs: [{id: bill, type: FILE}]\ntasks:\n"
      "  - {id: say, type: io.kestra.plugin.core.debug.Return, format: \"{{ read(inputs.bill) "
      "}}\"}\n");
  const std::string bill = write("bill.csv", "a,b");
  const Answer answer =
      run({"flow", "run", file, "--json", "--inputs", "{\"bill\": \"" + bill + "\"}"});
  EXPECT_EQ(answer.status, 0) << answer.err;
  EXPECT_EQ(answer.json()["taskRunList"].as_array()[0]["outputs"]["value"].text_or(""), "a,b");
  const Answer wrong = run({"flow", "run", file, "--inputs", "{\"bill\": \"gone.csv\"}"});
  EXPECT_EQ(wrong.status, 2);
  EXPECT_THAT(wrong.err, HasSubstr("there is no file \"gone.csv\""));
}

TEST_F(Cli, a_run_tells_the_other_executions_it_caused_and_what_ran_after_its_end) {
  const std::string parent = write(
      "parent.yaml",
      "id: parent\nnamespace: demo\ntasks:\n"
      "  - {id: call, type: io.kestra.plugin.core.flow.Subflow, namespace: demo, flowId: greet, "
      "wait: false}\n"
      "afterExecution:\n  - {id: after, type: io.kestra.plugin.core.log.Log, message: over}\n");
  const Answer answer =
      run({"flow", "run", parent, "--with", write("greet.yaml", kFlow), "--json"});
  EXPECT_EQ(answer.status, 0) << answer.err;
  const Value execution = answer.json();
  EXPECT_EQ(execution["taskRunList"].as_array().back()["taskId"].text_or(""), "after");
  EXPECT_EQ(
      execution["otherExecutions"].as_array().at(0)["state"]["current"].text_or(""), "SUCCESS");
}

TEST_F(Cli, a_flow_test_replaces_tasks_and_judges_outputs) {
  const std::string flow = write(
      "flow.yaml",
      "id: hello\nnamespace: demo\ninputs: [{id: name, type: STRING}]\ntasks:\n"
      "  - {id: fetch, type: io.kestra.plugin.core.http.Request, uri: \"https://example.test\"}\n"
      "  - {id: wait, type: io.kestra.plugin.core.flow.Pause, pauseDuration: PT1H}\n"
      "  - {id: say, type: io.kestra.plugin.core.debug.Return, format: \"{{ inputs.name }} {{ "
      "outputs.fetch.code }}\"}\n");
  const std::string cases = write(
      "test.yaml",
      "id: t\nnamespace: demo\nflowId: hello\ntestCases:\n"
      "  - id: good\n    type: io.kestra.core.tests.flow.UnitTest\n"
      "    fixtures: {inputs: {name: Ada}, tasks: [{id: fetch, outputs: {code: 200}}]}\n"
      "    assertions: [{value: \"{{ outputs.say.value }}\", equalTo: Ada 200}]\n"
      "  - id: fails\n    type: io.kestra.core.tests.flow.UnitTest\n"
      "    fixtures: {inputs: {name: Ada}, tasks: [{id: fetch, state: FAILED}]}\n"
      "    expectedState: FAILED\n");
  const Answer answer = run({"flow", "test", cases, "--with", flow});
  EXPECT_EQ(answer.status, 0) << answer.out << answer.err;
  EXPECT_THAT(answer.out, HasSubstr("ok    t good"));
  const std::string wrong = write(
      "wrong.yaml",
      "id: w\nnamespace: demo\nflowId: hello\ntestCases:\n"
      "  - {id: bad, fixtures: {inputs: {name: Bob}, tasks: [{id: fetch, outputs: {code: 1}}]}, "
      "assertions: [{value: \"{{ outputs.say.value }}\", equalTo: Ada 1}]}\n");
  const Answer failed = run({"flow", "test", wrong, "--with", flow});
  EXPECT_EQ(failed.status, 1);
  EXPECT_THAT(failed.out, HasSubstr("expected equalTo Ada 1, but found \"Bob 1\""));
}

TEST_F(Cli, keys_and_files_of_a_namespace_are_kept) {
  EXPECT_EQ(run({"kv", "set", "demo", "limit", "42"}).status, 0);
  EXPECT_EQ(run({"kv", "get", "demo", "limit"}).out, "42\n");
  EXPECT_THAT(run({"kv", "list", "demo"}).out, HasSubstr("NUMBER"));
  EXPECT_EQ(run({"kv", "delete", "demo", "limit"}).status, 0);
  EXPECT_EQ(run({"kv", "delete", "demo", "limit"}).status, 1);
  const std::string file = write("main.py", "print(1)\n");
  EXPECT_EQ(run({"namespace", "files", "upload", "demo", file, "/scripts"}).status, 0);
  EXPECT_EQ(run({"namespace", "files", "list", "demo"}).out, "/scripts/main.py\n");
  EXPECT_EQ(run({"namespace", "files", "show", "demo", "scripts/main.py"}).out, "print(1)\n");
}

TEST_F(Cli, a_folder_becomes_the_truth_of_its_namespaces) {
  const std::string folder = (folder_->path() / "flows").string();
  write("flows/greet.yaml", kFlow);
  EXPECT_EQ(run({"flow", "sync", folder}).out, "created demo.greet\n");
  EXPECT_EQ(run({"flow", "sync", folder}).out, "unchanged demo.greet\n");
  write(
      "flows/greet.yaml",
      "id: other\nnamespace: demo\ntasks: [{id: a, type: io.kestra.plugin.core.log.Log, "
      "message: x}]\n");
  EXPECT_EQ(
      run({"flow", "sync", folder, "--delete", "--dry-run"}).out,
      "created demo.other\ndeleted demo.greet\n");
  run({"flow", "sync", folder, "--delete"});
  EXPECT_THAT(run({"flow", "list"}).out, Not(HasSubstr("greet")));
}

TEST_F(Cli, an_unknown_command_suggests_the_nearest) {
  const Answer answer = run({"ingset", "x"});
  EXPECT_EQ(answer.status, 2);
  EXPECT_THAT(answer.err, HasSubstr("Did you mean \"ingest\"?"));
  EXPECT_THAT(run({"flow", "valdate"}).err, HasSubstr("Did you mean \"flow validate\"?"));
}

TEST_F(Cli, an_unknown_option_suggests_the_nearest_and_shows_the_usage) {
  const Answer answer = run({"query", "--form", "2026-01-01"});
  EXPECT_EQ(answer.status, 2);
  EXPECT_THAT(answer.err, HasSubstr("Did you mean \"--from\"?"));
  EXPECT_THAT(answer.err, HasSubstr("Usage: outlay query"));
}

TEST_F(Cli, a_missing_argument_is_named) {
  EXPECT_THAT(run({"ingest"}).err, HasSubstr("needs PATH"));
  EXPECT_EQ(run({"ingest"}).status, 2);
  EXPECT_THAT(run({"expr", "render"}).err, HasSubstr("needs --template"));
}

TEST_F(Cli, a_wrong_choice_lists_the_choices) {
  const Answer answer = run({"query", "--granularity", "week"});
  EXPECT_EQ(answer.status, 2);
  EXPECT_THAT(answer.err, HasSubstr("one of day, month, none"));
}

TEST_F(Cli, every_command_has_a_summary_an_example_and_help_that_names_its_arguments) {
  for (const Command& command : all_commands()) {
    EXPECT_FALSE(command.summary.empty()) << command.words;
    EXPECT_FALSE(command.examples.empty()) << command.words;
    const std::string help = help_of(command);
    for (const Argument& argument : command.arguments) {
      EXPECT_THAT(help, HasSubstr(argument.name)) << command.words;
      EXPECT_FALSE(argument.doc.empty()) << command.words << " " << argument.name;
    }
  }
}

TEST_F(Cli, the_pages_of_the_reference_are_the_ones_that_describe_makes) {
  const std::vector<std::pair<std::string, std::string>> pages{
      {"commands", "cli"}, {"rest", "rest"}, {"settings", "settings"}};
  for (const auto& [part, page] : pages) {
    std::ifstream file("docs/reference/" + page + ".md");
    const std::string written{
        std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    EXPECT_TRUE(written == run({"describe", "--markdown", part}).out)
        << "renew it: outlay describe --markdown " << part << " > docs/reference/" << page << ".md";
  }
}

TEST_F(Cli, expr_render_prints_exactly_the_rendered_text) {
  const std::string context = write("context.json", R"({"inputs":{"name":"Ada","n":3}})");
  const Answer answer =
      run({"expr", "render", "--template", "Hello {{ inputs.name }}", "--context", context});
  EXPECT_EQ(answer.status, 0) << answer.err;
  EXPECT_EQ(answer.out, "Hello Ada");
  EXPECT_EQ(
      run({"expr", "render", "--typed", "--template", "{{ inputs.n }}", "--context", context}).out,
      "3");
}

TEST_F(Cli, expr_render_says_on_the_standard_error_what_is_wrong_and_leaves_with_1) {
  const Answer answer = run({"expr", "render", "--template", "{{ nothing.here }}"});
  EXPECT_EQ(answer.status, 1);
  EXPECT_EQ(answer.out, "");
  EXPECT_THAT(answer.err, StartsWith("outlay: "));
}

TEST_F(Cli, reading_without_a_data_folder_says_so_and_makes_none) {
  const Answer answer = run({"query"});
  EXPECT_EQ(answer.status, 2);
  EXPECT_THAT(answer.err, HasSubstr("There is no data folder"));
  EXPECT_FALSE(std::filesystem::exists(folder_->path() / "data"));
}

TEST_F(Cli, a_bill_is_booked_once_and_then_asked_about) {
  const std::string bill = write("acme.csv", kFocus);
  const Answer first = run({"ingest", bill, "--json"});
  ASSERT_EQ(first.status, 0) << first.err;
  EXPECT_FALSE(first.json()["already_booked"].bool_or(true)) << first.out;
  const Answer second = run({"ingest", bill});
  EXPECT_EQ(second.status, 0);
  EXPECT_THAT(second.out, HasSubstr("Already booked"));

  const Answer rows =
      run({"query", "--metric", "BilledCost", "--by", "ServiceName", "--format", "csv"});
  EXPECT_EQ(rows.status, 0) << rows.err;
  EXPECT_THAT(rows.out, HasSubstr("10.25"));
  EXPECT_THAT(rows.out, HasSubstr("0.75"));

  const Answer sum = run({"sql", "SELECT sum(BilledCost) AS s FROM focus", "--json"});
  EXPECT_EQ(sum.out, "[\n{\"s\":11}\n]\n") << sum.err;

  const Answer trace = run({"trace", "ServiceName = 'Storage'", "--json"});
  ASSERT_EQ(trace.status, 0) << trace.err;
  EXPECT_EQ(trace.json().as_array().at(0)["row"].int_or(0), 2);
  EXPECT_EQ(trace.json().as_array().at(0)["sha256"].as_text().size(), 64U);
}

TEST_F(Cli, an_invoice_that_does_not_tie_leaves_with_1) {
  ASSERT_EQ(run({"ingest", write("acme.csv", kFocus)}).status, 0);
  EXPECT_EQ(run({"reconcile", "--expected", R"({"INV-1":"11.00"})"}).status, 0);
  const Answer answer = run({"reconcile", "--expected", R"({"INV-1":"11.01"})"});
  EXPECT_EQ(answer.status, 1);
  EXPECT_THAT(answer.out, HasSubstr("differs"));
}

TEST_F(Cli, a_file_that_is_no_bill_is_refused_with_2) {
  const Answer answer = run({"ingest", write("notes.csv", "a,b\n1,2\n")});
  EXPECT_EQ(answer.status, 2);
  EXPECT_THAT(answer.err, HasSubstr("notes.csv"));
  EXPECT_EQ(run({"ingest", "/nowhere/bill.csv"}).status, 2);
}

TEST_F(Cli, an_answer_can_be_written_as_parquet) {
  ASSERT_EQ(run({"ingest", write("acme.csv", kFocus)}).status, 0);
  const std::string out = (folder_->path() / "services.parquet").string();
  EXPECT_EQ(run({"query", "--by", "ServiceName", "--format", "parquet"}).status, 2);
  const Answer answer = run({"query", "--by", "ServiceName", "--format", "parquet", "--out", out});
  EXPECT_EQ(answer.status, 0) << answer.err;
  EXPECT_GT(std::filesystem::file_size(out), 100U);
}

TEST_F(Cli, flow_run_answers_the_execution_and_its_logs) {
  const std::string flow = write("greet.yaml", kFlow);
  const Answer answer = run(
      {"flow",
       "run",
       flow,
       "--inputs",
       R"({"name":"Ada"})",
       "--labels",
       "a=b,c=d",
       "--logs",
       "--json"});
  ASSERT_EQ(answer.status, 0) << answer.err;
  const Value execution = answer.json();
  EXPECT_EQ(execution["state"]["current"].text_or(""), "SUCCESS");
  EXPECT_EQ(execution["taskRunList"].as_array().at(0)["outputs"]["value"].text_or(""), "Hello Ada");
  EXPECT_TRUE(execution["logs"].is_array());
  EXPECT_EQ(execution["labels"].as_array().at(0)["key"].text_or(""), "a");
  EXPECT_FALSE(std::filesystem::exists(folder_->path() / "data"));
}

TEST_F(Cli, flow_run_leaves_with_1_when_the_execution_fails) {
  const std::string flow = write(
      "bad.yaml",
      "id: bad\nnamespace: demo\ntasks:\n  - {id: f, type: "
      "io.kestra.plugin.core.execution.Fail}\n");
  const Answer answer = run({"flow", "run", flow});
  EXPECT_EQ(answer.status, 1);
  EXPECT_THAT(answer.out, HasSubstr("FAILED"));
}

TEST_F(Cli, flow_validate_prints_every_problem_with_its_place) {
  const std::string flow = write(
      "wrong.yaml",
      "id: wrong\nnamespace: demo\ntasks:\n  - {id: a, type: io.kestra.plugin.core.log.Lgo}\n"
      "  - {id: a, type: io.kestra.plugin.core.log.Log, message: hi}\n");
  const Answer answer = run({"flow", "validate", flow});
  EXPECT_EQ(answer.status, 2);
  EXPECT_THAT(answer.out, HasSubstr("wrong.yaml:4:"));
  EXPECT_THAT(answer.out, HasSubstr("wrong.yaml:5:"));
  EXPECT_EQ(run({"flow", "validate", write("greet.yaml", kFlow)}).status, 0);
}

TEST_F(Cli, a_flow_with_data_named_is_kept_there) {
  const std::string data = (folder_->path() / "kept").string();
  ASSERT_EQ(run({"flow", "run", write("greet.yaml", kFlow), "--data", data}).status, 0);
  EXPECT_THAT(run({"flow", "list", "--data", data}).out, HasSubstr("greet"));
  const Answer executions = run({"flow", "executions", "--data", data, "--json"});
  EXPECT_EQ(executions.json().as_array().size(), 1U) << executions.err;
}

TEST_F(Cli, config_show_names_the_source_of_each_value) {
  const std::string file =
      write("outlay.yaml", "server: {port: 9000, users: [{name: ada, token: hush-hush}]}\n");
  const Answer answer = run({"config", "show", "--config", file, "--log-level", "warn"});
  EXPECT_EQ(answer.status, 0) << answer.err;
  EXPECT_THAT(answer.out, HasSubstr("environment OUTLAY_DATA"));
  EXPECT_THAT(answer.out, HasSubstr(file + ":1"));
  EXPECT_THAT(answer.out, HasSubstr("flag --log-level"));
  EXPECT_THAT(answer.out, Not(HasSubstr("hush-hush")));
}

TEST_F(Cli, a_setting_that_is_unknown_stops_every_command) {
  const std::string file = write("outlay.yaml", "server: {prot: 9000}\n");
  const Answer answer = run({"config", "show", "--config", file});
  EXPECT_EQ(answer.status, 2);
  EXPECT_THAT(answer.err, HasSubstr("outlay.yaml:1:10"));
  EXPECT_THAT(answer.err, HasSubstr("\"server.port\"?"));
}

TEST_F(Cli, describe_lists_operations_commands_settings_tasks_connectors_and_errors) {
  const Value all = run({"describe", "--json"}).json();
  for (const char* const part :
       {"operations", "commands", "settings", "tasks", "connectors", "errors"}) {
    EXPECT_FALSE(all[part].as_array().empty()) << part;
  }
}

TEST_F(Cli, an_unknown_task_type_suggests_the_nearest) {
  const Answer answer = run({"plugins", "doc", "io.kestra.plugin.core.log.Lgo"});
  EXPECT_EQ(answer.status, 2);
  EXPECT_THAT(answer.err, HasSubstr("io.kestra.plugin.core.log.Log"));
}

}  // namespace
}  // namespace outlay::cli
