// SPDX-License-Identifier: Apache-2.0
#include "api/config.h"

#include <algorithm>

#include "api/config_values.h"
#include "base/check.h"
#include "base/log.h"
#include "base/text.h"
#include "format/yaml.h"

namespace outlay::api {

using base::Error;
using base::Result;
using format::Node;
using format::Value;

namespace {

const Setting* find_setting(std::string_view name) {
  for (const Setting& setting : settings()) {
    if (setting.name == name) return &setting;
  }
  return nullptr;
}

// A key that stands above settings ("server") is known although it is no setting itself.
bool is_section(const std::string& name) {
  return std::any_of(settings().begin(), settings().end(), [&](const Setting& setting) {
    return setting.name.starts_with(name + ".");
  });
}

// Names that may stand where `name` stood: settings as a whole, and their sections.
std::vector<std::string> known_names() {
  std::vector<std::string> names;
  for (const Setting& setting : settings()) {
    names.push_back(setting.name);
    const std::size_t dot = setting.name.find('.');
    if (dot != std::string::npos) names.push_back(setting.name.substr(0, dot));
  }
  return names;
}

void announce_secrets(const std::vector<User>& users) {
  for (const User& user : users) {
    base::hide_in_log(user.password);
    base::hide_in_log(user.token);
  }
}

}  // namespace

/// Reads the sources in order and gathers every mistake.
class ConfigLoader {
 public:
  explicit ConfigLoader(Config& config) : config_(config) {}

  void read_fallbacks() {
    for (const Setting& setting : settings()) {
      if (setting.fallback.empty()) continue;
      auto value = setting_from_text(setting, setting.fallback);
      CHECK(value.has_value());
      config_.values_[setting.name] = {*std::move(value), "default"};
    }
  }

  void read_file(const io::Path& file) {
    const Result<std::string> text = io::read_file(file);
    if (!text) {
      errors_.push_back(text.error().within("The configuration file cannot be read"));
      return;
    }
    const Result<Node> parsed = format::parse_yaml(*text, file.string());
    if (!parsed) {
      errors_.push_back(parsed.error());
      return;
    }
    if (parsed->kind == Node::Kind::null) return;
    if (!parsed->is_mapping()) {
      errors_.push_back(base::invalid_input(
          "A configuration file is a map of settings, but this is a " +
              std::string(parsed->value().kind()) + ".",
          parsed->place));
      return;
    }
    read_mapping(*parsed, "", file);
  }

  void read_text(std::string_view name, std::string_view text, const std::string& source) {
    const Setting* setting = find_setting(name);
    CHECK(setting != nullptr);
    Result<Value> value = setting_from_text(*setting, text);
    if (value)
      config_.values_[setting->name] = {*std::move(value), source};
    else
      errors_.push_back(value.error().within(source));
  }

  Result<base::Done> finish() const {
    if (!errors_.empty()) return base::join_errors(errors_);
    return base::Done();
  }

 private:
  void read_mapping(const Node& mapping, const std::string& above, const io::Path& file) {
    for (const Node::Entry& entry : mapping.entries) {
      const std::string name = above.empty() ? entry.key : above + "." + entry.key;
      if (const Setting* setting = find_setting(name)) {
        read_setting(*setting, entry, file);
      } else if (is_section(name)) {
        read_section(name, entry, file);
      } else {
        errors_.push_back(base::invalid_input(
            "There is no setting \"" + name + "\"." + base::did_you_mean(name, known_names()),
            entry.key_place));
      }
    }
  }

  void read_section(const std::string& name, const Node::Entry& entry, const io::Path& file) {
    if (entry.value.is_mapping()) {
      read_mapping(entry.value, name, file);
    } else if (entry.value.kind != Node::Kind::null) {
      errors_.push_back(base::invalid_input(
          "\"" + name + "\" must be a map of settings, but is " +
              std::string(entry.value.value().kind()) + ".",
          entry.value.place));
    }
  }

  void read_setting(const Setting& setting, const Node::Entry& entry, const io::Path& file) {
    if (entry.value.kind == Node::Kind::null) return;
    Result<Value> value = setting_from_node(setting, entry.value.value());
    if (!value) {
      errors_.push_back(value.error().at(entry.value.place));
      return;
    }
    config_.values_[setting.name] = {
        relative_to(setting, *std::move(value), file.parent_path()),
        file.string() + ":" + std::to_string(entry.key_place.line)};
  }

  static Value relative_to(const Setting& setting, Value value, const io::Path& folder) {
    if (setting.kind == SettingKind::path) return Value((folder / value.as_text()).string());
    if (setting.kind != SettingKind::paths) return value;
    format::Array out;
    for (const Value& item : value.as_array()) out.emplace_back((folder / item.as_text()).string());
    return Value(std::move(out));
  }

  Config& config_;
  std::vector<Error> errors_;
};

Config Config::defaults() {
  Config config;
  ConfigLoader(config).read_fallbacks();
  return config;
}

Result<Config> Config::load(const ConfigSources& sources) {
  Config config;
  ConfigLoader loader(config);
  loader.read_fallbacks();
  if (!sources.file.empty()) {
    loader.read_file(sources.file);
  } else if (std::error_code error; std::filesystem::exists("outlay.yaml", error)) {
    loader.read_file("outlay.yaml");
  }
  for (const Setting& setting : settings()) {
    const auto found = sources.environment.find(setting.variable());
    if (found == sources.environment.end() || found->second.empty()) continue;
    loader.read_text(setting.name, found->second, "environment " + found->first);
  }
  for (const auto& [name, text] : sources.flags) {
    const std::size_t dot = name.rfind('.');
    const std::string flag = dot == std::string::npos || name.starts_with("log.")
                                 ? base::replace_all(name, ".", "-")
                                 : name.substr(dot + 1);
    loader.read_text(name, text, "flag --" + flag);
  }
  TRY(loader.finish());
  announce_secrets(config.users());
  return config;
}

namespace {

const Value& held_or_null(const auto& values, std::string_view name) {
  static const Value null;
  CHECK(find_setting(name) != nullptr);
  const auto found = values.find(name);
  return found == values.end() ? null : found->second.value;
}

}  // namespace

std::string Config::text(std::string_view name) const {
  return held_or_null(values_, name).text_or("");
}

long long Config::integer(std::string_view name) const {
  return held_or_null(values_, name).int_or(0);
}

bool Config::boolean(std::string_view name) const {
  return held_or_null(values_, name).bool_or(false);
}

io::Path Config::path(std::string_view name) const { return text(name); }

std::uint64_t Config::size(std::string_view name) const {
  return static_cast<std::uint64_t>(integer(name));
}

std::vector<io::Path> Config::paths(std::string_view name) const {
  std::vector<io::Path> out;
  const Value& value = held_or_null(values_, name);
  if (!value.is_array()) return out;
  for (const Value& item : value.as_array()) out.emplace_back(item.text_or(""));
  return out;
}

const Value& Config::map(std::string_view name) const { return held_or_null(values_, name); }

std::vector<User> Config::users() const {
  std::vector<User> out;
  const Value& value = held_or_null(values_, "server.users");
  if (!value.is_array()) return out;
  for (const Value& user : value.as_array()) {
    out.push_back(
        {user["name"].text_or(""), user["password"].text_or(""), user["token"].text_or("")});
  }
  return out;
}

std::string Config::source(std::string_view name) const {
  CHECK(find_setting(name) != nullptr);
  const auto found = values_.find(name);
  return found == values_.end() ? "default" : found->second.source;
}

Value Config::shown() const {
  format::Array out;
  for (const Setting& setting : settings()) {
    out.push_back(Value::object({
        {"name", setting.name},
        {"value", masked_setting(setting, held_or_null(values_, setting.name))},
        {"source", source(setting.name)},
    }));
  }
  return Value(std::move(out));
}

}  // namespace outlay::api
