// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "io/file.h"

namespace outlay::io {

/// Where secret values come from. Every value handed out is announced to base::hide_in_log.
class Secrets {
 public:
  virtual ~Secrets() = default;
  /// not_found names the key and the places that were looked at, never a value.
  virtual base::Result<std::string> get(std::string_view name_space, std::string_view key) = 0;
  /// Known keys, sorted, without values.
  virtual std::vector<std::string> keys(std::string_view name_space) = 0;
};

/// SECRET_<KEY> in the environment, base64 (as Kestra's open edition does; text that is no base64
/// is an error); then `folder`/<KEY> when a folder is given (one file per secret, one trailing line
/// break dropped).
class EnvironmentSecrets final : public Secrets {
 public:
  explicit EnvironmentSecrets(Path folder = {}) : folder_(std::move(folder)) {}

  base::Result<std::string> get(std::string_view name_space, std::string_view key) override;
  std::vector<std::string> keys(std::string_view name_space) override;

 private:
  Path folder_;
};

}  // namespace outlay::io
