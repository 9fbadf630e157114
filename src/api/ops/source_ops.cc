// SPDX-License-Identifier: Apache-2.0
#include <map>

#include "api/ops/bound.h"
#include "api/ops/params.h"
#include "api/parts.h"
#include "base/mutex.h"
#include "sources/report_json.h"
#include "sources/sources.h"

namespace outlay::api {
namespace {

using base::Result;
using format::Value;

Result<Value> list_places(Parts& parts, const Request&, const CallHooks&) {
  sources::Sources* all = TRY(parts.sources());
  format::Array out;
  for (const sources::SourceStatus& status : TRY(all->list())) {
    out.push_back(sources::status_json(status));
  }
  return Value::object({{"sources", Value(std::move(out))}});
}

Result<Value> add_place(Parts& parts, const Request& request, const CallHooks&) {
  sources::Sources* all = TRY(parts.sources());
  const Value given = sources::settings_of_texts(request.value("settings"));
  format::Object settings;
  if (request.has("url")) settings.set("url", request.text("url"));
  if (given.is_object()) {
    for (const auto& [key, value] : given.as_object()) settings.set(key, value);
  }
  TRY(all->add(request.text("name"), Value(std::move(settings))));
  return Value::object({{"name", request.text("name")}});
}

Result<Value> remove_place(Parts& parts, const Request& request, const CallHooks&) {
  sources::Sources* all = TRY(parts.sources());
  TRY(all->remove(request.text("name"), request.boolean("withFiles")));
  return Value::object({{"name", request.text("name")}});
}

Result<Value> test_place(Parts& parts, const Request& request, const CallHooks&) {
  sources::Sources* all = TRY(parts.sources());
  format::Array steps;
  bool is_fine = true;
  for (const sources::AccessStep& step : TRY(all->test(request.text("name")))) {
    steps.push_back(
        Value::object({{"step", step.step}, {"isFine", step.is_fine}, {"message", step.message}}));
    is_fine = is_fine && step.is_fine;
  }
  return Value::object({{"isFine", is_fine}, {"steps", Value(std::move(steps))}});
}

/// Tells of progress: to the caller all of it as one share, to listeners each stage of a source.
class SyncTold {
 public:
  SyncTold(Parts& parts, const CallHooks& hooks) : parts_(parts), hooks_(hooks) {}

  void tell(const sources::SyncProgress& progress) {
    const base::Lock lock(mutex_);
    const std::uint64_t percent =
        progress.bytes == 0 ? 0 : progress.bytes_done * 100 / progress.bytes;
    const std::string now = progress.stage + " " + progress.delivery + std::to_string(percent);
    if (said_[progress.source] == now) return;
    said_[progress.source] = now;
    parts_.publish({.kind = "sync", .state = progress.stage, .source = progress.source});
    if (!hooks_.progress) return;
    const bool has_share = progress.stage == "fetching" && progress.bytes > 0;
    const std::string what = progress.delivery.empty() ? "" : " " + progress.delivery;
    hooks_.progress(
        progress.source + ": " + progress.stage + what,
        has_share ? static_cast<double>(percent) / 100 : -1);
  }

 private:
  Parts& parts_;
  const CallHooks& hooks_;
  base::Mutex mutex_;
  std::map<std::string, std::string> said_ GUARDED_BY(mutex_);
};

Result<Value> sync_places(Parts& parts, const Request& request, const CallHooks& hooks) {
  sources::Sources* all = TRY(parts.sources());
  SyncTold told(parts, hooks);
  sources::SyncOptions options;
  options.stop = hooks.stop;
  options.dry_run = request.boolean("dryRun");
  options.progress = [&](const sources::SyncProgress& progress) { told.tell(progress); };
  options.booked = [&](const ledger::Receipt& receipt) {
    parts.publish({.kind = "ledger", .source = receipt.source});
  };
  const std::vector<sources::SyncReport> reports = TRY(all->sync(request.list("names"), options));
  format::Array out;
  format::Array texts;
  for (const sources::SyncReport& report : reports) {
    out.push_back(sources::report_json(report));
    texts.emplace_back(sources::report_text(report));
  }
  return Value::object({{"sources", Value(std::move(out))}, {"texts", Value(std::move(texts))}});
}

Result<Value> list_secrets(Parts& parts, const Request&, const CallHooks&) {
  format::Array names;
  for (std::string& name : parts.secrets().keys({})) names.emplace_back(std::move(name));
  return Value::object({{"secrets", Value(std::move(names))}});
}

Result<Value> set_secret(Parts& parts, const Request& request, const CallHooks&) {
  TRY(parts.secret_store().set(request.text("name"), request.text("value")));
  return Value::object({{"name", request.text("name")}});
}

Result<Value> remove_secret(Parts& parts, const Request& request, const CallHooks&) {
  const std::string name = request.text("name");
  if (!TRY(parts.secret_store().remove(name))) {
    return base::not_found("There is no secret \"" + name + "\" in the encrypted store.");
  }
  return Value::object({{"name", name}});
}

Result<Value> make_secret_key(Parts&, const Request&, const CallHooks&) {
  return Value::object({{"key", io::EncryptedSecrets::make_key()}});
}

std::vector<BoundOperation> secret_operations() {
  return {
      {{.name = "secrets.list",
        .summary = "Lists the names of secrets, of the environment, the folder and the encrypted "
                   "store.",
        .permission = "secret.read",
        .method = "GET",
        .path = "secrets",
        .params = {},
        .answer = R"({"secrets":["..."]})",
        .example = "{}"},
       &list_secrets},
      {{.name = "secrets.set",
        .summary = "Keeps a secret in the encrypted store.",
        .permission = "secret.write",
        .params =
            {required("name", ParamKind::text, "name of the secret"),
             required("value", ParamKind::text, "the secret itself")},
        .answer = R"({"name":"..."})",
        .example = R"({"name":"AZURE_SAS","value":"sv=..."})"},
       &set_secret},
      {{.name = "secrets.remove",
        .summary = "Removes a secret from the encrypted store.",
        .permission = "secret.write",
        .params = {required("name", ParamKind::text, "name of the secret")},
        .answer = R"({"name":"..."})",
        .example = R"({"name":"AZURE_SAS"})"},
       &remove_secret},
      {{.name = "secrets.key",
        .summary = "Makes a fresh key for the encrypted store.",
        .permission = "secret.write",
        .params = {},
        .answer = R"({"key":"..."})",
        .example = "{}"},
       &make_secret_key},
  };
}

BoundOperation syncing() {
  return {
      {.name = "sources.sync",
       .summary = "Fetches what is new from sources and books it; what was fetched or booked is "
                  "left as it is.",
       .permission = "ledger.write",
       .method = "POST",
       .path = "sources/sync",
       .params =
           {optional("names", ParamKind::list, "only these sources; all when absent"),
            with_fallback(
                "dryRun", ParamKind::boolean, "say what would be done and do nothing", false)},
       .answer =
           R"({"sources":[{"source":"...","filesListed":1,"filesFetched":1,"bytesFetched":1,"deliveries":[{"id":"...","state":"booked","reason":null,"files":1,"bytes":1}],"receipts":[...],"leftOut":[...],"error":null}],"texts":["..."]})",
       .example = R"({"names":["aws-main"]})"},
      &sync_places};
}

}  // namespace

std::vector<BoundOperation> source_operations() {
  std::vector<BoundOperation> all{
      {{.name = "sources.list",
        .summary = "Lists the places that bills are fetched from, and how their deliveries stand.",
        .permission = "ledger.read",
        .method = "GET",
        .path = "sources",
        .params = {},
        .answer =
            R"({"sources":[{"name":"...","url":"...","from":"configuration","settings":{...},"lastRun":{...},"deliveries":[...]}]})",
        .example = "{}"},
       &list_places},
      {{.name = "sources.add",
        .summary = "Adds a place that bills are fetched from.",
        .permission = "source.write",
        .method = "POST",
        .path = "sources",
        .params =
            {required("name", ParamKind::text, "name of the source"),
             optional("url", ParamKind::text, "where the bills lie"),
             optional("settings", ParamKind::map, "its other settings")},
        .answer = R"({"name":"..."})",
        .example =
            R"({"name":"aws-main","url":"s3://bills/cur","settings":{"profile":"billing"}})"},
       &add_place},
      {{.name = "sources.remove",
        .summary = "Removes a source that was added; what it booked stays booked.",
        .permission = "source.write",
        .method = "DELETE",
        .path = "sources/{name}",
        .params =
            {required("name", ParamKind::text, "name of the source"),
             with_fallback("withFiles", ParamKind::boolean, "remove its fetched files too", false)},
        .answer = R"({"name":"..."})",
        .example = R"({"name":"aws-main"})"},
       &remove_place},
      {{.name = "sources.test",
        .summary = "Checks access to a source, and says which permission is missing.",
        .permission = "ledger.read",
        .method = "GET",
        .path = "sources/{name}/test",
        .params = {required("name", ParamKind::text, "name of the source")},
        .answer = R"({"isFine":true,"steps":[{"step":"list","isFine":true,"message":"..."}]})",
        .example = R"({"name":"aws-main"})"},
       &test_place},
      syncing()};
  for (BoundOperation& bound : secret_operations()) all.push_back(std::move(bound));
  return all;
}

}  // namespace outlay::api
