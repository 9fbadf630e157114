// SPDX-License-Identifier: Apache-2.0
// Tables, queries, events and registries of AWS as tasks.
#include <optional>

#include <fmt/format.h>

#include "base/log.h"
#include "base/random.h"
#include "base/text.h"
#include "format/json.h"
#include "tasks/aws/families.h"
#include "tasks/items.h"
#include "tasks/properties.h"
#include "tasks/sql/fetch.h"

namespace outlay::tasks {
namespace {

using flow::TaskContext;
using flow::TaskEnd;
using format::Array;
using format::Object;
using format::Value;

// DynamoDB's typed values:
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html

Value typed_object(const Object& members);

Value typed_value(const Value& value) {
  if (value.is_null()) return Value::object({{"NULL", true}});
  if (value.is_bool()) return Value::object({{"BOOL", value}});
  if (value.is_number()) return Value::object({{"N", format::print_json(value)}});
  if (value.is_object()) return Value::object({{"M", typed_object(value.as_object())}});
  if (value.is_array()) {
    Array items;
    for (const Value& item : value.as_array()) items.push_back(typed_value(item));
    return Value::object({{"L", std::move(items)}});
  }
  return Value::object({{"S", text_of(value)}});
}

Value typed_object(const Object& members) {
  Object out;
  for (const auto& [name, value] : members) out.set(name, typed_value(value));
  return Value(std::move(out));
}

Value number_of(const Value& text) {
  const auto parsed = format::parse_json(text.text_or(""), format::JsonNumbers::exact);
  return parsed && parsed->is_number() ? *parsed : text;
}

Value plain_object(const Value& typed);

Value plain_value(const Value& typed) {
  if (!typed.is_object() || typed.as_object().empty()) return typed;
  const auto& [kind, value] = *typed.as_object().begin();
  if (kind == "NULL") return {};
  if (kind == "N") return number_of(value);
  if (kind == "M") return plain_object(value);
  if ((kind == "L" || kind == "NS") && value.is_array()) {
    Array items;
    for (const Value& item : value.as_array())
      items.push_back(kind == "L" ? plain_value(item) : number_of(item));
    return Value(std::move(items));
  }
  return value;  // S, BOOL, SS; B and BS stay base64
}

Value plain_object(const Value& typed) {
  Object out;
  if (typed.is_object())
    for (const auto& [name, value] : typed.as_object()) out.set(name, plain_value(value));
  return Value(std::move(out));
}

constexpr std::string_view kDynamo = "DynamoDB_20120810.";

base::Result<Object> table_call(TaskContext& context, const Value& properties) {
  Object out;
  out.set("TableName", TRY(needed_property(context, properties, "tableName")));
  return out;
}

base::Result<Object> needed_map(
    TaskContext& context, const Value& properties, std::string_view name) {
  Object out = TRY(map_property(context, properties, name));
  if (out.empty())
    return base::invalid_input(fmt::format("property {} must be a map that is not empty", name));
  return out;
}

base::Result<TaskEnd> get_item(TaskContext& context, AwsClient& client, const Value& properties) {
  Object call = TRY(table_call(context, properties));
  call.set("Key", typed_object(TRY(needed_map(context, properties, "key"))));
  const Value answer = TRY(client.json(std::string(kDynamo) + "GetItem", Value(std::move(call))));
  TaskEnd end;
  end.outputs.set("row", answer["Item"].is_object() ? plain_object(answer["Item"]) : Value());
  return end;
}

base::Result<TaskEnd> put_item(TaskContext& context, AwsClient& client, const Value& properties) {
  Object call = TRY(table_call(context, properties));
  call.set("Item", typed_object(TRY(needed_map(context, properties, "item"))));
  TRY(client.json(std::string(kDynamo) + "PutItem", Value(std::move(call))));
  return TaskEnd{};
}

base::Result<TaskEnd> delete_item(
    TaskContext& context, AwsClient& client, const Value& properties) {
  Object call = TRY(table_call(context, properties));
  call.set("Key", typed_object(TRY(needed_map(context, properties, "key"))));
  TRY(client.json(std::string(kDynamo) + "DeleteItem", Value(std::move(call))));
  return TaskEnd{};
}

/// Asks page after page until there are `limit` items or no more.
base::Result<TaskEnd> read_table(
    TaskContext& context,
    AwsClient& client,
    const Value& properties,
    std::string_view action,
    Object call) {
  const Fetch fetch = TRY(fetch_property(context, properties, Fetch::store));
  const auto limit = TRY(integer_property(context, properties, "limit"));
  const std::string filter = TRY(flow::text_property(context, properties, "filterExpression"));
  if (!filter.empty()) call.set("FilterExpression", filter);
  const Object values = TRY(map_property(context, properties, "expressionAttributeValues"));
  if (!values.empty()) call.set("ExpressionAttributeValues", typed_object(values));
  const Object names = TRY(map_property(context, properties, "expressionAttributeNames"));
  if (!names.empty()) call.set("ExpressionAttributeNames", Value(names));
  Array rows;
  while (!context.stop()) {
    if (limit) call.set("Limit", *limit - static_cast<std::int64_t>(rows.size()));
    const Value page = TRY(client.json(fmt::format("{}{}", kDynamo, action), Value(call)));
    if (page["Items"].is_array())
      for (const Value& item : page["Items"].as_array()) rows.push_back(plain_object(item));
    const bool is_full = limit && static_cast<std::int64_t>(rows.size()) >= *limit;
    if (is_full || !page["LastEvaluatedKey"].is_object()) break;
    call.set("ExclusiveStartKey", page["LastEvaluatedKey"]);
  }
  context.metric({"records", "counter", static_cast<double>(rows.size()), {}});
  TaskEnd end;
  TRY(put_items(context, fetch, std::move(rows), end.outputs));
  return end;
}

base::Result<TaskEnd> query_table(
    TaskContext& context, AwsClient& client, const Value& properties) {
  Object call = TRY(table_call(context, properties));
  call.set(
      "KeyConditionExpression",
      TRY(needed_property(context, properties, "keyConditionExpression")));
  return read_table(context, client, properties, "Query", std::move(call));
}

base::Result<TaskEnd> scan_table(TaskContext& context, AwsClient& client, const Value& properties) {
  Object call = TRY(table_call(context, properties));
  return read_table(context, client, properties, "Scan", std::move(call));
}

// Athena: https://docs.aws.amazon.com/athena/latest/APIReference/Welcome.html

/// A cell of Athena by its column's type; what is no number or boolean stays a text.
Value athena_value(const Value& cell, std::string_view type) {
  const Value& text = cell["VarCharValue"];
  if (!text.is_text()) return {};
  const std::string_view kind = type.substr(0, type.find('('));
  if (kind == "boolean") return text.as_text() == "true";
  for (const char* number :
       {"tinyint", "smallint", "int", "integer", "bigint", "double", "float", "real", "decimal"}) {
    if (kind == number) return number_of(text);
  }
  return text;
}

base::Result<Value> await_query(TaskContext& context, AwsClient& client, const std::string& id) {
  const Value which = Value::object({{"QueryExecutionId", id}});
  while (true) {
    const Value answer = TRY(client.json("AmazonAthena.GetQueryExecution", which, "1.1"));
    const Value& execution = answer["QueryExecution"];
    const std::string state = execution["Status"]["State"].text_or("");
    if (state == "SUCCEEDED") return execution;
    if (state == "FAILED" || state == "CANCELLED") {
      return base::invalid_input(fmt::format(
          "Athena's query {} ended as {}: {}",
          id,
          state,
          execution["Status"]["StateChangeReason"].text_or("no reason was given")));
    }
    if (!client.wait(std::chrono::milliseconds(500)) || context.stop()) {
      TRY(client.json("AmazonAthena.StopQueryExecution", which, "1.1"));
      return base::Error{base::Code::cancelled, "stopped while Athena was at work", {}, nullptr};
    }
  }
}

base::Result<Array> query_rows(
    TaskContext& context, AwsClient& client, const std::string& id, bool skips_header) {
  Array rows;
  Object call;
  call.set("QueryExecutionId", id);
  bool is_header = skips_header;
  while (!context.stop()) {
    const Value page = TRY(client.json("AmazonAthena.GetQueryResults", Value(call), "1.1"));
    const Value& columns = page["ResultSet"]["ResultSetMetadata"]["ColumnInfo"];
    const Value& found = page["ResultSet"]["Rows"];
    for (const Value& row : found.is_array() ? found.as_array() : Array()) {
      if (std::exchange(is_header, false)) continue;
      Object out;
      for (std::size_t i = 0; columns.is_array() && i < columns.as_array().size(); ++i) {
        const Value& column = columns.as_array()[i];
        const Value& data = row["Data"];
        const Value cell =
            data.is_array() && i < data.as_array().size() ? data.as_array()[i] : Value();
        out.set(column["Name"].text_or(""), athena_value(cell, column["Type"].text_or("")));
      }
      rows.emplace_back(std::move(out));
    }
    if (!page["NextToken"].is_text()) break;
    call.set("NextToken", page["NextToken"]);
  }
  return rows;
}

base::Result<TaskEnd> athena_query(
    TaskContext& context, AwsClient& client, const Value& properties) {
  Object where;
  where.set("Database", TRY(needed_property(context, properties, "database")));
  const std::string catalog = TRY(flow::text_property(context, properties, "catalog"));
  if (!catalog.empty()) where.set("Catalog", catalog);
  Object call;
  call.set("QueryString", TRY(needed_property(context, properties, "query")));
  call.set("ClientRequestToken", base::new_id() + "-" + base::new_id());
  call.set("QueryExecutionContext", std::move(where));
  call.set(
      "ResultConfiguration",
      Value::object(
          {{"OutputLocation", TRY(needed_property(context, properties, "outputLocation"))}}));
  const Fetch fetch = TRY(fetch_property(context, properties, Fetch::store));
  const bool skips_header = TRY(flag_property(context, properties, "skipHeader", true));
  const Value started =
      TRY(client.json("AmazonAthena.StartQueryExecution", Value(std::move(call)), "1.1"));
  const std::string id = started["QueryExecutionId"].text_or("");
  context.log(base::LogLevel::info, "Athena runs the query " + id);
  TaskEnd end;
  end.outputs.set("queryExecutionId", id);
  if (fetch == Fetch::none) return end;
  const Value execution = TRY(await_query(context, client, id));
  const Value& scanned = execution["Statistics"]["DataScannedInBytes"];
  if (scanned.is_number())
    context.metric({"data.scanned.bytes", "counter", static_cast<double>(scanned.int_or(0)), {}});
  Array rows = TRY(query_rows(context, client, id, skips_header));
  context.metric({"total.rows", "counter", static_cast<double>(rows.size()), {}});
  TRY(put_items(context, fetch, std::move(rows), end.outputs));
  return end;
}

/// One entry of PutEvents as EventBridge names its parts.
Value event_entry(const Value& given) {
  Object out;
  const std::pair<const char*, const char*> names[] = {
      {"eventBusName", "EventBusName"},
      {"source", "Source"},
      {"detailType", "DetailType"},
      {"resources", "Resources"}};
  for (const auto& [ours, theirs] : names)
    if (!given[ours].is_null()) out.set(theirs, given[ours]);
  const Value& detail = given["detail"];
  out.set("Detail", detail.is_text() ? detail.as_text() : format::print_json(detail));
  return Value(std::move(out));
}

base::Result<TaskEnd> put_events(TaskContext& context, AwsClient& client, const Value& properties) {
  const Value given = TRY(flow::property(context, properties, "entries"));
  Array entries;
  if (given.is_array()) entries = given.as_array();
  if (given.is_text()) entries = TRY(read_items(context, given.as_text()));
  if (entries.empty())
    return base::invalid_input(
        "property entries must be a list of events, or a stored file of them");
  const bool fails = TRY(flag_property(context, properties, "failOnUnsuccessfulEvents", true));
  constexpr std::size_t kMostInOneCall = 10;  // of PutEvents
  Array told;
  std::int64_t failed = 0;
  for (std::size_t at = 0; at < entries.size(); at += kMostInOneCall) {
    Array some;
    for (std::size_t i = at; i < std::min(entries.size(), at + kMostInOneCall); ++i)
      some.push_back(event_entry(entries[i]));
    const Value answer = TRY(
        client.json("AWSEvents.PutEvents", Value::object({{"Entries", std::move(some)}}), "1.1"));
    failed += answer["FailedEntryCount"].int_or(0);
    const Value& results = answer["Entries"];
    for (std::size_t i = 0; results.is_array() && i < results.as_array().size(); ++i) {
      const Value& result = results.as_array()[i];
      told.push_back(Value::object(
          {{"eventId", result["EventId"]},
           {"errorCode", result["ErrorCode"]},
           {"errorMessage", result["ErrorMessage"]},
           {"entry", entries[std::min(at + i, entries.size() - 1)]}}));
    }
  }
  TaskEnd end;
  end.outputs.set("entryCount", static_cast<std::int64_t>(entries.size()));
  end.outputs.set("failedEntryCount", failed);
  end.outputs.set("uri", TRY(store_items(context, told, "events.ion")));
  end.is_warning = failed > 0;
  if (fails && failed > 0) {
    end.failure = base::unavailable(
        fmt::format("EventBridge did not take {} of {} events", failed, entries.size()));
  }
  return end;
}

base::Result<TaskEnd> ecr_token(TaskContext&, AwsClient& client, const Value&) {
  const Value answer = TRY(client.json(
      "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken", Value(Object()), "1.1"));
  const Value& data = answer["authorizationData"];
  std::string token;
  const bool is_there =
      data.is_array() && !data.as_array().empty() &&
      base::base64_decode(data.as_array()[0]["authorizationToken"].text_or(""), token);
  if (!is_there) return base::unavailable("ECR answered without an authorization token");
  // "AWS:password": the user's name is always AWS.
  token = token.substr(token.find(':') + 1);
  base::hide_in_log(token);
  TaskEnd end;
  end.outputs.set("token", token);
  return end;
}

}  // namespace

std::vector<AwsKind> data_kinds() {
  return {
      {"aws/dynamodb_get_item.yaml", "dynamodb", get_item},
      {"aws/dynamodb_put_item.yaml", "dynamodb", put_item},
      {"aws/dynamodb_delete_item.yaml", "dynamodb", delete_item},
      {"aws/dynamodb_query.yaml", "dynamodb", query_table},
      {"aws/dynamodb_scan.yaml", "dynamodb", scan_table},
      {"aws/athena_query.yaml", "athena", athena_query},
      {"aws/eventbridge_put_events.yaml", "events", put_events},
      {"aws/ecr_get_auth_token.yaml", "ecr", ecr_token}};
}

}  // namespace outlay::tasks
