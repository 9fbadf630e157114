// SPDX-License-Identifier: Apache-2.0
#include "api/config_values.h"

#include <charconv>

#include "base/text.h"
#include "format/json.h"
#include "format/yaml.h"
#include "money/decimal.h"
#include "sources/settings.h"

namespace outlay::api {

using base::Error;
using base::Result;
using format::Value;

namespace {

Error wrong(const Setting& setting, const std::string& wanted, std::string_view found) {
  return base::invalid_input(
      "\"" + setting.name + "\" must be " + wanted + ", but is " + std::string(found) + ".");
}

std::string shown(const Value& value) {
  if (value.is_text()) return "\"" + value.as_text() + "\"";
  return value.is_array() || value.is_object() ? "a " + std::string(value.kind())
                                               : format::print_json(value);
}

Result<Value> checked_text(const Setting& setting, std::string text) {
  if (setting.choices.empty()) return Value(std::move(text));
  for (const std::string& choice : setting.choices) {
    if (choice == text) return Value(std::move(text));
  }
  return wrong(setting, "one of " + base::join(setting.choices, ", "), "\"" + text + "\"");
}

Result<Value> integer_from(const Setting& setting, std::string_view text) {
  std::int64_t number = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, number);
  if (error != std::errc() || end != last || number < 0) {
    return wrong(setting, "a whole number of 0 or more", "\"" + std::string(text) + "\"");
  }
  if (setting.name == "server.port" && number > 65535) {
    return wrong(setting, "a port from 0 to 65535", text);
  }
  return Value(number);
}

Result<Value> size_from(const Setting& setting, std::string_view text) {
  const Result<std::uint64_t> bytes = parse_size(text);
  if (!bytes) {
    return wrong(
        setting, "a size such as \"500 MB\" or \"2 GiB\"", "\"" + std::string(text) + "\"");
  }
  return Value(static_cast<std::int64_t>(*bytes));
}

Value list_from(std::string_view text) {
  format::Array out;
  for (std::string& piece : base::split_trimmed(text, ',')) out.emplace_back(std::move(piece));
  return Value(std::move(out));
}

Result<Value> checked_users(const Setting& setting, const Value& written) {
  if (!written.is_array())
    return wrong(setting, "a list of {name, password, token}", shown(written));
  for (const Value& user : written.as_array()) {
    if (!user.is_object() || user["name"].text_or("").empty()) {
      return wrong(setting, "a list in which each user has a name", shown(user));
    }
    for (const auto& [key, value] : user.as_object()) {
      if (key != "name" && key != "password" && key != "token") {
        return base::invalid_input(
            "A user of \"" + setting.name + "\" has no \"" + key + "\"." +
            base::did_you_mean(key, {"name", "password", "token"}));
      }
      if (!value.is_text()) return wrong(setting, "text for each \"" + key + "\"", shown(value));
    }
    if (user["password"].is_null() && user["token"].is_null()) {
      return base::invalid_input(
          "User \"" + user["name"].as_text() + "\" of \"" + setting.name +
          "\" needs a password or a token.");
    }
  }
  return written;
}

}  // namespace

Result<std::uint64_t> parse_size(std::string_view text) {
  text = base::trim(text);
  const std::size_t digits = std::min(text.find_first_not_of("0123456789."), text.size());
  const std::string unit = base::lower(base::trim(text.substr(digits)));
  static const std::vector<std::pair<std::string_view, std::int64_t>> units{
      {"", 1},
      {"b", 1},
      {"kb", 1'000},
      {"mb", 1'000'000},
      {"gb", 1'000'000'000},
      {"kib", 1 << 10},
      {"mib", 1 << 20},
      {"gib", 1 << 30},
      {"k", 1 << 10},
      {"m", 1 << 20},
      {"g", 1 << 30},
      {"tb", 1'000'000'000'000},
      {"tib", std::int64_t{1} << 40}};
  const money::Decimal number = TRY(money::Decimal::parse(text.substr(0, digits)));
  if (number.scale() > 6 || number > money::Decimal::of(1'000'000'000'000'000)) {
    return base::invalid_input("A size has at most 6 decimals and 15 digits.");
  }
  for (const auto& [name, factor] : units) {
    if (name != unit) continue;
    const money::Decimal bytes = number * money::Decimal::of(factor);
    return static_cast<std::uint64_t>(bytes.rounded(0, money::Rounding::half_up).coefficient());
  }
  return base::invalid_input("\"" + std::string(text) + "\" is no size.");
}

Result<Value> setting_from_text(const Setting& setting, std::string_view text) {
  switch (setting.kind) {
    case SettingKind::text:
      return checked_text(setting, std::string(text));
    case SettingKind::path:
      return Value(text);
    case SettingKind::integer:
      return integer_from(setting, text);
    case SettingKind::size:
      return size_from(setting, text);
    case SettingKind::paths:
      return list_from(text);
    case SettingKind::boolean:
      if (text == "true" || text == "1") return Value(true);
      if (text == "false" || text == "0") return Value(false);
      return wrong(setting, "true or false", "\"" + std::string(text) + "\"");
    case SettingKind::map:
    case SettingKind::sources:
    case SettingKind::users: {
      const Result<Value> parsed = format::parse_json(text);
      if (!parsed)
        return parsed.error().within("\"" + setting.name + "\" must be written in JSON here");
      return setting_from_node(setting, *parsed);
    }
  }
  return Value(text);
}

Result<Value> setting_from_node(const Setting& setting, const Value& written) {
  switch (setting.kind) {
    case SettingKind::text:
    case SettingKind::path:
      if (!written.is_text()) return wrong(setting, "text", shown(written));
      return checked_text(setting, written.as_text());
    case SettingKind::integer:
      if (!written.is_int()) return wrong(setting, "a whole number", shown(written));
      return integer_from(setting, std::to_string(written.as_int()));
    case SettingKind::boolean:
      if (!written.is_bool()) return wrong(setting, "true or false", shown(written));
      return written;
    case SettingKind::size:
      if (written.is_int()) return size_from(setting, std::to_string(written.as_int()));
      if (!written.is_text()) return wrong(setting, "a size such as \"500 MB\"", shown(written));
      return size_from(setting, written.as_text());
    case SettingKind::paths:
      if (written.is_text()) return Value(format::Array{written});
      if (!written.is_array()) return wrong(setting, "a list of paths", shown(written));
      for (const Value& item : written.as_array()) {
        if (!item.is_text()) return wrong(setting, "a list of paths", "a list with " + shown(item));
      }
      return written;
    case SettingKind::map:
      if (!written.is_object()) return wrong(setting, "a map of names to values", shown(written));
      return written;
    case SettingKind::users:
      return checked_users(setting, written);
    case SettingKind::sources:
      TRY(sources::check_sources(written));
      return written;
  }
  return written;
}

Value masked_setting(const Setting& setting, const Value& value) {
  if (setting.kind == SettingKind::sources) return sources::masked_sources(value);
  if (!setting.is_secret) return value;
  if (!value.is_array()) return value.is_null() ? value : Value("******");
  format::Array out;
  for (const Value& user : value.as_array()) {
    format::Object hidden;
    for (const auto& [key, held] : user.as_object()) {
      hidden.set(key, key == "name" ? held : Value("******"));
    }
    out.emplace_back(std::move(hidden));
  }
  return Value(std::move(out));
}

}  // namespace outlay::api
