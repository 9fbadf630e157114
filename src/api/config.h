// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "format/value.h"
#include "io/file.h"

namespace outlay::api {

enum class SettingKind {
  text,
  integer,
  boolean,
  path,     ///< relative to the file that names it, else to the current folder
  size,     ///< bytes: "500 MB", "2 GiB", 1048576
  paths,    ///< list of paths
  map,      ///< names to anything
  users,    ///< list of {name, password, token}
  sources,  ///< names to sources of bills
};

/// One setting: one schema for the file, the environment, the flags and the docs.
struct Setting {
  std::string name;  ///< "server.port"
  SettingKind kind = SettingKind::text;
  std::string fallback;  ///< as it would be written in the file; empty for none
  std::string doc;
  bool is_secret = false;
  std::vector<std::string> choices;
  /// "OUTLAY_SERVER_PORT"
  std::string variable() const;
};

/// Every setting, in the order of the docs.
const std::vector<Setting>& settings();

/// Who may use the server.
struct User {
  std::string name;
  /// "sha256:<salt>:<hex of sha256(salt + password)>", or the password itself; empty for none.
  std::string password;
  /// For "Authorization: Bearer"; empty for none.
  std::string token;
};

/// Where settings come from; a later one wins: file, environment, flags.
struct ConfigSources {
  /// Empty: outlay.yaml in the current folder, when there is one.
  io::Path file;
  std::map<std::string, std::string> environment;
  /// By setting name.
  std::vector<std::pair<std::string, std::string>> flags;
};

/// The settings of this process, each with the place it came from. Immutable.
class Config {
 public:
  /// Every mistake at once: an unknown key names the nearest known one, a wrong value says what was
  /// wanted, both with file, line and column (or the variable or flag).
  static base::Result<Config> load(const ConfigSources& sources);
  /// The fallbacks alone.
  static Config defaults();

  /// Each CHECKs that there is a setting of that name.
  std::string text(std::string_view name) const;
  long long integer(std::string_view name) const;
  bool boolean(std::string_view name) const;
  io::Path path(std::string_view name) const;
  std::uint64_t size(std::string_view name) const;
  std::vector<io::Path> paths(std::string_view name) const;
  const format::Value& map(std::string_view name) const;
  std::vector<User> users() const;

  /// "default", "outlay.yaml:3", "environment OUTLAY_DATA" or "flag --data".
  std::string source(std::string_view name) const;
  /// [{name, value, source}, ...] with secrets masked.
  format::Value shown() const;

 private:
  struct Held {
    format::Value value;
    std::string source;
  };

  std::map<std::string, Held, std::less<>> values_;
  friend class ConfigLoader;
};

}  // namespace outlay::api
