// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include "api/ops/bound.h"
#include "api/ops/params.h"
#include "api/ops/query_filter.h"
#include "api/parts.h"
#include "base/text.h"
#include "base/time.h"
#include "io/zip_bytes.h"

namespace outlay::api {
namespace {

using base::Result;
using format::Value;

std::string bare_path(const Request& request, const char* name = "path") {
  std::string path = request.text(name);
  while (path.starts_with('/')) path.erase(0, 1);
  while (path.ends_with('/')) path.pop_back();
  return path;
}

std::int64_t milliseconds(const std::string& text) {
  const auto moment = base::parse_instant(text);
  if (!moment) return 0;
  return std::chrono::duration_cast<std::chrono::milliseconds>(moment->time_since_epoch()).count();
}

Value file_json(const flow::NamespaceFile& file) {
  const std::size_t slash = file.path.rfind('/');
  return Value::object(
      {{"fileName", slash == std::string::npos ? file.path : file.path.substr(slash + 1)},
       {"path", "/" + file.path},
       {"type", file.is_folder ? "Directory" : "File"},
       {"size", static_cast<std::int64_t>(file.size)},
       {"revision", static_cast<std::int64_t>(file.version)},
       {"lastModifiedTime", milliseconds(file.updated)},
       {"creationTime", milliseconds(file.updated)}});
}

Result<Value> read_file(Parts& parts, const Request& request, const CallHooks&) {
  std::optional<long long> version;
  if (request.has("revision")) version = request.integer("revision");
  flow::NamespaceFiles& files = TRY(parts.saved_engine())->namespace_files();
  return Value(TRY(files.read(request.text("namespace"), bare_path(request), version)));
}

Result<Value> write_file(Parts& parts, const Request& request, const CallHooks&) {
  flow::NamespaceFiles& files = TRY(parts.engine())->namespace_files();
  const std::string name_space = request.text("namespace");
  const std::string path = bare_path(request);
  std::string content = request.text("content");
  const Value& uploaded = request.value("files")["fileContent"];
  if (uploaded.is_object()) content = uploaded["bytes"].text_or("");
  // An archive is unpacked, as the export packed it.
  const bool is_archive = path.ends_with(".zip") && io::is_zip(content);
  if (!is_archive) return file_json(TRY(files.put(name_space, path, content)));
  constexpr std::size_t kMost = 512U << 20U;
  format::Array out;
  for (const io::ZipEntry& entry : TRY(io::unzip(content, kMost))) {
    out.push_back(file_json(TRY(files.put(name_space, entry.name, entry.bytes))));
  }
  return Value(std::move(out));
}

Result<Value> move_file(Parts& parts, const Request& request, const CallHooks&) {
  flow::NamespaceFiles& files = TRY(parts.saved_engine())->namespace_files();
  const std::string name_space = request.text("namespace");
  TRY(files.move(name_space, bare_path(request, "from"), bare_path(request, "to")));
  return Value();
}

Result<Value> delete_file(Parts& parts, const Request& request, const CallHooks&) {
  flow::NamespaceFiles& files = TRY(parts.saved_engine())->namespace_files();
  TRY(files.remove(request.text("namespace"), bare_path(request)));
  return Value();
}

Result<Value> make_folder(Parts& parts, const Request& request, const CallHooks&) {
  flow::NamespaceFiles& files = TRY(parts.engine())->namespace_files();
  return file_json(TRY(files.make_folder(request.text("namespace"), bare_path(request))));
}

// What lies right in the folder; a folder that only files below it tell of is there, too.
Result<Value> list_folder(Parts& parts, const Request& request, const CallHooks&) {
  flow::NamespaceFiles& files = TRY(parts.saved_engine())->namespace_files();
  const std::string folder = bare_path(request);
  const std::string prefix = folder.empty() ? "" : folder + "/";
  format::Array out;
  std::set<std::string> seen;
  for (flow::NamespaceFile file : TRY(files.list(request.text("namespace"), folder))) {
    if (!file.path.starts_with(prefix) || file.path == folder) continue;
    const std::size_t slash = file.path.find('/', prefix.size());
    if (slash != std::string::npos) {
      file.path.erase(slash);
      file.is_folder = true;
      file.size = 0;
    }
    if (seen.insert(file.path).second) out.push_back(file_json(file));
  }
  return Value(std::move(out));
}

Result<Value> file_stats(Parts& parts, const Request& request, const CallHooks&) {
  flow::NamespaceFiles& files = TRY(parts.saved_engine())->namespace_files();
  return file_json(TRY(files.get(request.text("namespace"), bare_path(request))));
}

Result<Value> file_revisions(Parts& parts, const Request& request, const CallHooks&) {
  flow::NamespaceFiles& files = TRY(parts.saved_engine())->namespace_files();
  format::Array out;
  for (const flow::NamespaceFile& file :
       TRY(files.versions(request.text("namespace"), bare_path(request)))) {
    out.push_back(Value::object({{"revision", static_cast<std::int64_t>(file.version)}}));
  }
  return Value(std::move(out));
}

Result<Value> search_files(Parts& parts, const Request& request, const CallHooks&) {
  flow::NamespaceFiles& files = TRY(parts.saved_engine())->namespace_files();
  const std::string wanted = base::lower(request.text("q"));
  format::Array out;
  for (const flow::NamespaceFile& file : TRY(files.list(request.text("namespace")))) {
    if (file.is_folder || base::lower(file.path).find(wanted) == std::string::npos) continue;
    out.emplace_back("/" + file.path);
  }
  return Value(std::move(out));
}

Result<Value> export_files(Parts& parts, const Request& request, const CallHooks&) {
  flow::NamespaceFiles& files = TRY(parts.saved_engine())->namespace_files();
  const std::string name_space = request.text("namespace");
  std::vector<io::ZipEntry> entries;
  for (const flow::NamespaceFile& file : TRY(files.list(name_space))) {
    if (file.is_folder) continue;
    entries.push_back({file.path, TRY(files.read(name_space, file.path))});
  }
  return Value(TRY(io::zip(entries)));
}

// A namespace is there when a flow, a key or a file is in it, or in one below it.
Result<std::set<std::string>> all_namespaces(Parts& parts) {
  flow::Engine* engine = TRY(parts.saved_engine());
  std::set<std::string> out;
  const auto add = [&](std::string name) {
    while (!name.empty()) {
      out.insert(name);
      const std::size_t dot = name.rfind('.');
      name.erase(dot == std::string::npos ? 0 : dot);
    }
  };
  for (const flow::StoredFlow& one : TRY(engine->flows({}))) add(one.name_space);
  for (const flow::KvEntry& entry : TRY(engine->kv().list({}, {}))) add(entry.name_space);
  return out;
}

Result<Value> search_namespaces(Parts& parts, const Request& request, const CallHooks&) {
  const std::vector<Filter> filters =
      TRY(filters_of(request, {"q", "namespace", "id"}, parts.clock().now()));
  std::vector<Value> all;
  for (const std::string& name : TRY(all_namespaces(parts))) {
    const bool is_found =
        base::lower(name).find(base::lower(request.text("q"))) != std::string::npos &&
        std::all_of(filters.begin(), filters.end(), [&](const Filter& filter) {
          return matches(filter, name);
        });
    if (is_found) all.push_back(Value::object({{"id", name}, {"deleted", false}}));
  }
  return page_of(request, std::move(all));
}

Result<Value> get_namespace(Parts& parts, const Request& request, const CallHooks&) {
  const std::string name = request.text("namespace");
  const std::set<std::string> all = TRY(all_namespaces(parts));
  if (!all.contains(name)) {
    return base::not_found(
        "There is no namespace \"" + name + "\": no flow and no key is in it." +
        base::did_you_mean(name, {all.begin(), all.end()}));
  }
  return Value::object({{"id", name}, {"deleted", false}});
}

Result<Value> autocomplete(Parts& parts, const Request& request, const CallHooks&) {
  format::Array out;
  for (const std::string& name : TRY(all_namespaces(parts))) {
    if (base::lower(name).find(base::lower(request.text("q"))) == std::string::npos) continue;
    out.emplace_back(name);
  }
  return Value(std::move(out));
}

// Names alone: a secret's value leaves the process in no answer.
Result<Value> list_secrets(Parts& parts, const Request& request, const CallHooks&) {
  std::vector<Value> all;
  for (const std::string& name : parts.secrets().keys(request.text("namespace"))) {
    if (base::lower(name).find(base::lower(request.text("q"))) == std::string::npos) continue;
    all.push_back(Value::object({{"key", name}}));
  }
  format::Object out = TRY(page_of(request, std::move(all))).as_object();
  out.set("readOnly", true);
  return Value(std::move(out));
}

Result<Value> inherited_secrets(Parts& parts, const Request& request, const CallHooks&) {
  format::Array names;
  for (const std::string& name : parts.secrets().keys(request.text("namespace")))
    names.emplace_back(name);
  return Value::object({{request.text("namespace"), Value(std::move(names))}});
}

Param name_space_param() { return required("namespace", ParamKind::text, "the namespace"); }

Param path_param() { return required("path", ParamKind::text, "the file, e.g. /scripts/main.py"); }

Param text_param() { return optional("q", ParamKind::text, "only names with this text"); }

struct Routed {
  std::string name, summary, route, answer, example;
  std::vector<Param> params;
  Handler handler = nullptr;
  std::string media = {};
  std::vector<std::string> also = {};
};

BoundOperation operation(const Routed& routed, const std::string& permission) {
  const std::size_t space = routed.route.find(' ');
  const std::string method = routed.route.substr(0, space);
  return {
      {.name = routed.name,
       .summary = routed.summary,
       .permission = permission + (method == "GET" ? ".read" : ".write"),
       .method = method,
       .path = routed.route.substr(space + 1),
       .params = routed.params,
       .answer = routed.answer,
       .example = routed.example,
       .also = routed.also,
       .media = routed.media,
       .is_lenient = true},
      routed.handler};
}

const char* const kFileShape =
    R"({"fileName":"main.py","path":"/scripts/main.py","type":"File","size":12,"revision":1,"lastModifiedTime":1,"creationTime":1})";
const char* const kFile = R"({"namespace":"company.finops","path":"/scripts/main.py"})";
const char* const kNamespace = R"({"namespace":"company.finops"})";
const char* const kFilesPath = "namespaces/{namespace}/files";

std::vector<Routed> one_file() {
  const std::string path = kFilesPath;
  return {
      {.name = "files.read",
       .summary = "Answers the bytes of a namespace's file.",
       .route = "GET " + path,
       .answer = "the bytes",
       .example = kFile,
       .params =
           {name_space_param(),
            path_param(),
            optional("revision", ParamKind::integer, "an older version")},
       .handler = &read_file,
       .media = "application/octet-stream"},
      {.name = "files.write",
       .summary = "Writes a file of a namespace; a .zip is unpacked.",
       .route = "POST " + path,
       .answer = kFileShape,
       .example = R"({"namespace":"company.finops","path":"/scripts/main.py","content":"1,2"})",
       .params =
           {name_space_param(),
            path_param(),
            optional("content", ParamKind::text, "the text"),
            optional("files", ParamKind::map, "over REST the file part fileContent")},
       .handler = &write_file},
      {.name = "files.move",
       .summary = "Moves a file or folder within a namespace.",
       .route = "PUT " + path,
       .answer = "null",
       .example = R"({"namespace":"company.finops","from":"/a.txt","to":"/b.txt"})",
       .params =
           {name_space_param(),
            required("from", ParamKind::text, "what is moved"),
            required("to", ParamKind::text, "where it goes")},
       .handler = &move_file},
      {.name = "files.delete",
       .summary = "Removes a file, or a folder with all in it.",
       .route = "DELETE " + path,
       .answer = "null",
       .example = kFile,
       .params = {name_space_param(), path_param()},
       .handler = &delete_file},
      {.name = "files.stats",
       .summary = "Answers size and time of a file.",
       .route = "GET " + path + "/stats",
       .answer = kFileShape,
       .example = kFile,
       .params = {name_space_param(), path_param()},
       .handler = &file_stats},
      {.name = "files.revisions",
       .summary = "Lists the versions of a file.",
       .route = "GET " + path + "/revisions",
       .answer = R"([{"revision":1}])",
       .example = kFile,
       .params = {name_space_param(), path_param()},
       .handler = &file_revisions},
  };
}

std::vector<Routed> many_files() {
  const std::string path = kFilesPath;
  return {
      {.name = "files.list",
       .summary = "Lists what lies in a folder of a namespace's files.",
       .route = "GET " + path + "/directory",
       .answer = std::string("[") + kFileShape + "]",
       .example = R"({"namespace":"company.finops","path":"/scripts"})",
       .params = {name_space_param(), optional("path", ParamKind::text, "the folder")},
       .handler = &list_folder},
      {.name = "files.make_folder",
       .summary = "Makes a folder.",
       .route = "POST " + path + "/directory",
       .answer = kFileShape,
       .example = R"({"namespace":"company.finops","path":"/scripts"})",
       .params = {name_space_param(), required("path", ParamKind::text, "the folder")},
       .handler = &make_folder},
      {.name = "files.search",
       .summary = "Lists the paths of files whose path has a text.",
       .route = "GET " + path + "/search",
       .answer = R"(["/scripts/main.py"])",
       .example = R"({"namespace":"company.finops","q":"main"})",
       .params = {name_space_param(), text_param()},
       .handler = &search_files},
      {.name = "files.export",
       .summary = "Answers all files of a namespace as a zip archive.",
       .route = "GET " + path + "/export",
       .answer = "a zip archive",
       .example = kNamespace,
       .params = {name_space_param()},
       .handler = &export_files,
       .media = "application/zip"},
  };
}

std::vector<Routed> namespaces() {
  std::vector<Param> params = search_params();
  params.push_back(text_param());
  std::vector<Param> secrets = params;
  secrets.push_back(name_space_param());
  return {
      {.name = "namespaces.search",
       .summary = "Lists namespaces: those with a flow or a key in them or below them.",
       .route = "GET namespaces/search",
       .answer = R"({"results":[{"id":"company.finops"}],"total":1})",
       .example = "{}",
       .params = params,
       .handler = &search_namespaces},
      {.name = "namespaces.autocomplete",
       .summary = "Lists the names of namespaces that have a text.",
       .route = "POST namespaces/autocomplete",
       .answer = R"(["company.finops"])",
       .example = R"({"q":"fin"})",
       .params = {text_param()},
       .handler = &autocomplete},
      {.name = "namespaces.get",
       .summary = "Answers one namespace.",
       .route = "GET namespaces/{namespace}",
       .answer = R"({"id":"company.finops"})",
       .example = kNamespace,
       .params = {name_space_param()},
       .handler = &get_namespace},
      {.name = "namespaces.secrets",
       .summary = "Lists the names of secrets; values are never answered.",
       .route = "GET namespaces/{namespace}/secrets",
       .answer = R"({"results":[{"key":"TOKEN"}],"total":1,"readOnly":true})",
       .example = kNamespace,
       .params = secrets,
       .handler = &list_secrets},
      {.name = "namespaces.inherited_secrets",
       .summary = "Lists the names of secrets that a namespace's flows can read, by namespace.",
       .route = "GET namespaces/{namespace}/inherited-secrets",
       .answer = R"({"company.finops":["TOKEN"]})",
       .example = kNamespace,
       .params = {name_space_param()},
       .handler = &inherited_secrets},
  };
}

}  // namespace

std::vector<BoundOperation> namespace_operations() {
  std::vector<BoundOperation> all;
  for (const Routed& one : namespaces()) all.push_back(operation(one, "namespace"));
  for (const Routed& one : one_file()) all.push_back(operation(one, "file"));
  for (const Routed& one : many_files()) all.push_back(operation(one, "file"));
  return all;
}

}  // namespace outlay::api
