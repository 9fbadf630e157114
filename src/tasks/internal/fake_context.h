// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "flow/task.h"
#include "format/yaml.h"
#include "io/file.h"
#include "io/http.h"

namespace outlay::tasks {

/// A context for tests: its folder is a scratch folder, stored files lie beside it, logs are kept.
class FakeContext final : public flow::TaskContext {
 public:
  explicit FakeContext(format::Value variables = {}) : scope_(std::move(variables)) {
    environment_.read = [this](std::string_view name) -> base::Result<std::string> {
      if (name.find("://") != std::string_view::npos) {
        auto path = open_uri(name);
        if (!path) return path.error();
        return io::read_file(*path);
      }
      return io::read_file(scratch_.path() / "work" / name);
    };
    environment_.secret = [](std::string_view key, std::string_view) -> base::Result<std::string> {
      return fmt::format("secret-of-{}", key);
    };
    static_cast<void>(io::make_folders(scratch_.path() / "work"));
    static_cast<void>(io::make_folders(scratch_.path() / "store"));
  }

  const expr::Scope& scope() const override { return scope_; }

  const expr::Environment& environment() const override { return environment_; }

  base::Result<io::Path> working_folder() override { return scratch_.path() / "work"; }

  base::Result<std::string> store_file(const io::Path& file, std::string_view name) override {
    auto content = io::read_file(file);
    if (!content) return content.error();
    const std::string kept = fmt::format("{}-{}", stored_++, io::Path(name).filename().string());
    auto written = io::write_file(scratch_.path() / "store" / kept, *content);
    if (!written) return written.error();
    return "kestra:///" + kept;
  }

  base::Result<io::Path> open_uri(std::string_view uri) override {
    const io::Path path = scratch_.path() / "store" / uri.substr(uri.rfind('/') + 1);
    if (std::filesystem::exists(path)) return path;
    return base::not_found("no file " + std::string(uri));
  }

  void log(base::LogLevel level, std::string_view message) override {
    logs.emplace_back(level, message);
  }

  void metric(flow::Metric metric) override { metrics.push_back(std::move(metric)); }

  const std::atomic<bool>& stop() const override { return stop_asked; }

  std::string_view name_space() const override { return "company.test"; }

  std::string_view execution_id() const override { return "e"; }

  std::string_view task_run_id() const override { return "t"; }

  /// The lines logged at one level.
  std::vector<std::string> logged(base::LogLevel level) const {
    std::vector<std::string> out;
    for (const auto& [at, message] : logs) {
      if (at == level) out.push_back(message);
    }
    return out;
  }

  io::Path path(std::string_view name) const { return scratch_.path() / "work" / name; }

  std::vector<std::pair<base::LogLevel, std::string>> logs;
  std::vector<flow::Metric> metrics;
  std::atomic<bool> stop_asked = false;

 private:
  io::ScratchFolder scratch_ =
      std::move(io::ScratchFolder::create(std::filesystem::temp_directory_path()).value());
  expr::Scope scope_;
  expr::Environment environment_;
  int stored_ = 0;
};

/// Http that keeps what it was asked and answers what it was told.
class FakeHttp final : public io::Http {
 public:
  base::Result<io::HttpAnswer> send(const io::HttpRequest& request) override {
    requests.push_back(request);
    if (request.body_sink) {
      const auto taken = request.body_sink(answer.body);
      if (!taken) return taken.error();
    }
    return answer;
  }

  std::vector<io::HttpRequest> requests;
  io::HttpAnswer answer{200, {}, "ok"};
};

/// Runs a task type over properties written in YAML.
inline base::Result<flow::TaskEnd> run_yaml(
    const flow::TaskType& type, flow::TaskContext& context, std::string_view yaml) {
  auto node = format::parse_yaml(yaml);
  if (!node) return node.error();
  return type.run(context, node->value());
}

/// The problems of one task written in YAML.
inline std::vector<flow::Problem> check_yaml(const flow::TaskType& type, std::string_view yaml) {
  std::vector<flow::Problem> problems;
  type.check(format::parse_yaml(yaml, "flow.yaml").value(), problems);
  return problems;
}

}  // namespace outlay::tasks
