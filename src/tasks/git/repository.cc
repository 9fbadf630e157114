// SPDX-License-Identifier: Apache-2.0
#include "tasks/git/repository.h"

#include <fmt/format.h>

#include "base/log.h"
#include "base/text.h"
#include "io/process.h"
#include "tasks/items.h"
#include "tasks/properties.h"
#include "tasks/scripts/script_run.h"

namespace outlay::tasks {

using format::Value;

base::Result<std::string> run_git(
    flow::TaskContext& context,
    const io::Path& folder,
    std::vector<std::string> arguments,
    const std::string& header) {
  io::Command command;
  command.arguments = {"git"};
  command.arguments.insert(command.arguments.end(), arguments.begin(), arguments.end());
  command.environment = plain_environment({"SSH_AUTH_SOCK", "GIT_SSH_COMMAND"});
  command.environment.emplace_back("GIT_TERMINAL_PROMPT", "0");
  if (!header.empty()) {
    command.environment.emplace_back("GIT_CONFIG_COUNT", "1");
    command.environment.emplace_back("GIT_CONFIG_KEY_0", "http.extraHeader");
    command.environment.emplace_back("GIT_CONFIG_VALUE_0", header);
  }
  command.folder = folder;
  command.stop = &context.stop();
  std::string words, out;
  const io::ProcessEnd end =
      TRY(io::run_process(command, [&](io::Stream stream, std::string_view line) {
        (stream == io::Stream::out ? out : words) += std::string(line) + "\n";
      }));
  if (end.stopped) return base::Error{base::Code::cancelled, "stopped", {}, nullptr};
  if (end.exit_status == 127)
    return base::conflict("the program git is not on this machine: install it first");
  if (end.exit_status != 0) {
    return base::unavailable(
        base::masked(fmt::format("git {} failed: {}", arguments.front(), base::trim(words))));
  }
  return std::string(base::trim(out));
}

base::Result<std::string> sign_in_header(flow::TaskContext& context, const Value& properties) {
  const std::string user = TRY(flow::text_property(context, properties, "username"));
  const std::string password = TRY(flow::text_property(context, properties, "password"));
  if (password.empty()) return std::string();
  base::hide_in_log(password);
  return "Authorization: Basic " + base::base64_encode(user + ":" + password);
}

base::Result<std::string> clone_into(
    flow::TaskContext& context, const Value& properties, const io::Path& folder) {
  const std::string url = TRY(needed_property(context, properties, "url"));
  if (url.starts_with('-'))
    return base::invalid_input("property url is no address of a repository");
  const std::string branch = TRY(flow::text_property(context, properties, "branch"));
  const auto depth = TRY(integer_property(context, properties, "depth"));
  std::vector<std::string> arguments{"clone", "--quiet"};
  if (depth.value_or(1) > 0)
    arguments.insert(arguments.end(), {"--depth", fmt::format("{}", depth.value_or(1))});
  if (!branch.empty()) arguments.insert(arguments.end(), {"--branch", branch});
  if (TRY(flag_property(context, properties, "cloneSubmodules", false)))
    arguments.emplace_back("--recurse-submodules");
  arguments.insert(arguments.end(), {"--", url, folder.string()});
  const std::string header = TRY(sign_in_header(context, properties));
  TRY(run_git(context, folder.parent_path(), arguments, header));
  return run_git(context, folder, {"rev-parse", "HEAD"}, "");
}

namespace {

base::Result<std::string> branch_of(flow::TaskContext& context, const Value& properties) {
  std::string branch = TRY(flow::text_property(context, properties, "branch"));
  if (branch.empty()) branch = "main";
  if (branch.starts_with('-')) return base::invalid_input("property branch is no name of a branch");
  return branch;
}

}  // namespace

base::Result<base::Done> clone_to_push(
    flow::TaskContext& context, const Value& properties, const io::Path& folder) {
  const std::string url = TRY(needed_property(context, properties, "url"));
  if (url.starts_with('-'))
    return base::invalid_input("property url is no address of a repository");
  const std::string branch = TRY(branch_of(context, properties));
  const std::string header = TRY(sign_in_header(context, properties));
  TRY(run_git(
      context, folder.parent_path(), {"clone", "--quiet", "--", url, folder.string()}, header));
  // The branch as the repository has it, else a new one from where the clone stands.
  const auto known = run_git(
      context, folder, {"rev-parse", "--verify", "--quiet", "refs/remotes/origin/" + branch}, "");
  if (known) {
    TRY(run_git(context, folder, {"checkout", "--quiet", "-B", branch, "origin/" + branch}, ""));
  } else {
    TRY(run_git(context, folder, {"checkout", "--quiet", "-B", branch}, ""));
  }
  return base::Done{};
}

namespace {

/// "https://host/group/repository.git" as the page of a commit; empty for other addresses.
std::string commit_page(std::string url, const std::string& commit) {
  if (!url.starts_with("https://")) return {};
  if (const std::size_t at = url.find('@'); at != std::string::npos)
    url = "https://" + url.substr(at + 1);
  if (url.ends_with(".git")) url.resize(url.size() - 4);
  return fmt::format("{}/commit/{}", url, commit);
}

}  // namespace

base::Result<Pushed> push_all(
    flow::TaskContext& context,
    const Value& properties,
    const io::Path& folder,
    const std::string& message) {
  const bool is_dry = TRY(flag_property(context, properties, "dryRun", false));
  const std::string url = TRY(flow::text_property(context, properties, "url"));
  std::string words = TRY(flow::text_property(context, properties, "commitMessage"));
  if (words.empty()) words = message;
  std::string author = TRY(flow::text_property(context, properties, "authorName"));
  if (author.empty()) author = TRY(flow::text_property(context, properties, "username"));
  if (author.empty()) author = "outlay";
  std::string mail = TRY(flow::text_property(context, properties, "authorEmail"));
  if (mail.empty()) mail = "outlay@localhost";
  TRY(run_git(context, folder, {"add", "--all"}, ""));
  const std::string status =
      TRY(run_git(context, folder, {"-c", "core.quotePath=false", "status", "--porcelain"}, ""));
  Pushed out;
  for (const std::string& line : base::split(status, '\n'))
    if (!base::trim(line).empty()) out.changes.push_back(line);
  if (is_dry || out.changes.empty()) return out;
  TRY(run_git(
      context,
      folder,
      {"-c",
       "user.name=" + author,
       "-c",
       "user.email=" + mail,
       "commit",
       "--quiet",
       "--message",
       words},
      ""));
  const std::string branch = TRY(branch_of(context, properties));
  const std::string header = TRY(sign_in_header(context, properties));
  TRY(run_git(context, folder, {"push", "--quiet", "origin", "HEAD:refs/heads/" + branch}, header));
  out.commit = TRY(run_git(context, folder, {"rev-parse", "HEAD"}, ""));
  out.url = commit_page(url, out.commit);
  return out;
}

}  // namespace outlay::tasks
