// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "api/ops/bound.h"
#include "api/ops/params.h"
#include "api/ops/query_filter.h"
#include "api/parts.h"
#include "base/text.h"
#include "base/time.h"
#include "format/json.h"

namespace outlay::api {
namespace {

using base::Result;
using format::Value;

Value text_or_null(const std::string& text) { return text.empty() ? Value() : Value(text); }

Value entry_json(const flow::KvEntry& entry) {
  return Value::object(
      {{"namespace", entry.name_space},
       {"key", entry.key},
       {"version", static_cast<std::int64_t>(entry.version)},
       {"revision", static_cast<std::int64_t>(entry.version)},
       {"type", entry.type},
       {"description", text_or_null(entry.description)},
       {"creationDate", entry.created},
       {"updateDate", entry.updated},
       {"expirationDate", text_or_null(entry.expires)}});
}

// A value comes as the JSON of it, or as bare text.
Value value_given(const Value& given) {
  if (!given.is_text()) return given;
  const auto parsed = format::parse_json(given.as_text());
  return parsed ? *parsed : given;
}

Result<Value> put_value(Parts& parts, const Request& request, const CallHooks&) {
  flow::Engine* engine = TRY(parts.engine());
  flow::KvPut what;
  what.value = value_given(request.value("value"));
  what.type = request.text("type");
  what.description = request.text("description");
  if (request.has("ttl")) what.ttl = TRY(base::parse_duration(request.text("ttl")));
  TRY(engine->kv().put(request.text("namespace"), request.text("key"), what));
  return entry_json(TRY(engine->kv().get(request.text("namespace"), request.text("key"))));
}

Result<Value> get_value(Parts& parts, const Request& request, const CallHooks&) {
  flow::Engine* engine = TRY(parts.saved_engine());
  const flow::KvEntry entry = TRY(engine->kv().get(request.text("namespace"), request.text("key")));
  return Value::object(
      {{"type", entry.type},
       {"value", entry.value},
       {"revision", static_cast<std::int64_t>(entry.version)},
       {"updated", entry.updated}});
}

Result<Value> delete_value(Parts& parts, const Request& request, const CallHooks&) {
  flow::Engine* engine = TRY(parts.saved_engine());
  return Value(TRY(engine->kv().remove(request.text("namespace"), request.text("key"))));
}

Result<Value> delete_values(Parts& parts, const Request& request, const CallHooks&) {
  flow::Engine* engine = TRY(parts.saved_engine());
  format::Array removed;
  for (const std::string& key : request.list("keys")) {
    if (TRY(engine->kv().remove(request.text("namespace"), key))) removed.emplace_back(key);
  }
  return Value::object({{"keys", Value(std::move(removed))}});
}

Result<Value> list_keys(Parts& parts, const Request& request, const CallHooks&) {
  flow::Engine* engine = TRY(parts.saved_engine());
  format::Array out;
  for (const flow::KvEntry& entry : TRY(engine->kv().list(request.text("namespace"), {})))
    out.push_back(entry_json(entry));
  return Value(std::move(out));
}

// The nearest namespace that has a key counts.
Result<Value> inherited_keys(Parts& parts, const Request& request, const CallHooks&) {
  flow::Engine* engine = TRY(parts.saved_engine());
  std::string name_space = request.text("namespace");
  format::Array out;
  std::vector<std::string> seen;
  for (const flow::KvEntry& own : TRY(engine->kv().list(name_space, {}))) seen.push_back(own.key);
  while (name_space.find('.') != std::string::npos) {
    name_space.erase(name_space.rfind('.'));
    for (const flow::KvEntry& entry : TRY(engine->kv().list(name_space, {}))) {
      if (std::find(seen.begin(), seen.end(), entry.key) != seen.end()) continue;
      seen.push_back(entry.key);
      out.push_back(entry_json(entry));
    }
  }
  return Value(std::move(out));
}

Result<Value> search_keys(Parts& parts, const Request& request, const CallHooks&) {
  const std::vector<Filter> filters =
      TRY(filters_of(request, {"q", "namespace", "key"}, parts.clock().now()));
  flow::Engine* engine = TRY(parts.saved_engine());
  std::vector<Value> all;
  for (const flow::KvEntry& entry : TRY(engine->kv().list({}, {}))) {
    const bool is_found = std::all_of(filters.begin(), filters.end(), [&](const Filter& filter) {
      return matches(filter, filter.field == "namespace" ? entry.name_space : entry.key);
    });
    if (is_found) all.push_back(entry_json(entry));
  }
  return page_of(request, std::move(all));
}

Param name_space_param() { return required("namespace", ParamKind::text, "the namespace"); }

Param key_param() { return required("key", ParamKind::text, "letters, digits, dots, dashes, _"); }

const char* const kEntryShape =
    R"({"namespace":"...","key":"...","version":1,"type":"STRING","creationDate":"...","updateDate":"...","expirationDate":null})";

std::vector<BoundOperation> one_key() {
  return {
      {{.name = "kv.put",
        .summary = "Sets a value of a namespace; the body is its JSON, or a text.",
        .permission = "kv.write",
        .method = "PUT",
        .path = "namespaces/{namespace}/kv/{key}",
        .params =
            {name_space_param(),
             key_param(),
             required("value", ParamKind::any, "the value as JSON, or a text"),
             optional(
                 "type",
                 ParamKind::text,
                 "STRING, NUMBER, BOOLEAN, DATETIME, DATE, DURATION or JSON; told from the value "
                 "when absent"),
             optional("ttl", ParamKind::text, "how long it is kept, e.g. P7D; over REST a header"),
             optional("description", ParamKind::text, "what it is; over REST a header")},
        .answer = kEntryShape,
        .example = R"({"namespace":"company.finops","key":"month","value":"2026-01"})",
        .body = "value",
        .is_lenient = true},
       &put_value},
      {{.name = "kv.get",
        .summary = "Answers a value of a namespace, typed.",
        .permission = "kv.read",
        .method = "GET",
        .path = "namespaces/{namespace}/kv/{key}",
        .params = {name_space_param(), key_param()},
        .answer = R"({"type":"STRING","value":"...","revision":1,"updated":"..."})",
        .example = R"({"namespace":"company.finops","key":"month"})",
        .is_lenient = true},
       &get_value},
      {{.name = "kv.delete",
        .summary = "Removes a value; the answer is false when there was none.",
        .permission = "kv.write",
        .method = "DELETE",
        .path = "namespaces/{namespace}/kv/{key}",
        .params = {name_space_param(), key_param()},
        .answer = "true",
        .example = R"({"namespace":"company.finops","key":"month"})",
        .is_lenient = true},
       &delete_value},
  };
}

}  // namespace

std::vector<BoundOperation> kv_operations() {
  std::vector<BoundOperation> all = one_key();
  const std::vector<BoundOperation> many{
      {{.name = "kv.list",
        .summary = "Lists the keys of a namespace.",
        .permission = "kv.read",
        .method = "GET",
        .path = "namespaces/{namespace}/kv",
        .params = {name_space_param()},
        .answer = std::string("[") + kEntryShape + "]",
        .example = R"({"namespace":"company.finops"})",
        .is_lenient = true},
       &list_keys},
      {{.name = "kv.inherited",
        .summary = "Lists the keys that a namespace has from those above it.",
        .permission = "kv.read",
        .method = "GET",
        .path = "namespaces/{namespace}/kv/inheritance",
        .params = {name_space_param()},
        .answer = std::string("[") + kEntryShape + "]",
        .example = R"({"namespace":"company.finops"})",
        .is_lenient = true},
       &inherited_keys},
      {{.name = "kv.delete_many",
        .summary = "Removes values of a namespace.",
        .permission = "kv.write",
        .method = "DELETE",
        .path = "namespaces/{namespace}/kv",
        .params = {name_space_param(), required("keys", ParamKind::list, "the keys")},
        .answer = R"({"keys":["..."]})",
        .example = R"({"namespace":"company.finops","keys":["month"]})",
        .is_lenient = true},
       &delete_values},
      {{.name = "kv.search",
        .summary = "Lists keys of all namespaces, a page at a time.",
        .permission = "kv.read",
        .method = "GET",
        .path = "kv",
        .params = search_params(),
        .answer = std::string(R"({"results":[)") + kEntryShape + R"(],"total":1})",
        .example = "{}",
        .is_lenient = true},
       &search_keys},
  };
  all.insert(all.end(), many.begin(), many.end());
  return all;
}

}  // namespace outlay::api
