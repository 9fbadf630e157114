// SPDX-License-Identifier: Apache-2.0
#include "api/describe.h"
#include "api/ops/bound.h"
#include "api/ops/params.h"
#include "api/parts.h"
#include "expr/expr.h"
#include "format/json.h"

namespace outlay::api {
namespace {

using base::Result;
using format::Value;

Result<Value> render_template(Parts& parts, const Request& request, const CallHooks&) {
  const Value& context = request.value("context");
  if (!context.is_null() && !context.is_object()) {
    return base::invalid_input(
        "The context must be a map of variables, but is a " + std::string(context.kind()) + ".");
  }
  const expr::Scope scope(context.is_null() ? Value(format::Object()) : context);
  expr::Environment environment;
  environment.clock = &parts.clock();
  environment.secret = [&](std::string_view key, std::string_view name_space) {
    return parts.secrets().get(name_space, key);
  };
  const std::string text = request.text("template");
  if (request.boolean("recursive")) {
    const std::string rendered = TRY(expr::render_recursive(text, scope, environment));
    return Value::object({{"rendered", rendered}});
  }
  const expr::Template parsed = TRY(expr::Template::parse(text));
  if (request.boolean("typed")) {
    return Value::object({{"rendered", TRY(parsed.render_typed(scope, environment))}});
  }
  return Value::object({{"rendered", TRY(parsed.render(scope, environment))}});
}

Result<Value> list_plugins(Parts& parts, const Request&, const CallHooks&) {
  return Value::object({{"plugins", describe_tasks(parts.tasks())}});
}

Result<Value> describe_plugin(Parts& parts, const Request& request, const CallHooks&) {
  return describe_task(parts.tasks(), request.text("type"));
}

Result<Value> describe_all(Parts& parts, const Request&, const CallHooks&) {
  return Value::object({
      {"version", version()},
      {"operations", describe_operations()},
      {"settings", describe_settings()},
      {"tasks", describe_tasks(parts.tasks())},
      {"connectors", describe_connectors()},
      {"errors", describe_errors()},
  });
}

Result<Value> show_config(Parts& parts, const Request&, const CallHooks&) {
  return Value::object({{"settings", parts.config().shown()}});
}

Result<Value> show_version(Parts&, const Request&, const CallHooks&) {
  return Value::object({{"version", version()}});
}

}  // namespace

std::vector<BoundOperation> system_operations() {
  return {
      {{.name = "plugins.list",
        .summary = "Lists the task types that flows can use.",
        .permission = "flow.read",
        .method = "GET",
        .path = "plugins",
        .params = {},
        .answer = R"({"plugins":[{"type":"...","summary":"...","aliases":[...]}]})",
        .example = "{}"},
       &list_plugins},
      {{.name = "plugins.get",
        .summary =
            "Answers one task type: its properties and outputs as JSON schema, and an example.",
        .permission = "flow.read",
        .method = "GET",
        .path = "plugins/{type}",
        .params = {required(
            "type", ParamKind::text, "the task type's name, or an older name of it")},
        .answer =
            R"({"type":"...","summary":"...","aliases":[...],"properties":{...},"outputs":{...},"example":"..."})",
        .example = R"({"type":"io.kestra.plugin.core.log.Log"})"},
       &describe_plugin},
      {{.name = "expr.render",
        .summary = "Renders a template of the flow language with the given variables.",
        .permission = "flow.read",
        .params =
            {required("template", ParamKind::text, "the template"),
             optional("context", ParamKind::any, "variables"),
             with_fallback(
                 "typed",
                 ParamKind::boolean,
                 "answer the native value of a lone expression",
                 false),
             with_fallback(
                 "recursive", ParamKind::boolean, "render again until nothing changes", false)},
        .answer = R"({"rendered":"..."})",
        .example = R"({"template":"Hello {{ name }}","context":{"name":"Ada"}})"},
       &render_template},
      {{.name = "config.show",
        .summary = "Lists every setting with its value and where it came from; secrets are masked.",
        .permission = "system.read",
        .method = "GET",
        .path = "settings",
        .params = {},
        .answer = R"({"settings":[{"name":"server.port","value":8080,"source":"default"}]})",
        .example = "{}"},
       &show_config},
      {{.name = "system.describe",
        .summary = "Lists all operations, settings, task types, connectors and error codes.",
        .permission = "system.read",
        .method = "GET",
        .path = "describe",
        .params = {},
        .answer =
            R"({"version":"...","operations":[...],"settings":[...],"tasks":[...],"connectors":[...],"errors":[...]})",
        .example = "{}"},
       &describe_all},
      {{.name = "system.version",
        .summary = "Answers the program's version.",
        .permission = "system.read",
        .method = "GET",
        .path = "version",
        .params = {},
        .answer = R"({"version":"0.1.0"})",
        .example = "{}"},
       &show_version},
  };
}

}  // namespace outlay::api
