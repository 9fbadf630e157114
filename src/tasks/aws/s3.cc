// SPDX-License-Identifier: Apache-2.0
// Objects of S3 as tasks.
#include <charconv>

#include <fmt/format.h>

#include "base/text.h"
#include "io/url.h"
#include "tasks/aws/families.h"
#include "tasks/items.h"
#include "tasks/properties.h"
#include "tasks/seen.h"

namespace outlay::tasks {
namespace {

using flow::TaskContext;
using flow::TaskEnd;
using format::Object;
using format::Value;

std::string unquoted(std::string text) {
  text = base::replace_all(text, "&quot;", "");
  return base::replace_all(text, "\"", "");
}

struct Found {
  std::string key, etag, modified, storage_class;
  std::int64_t size = 0;

  Value value(std::string_view bucket) const {
    return Value::object(
        {{"bucket", bucket},
         {"uri", fmt::format("s3://{}/{}", bucket, key)},
         {"key", key},
         {"etag", etag},
         {"size", size},
         {"lastModified", modified},
         {"storageClass", storage_class}});
  }
};

/// What the properties prefix, delimiter, regexp, filter and maxKeys ask for.
struct Listing {
  std::string bucket, prefix, delimiter, regexp, filter;
  std::int64_t max = 1'000;
};

base::Result<Listing> listing_of(TaskContext& context, const Value& properties) {
  Listing out;
  out.bucket = TRY(needed_property(context, properties, "bucket"));
  out.prefix = TRY(flow::text_property(context, properties, "prefix"));
  out.delimiter = TRY(flow::text_property(context, properties, "delimiter"));
  out.regexp = TRY(flow::text_property(context, properties, "regexp"));
  out.filter = TRY(flow::text_property(context, properties, "filter"));
  out.max = TRY(integer_property(context, properties, "maxKeys")).value_or(1'000);
  return out;
}

/// Whether a whole key matches a regular expression, by the expression language's own.
base::Result<bool> matches(
    TaskContext& context, const std::string& regexp, const std::string& key) {
  if (regexp.empty()) return true;
  const expr::Scope scope(Value::object({{"key", key}, {"regexp", regexp}}));
  const auto test = TRY(expr::Template::parse("{{ key | regexMatch(regexp) }}"));
  return TRY(test.render(scope, context.environment())) == "true";
}

base::Result<std::vector<Found>> list_objects(
    TaskContext& context, AwsClient& client, const Listing& wanted) {
  std::vector<Found> out;
  std::string next;
  do {
    QueryPairs query{{"list-type", "2"}};
    if (!wanted.prefix.empty()) query.emplace_back("prefix", wanted.prefix);
    if (!wanted.delimiter.empty()) query.emplace_back("delimiter", wanted.delimiter);
    if (!next.empty()) query.emplace_back("continuation-token", next);
    const io::HttpAnswer page = TRY(client.object({}, wanted.bucket, "", query));
    for (const std::string& item : xml_all(page.body, "Contents")) {
      Found found;
      found.key = xml_text(item, "Key");
      const bool is_folder = found.key.ends_with('/');
      if ((wanted.filter == "FILES" && is_folder) || (wanted.filter == "DIRECTORY" && !is_folder))
        continue;
      if (!TRY(matches(context, wanted.regexp, found.key))) continue;
      found.etag = unquoted(xml_text(item, "ETag"));
      found.modified = xml_text(item, "LastModified");
      found.storage_class = xml_text(item, "StorageClass");
      const std::string size = xml_text(item, "Size");
      std::from_chars(size.data(), size.data() + size.size(), found.size);
      out.push_back(std::move(found));
      if (static_cast<std::int64_t>(out.size()) >= wanted.max) return out;
    }
    next = xml_text(page.body, "IsTruncated") == "true"
               ? xml_text(page.body, "NextContinuationToken")
               : "";
  } while (!next.empty());
  return out;
}

base::Result<TaskEnd> list(TaskContext& context, AwsClient& client, const Value& properties) {
  const Listing wanted = TRY(listing_of(context, properties));
  format::Array objects;
  const std::vector<Found> all = TRY(list_objects(context, client, wanted));
  for (const Found& found : all) objects.push_back(found.value(wanted.bucket));
  context.metric({"size", "counter", static_cast<double>(objects.size()), {}});
  TaskEnd end;
  end.outputs.set("objects", std::move(objects));
  return end;
}

/// Headers that S3 keeps with an object.
base::Result<io::Headers> object_headers(TaskContext& context, const Value& properties) {
  constexpr std::pair<const char*, const char*> kHeaders[] = {
      {"contentType", "Content-Type"},
      {"cacheControl", "Cache-Control"},
      {"contentEncoding", "Content-Encoding"},
      {"contentDisposition", "Content-Disposition"},
      {"storageClass", "x-amz-storage-class"},
      {"serverSideEncryption", "x-amz-server-side-encryption"},
      {"ssekmsKeyId", "x-amz-server-side-encryption-aws-kms-key-id"},
      {"acl", "x-amz-acl"}};
  io::Headers out;
  for (const auto& [property, header] : kHeaders) {
    const std::string value = TRY(flow::text_property(context, properties, property));
    if (!value.empty()) out.emplace_back(header, value);
  }
  for (const auto& [name, value] : TRY(map_property(context, properties, "metadata")))
    out.emplace_back("x-amz-meta-" + base::lower(name), text_of(value));
  QueryPairs tags;
  for (const auto& [name, value] : TRY(map_property(context, properties, "tagging")))
    tags.emplace_back(name, text_of(value));
  if (!tags.empty()) out.emplace_back("x-amz-tagging", io::print_query(tags));
  return out;
}

base::Result<TaskEnd> upload(TaskContext& context, AwsClient& client, const Value& properties) {
  const std::string bucket = TRY(needed_property(context, properties, "bucket"));
  const std::string key = TRY(needed_property(context, properties, "key"));
  const io::Headers headers = TRY(object_headers(context, properties));
  const Value from = TRY(flow::property(context, properties, "from"));
  std::vector<std::pair<std::string, std::string>> files;  // key and URI
  if (from.is_object()) {
    for (const auto& [name, uri] : from.as_object())
      files.emplace_back(key + (key.ends_with('/') ? "" : "/") + name, text_of(uri));
  } else {
    const std::vector<std::string> uris = TRY(texts_property(context, properties, "from"));
    for (const std::string& uri : uris)
      files.emplace_back(uris.size() == 1 ? key : key + "/" + name_in(uri), uri);
  }
  TaskEnd end;
  end.outputs.set("bucket", bucket);
  end.outputs.set("key", key);
  for (const auto& [name, uri] : files) {
    io::HttpRequest request;
    request.method = "PUT";
    request.headers = headers;
    request.body = TRY(stored_text(context, uri));
    const io::HttpAnswer answer = TRY(client.object(std::move(request), bucket, name));
    end.outputs.set("eTag", unquoted(answer.header("etag")));
    const std::string version = answer.header("x-amz-version-id");
    end.outputs.set("versionId", version.empty() ? Value() : Value(version));
  }
  return end;
}

/// Takes an object into the execution's storage.
base::Result<Object> fetch_object(
    TaskContext& context,
    AwsClient& client,
    const std::string& bucket,
    const std::string& key,
    const std::string& version) {
  io::HttpRequest request;
  request.body_limit = std::size_t{2} << 30U;
  QueryPairs query;
  if (!version.empty()) query.emplace_back("versionId", version);
  const io::HttpAnswer answer = TRY(client.object(std::move(request), bucket, key, query));
  Object out;
  out.set("uri", TRY(store_text(context, answer.body, name_in(key))));
  out.set("contentLength", static_cast<std::int64_t>(answer.body.size()));
  out.set("contentType", answer.header("content-type"));
  out.set("eTag", unquoted(answer.header("etag")));
  const std::string found = answer.header("x-amz-version-id");
  out.set("versionId", found.empty() ? Value() : Value(found));
  Object metadata;
  for (const auto& [name, value] : answer.headers) {
    if (name.starts_with("x-amz-meta-")) metadata.set(name.substr(11), value);
  }
  out.set("metadata", std::move(metadata));
  return out;
}

base::Result<TaskEnd> download(TaskContext& context, AwsClient& client, const Value& properties) {
  const std::string bucket = TRY(needed_property(context, properties, "bucket"));
  const std::string key = TRY(needed_property(context, properties, "key"));
  const std::string version = TRY(flow::text_property(context, properties, "versionId"));
  TaskEnd end;
  end.outputs = TRY(fetch_object(context, client, bucket, key, version));
  return end;
}

base::Result<base::Done> delete_object(
    AwsClient& client,
    const std::string& bucket,
    const std::string& key,
    const std::string& version) {
  io::HttpRequest request;
  request.method = "DELETE";
  QueryPairs query;
  if (!version.empty()) query.emplace_back("versionId", version);
  TRY(client.object(std::move(request), bucket, key, query));
  return base::Done{};
}

base::Result<base::Done> copy_object(
    AwsClient& client,
    const std::string& from_bucket,
    const std::string& from_key,
    const std::string& bucket,
    const std::string& key) {
  io::HttpRequest request;
  request.method = "PUT";
  request.headers.emplace_back(
      "x-amz-copy-source", fmt::format("/{}/{}", from_bucket, io::percent_encode(from_key, "/")));
  TRY(client.object(std::move(request), bucket, key));
  return base::Done{};
}

/// Takes objects into the storage and does the property `action` with each; `seen` (may be null)
/// says which are to be taken.
base::Result<TaskEnd> take_objects(
    TaskContext& context, AwsClient& client, const Value& properties, Seen* seen) {
  const Listing wanted = TRY(listing_of(context, properties));
  const std::string action = TRY(flow::text_property(context, properties, "action"));
  const Value to = TRY(flow::property(context, properties, "moveTo"));
  format::Array objects;
  Object files;
  const std::vector<Found> all = TRY(list_objects(context, client, wanted));
  for (const Found& found : all) {
    if (found.key.ends_with('/')) continue;
    if (seen != nullptr && !seen->take(wanted.bucket + "/" + found.key, found.etag)) continue;
    const Object kept = TRY(fetch_object(context, client, wanted.bucket, found.key, ""));
    Object shown = found.value(wanted.bucket).as_object();
    shown.set("uri", *kept.find("uri"));
    files.set(found.key, *kept.find("uri"));
    objects.emplace_back(std::move(shown));
    if (action == "MOVE") {
      const std::string target = to["key"].text_or("");
      TRY(copy_object(
          client,
          wanted.bucket,
          found.key,
          to["bucket"].text_or(wanted.bucket),
          target + (target.empty() || target.ends_with('/') ? "" : "/") + name_in(found.key)));
    }
    if (action == "MOVE" || action == "DELETE")
      TRY(delete_object(client, wanted.bucket, found.key, ""));
  }
  TaskEnd end;
  end.outputs.set("objects", std::move(objects));
  end.outputs.set("outputFiles", std::move(files));
  return end;
}

base::Result<TaskEnd> downloads(TaskContext& context, AwsClient& client, const Value& properties) {
  return take_objects(context, client, properties, nullptr);
}

/// Objects that the trigger has not met yet; those it moves or deletes need no remembering.
base::Result<TaskEnd> new_objects(
    TaskContext& context, AwsClient& client, const Value& properties) {
  const std::string action = TRY(flow::text_property(context, properties, "action"));
  if (action == "MOVE" || action == "DELETE")
    return take_objects(context, client, properties, nullptr);
  Seen seen = TRY(Seen::open(context, properties));
  TaskEnd end = TRY(take_objects(context, client, properties, &seen));
  TRY(seen.keep());
  return end;
}

base::Result<TaskEnd> copy(TaskContext& context, AwsClient& client, const Value& properties) {
  const Value from = TRY(flow::property(context, properties, "from"));
  const Value to = TRY(flow::property(context, properties, "to"));
  const std::string bucket = from["bucket"].text_or("");
  const std::string key = from["key"].text_or("");
  if (bucket.empty() || key.empty())
    return base::invalid_input("property from must be {bucket, key}");
  const std::string to_bucket = to["bucket"].text_or(bucket);
  const std::string to_key = to["key"].text_or(key);
  TRY(copy_object(client, bucket, key, to_bucket, to_key));
  if (TRY(flag_property(context, properties, "delete", false)))
    TRY(delete_object(client, bucket, key, ""));
  TaskEnd end;
  end.outputs.set("bucket", to_bucket);
  end.outputs.set("key", to_key);
  return end;
}

base::Result<TaskEnd> remove(TaskContext& context, AwsClient& client, const Value& properties) {
  const std::string bucket = TRY(needed_property(context, properties, "bucket"));
  const std::string key = TRY(needed_property(context, properties, "key"));
  const std::string version = TRY(flow::text_property(context, properties, "versionId"));
  TRY(delete_object(client, bucket, key, version));
  return TaskEnd{};
}

base::Result<TaskEnd> remove_list(
    TaskContext& context, AwsClient& client, const Value& properties) {
  Listing wanted = TRY(listing_of(context, properties));
  if (properties["maxKeys"].is_null()) wanted.max = std::numeric_limits<std::int64_t>::max();
  const std::vector<Found> all = TRY(list_objects(context, client, wanted));
  if (all.empty() && TRY(flag_property(context, properties, "errorOnEmpty", false)))
    return base::not_found("no object matches");
  std::int64_t size = 0;
  for (const Found& found : all) {
    TRY(delete_object(client, wanted.bucket, found.key, ""));
    size += found.size;
  }
  TaskEnd end;
  end.outputs.set("count", static_cast<std::int64_t>(all.size()));
  end.outputs.set("size", size);
  return end;
}

base::Result<TaskEnd> create_bucket(
    TaskContext& context, AwsClient& client, const Value& properties) {
  const std::string bucket = TRY(needed_property(context, properties, "bucket"));
  const std::string region = TRY(flow::text_property(context, properties, "region"));
  io::HttpRequest request;
  request.method = "PUT";
  if (!region.empty() && region != "us-east-1") {
    request.body = fmt::format(
        "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
        "<LocationConstraint>{}</LocationConstraint></CreateBucketConfiguration>",
        region);
  }
  TRY(client.object(std::move(request), bucket, ""));
  TaskEnd end;
  end.outputs.set("bucket", bucket);
  end.outputs.set("region", region);
  return end;
}

}  // namespace

std::vector<AwsLook> s3_looks() { return {{"aws/s3_trigger.yaml", "s3", new_objects, "objects"}}; }

std::vector<AwsKind> s3_kinds() {
  return {
      {"aws/s3_upload.yaml", "s3", upload},
      {"aws/s3_download.yaml", "s3", download},
      {"aws/s3_downloads.yaml", "s3", downloads},
      {"aws/s3_list.yaml", "s3", list},
      {"aws/s3_copy.yaml", "s3", copy},
      {"aws/s3_delete.yaml", "s3", remove},
      {"aws/s3_delete_list.yaml", "s3", remove_list},
      {"aws/s3_create_bucket.yaml", "s3", create_bucket}};
}

}  // namespace outlay::tasks
