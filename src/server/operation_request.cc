// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "format/json.h"
#include "server/form.h"
#include "server/routes.h"

namespace outlay::server {

namespace {

using api::ParamKind;
using base::Done;
using base::Result;
using format::Value;

/// A text may be said twice only where a list is taken.
void put(
    format::Object& out,
    const api::Operation& operation,
    const std::string& name,
    const std::string& text) {
  const api::Param* param = operation.find(name);
  const Value* before = out.find(name);
  if (!before || !param || param->kind != ParamKind::list) return out.set(name, text);
  format::Array list;
  if (before->is_array()) list = before->as_array();
  if (before->is_text()) {
    for (std::string& one : base::split_trimmed(before->as_text(), ','))
      list.emplace_back(std::move(one));
  }
  list.emplace_back(text);
  out.set(name, std::move(list));
}

/// "filters[labels][EQUALS][team]" as {field, operation, key, value}; null for another name.
Value filter_of(std::string_view name, const std::string& value) {
  constexpr std::string_view kStart = "filters[";
  if (!name.starts_with(kStart) || !name.ends_with(']')) return {};
  name.remove_prefix(kStart.size());
  name.remove_suffix(1);
  std::vector<std::string> parts;
  while (true) {
    const std::size_t end = name.find("][");
    parts.emplace_back(name.substr(0, end));
    if (end == std::string_view::npos) break;
    name.remove_prefix(end + 2);
  }
  return Value::object(
      {{"field", parts[0]},
       {"operation", parts.size() > 1 ? parts[1] : "EQUALS"},
       {"key", parts.size() > 2 ? parts[2] : ""},
       {"value", value}});
}

void add_query(format::Object& out, const api::Operation& operation, const Request& request) {
  format::Array filters;
  for (const auto& [name, text] : request.query) {
    Value filter = filter_of(name, text);
    if (filter.is_null())
      put(out, operation, name, text);
    else
      filters.push_back(std::move(filter));
  }
  if (!filters.empty()) out.set("filters", std::move(filters));
}

/// A key's time to live and description are headers, as its value is the whole body.
void add_headers(format::Object& out, const api::Operation& operation, const Request& request) {
  if (operation.body != "value") return;
  for (const char* name : {"ttl", "description"}) {
    const std::string_view text = request.header(name);
    if (!text.empty()) out.set(name, std::string(text));
  }
}

Result<Done> add_form(
    format::Object& out, const api::Operation& operation, const Request& request) {
  format::Object inputs;
  format::Object files;
  for (FormField& field : TRY(parse_form(request.header("content-type"), request.body))) {
    if (!field.file_name.empty()) {
      if (!operation.find("files")) {
        return base::invalid_input("This takes no files, but \"" + field.name + "\" is one");
      }
      // A part "files" is named by its file's name.
      const std::string& id = field.name == "files" ? field.file_name : field.name;
      files.set(id, Value::object({{"name", field.file_name}, {"bytes", std::move(field.value)}}));
    } else if (operation.find("inputs")) {
      inputs.set(field.name, field.value);
    } else {
      put(out, operation, field.name, field.value);
    }
  }
  if (!inputs.empty()) out.set("inputs", std::move(inputs));
  if (!files.empty()) out.set("files", std::move(files));
  return Done{};
}

/// The body as the one parameter that it is; false when it is a map of parameters after all.
Result<bool> add_whole(
    format::Object& out, const api::Operation& operation, const Request& request) {
  const api::Param& param = *operation.find(operation.body);
  const bool is_json = request.header("content-type").find("json") != std::string_view::npos;
  const bool is_text = param.kind == ParamKind::text || operation.body == "value";
  if (is_text && !is_json) {
    out.set(operation.body, request.body);
    return true;
  }
  const auto body = format::parse_json(request.body, format::JsonNumbers::exact, "request body");
  const bool is_map = body && body->is_object() && body->as_object().find(operation.body);
  if (is_map && param.kind != ParamKind::any) return false;
  if (operation.body == "value" || (is_text && !body)) {
    out.set(operation.body, request.body);
    return true;
  }
  if (!body) return body.error();
  out.set(operation.body, *body);
  return true;
}

Result<Done> add_body(
    format::Object& out, const api::Operation& operation, const Request& request) {
  const std::string_view type = request.header("content-type");
  if (request.body.empty()) return Done{};
  if (type.starts_with("multipart/") || type.starts_with("application/x-www-form-urlencoded")) {
    return add_form(out, operation, request);
  }
  if (!operation.body.empty()) {
    if (TRY(add_whole(out, operation, request))) return Done{};
  } else if (type.find("yaml") != std::string_view::npos || type.starts_with("text/plain")) {
    return base::invalid_input("This takes a JSON object, not " + std::string(type));
  }
  const Value body =
      TRY(format::parse_json(request.body, format::JsonNumbers::exact, "request body"));
  if (!body.is_object()) {
    return base::invalid_input(
        "The body must be a JSON object, but is a " + std::string(body.kind()));
  }
  for (const auto& [name, value] : body.as_object()) out.set(name, value);
  return Done{};
}

}  // namespace

Result<Value> operation_request(
    const api::Operation& operation, const Request& request, const Fields& matched) {
  format::Object out;
  add_query(out, operation, request);
  add_headers(out, operation, request);
  TRY(add_body(out, operation, request));
  for (const auto& [name, text] : matched) out.set(name, text);
  return Value(std::move(out));
}

}  // namespace outlay::server
