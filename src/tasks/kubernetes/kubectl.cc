// SPDX-License-Identifier: Apache-2.0
#include "tasks/kubernetes/kubectl.h"

#include <fmt/format.h>

#include "base/log.h"
#include "base/random.h"
#include "base/text.h"
#include "format/json.h"
#include "tasks/properties.h"
#include "tasks/scripts/script_run.h"

namespace outlay::tasks {
namespace {

using format::Array;
using format::Object;
using format::Value;

/// A kubeconfig for the property connection; kubectl reads JSON as the YAML that it is.
Value config_of(const Value& connection) {
  Object cluster;
  cluster.set("server", connection["masterUrl"]);
  if (!connection["caCertData"].is_null())
    cluster.set("certificate-authority-data", connection["caCertData"]);
  if (connection["trustCerts"].bool_or(false)) cluster.set("insecure-skip-tls-verify", true);
  Object user;
  constexpr std::pair<const char*, const char*> kNames[] = {
      {"oauthToken", "token"},
      {"username", "username"},
      {"password", "password"},
      {"clientCertData", "client-certificate-data"},
      {"clientKeyData", "client-key-data"}};
  for (const auto& [given, name] : kNames) {
    if (!connection[given].is_null()) user.set(name, connection[given]);
  }
  return Value::object(
      {{"apiVersion", "v1"},
       {"kind", "Config"},
       {"current-context", "outlay"},
       {"clusters", Array{Value::object({{"name", "outlay"}, {"cluster", std::move(cluster)}})}},
       {"users", Array{Value::object({{"name", "outlay"}, {"user", std::move(user)}})}},
       {"contexts",
        Array{Value::object(
            {{"name", "outlay"},
             {"context", Value::object({{"cluster", "outlay"}, {"user", "outlay"}})}})}}});
}

}  // namespace

base::Result<Kubectl> Kubectl::open(flow::TaskContext& context, const Value& properties) {
  Kubectl out(context);
  out.folder_ = std::filesystem::absolute(TRY(context.working_folder()));
  out.name_space_ = TRY(flow::text_property(context, properties, "namespace"));
  const Value connection = TRY(flow::property(context, properties, "connection"));
  if (!connection["masterUrl"].is_null()) {
    for (const char* secret : {"oauthToken", "password", "clientKeyData"}) {
      if (connection[secret].is_text()) base::hide_in_log(connection[secret].as_text());
    }
    out.config_ = (out.folder_ / ".kube-config").string();
    TRY(io::write_file(out.config_, format::print_json(config_of(connection))));
    std::error_code ignored;
    using std::filesystem::perms;
    std::filesystem::permissions(out.config_, perms::owner_read | perms::owner_write, ignored);
  }
  if (out.name_space_.empty()) out.name_space_ = connection["namespace"].text_or("");
  return out;
}

base::Result<io::ProcessEnd> Kubectl::follow(
    std::vector<std::string> arguments, const io::LineHandler& on_line) const {
  io::Command command;
  command.arguments = {"kubectl"};
  command.environment = plain_environment({"KUBECONFIG", "KUBERNETES_*"});
  if (!config_.empty()) command.environment.emplace_back("KUBECONFIG", config_);
  if (!name_space_.empty())
    command.arguments.insert(command.arguments.end(), {"--namespace", name_space_});
  command.arguments.insert(command.arguments.end(), arguments.begin(), arguments.end());
  command.folder = folder_;
  command.stop = &context_.stop();
  auto end = io::run_process(command, on_line);
  if (!end)
    return base::conflict("the program kubectl could not be started: is it on this machine?");
  if (end->stopped) return base::Error{base::Code::cancelled, "stopped", {}, nullptr};
  return end;
}

base::Result<std::string> Kubectl::run(std::vector<std::string> arguments) const {
  std::string out, words;
  const std::string verb = arguments.front();
  const io::ProcessEnd end =
      TRY(follow(std::move(arguments), [&](io::Stream stream, std::string_view line) {
        (stream == io::Stream::out ? out : words) += std::string(line) + "\n";
      }));
  if (end.exit_status == 0) return out;
  return base::unavailable(
      base::masked(fmt::format("kubectl {} failed: {}", verb, base::trim(words))));
}

base::Result<Value> Kubectl::json(std::vector<std::string> arguments) const {
  arguments.insert(arguments.end(), {"--output", "json"});
  const std::string out = TRY(run(std::move(arguments)));
  return format::parse_json(out);
}

base::Result<std::string> Kubectl::manifest(const std::string& text) const {
  const io::Path file = folder_ / fmt::format(".manifest-{}.yaml", base::new_id());
  TRY(io::write_file(file, text));
  return file.string();
}

}  // namespace outlay::tasks
