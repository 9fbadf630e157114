// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "api/ops/bound.h"
#include "api/ops/flow_json.h"
#include "api/ops/params.h"
#include "api/parts.h"
#include "base/text.h"

namespace outlay::api {
namespace {

using base::Result;
using format::Value;

Result<Value> get_flow(Parts& parts, const Request& request, const CallHooks&) {
  std::optional<long long> revision;
  if (request.has("revision")) revision = request.integer("revision");
  flow::Engine* engine = TRY(parts.saved_engine());
  const flow::StoredFlow stored =
      TRY(engine->flow(request.text("namespace"), request.text("id"), revision));
  return flow_json(stored, request.boolean("source"));
}

Result<Value> create_flow(Parts& parts, const Request& request, const CallHooks& hooks) {
  flow::Engine* engine = TRY(parts.engine());
  const std::string source = request.text("source");
  const flow::CheckedFlow checked = engine->check(source, "flow");
  if (!checked.has_errors() && engine->flow(checked.name_space, checked.id, std::nullopt)) {
    return base::invalid_input(
        "Flow id already exists: \"" + checked.id + "\" in namespace \"" + checked.name_space +
        "\"; change it with PUT.");
  }
  const flow::StoredFlow saved = TRY(engine->save(source, "flow", hooks.user));
  return flow_json(saved, true);
}

Result<Value> update_flow(Parts& parts, const Request& request, const CallHooks& hooks) {
  flow::Engine* engine = TRY(parts.engine());
  const std::string source = request.text("source");
  const std::string name_space = request.text("namespace");
  const std::string id = request.text("id");
  TRY(engine->flow(name_space, id, std::nullopt));
  const flow::CheckedFlow checked = engine->check(source, "flow");
  if (!checked.has_errors() && (checked.id != id || checked.name_space != name_space)) {
    return base::invalid_input(
        "A flow keeps its namespace and id: \"" + name_space + "." + id + "\" was to become \"" +
        checked.name_space + "." + checked.id + "\". Save it as a new flow instead.");
  }
  const flow::StoredFlow saved = TRY(engine->save(source, "flow", hooks.user));
  return flow_json(saved, true);
}

Result<Value> save_flow_file(Parts& parts, const Request& request, const CallHooks&) {
  const std::string file = request.text("file");
  const std::string text = TRY(io::read_file(file));
  // An engine that runs in another process would not see what is saved behind its back.
  TRY(parts.take_data());
  flow::Engine* engine = TRY(parts.engine());
  format::Array out;
  for (const std::string& document : split_documents(text)) {
    const flow::StoredFlow saved = TRY(engine->save(document, file));
    out.push_back(flow_json(saved, false));
  }
  return Value(std::move(out));
}

Result<Value> delete_flow(Parts& parts, const Request& request, const CallHooks&) {
  flow::Engine* engine = TRY(parts.saved_engine());
  TRY(engine->remove_flow(request.text("namespace"), request.text("id")));
  return Value();
}

Result<Value> validate_flows(Parts& parts, const Request& request, const CallHooks&) {
  flow::Engine* engine = TRY(parts.checker());
  format::Array out;
  std::int64_t index = 0;
  for (const std::string& document : split_documents(request.text("source"))) {
    out.push_back(checked_json(engine->check(document, request.text("file")), index++));
  }
  return Value(std::move(out));
}

Param name_space_param() { return required("namespace", ParamKind::text, "the flow's namespace"); }

Param id_param() { return required("id", ParamKind::text, "the flow's id"); }

Param source_param() { return required("source", ParamKind::text, "the flow in YAML"); }

const char* const kFlowShape =
    R"({"id":"...","namespace":"...","revision":1,"disabled":false,"tasks":[...],"source":"..."})";

std::vector<BoundOperation> reading_operations() {
  return {
      {{.name = "flows.get",
        .summary = "Answers one flow, with its YAML when asked.",
        .permission = "flow.read",
        .method = "GET",
        .path = "flows/{namespace}/{id}",
        .params =
            {name_space_param(),
             id_param(),
             with_fallback("source", ParamKind::boolean, "with the YAML text", false),
             optional("revision", ParamKind::integer, "an older revision")},
        .answer = kFlowShape,
        .example = R"({"namespace":"company.finops","id":"nightly","source":true})",
        .also = {"GET executions/flows/{namespace}/{id}"},
        .is_lenient = true},
       &get_flow},
      {{.name = "flows.validate",
        .summary = "Checks flows without saving them: every problem with its line and column.",
        .permission = "flow.read",
        .method = "POST",
        .path = "flows/validate",
        .params = {source_param(), optional("file", ParamKind::text, "how messages name the text")},
        .answer =
            R"([{"index":0,"namespace":"...","flow":"...","constraints":"...","warnings":["..."],"problems":[{"level":"error","message":"...","line":3,"column":7}]}])",
        .example = R"({"source":"id: hello\nnamespace: demo\ntasks: []\n"})",
        .body = "source",
        .is_lenient = true},
       &validate_flows},
  };
}

}  // namespace

std::vector<BoundOperation> flow_operations() {
  std::vector<BoundOperation> all = reading_operations();
  const std::vector<BoundOperation> writing{
      {{.name = "flows.create",
        .summary = "Saves a new flow; the body is its YAML.",
        .permission = "flow.write",
        .method = "POST",
        .path = "flows",
        .params = {source_param()},
        .answer = kFlowShape,
        .example =
            R"({"source":"id: hello\nnamespace: demo\ntasks:\n  - {id: say, type: io.kestra.plugin.core.log.Log, message: hi}\n"})",
        .body = "source",
        .is_lenient = true},
       &create_flow},
      {{.name = "flows.update",
        .summary = "Saves a flow's next revision; the body is its YAML.",
        .permission = "flow.write",
        .method = "PUT",
        .path = "flows/{namespace}/{id}",
        .params = {name_space_param(), id_param(), source_param()},
        .answer = kFlowShape,
        .example =
            R"({"namespace":"demo","id":"hello","source":"id: hello\nnamespace: demo\ntasks:\n  - {id: say, type: io.kestra.plugin.core.log.Log, message: hello}\n"})",
        .body = "source",
        .is_lenient = true},
       &update_flow},
      {{.name = "flows.save",
        .summary = "Saves the flows of a local file, as new revisions where they changed.",
        .permission = "flow.write",
        .params = {required("file", ParamKind::text, "the file; it may hold several flows")},
        .answer = R"([{"id":"...","namespace":"...","revision":1,...}])",
        .example = R"({"file":"examples/flows/hello.yaml"})"},
       &save_flow_file},
      {{.name = "flows.delete",
        .summary = "Removes a flow; its executions stay.",
        .permission = "flow.write",
        .method = "DELETE",
        .path = "flows/{namespace}/{id}",
        .params = {name_space_param(), id_param()},
        .answer = "null",
        .example = R"({"namespace":"demo","id":"hello"})",
        .is_lenient = true},
       &delete_flow},
  };
  all.insert(all.end(), writing.begin(), writing.end());
  return all;
}

}  // namespace outlay::api
