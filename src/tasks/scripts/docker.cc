// SPDX-License-Identifier: Apache-2.0
#include "tasks/scripts/docker.h"

#include <algorithm>
#include <cstdlib>
#include <map>

#include <fmt/format.h>

#include "base/text.h"
#include "format/json.h"
#include "io/url.h"
#include "tasks/properties.h"
#include "tasks/scripts/tar.h"

namespace outlay::tasks {
namespace {

using format::Array;
using format::Object;
using format::Value;

constexpr std::string_view kUsualHost = "unix:///var/run/docker.sock";
/// A container may be silent for as long as it likes.
constexpr std::chrono::hours kSilence{24 * 30};

/// Takes the engine's log stream apart: frames of one stream each, and these into lines.
class LogFrames {
 public:
  explicit LogFrames(const io::LineHandler& on_line) : on_line_(on_line) {}

  void take(std::string_view bytes) {
    pending_ += bytes;
    while (pending_.size() >= kHeader) {
      std::size_t size = 0;
      for (std::size_t i = 4; i < kHeader; ++i)
        size = size * 256 + static_cast<unsigned char>(pending_[i]);
      if (pending_.size() < kHeader + size) return;
      const auto stream = pending_[0] == 2 ? io::Stream::err : io::Stream::out;
      add(stream, std::string_view(pending_).substr(kHeader, size));
      pending_.erase(0, kHeader + size);
    }
  }

  void finish() {
    for (auto& [stream, rest] : rests_) {
      if (!rest.empty()) on_line_(stream, rest);
      rest.clear();
    }
  }

 private:
  static constexpr std::size_t kHeader = 8;

  void add(io::Stream stream, std::string_view text) {
    std::string& rest = rests_[stream];
    rest += text;
    for (std::size_t end = rest.find('\n'); end != std::string::npos; end = rest.find('\n')) {
      std::string_view line = std::string_view(rest).substr(0, end);
      if (line.ends_with('\r')) line.remove_suffix(1);
      on_line_(stream, line);
      rest.erase(0, end + 1);
    }
  }

  const io::LineHandler& on_line_;
  std::string pending_;
  std::map<io::Stream, std::string> rests_;
};

/// "512MB" as bytes.
std::int64_t bytes_of(const Value& size) {
  if (size.is_int()) return size.as_int();
  const std::string text = base::lower(size.text_or(""));
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  if (digits == 0 || digits > 15) return 0;
  std::int64_t out = std::stoll(text.substr(0, digits));
  const std::string unit(base::trim(std::string_view(text).substr(digits)));
  if (unit.starts_with('k')) out <<= 10U;
  if (unit.starts_with('m')) out <<= 20U;
  if (unit.starts_with('g')) out <<= 30U;
  return out;
}

Array texts(const std::vector<std::string>& list) { return {list.begin(), list.end()}; }

Object port_bindings(const Value& list) {
  Object out;
  if (!list.is_array()) return out;
  for (const Value& item : list.as_array()) {
    const std::string text = text_of(item);
    const std::size_t colon = text.rfind(':');
    if (colon == std::string::npos) continue;
    std::string port = text.substr(colon + 1);
    if (port.find('/') == std::string::npos) port += "/tcp";
    out.set(port, Array{Value::object({{"HostPort", text.substr(0, colon)}})});
  }
  return out;
}

bool is_mounted(const ContainerJob& job) {
  return job.settings["fileHandlingStrategy"].text_or("VOLUME") == "MOUNT";
}

Value host_config(const ContainerJob& job) {
  const Value& settings = job.settings;
  Object out;
  Array binds;
  if (settings["volumes"].is_array()) binds = settings["volumes"].as_array();
  if (is_mounted(job)) binds.emplace_back(fmt::format("{0}:{0}:rw", job.folder.string()));
  if (!binds.empty()) out.set("Binds", std::move(binds));
  if (!settings["networkMode"].is_null()) out.set("NetworkMode", settings["networkMode"]);
  if (settings["privileged"].bool_or(false)) out.set("Privileged", true);
  if (settings["extraHosts"].is_array()) out.set("ExtraHosts", settings["extraHosts"]);
  if (const std::int64_t size = bytes_of(settings["shmSize"])) out.set("ShmSize", size);
  const Value& memory = settings["memory"];
  if (const std::int64_t size = bytes_of(memory.is_object() ? memory["memory"] : memory))
    out.set("Memory", size);
  const std::string cpus =
      text_of(settings["cpu"].is_object() ? settings["cpu"]["cpus"] : settings["cpu"]);
  if (const double count = std::strtod(cpus.c_str(), nullptr); count > 0)
    out.set("NanoCpus", static_cast<std::int64_t>(count * 1e9));
  if (Object ports = port_bindings(settings["portBindings"]); !ports.empty())
    out.set("PortBindings", std::move(ports));
  return out;
}

Value container_config(const ContainerJob& job) {
  Array environment;
  for (const auto& [name, value] : job.environment)
    environment.emplace_back(fmt::format("{}={}", name, value));
  Object out;
  out.set("Image", job.image);
  out.set("Cmd", texts(job.arguments));
  // The image's own entry point would take the shell for its argument.
  out.set(
      "Entrypoint",
      job.settings["entryPoint"].is_array() ? job.settings["entryPoint"] : Value(Array{Value("")}));
  out.set("Env", std::move(environment));
  out.set("WorkingDir", job.folder.string());
  if (!job.settings["user"].is_null()) out.set("User", job.settings["user"]);
  out.set("Labels", Value::object({{"outlay.taskrun", job.task_run_id}}));
  out.set("HostConfig", host_config(job));
  return out;
}

/// "registry:5000/team/image:tag" in two; a digest stays with the name.
std::pair<std::string, std::string> name_and_tag(const std::string& image) {
  const std::size_t colon = image.rfind(':');
  const std::size_t slash = image.rfind('/');
  const bool has_tag = colon != std::string::npos && (slash == std::string::npos || colon > slash);
  if (image.find('@') != std::string::npos) return {image, ""};
  if (!has_tag) return {image, "latest"};
  return {image.substr(0, colon), image.substr(colon + 1)};
}

base::Error refusal(std::string_view what, const io::HttpAnswer& answer) {
  const auto body = format::parse_json(answer.body);
  const std::string message = body ? (*body)["message"].text_or("") : "";
  return base::unavailable(
      fmt::format("the container engine refused to {}: {} {}", what, answer.status, message));
}

}  // namespace

DockerEngine::DockerEngine(io::Http& http, std::string host) : http_(http) {
  if (host.empty()) {
    // Read once at the start of an attempt; nobody writes the environment then.
    const char* set = std::getenv("DOCKER_HOST");  // NOLINT(concurrency-mt-unsafe)
    host = set != nullptr && *set != '\0' ? set : std::string(kUsualHost);
  }
  if (host.starts_with("unix://")) {
    socket_ = host.substr(7);
    origin_ = "http://docker";
  } else {
    origin_ = base::replace_all(host, "tcp://", "http://");
  }
  origin_ += "/v1.41";
}

io::HttpRequest DockerEngine::request(std::string method, std::string path) const {
  io::HttpRequest out;
  out.method = std::move(method);
  out.url = origin_ + std::move(path);
  out.unix_socket = socket_;
  return out;
}

bool DockerEngine::is_there() const {
  io::HttpRequest ping = request("GET", "/_ping");
  ping.connect_timeout = std::chrono::seconds(2);
  const auto answer = http_.send(ping);
  return answer.has_value() && answer->status == 200;
}

base::Result<Value> DockerEngine::call(
    std::string method, std::string path, const Value& body) const {
  const std::string what = method + " " + path;
  io::HttpRequest asked = request(std::move(method), std::move(path));
  if (!body.is_null()) {
    asked.body = format::print_json(body);
    asked.headers.emplace_back("Content-Type", "application/json");
  }
  const io::HttpAnswer answer = TRY(http_.send(asked));
  if (answer.status >= 400) return refusal(what, answer);
  if (answer.body.empty()) return Value();
  auto parsed = format::parse_json(answer.body);
  return parsed ? *std::move(parsed) : Value();
}

base::Result<base::Done> DockerEngine::pull(const ContainerJob& job) const {
  const std::string policy = job.settings["pullPolicy"].text_or("IF_NOT_PRESENT");
  if (policy == "NEVER") return base::Done{};
  if (policy != "ALWAYS") {
    const auto known = TRY(http_.send(request("GET", "/images/" + job.image + "/json")));
    if (known.status == 200) return base::Done{};
  }
  job.note(fmt::format("pulling the image {}", job.image));
  const auto [name, tag] = name_and_tag(job.image);
  std::string path = "/images/create?fromImage=" + io::percent_encode(name);
  if (!tag.empty()) path += "&tag=" + io::percent_encode(tag);
  io::HttpRequest asked = request("POST", path);
  asked.idle_timeout = std::chrono::minutes(10);
  asked.stop = job.stop;
  if (const Value& login = job.settings["credentials"]; login.is_object()) {
    asked.headers.emplace_back(
        "X-Registry-Auth",
        base::base64_encode(format::print_json(Value::object(
            {{"username", login["username"]},
             {"password", login["password"]},
             {"serveraddress", login["registry"]}}))));
  }
  const io::HttpAnswer answer = TRY(http_.send(asked));
  if (answer.status >= 400) return refusal("pull " + job.image, answer);
  // The engine answers 200 and tells of failures in the stream.
  if (const std::size_t at = answer.body.find("\"error\":\""); at != std::string::npos) {
    const std::string_view rest = std::string_view(answer.body).substr(at + 9);
    return base::unavailable(fmt::format(
        "the image {} could not be pulled: {}", job.image, rest.substr(0, rest.find('"'))));
  }
  return base::Done{};
}

base::Result<std::string> DockerEngine::create(const ContainerJob& job) const {
  const Value answer = TRY(call("POST", "/containers/create", container_config(job)));
  const std::string id = answer["Id"].text_or("");
  if (id.empty()) return base::unavailable("the container engine answered without an id");
  return id;
}

base::Result<base::Done> DockerEngine::put_files(
    const ContainerJob& job, const std::string& id) const {
  if (is_mounted(job)) return base::Done{};
  io::HttpRequest asked = request("PUT", fmt::format("/containers/{}/archive?path=/", id));
  const std::string folder = job.folder.string().substr(1) + "/";
  asked.body = TRY(tar_of(job.folder, folder));
  asked.headers.emplace_back("Content-Type", "application/x-tar");
  const io::HttpAnswer answer = TRY(http_.send(asked));
  if (answer.status >= 400) return refusal("take the files", answer);
  return base::Done{};
}

base::Result<base::Done> DockerEngine::take_files(
    const ContainerJob& job, const std::string& id) const {
  if (is_mounted(job)) return base::Done{};
  io::HttpRequest asked = request(
      "GET",
      fmt::format(
          "/containers/{}/archive?path={}", id, io::percent_encode(job.folder.string(), "/")));
  asked.body_limit = std::size_t{4} << 30U;
  const io::HttpAnswer answer = TRY(http_.send(asked));
  if (answer.status >= 400) return refusal("give the files back", answer);
  return untar(answer.body, job.folder, 1);
}

base::Result<base::Done> DockerEngine::follow(
    const ContainerJob& job, const std::string& id, const io::LineHandler& on_line) const {
  io::HttpRequest asked =
      request("GET", fmt::format("/containers/{}/logs?follow=true&stdout=true&stderr=true", id));
  asked.idle_timeout = kSilence;
  asked.stop = job.stop;
  LogFrames frames(on_line);
  asked.body_sink = [&](std::string_view bytes) -> base::Result<base::Done> {
    frames.take(bytes);
    return base::Done{};
  };
  const auto answer = http_.send(asked);
  frames.finish();
  if (!answer && !(job.stop != nullptr && *job.stop)) return answer.error();
  return base::Done{};
}

base::Result<io::ProcessEnd> DockerEngine::run_container(
    const ContainerJob& job, const std::string& id, const io::LineHandler& on_line) const {
  TRY(put_files(job, id));
  TRY(call("POST", fmt::format("/containers/{}/start", id), {}));
  TRY(follow(job, id, on_line));
  io::ProcessEnd end;
  if (job.stop != nullptr && *job.stop) {
    static_cast<void>(call("POST", fmt::format("/containers/{}/stop?t=5", id), {}));
    end.stopped = true;
    return end;
  }
  const Value waited = TRY(call("POST", fmt::format("/containers/{}/wait", id), {}));
  end.exit_status = static_cast<int>(waited["StatusCode"].int_or(0));
  TRY(take_files(job, id));
  return end;
}

base::Result<io::ProcessEnd> DockerEngine::run(
    const ContainerJob& job, const io::LineHandler& on_line) const {
  TRY(pull(job));
  const std::string id = TRY(create(job));
  auto end = run_container(job, id, on_line);
  if (job.settings["delete"].bool_or(true)) {
    static_cast<void>(call("DELETE", fmt::format("/containers/{}?force=true&v=true", id), {}));
  }
  return end;
}

}  // namespace outlay::tasks
