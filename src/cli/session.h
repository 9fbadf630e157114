// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/outlay.h"
#include "cli/cli.h"
#include "cli/command.h"

namespace outlay::cli {

/// One run of the program: its streams, its settings, and the product once a command needs it.
class Session {
 public:
  Session(const Streams& streams, const Ports& ports, const Given& globals)
      : streams_(streams), ports_(ports), globals_(globals) {}

  std::ostream& out() { return streams_.out; }

  std::ostream& err() { return streams_.err; }

  std::istream& in() { return streams_.in; }

  const Streams& streams() const { return streams_; }

  const Ports& ports() const { return ports_; }

  /// --json was given.
  bool wants_json() const { return globals_.has("json"); }

  /// --data was given on the command line.
  bool names_data() const { return globals_.has("data"); }

  /// A setting that a command's own option gives, as a flag would. Before outlay() is first called.
  void override_setting(std::string name, std::string text) {
    overrides_.emplace_back(std::move(name), std::move(text));
  }

  /// Reads the configuration and starts the log, once.
  base::Result<api::Outlay*> outlay();
  base::Result<format::Value> call(
      std::string_view operation, format::Object request, const api::CallHooks& hooks = {});

  /// JSON with a line break at the end.
  void print_json(const format::Value& value);

 private:
  Streams streams_;
  const Ports& ports_;
  const Given& globals_;
  std::vector<std::pair<std::string, std::string>> overrides_;
  std::unique_ptr<api::Outlay> outlay_;
};

}  // namespace outlay::cli
