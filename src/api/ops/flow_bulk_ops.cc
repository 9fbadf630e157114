// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include "api/ops/bound.h"
#include "api/ops/bulk.h"
#include "api/ops/flow_json.h"
#include "api/ops/flow_search.h"
#include "api/ops/params.h"
#include "api/parts.h"
#include "base/text.h"
#include "io/zip_bytes.h"

namespace outlay::api {
namespace {

using base::Result;
using format::Value;
using FlowName = std::pair<std::string, std::string>;  ///< namespace and id

Result<std::vector<FlowName>> names_given(const Value& ids) {
  std::vector<FlowName> out;
  if (!ids.is_array()) return base::invalid_input("The body must be a list of {namespace, id}.");
  for (const Value& one : ids.as_array())
    out.emplace_back(one["namespace"].text_or(""), one["id"].text_or(""));
  return out;
}

Result<std::vector<FlowName>> names_found(Parts& parts, const Request& request) {
  std::vector<FlowName> out;
  for (const flow::StoredFlow& one : TRY(find_flows(parts, request)))
    out.emplace_back(one.name_space, one.id);
  return out;
}

/// What is done to one flow.
using Act = Result<base::Done> (*)(flow::Engine&, const flow::StoredFlow&, const std::string& user);

Result<base::Done> remove_one(
    flow::Engine& engine, const flow::StoredFlow& stored, const std::string&) {
  return engine.remove_flow(stored.name_space, stored.id);
}

template <bool is_disabled>
Result<base::Done> switch_one(
    flow::Engine& engine, const flow::StoredFlow& stored, const std::string& user) {
  if (stored.is_disabled == is_disabled) return base::Done();
  TRY(engine.save(with_disabled(stored.source, is_disabled), "flow", user));
  return base::Done();
}

Value on_all(
    flow::Engine& engine, const std::vector<FlowName>& names, Act act, const std::string& user) {
  BulkAnswer answer("change of flows");
  std::vector<flow::StoredFlow> known;
  for (const auto& [name_space, id] : names) {
    const auto stored = engine.flow(name_space, id, std::nullopt);
    if (stored)
      known.push_back(*stored);
    else
      answer.refuse(name_space + "." + id, stored.error().text());
  }
  if (!answer.is_good()) return answer.json();
  for (const flow::StoredFlow& stored : known) {
    const auto done = act(engine, stored, user);
    if (done)
      answer.count();
    else
      answer.refuse(stored.name_space + "." + stored.id, done.error().text());
  }
  return answer.json();
}

template <Act act>
Result<Value> by_ids(Parts& parts, const Request& request, const CallHooks& hooks) {
  flow::Engine* engine = TRY(parts.saved_engine());
  return on_all(*engine, TRY(names_given(request.value("ids"))), act, hooks.user);
}

template <Act act>
Result<Value> by_query(Parts& parts, const Request& request, const CallHooks& hooks) {
  flow::Engine* engine = TRY(parts.saved_engine());
  return on_all(*engine, TRY(names_found(parts, request)), act, hooks.user);
}

Result<Value> archive(flow::Engine& engine, const std::vector<FlowName>& names) {
  std::vector<io::ZipEntry> entries;
  for (const auto& [name_space, id] : names) {
    const flow::StoredFlow stored = TRY(engine.flow(name_space, id, std::nullopt));
    entries.push_back({name_space + "-" + id + ".yml", stored.source});
  }
  return Value(TRY(io::zip(entries)));
}

Result<Value> export_ids(Parts& parts, const Request& request, const CallHooks&) {
  flow::Engine* engine = TRY(parts.saved_engine());
  return archive(*engine, TRY(names_given(request.value("ids"))));
}

Result<Value> export_query(Parts& parts, const Request& request, const CallHooks&) {
  flow::Engine* engine = TRY(parts.saved_engine());
  return archive(*engine, TRY(names_found(parts, request)));
}

std::string csv_cell(const std::string& text) {
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  return "\"" + base::replace_all(text, "\"", "\"\"") + "\"";
}

Result<Value> export_csv(Parts& parts, const Request& request, const CallHooks&) {
  std::string out = "namespace,id,revision,disabled,updated\r\n";
  for (const flow::StoredFlow& one : TRY(find_flows(parts, request))) {
    out += csv_cell(one.name_space) + "," + csv_cell(one.id) + "," + std::to_string(one.revision) +
           "," + (one.is_disabled ? "true" : "false") + "," + one.updated + "\r\n";
  }
  return Value(std::move(out));
}

/// The flows of some documents: all are checked before one is saved.
Result<std::vector<flow::CheckedFlow>> checked_all(
    flow::Engine& engine, const std::vector<std::string>& documents, const std::string& owner) {
  std::vector<base::Error> errors;
  std::vector<flow::CheckedFlow> out;
  for (const std::string& document : documents) {
    flow::CheckedFlow checked = engine.check(document, "flows");
    for (const flow::Problem& problem : checked.problems) {
      if (problem.level == flow::Problem::Level::error)
        errors.push_back(base::invalid_input(problem.message).at(problem.place));
    }
    if (!owner.empty() && checked.name_space != owner) {
      errors.push_back(base::invalid_input(
          "The flow \"" + checked.id + "\" is of namespace \"" + checked.name_space +
          "\", but all flows here must be of \"" + owner + "\"."));
    }
    out.push_back(std::move(checked));
  }
  if (!errors.empty()) return base::join_errors(errors);
  return out;
}

Result<Value> save_all(Parts& parts, const Request& request, const CallHooks& hooks) {
  flow::Engine* engine = TRY(parts.engine());
  const std::string name_space = request.text("namespace");
  std::vector<std::string> documents = split_documents(request.text("source"));
  if (documents.size() == 1 && base::trim(documents.front()).empty()) documents.clear();
  // A body of several flows may also hold flows of one namespace alone, when the path names it.
  const std::string owner = request.boolean("allowNamespaceChild") ? "" : name_space;
  const std::vector<flow::CheckedFlow> checked = TRY(checked_all(*engine, documents, owner));
  format::Array out;
  for (const std::string& document : documents)
    out.push_back(flow_json(TRY(engine->save(document, "flows", hooks.user)), true));
  if (!request.boolean("delete") || name_space.empty()) return Value(std::move(out));
  std::set<FlowName> kept;
  for (const flow::CheckedFlow& one : checked) kept.emplace(one.name_space, one.id);
  for (const flow::StoredFlow& one : TRY(engine->flows(name_space))) {
    if (one.name_space != name_space || kept.contains({one.name_space, one.id})) continue;
    TRY(engine->remove_flow(one.name_space, one.id));
  }
  return Value(std::move(out));
}

Result<std::vector<std::string>> documents_of_upload(const Value& upload) {
  const std::string bytes = upload["bytes"].text_or("");
  if (!io::is_zip(bytes)) return split_documents(bytes);
  std::vector<std::string> out;
  constexpr std::size_t kMost = 256U << 20U;
  for (const io::ZipEntry& entry : TRY(io::unzip(bytes, kMost))) {
    if (entry.name.ends_with(".yml") || entry.name.ends_with(".yaml")) out.push_back(entry.bytes);
  }
  return out;
}

Result<Value> import_flows(Parts& parts, const Request& request, const CallHooks& hooks) {
  flow::Engine* engine = TRY(parts.engine());
  const Value& upload = request.value("files")["fileUpload"];
  if (!upload.is_object()) {
    return base::invalid_input(
        "This takes a multipart form with the file \"fileUpload\": YAML or a zip of it.");
  }
  const std::vector<std::string> documents = TRY(documents_of_upload(upload));
  if (request.boolean("failOnError")) TRY(checked_all(*engine, documents, {}));
  format::Array refused;
  for (const std::string& document : documents) {
    const auto saved = engine->save(document, upload["name"].text_or("flows"), hooks.user);
    if (!saved) refused.emplace_back(saved.error().text());
  }
  return Value(std::move(refused));
}

const char* const kCount = R"({"count":1})";
const char* const kIds = R"({"ids":[{"namespace":"demo","id":"hello"}]})";

BoundOperation ids_operation(
    const std::string& verb, const std::string& summary, const std::string& method, Handler run) {
  return {
      {.name = "flows." + verb + "_by_ids",
       .summary = summary + " that are named.",
       .permission = "flow.write",
       .method = method,
       .path = "flows/" + verb + "/by-ids",
       .params = {required("ids", ParamKind::any, "a list of {namespace, id}")},
       .answer = kCount,
       .example = kIds,
       .body = "ids",
       .is_lenient = true},
      run};
}

BoundOperation query_operation(
    const std::string& verb, const std::string& summary, const std::string& method, Handler run) {
  return {
      {.name = "flows." + verb + "_by_query",
       .summary = summary + " that a search finds.",
       .permission = "flow.write",
       .method = method,
       .path = "flows/" + verb + "/by-query",
       .params = flow_search_params(),
       .answer = kCount,
       .example = R"({"namespace":"demo"})",
       .is_lenient = true},
      run};
}

BoundOperation as_media(BoundOperation made, std::string media, std::string answer) {
  made.operation.media = std::move(media);
  made.operation.answer = std::move(answer);
  made.operation.permission = "flow.read";
  return made;
}

std::vector<BoundOperation> changing() {
  BoundOperation csv = as_media(
      query_operation("export", "Answers a table of the flows", "GET", &export_csv),
      "text/csv; charset=utf-8",
      "CSV");
  csv.operation.name = "flows.export_csv";
  csv.operation.path = "flows/export/by-query/csv";
  return {
      ids_operation("enable", "Enables the flows", "POST", &by_ids<&switch_one<false>>),
      query_operation("enable", "Enables the flows", "POST", &by_query<&switch_one<false>>),
      ids_operation("disable", "Disables the flows", "POST", &by_ids<&switch_one<true>>),
      query_operation("disable", "Disables the flows", "POST", &by_query<&switch_one<true>>),
      ids_operation("delete", "Removes the flows", "DELETE", &by_ids<&remove_one>),
      query_operation("delete", "Removes the flows", "DELETE", &by_query<&remove_one>),
      as_media(
          ids_operation("export", "Answers the YAML of the flows", "POST", &export_ids),
          "application/zip",
          "a zip archive"),
      as_media(
          query_operation("export", "Answers the YAML of the flows", "GET", &export_query),
          "application/zip",
          "a zip archive"),
      std::move(csv),
  };
}

BoundOperation saving(std::string name, std::string summary, std::string path, Param name_space) {
  return {
      {.name = std::move(name),
       .summary = std::move(summary),
       .permission = "flow.write",
       .method = "POST",
       .path = std::move(path),
       .params =
           {std::move(name_space),
            required("source", ParamKind::text, "the flows in YAML, split by lines of ---"),
            with_fallback(
                "delete",
                ParamKind::boolean,
                "remove flows of the namespace that are not here",
                false),
            with_fallback(
                "allowNamespaceChild",
                ParamKind::boolean,
                "flows may be of other namespaces",
                false)},
       .answer = R"([{"id":"...","namespace":"...","revision":1,...}])",
       .example =
           R"({"namespace":"demo","source":"id: hello\nnamespace: demo\ntasks:\n  - {id: say, type: io.kestra.plugin.core.log.Log, message: hi}\n"})",
       .body = "source",
       .is_lenient = true},
      &save_all};
}

}  // namespace

std::vector<BoundOperation> flow_bulk_operations() {
  std::vector<BoundOperation> all = changing();
  all.push_back(saving(
      "flows.save_many",
      "Saves several flows: all of them or none.",
      "flows/bulk",
      optional("namespace", ParamKind::text, "the namespace they must be of")));
  all.push_back(saving(
      "flows.replace",
      "Saves the flows of a namespace: all of them or none.",
      "flows/{namespace}",
      required("namespace", ParamKind::text, "the namespace")));
  all.push_back(
      {{.name = "flows.import",
        .summary = "Saves the flows of an uploaded YAML file or zip archive; answers what was "
                   "refused.",
        .permission = "flow.write",
        .method = "POST",
        .path = "flows/import",
        .params =
            {required("files", ParamKind::map, "over REST the file part fileUpload"),
             with_fallback(
                 "failOnError", ParamKind::boolean, "save nothing when one is wrong", false)},
        .answer = R"(["..."])",
        .example = R"({"files":{"fileUpload":{"name":"flows.yml","bytes":"id: hello\n"}}})",
        .is_lenient = true},
       &import_flows});
  return all;
}

}  // namespace outlay::api
