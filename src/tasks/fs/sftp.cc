// SPDX-License-Identifier: Apache-2.0
#include "tasks/fs/sftp.h"

#include <filesystem>
#include <optional>

#include <fmt/format.h>

#include "base/log.h"
#include "base/random.h"
#include "base/text.h"
#include "io/sftp.h"
#include "tasks/items.h"
#include "tasks/properties.h"
#include "tasks/seen.h"
#include "tasks/spec.h"

namespace outlay::tasks {
namespace {

using flow::TaskContext;
using flow::TaskEnd;
using format::Array;
using format::Object;
using format::Value;

/// A server as one attempt uses it: paths of the properties become paths of the server.
class Server {
 public:
  static base::Result<std::unique_ptr<Server>> open(TaskContext& context, const Value& properties) {
    const auto text = [&](std::string_view name) {
      return flow::text_property(context, properties, name);
    };
    io::SftpSettings settings;
    settings.host = TRY(needed_property(context, properties, "host"));
    const auto port = TRY(integer_property(context, properties, "port"));
    settings.port = static_cast<int>(port.value_or(22));
    settings.user = TRY(text("username"));
    settings.password = TRY(text("password"));
    settings.passphrase = TRY(text("passphrase"));
    for (const std::string* secret : {&settings.password, &settings.passphrase})
      if (!secret->empty()) base::hide_in_log(*secret);
    const std::string proxy = TRY(text("proxyAddress"));
    const std::string proxy_port = TRY(text("proxyPort"));
    const std::string kind = base::lower(TRY(text("proxyType")));
    if (!proxy.empty()) {
      settings.proxy = fmt::format(
          "{}://{}{}{}",
          kind.starts_with("socks") ? "socks5h" : "http",
          proxy,
          proxy_port.empty() ? "" : ":",
          proxy_port);
    }
    settings.stop = &context.stop();
    auto made = std::make_unique<Server>();
    made->is_home_ = TRY(flag_property(context, properties, "rootDir", true));
    made->origin_ = fmt::format("sftp://{}:{}", settings.host, settings.port);
    const std::string key = TRY(text("keyfile"));
    if (!base::trim(key).empty()) {
      made->key_ = TRY(context.working_folder()) / fmt::format(".key-{}", base::new_id());
      TRY(io::write_file(made->key_, std::string(base::trim(key)) + "\n"));
      std::filesystem::permissions(made->key_, std::filesystem::perms::owner_read);
      settings.key_file = made->key_;
    }
    made->sftp_.emplace(std::move(settings));
    return made;
  }

  ~Server() {
    std::error_code ignored;
    if (!key_.empty()) std::filesystem::remove(key_, ignored);
  }

  Server() = default;
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  io::Sftp& sftp() { return *sftp_; }

  /// Below the user's own folder unless rootDir is false.
  std::string path(std::string_view written) const {
    if (written.starts_with("sftp://")) {
      written.remove_prefix(7);
      const std::size_t slash = written.find('/');
      written = slash == std::string_view::npos ? "/" : written.substr(slash);
    }
    while (written.starts_with('/')) written.remove_prefix(1);
    return fmt::format("{}{}", is_home_ ? "/~/" : "/", written);
  }

  std::string uri(std::string_view written) const {
    while (written.starts_with('/')) written.remove_prefix(1);
    return fmt::format("{}/{}", origin_, written);
  }

 private:
  std::optional<io::Sftp> sftp_;
  io::Path key_;
  std::string origin_;
  bool is_home_ = true;
};

std::string joined(std::string_view folder, std::string_view name) {
  return fmt::format("{}{}{}", folder, folder.ends_with('/') || folder.empty() ? "" : "/", name);
}

struct FoundFile {
  std::string path;  ///< as the properties write paths
  io::SftpItem entry;

  Object value(const Server& server) const {
    return Value::object({{"path", server.uri(path)},
                          {"serverPath", server.uri(path)},
                          {"name", entry.name},
                          {"size", static_cast<std::int64_t>(entry.bytes)},
                          {"fileType", entry.is_folder ? "FOLDER" : "FILE"},
                          {"isDirectory", entry.is_folder},
                          {"isSymbolicLink", entry.is_link}})
        .as_object();
  }
};

/// Files below a folder that match regExp; folders below are looked into when recursive.
class Lister {
 public:
  static base::Result<std::vector<FoundFile>> list(
      TaskContext& context, const Value& properties, Server& server) {
    Lister lister(context, server);
    lister.regexp_ = TRY(flow::text_property(context, properties, "regExp"));
    lister.is_deep_ = TRY(flag_property(context, properties, "recursive", false));
    if (const auto most = TRY(integer_property(context, properties, "maxFiles")))
      lister.most_ = static_cast<std::size_t>(std::max<std::int64_t>(0, *most));
    const std::string from = TRY(needed_property(context, properties, "from"));
    TRY(lister.walk(from, 0));
    return std::move(lister.found_);
  }

 private:
  Lister(TaskContext& context, Server& server) : context_(context), server_(server) {}

  // NOLINTNEXTLINE(misc-no-recursion): as deep as the folders, 50 at most.
  base::Result<base::Done> walk(const std::string& folder, int depth) {
    constexpr int kDeepest = 50;
    for (io::SftpItem& entry : TRY(server_.sftp().list(server_.path(folder)))) {
      if (found_.size() >= most_) return base::Done{};
      FoundFile file{joined(folder, entry.name), std::move(entry)};
      const bool is_entered = file.entry.is_folder && is_deep_ && depth < kDeepest;
      const std::string below = file.path;
      if (TRY(matches(file.path))) found_.push_back(std::move(file));
      if (is_entered) TRY(walk(below, depth + 1));
    }
    return base::Done{};
  }

  base::Result<bool> matches(const std::string& path) {
    if (regexp_.empty()) return true;
    const auto test = TRY(expr::Template::parse("{{ path | regexMatch(regexp) }}"));
    const expr::Scope scope(Value::object({{"path", path}, {"regexp", regexp_}}));
    return TRY(test.render(scope, context_.environment())) == "true";
  }

  TaskContext& context_;
  Server& server_;
  std::string regexp_;
  bool is_deep_ = false;
  std::size_t most_ = 25'000;
  std::vector<FoundFile> found_;
};

base::Result<std::string> fetch(TaskContext& context, Server& server, const std::string& path) {
  const io::Path file = TRY(context.working_folder()) / fmt::format(".got-{}", base::new_id());
  TRY(server.sftp().download(server.path(path), file));
  std::string uri = TRY(context.store_file(file, name_in(path)));
  TRY(io::remove_tree(file));
  return uri;
}

base::Result<TaskEnd> list(TaskContext& context, const Value& properties, Server& server) {
  const std::vector<FoundFile> found = TRY(Lister::list(context, properties, server));
  Array files;
  for (const FoundFile& file : found) files.emplace_back(file.value(server));
  TaskEnd end;
  end.outputs.set("count", static_cast<std::int64_t>(files.size()));
  end.outputs.set("files", std::move(files));
  return end;
}

base::Result<TaskEnd> download(TaskContext& context, const Value& properties, Server& server) {
  const std::string from = TRY(needed_property(context, properties, "from"));
  TaskEnd end;
  end.outputs.set("from", server.uri(from));
  end.outputs.set("to", TRY(fetch(context, server, from)));
  return end;
}

/// Takes the files of a folder and does the property `action` with each.
base::Result<TaskEnd> take_files(
    TaskContext& context, const Value& properties, Server& server, Seen* seen) {
  const std::string action = TRY(flow::text_property(context, properties, "action"));
  const std::string target = TRY(flow::text_property(context, properties, "moveDirectory"));
  if (action == "MOVE" && target.empty())
    return base::invalid_input("action MOVE needs the property moveDirectory");
  const std::vector<FoundFile> found = TRY(Lister::list(context, properties, server));
  Array files;
  Object output_files;
  for (const FoundFile& file : found) {
    if (file.entry.is_folder) continue;
    // Listings of SFTP have times to the minute; the size tells a grown file sooner.
    if (seen != nullptr && !seen->take(file.path, fmt::format("{}", file.entry.bytes))) continue;
    const std::string uri = TRY(fetch(context, server, file.path));
    Object shown = file.value(server);
    shown.set("path", uri);
    files.emplace_back(std::move(shown));
    output_files.set(file.entry.name, uri);
    if (action == "MOVE")
      TRY(server.sftp().rename(
          server.path(file.path), server.path(joined(target, file.entry.name))));
    if (action == "DELETE") TRY(server.sftp().remove_file(server.path(file.path)));
  }
  TaskEnd end;
  end.outputs.set("files", std::move(files));
  end.outputs.set("outputFiles", std::move(output_files));
  return end;
}

base::Result<TaskEnd> downloads(TaskContext& context, const Value& properties, Server& server) {
  return take_files(context, properties, server, nullptr);
}

base::Result<TaskEnd> upload(TaskContext& context, const Value& properties, Server& server) {
  const std::string from = TRY(needed_property(context, properties, "from"));
  std::string to = TRY(flow::text_property(context, properties, "to"));
  if (to.empty()) to = name_in(from);
  const io::Path file = TRY(context.open_uri(from));
  TRY(server.sftp().upload(file, server.path(to)));
  TaskEnd end;
  end.outputs.set("from", from);
  end.outputs.set("to", server.uri(to));
  return end;
}

base::Result<TaskEnd> uploads(TaskContext& context, const Value& properties, Server& server) {
  const std::string to = TRY(needed_property(context, properties, "to"));
  const Value from = TRY(flow::property(context, properties, "from"));
  std::vector<std::pair<std::string, std::string>> named;
  if (from.is_object()) {
    for (const auto& [name, uri] : from.as_object()) named.emplace_back(name, text_of(uri));
  } else {
    for (const std::string& uri : TRY(uris_property(context, properties, "from")))
      named.emplace_back(name_in(uri), uri);
  }
  Array files;
  for (const auto& [name, uri] : named) {
    const std::string target = joined(to, name);
    const io::Path file = TRY(context.open_uri(uri));
    TRY(server.sftp().upload(file, server.path(target)));
    files.emplace_back(server.uri(target));
  }
  TaskEnd end;
  end.outputs.set("files", std::move(files));
  return end;
}

base::Result<TaskEnd> remove(TaskContext& context, const Value& properties, Server& server) {
  const std::string uri = TRY(needed_property(context, properties, "uri"));
  const bool must_exist = TRY(flag_property(context, properties, "errorOnMissing", false));
  const std::string path = server.path(uri);
  const auto done =
      path.ends_with('/') ? server.sftp().remove_folder(path) : server.sftp().remove_file(path);
  const bool is_missing = !done && done.error().code == base::Code::not_found;
  if (!done && (!is_missing || must_exist)) return done.error();
  TaskEnd end;
  end.outputs.set("uri", server.uri(uri));
  end.outputs.set("deleted", !is_missing);
  return end;
}

base::Result<TaskEnd> move(TaskContext& context, const Value& properties, Server& server) {
  const std::string from = TRY(needed_property(context, properties, "from"));
  std::string to = TRY(needed_property(context, properties, "to"));
  if (to.ends_with('/')) to += name_in(from);
  const bool overwrites = TRY(flag_property(context, properties, "overwrite", false));
  if (overwrites) {
    const auto removed = server.sftp().remove_file(server.path(to));
    if (!removed && removed.error().code != base::Code::not_found) return removed.error();
  }
  TRY(server.sftp().rename(server.path(from), server.path(to)));
  TaskEnd end;
  end.outputs.set("from", server.uri(from));
  end.outputs.set("to", server.uri(to));
  return end;
}

using Work = base::Result<TaskEnd> (*)(TaskContext&, const Value&, Server&);

class SftpTask final : public SpecTask {
 public:
  SftpTask(std::string_view spec, Work work)
      : SpecTask(read_spec_with(spec, "fs/sftp_shared.yaml")), work_(work) {}

  base::Result<TaskEnd> run(TaskContext& context, const Value& properties) const override {
    const auto server = TRY(Server::open(context, properties));
    return work_(context, properties, *server);
  }

 private:
  Work work_;
};

class SftpTrigger final : public flow::PollingType {
 public:
  SftpTrigger() : info_(read_spec_with("fs/sftp_trigger.yaml", "fs/sftp_shared.yaml")) {}

  const flow::TaskInfo& info() const override { return info_; }

  base::Result<std::optional<Object>> poll(
      TaskContext& context, const Value& properties) const override {
    const auto server = TRY(Server::open(context, properties));
    const std::string action = TRY(flow::text_property(context, properties, "action"));
    std::optional<Seen> seen;
    if (action != "MOVE" && action != "DELETE") seen = TRY(Seen::open(context, properties));
    TaskEnd end = TRY(take_files(context, properties, *server, seen ? &*seen : nullptr));
    if (seen) TRY(seen->keep());
    if (end.outputs.find("files")->as_array().empty()) return std::optional<Object>();
    return std::optional<Object>(std::move(end.outputs));
  }

 private:
  flow::TaskInfo info_;
};

}  // namespace

std::vector<std::unique_ptr<flow::TaskType>> make_sftp_tasks() {
  const std::pair<std::string_view, Work> kinds[] = {
      {"fs/sftp_upload.yaml", upload},
      {"fs/sftp_uploads.yaml", uploads},
      {"fs/sftp_download.yaml", download},
      {"fs/sftp_downloads.yaml", downloads},
      {"fs/sftp_list.yaml", list},
      {"fs/sftp_delete.yaml", remove},
      {"fs/sftp_move.yaml", move}};
  std::vector<std::unique_ptr<flow::TaskType>> out;
  for (const auto& [spec, work] : kinds) out.push_back(std::make_unique<SftpTask>(spec, work));
  return out;
}

std::unique_ptr<flow::PollingType> make_sftp_trigger() { return std::make_unique<SftpTrigger>(); }

}  // namespace outlay::tasks
