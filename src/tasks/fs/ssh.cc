// SPDX-License-Identifier: Apache-2.0
#include <filesystem>

#include <fmt/format.h>

#include "base/log.h"
#include "base/text.h"
#include "io/process.h"
#include "tasks/fs/sftp.h"
#include "tasks/items.h"
#include "tasks/properties.h"
#include "tasks/scripts/protocol.h"
#include "tasks/scripts/script_run.h"
#include "tasks/scripts/workspace.h"
#include "tasks/spec.h"

namespace outlay::tasks {
namespace {

using flow::TaskContext;
using flow::TaskEnd;
using format::Value;

/// What `ssh` is called with, once its files lie in the working folder.
struct SshCall {
  std::vector<std::string> arguments;
  Variables environment;
  std::vector<io::Path> secrets;  ///< removed at the end
};

base::Result<base::Done> write_secret(
    SshCall& call, const io::Path& file, const std::string& text, std::filesystem::perms rights) {
  TRY(io::write_file(file, text));
  std::filesystem::permissions(file, rights);
  call.secrets.push_back(file);
  return base::Done{};
}

// ssh asks for a password by a program of ours: it takes none as an argument.
base::Result<base::Done> add_password(SshCall& call, const io::Path& folder, std::string password) {
  using enum std::filesystem::perms;
  base::hide_in_log(password);
  TRY(write_secret(
      call,
      folder / ".ask",
      "#!/bin/sh\nprintf '%s\\n' \"$OUTLAY_SSH_ANSWER\"\n",
      owner_read | owner_exec));
  call.environment.emplace_back("OUTLAY_SSH_ANSWER", std::move(password));
  call.environment.emplace_back("SSH_ASKPASS", (folder / ".ask").string());
  call.environment.emplace_back("SSH_ASKPASS_REQUIRE", "force");
  call.environment.emplace_back("DISPLAY", ":0");
  return base::Done{};
}

base::Result<SshCall> call_of(
    TaskContext& context, const Value& properties, const io::Path& folder) {
  const auto text = [&](std::string_view name) {
    return flow::text_property(context, properties, name);
  };
  SshCall call;
  call.environment = plain_environment({});
  call.arguments = {"ssh", "-T", "-o", "LogLevel=ERROR", "-o", "ConnectTimeout=30"};
  const auto option = [&](std::string value) {
    call.arguments.emplace_back("-o");
    call.arguments.push_back(std::move(value));
  };
  std::string way = TRY(text("authMethod"));
  const std::string key = TRY(text("privateKey"));
  const std::string password = TRY(text("password"));
  if (way.empty()) way = key.empty() ? "PASSWORD" : "PUBLIC_KEY";
  std::string strict = base::lower(TRY(text("strictHostKeyChecking")));
  if (strict.empty()) strict = "no";
  option("StrictHostKeyChecking=" + strict);
  if (strict == "no") option("UserKnownHostsFile=/dev/null");
  option("NumberOfPasswordPrompts=1");
  if (way == "PUBLIC_KEY") {
    if (base::trim(key).empty())
      return base::invalid_input("authMethod PUBLIC_KEY needs the property privateKey");
    const io::Path file = folder / ".key";
    TRY(write_secret(
        call, file, std::string(base::trim(key)) + "\n", std::filesystem::perms::owner_read));
    call.arguments.insert(call.arguments.end(), {"-i", file.string()});
    option("IdentitiesOnly=yes");
    option("PreferredAuthentications=publickey");
    const std::string passphrase = TRY(text("privateKeyPassphrase"));
    if (!passphrase.empty()) TRY(add_password(call, folder, passphrase));
  } else if (way == "PASSWORD") {
    option("PreferredAuthentications=password,keyboard-interactive");
    option("PubkeyAuthentication=no");
    TRY(add_password(call, folder, password));
  } else if (way == "OPEN_SSH") {
    const std::string config = TRY(text("openSSHConfigDir"));
    if (!config.empty())
      call.arguments.insert(call.arguments.end(), {"-F", (io::Path(config) / "config").string()});
  } else {
    return base::invalid_input(fmt::format(
        "property authMethod must be PASSWORD, PUBLIC_KEY or OPEN_SSH, found \"{}\"", way));
  }
  const std::string user = TRY(text("username"));
  if (!user.empty()) call.arguments.insert(call.arguments.end(), {"-l", user});
  const auto port = TRY(integer_property(context, properties, "port"));
  if (port) call.arguments.insert(call.arguments.end(), {"-p", fmt::format("{}", *port)});
  const std::string host = TRY(needed_property(context, properties, "host"));
  if (host.starts_with('-')) return base::invalid_input("property host begins with a dash");
  call.arguments.insert(call.arguments.end(), {"--", host});
  return call;
}

/// The commands with their variables set before them, as one text for the far shell.
base::Result<std::string> far_script(TaskContext& context, const Value& properties) {
  std::string out;
  for (const auto& [name, value] : TRY(map_property(context, properties, "env"))) {
    out += fmt::format("export {}='{}'\n", name, base::replace_all(text_of(value), "'", "'\\''"));
  }
  const std::vector<std::string> commands = TRY(texts_property(context, properties, "commands"));
  if (commands.empty())
    return base::invalid_input("property commands must be given and not be empty");
  return out + base::join(commands, "\n");
}

class SshCommand final : public SpecTask {
 public:
  SshCommand() : SpecTask("fs/ssh_command.yaml") {}

  base::Result<TaskEnd> run(TaskContext& context, const Value& properties) const override {
    Workspace workspace = TRY(Workspace::open(context));
    const std::string script = TRY(far_script(context, properties));
    SshCall call = TRY(call_of(context, properties, workspace.folder()));
    call.arguments.push_back(script);
    io::Command command;
    command.arguments = std::move(call.arguments);
    command.environment = std::move(call.environment);
    command.folder = workspace.folder();
    command.stop = &context.stop();
    ScriptOutput output(context);
    const auto ended = io::run_process(
        command, [&](io::Stream stream, std::string_view line) { output.line(stream, line); });
    std::error_code ignored;
    for (const io::Path& secret : call.secrets) std::filesystem::remove(secret, ignored);
    if (!ended) return ended.error();
    if (ended->stopped)
      return base::Error{base::Code::cancelled, "stopped while a command ran", {}, nullptr};
    TaskEnd end;
    end.outputs.set("exitCode", ended->exit_status);
    end.outputs.set("vars", output.vars());
    end.outputs.set("stdOutLineCount", output.lines_out());
    end.outputs.set("stdErrLineCount", output.lines_err());
    end.is_warning =
        output.lines_err() > 0 && TRY(flag_property(context, properties, "warningOnStdErr", true));
    // 255 is ssh's own failure: https://man.openbsd.org/ssh#EXIT_STATUS
    if (ended->exit_status == 255) {
      end.failure = base::unavailable("ssh could not run the commands: " + output.last_words());
    } else if (ended->exit_status != 0) {
      end.failure = base::invalid_input(fmt::format(
          "the commands ended with status {}: {}", ended->exit_status, output.last_words()));
    }
    return end;
  }
};

}  // namespace

std::unique_ptr<flow::TaskType> make_ssh_command() { return std::make_unique<SshCommand>(); }

}  // namespace outlay::tasks
