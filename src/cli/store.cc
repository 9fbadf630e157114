// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <ostream>

#include "cli/commands.h"
#include "cli/print.h"
#include "cli/session.h"
#include "io/file.h"

namespace outlay::cli {
namespace {

using base::Result;
using format::Value;
using Kind = Argument::Kind;

format::Object named(
    const Given& given, const std::vector<std::pair<const char*, const char*>>& by) {
  format::Object out;
  for (const auto& [param, argument] : by) {
    if (given.has(argument)) out.set(param, given.text(argument));
  }
  return out;
}

Result<int> set_key(Session& session, const Given& given) {
  const Value entry = TRY(session.call(
      "kv.put",
      named(
          given,
          {{"namespace", "NAMESPACE"},
           {"key", "KEY"},
           {"value", "VALUE"},
           {"type", "type"},
           {"ttl", "ttl"},
           {"description", "description"}})));
  if (session.wants_json()) session.print_json(entry);
  return 0;
}

Result<int> get_key(Session& session, const Given& given) {
  const Value entry =
      TRY(session.call("kv.get", named(given, {{"namespace", "NAMESPACE"}, {"key", "KEY"}})));
  if (session.wants_json())
    session.print_json(entry);
  else
    session.out() << cell_text(entry["value"]) << "\n";
  return 0;
}

Result<int> list_keys(Session& session, const Given& given) {
  const Value entries = TRY(session.call("kv.list", named(given, {{"namespace", "NAMESPACE"}})));
  if (session.wants_json()) {
    session.print_json(entries);
    return 0;
  }
  TextTable table{.heads = {"key", "type", "version", "updated", "expires"}, .is_number = {}};
  for (const Value& one : entries.as_array()) {
    table.rows.push_back(
        {one["key"].text_or(""),
         one["type"].text_or(""),
         std::to_string(one["version"].int_or(0)),
         one["updateDate"].text_or(""),
         cell_text(one["expirationDate"])});
  }
  print_text_table(session.out(), table);
  return 0;
}

Result<int> delete_key(Session& session, const Given& given) {
  const Value was_there =
      TRY(session.call("kv.delete", named(given, {{"namespace", "NAMESPACE"}, {"key", "KEY"}})));
  if (was_there.bool_or(false)) return 0;
  session.err() << "outlay: there was no key \"" << given.text("KEY") << "\".\n";
  return 1;
}

Result<base::Done> upload(
    Session& session, const std::string& name_space, const io::Path& file, const std::string& to) {
  format::Object request;
  request.set("namespace", name_space);
  request.set("path", to);
  request.set("content", TRY(io::read_file(file)));
  TRY(session.call("files.write", std::move(request)));
  if (!session.wants_json()) session.out() << to << "\n";
  return base::Done();
}

// A folder is uploaded with all in it.
Result<int> upload_files(Session& session, const Given& given) {
  const io::Path from = given.text("PATH");
  std::string to = given.has("TO") ? given.text("TO") : "/";
  if (!to.ends_with('/')) to += '/';
  const std::string name_space = given.text("NAMESPACE");
  std::error_code error;
  if (!std::filesystem::is_directory(from, error)) {
    TRY(upload(session, name_space, from, to + from.filename().string()));
    return 0;
  }
  for (const auto& entry : std::filesystem::recursive_directory_iterator(from, error)) {
    if (!entry.is_regular_file(error)) continue;
    const std::string below = std::filesystem::relative(entry.path(), from, error).string();
    TRY(upload(session, name_space, entry.path(), to + below));
  }
  return 0;
}

Result<int> list_files(Session& session, const Given& given) {
  const Value paths = TRY(session.call("files.search", named(given, {{"namespace", "NAMESPACE"}})));
  if (session.wants_json()) {
    session.print_json(paths);
    return 0;
  }
  for (const Value& path : paths.as_array()) session.out() << path.text_or("") << "\n";
  return 0;
}

Result<int> show_file(Session& session, const Given& given) {
  const Value bytes =
      TRY(session.call("files.read", named(given, {{"namespace", "NAMESPACE"}, {"path", "FILE"}})));
  session.out() << bytes.text_or("");
  return 0;
}

Result<int> delete_file(Session& session, const Given& given) {
  TRY(session.call("files.delete", named(given, {{"namespace", "NAMESPACE"}, {"path", "FILE"}})));
  return 0;
}

Argument positional(const char* name, const char* doc, bool is_required = true) {
  return {.name = name, .kind = Kind::positional, .doc = doc, .is_required = is_required};
}

Argument name_space() { return positional("NAMESPACE", "the namespace"); }

std::vector<Command> key_commands() {
  return {
      {.words = "kv set",
       .summary = "Sets a value of a namespace that flows read with kv().",
       .arguments =
           {name_space(),
            positional("KEY", "the key"),
            positional("VALUE", "the value as JSON, or a text"),
            {.name = "type",
             .value_name = "TYPE",
             .doc = "its type; told from the value when absent",
             .choices = {"STRING", "NUMBER", "BOOLEAN", "DATETIME", "DATE", "DURATION", "JSON"}},
            {.name = "ttl", .value_name = "DURATION", .doc = "how long it is kept, e.g. P7D"},
            {.name = "description", .value_name = "TEXT", .doc = "what it is"}},
       .examples = {"outlay kv set company.finops month 2026-01 --ttl P31D"},
       .run = &set_key},
      {.words = "kv get",
       .summary = "Prints a value of a namespace.",
       .arguments = {name_space(), positional("KEY", "the key")},
       .examples = {"outlay kv get company.finops month"},
       .run = &get_key},
      {.words = "kv list",
       .summary = "Lists the keys of a namespace.",
       .arguments = {name_space()},
       .examples = {"outlay kv list company.finops"},
       .run = &list_keys},
      {.words = "kv delete",
       .summary = "Removes a value; exit status 1 when there was none.",
       .arguments = {name_space(), positional("KEY", "the key")},
       .examples = {"outlay kv delete company.finops month"},
       .run = &delete_key},
  };
}

}  // namespace

std::vector<Command> store_commands() {
  std::vector<Command> all = key_commands();
  const std::vector<Command> files{
      {.words = "namespace files upload",
       .summary = "Copies a file, or a folder with all in it, into a namespace's files.",
       .arguments =
           {name_space(),
            positional("PATH", "the local file or folder"),
            positional("TO", "the folder it goes to; / when absent", false)},
       .examples = {"outlay namespace files upload company.finops ./scripts /scripts"},
       .run = &upload_files},
      {.words = "namespace files list",
       .summary = "Lists the files of a namespace.",
       .arguments = {name_space()},
       .examples = {"outlay namespace files list company.finops"},
       .run = &list_files},
      {.words = "namespace files show",
       .summary = "Prints a file of a namespace.",
       .arguments = {name_space(), positional("FILE", "its path")},
       .examples = {"outlay namespace files show company.finops scripts/main.py"},
       .run = &show_file},
      {.words = "namespace files delete",
       .summary = "Removes a file of a namespace, or a folder with all in it.",
       .arguments = {name_space(), positional("FILE", "its path")},
       .examples = {"outlay namespace files delete company.finops scripts"},
       .run = &delete_file},
  };
  all.insert(all.end(), files.begin(), files.end());
  return all;
}

}  // namespace outlay::cli
