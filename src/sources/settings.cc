// SPDX-License-Identifier: Apache-2.0
#include "sources/settings.h"

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>

#include "base/log.h"
#include "base/text.h"
#include "format/json.h"

namespace outlay::sources {

using base::Error;
using base::Result;
using format::Value;

namespace {

constexpr std::string_view kMask = "******";

const Field* find_field(std::string_view name) {
  for (const Field& field : fields()) {
    if (field.name == name) return &field;
  }
  return nullptr;
}

bool is_source_name(std::string_view name) {
  const auto is_plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !name.empty() && is_plain(name.front()) &&
         std::all_of(name.begin(), name.end(), [&](char c) {
           return is_plain(c) || c == '.' || c == '_' || c == '-';
         });
}

bool is_reference(const Value& value) {
  if (!value.is_object() || value.as_object().size() != 1) return false;
  const auto& [key, where] = *value.as_object().begin();
  return where.is_text() && (key == "secret" || key == "env" || key == "file");
}

bool is_secret_like(const Value& value) { return value.is_text() || is_reference(value); }

// What is wrong with a value, or nothing.
std::string trouble(const Field& field, const Value& value) {
  switch (field.kind) {
    case FieldKind::boolean:
      return value.is_bool() ? "" : "must be true or false";
    case FieldKind::list: {
      const bool is_fine =
          value.is_text() ||
          (value.is_array() &&
           std::all_of(value.as_array().begin(), value.as_array().end(), [](const Value& item) {
             return item.is_text();
           }));
      return is_fine ? "" : "must be a text or a list of texts";
    }
    case FieldKind::map:
      return value.is_object() ? "" : "must be a map";
    case FieldKind::secret:
      return is_secret_like(value)
                 ? ""
                 : "must be a text, {secret: NAME}, {env: VARIABLE} or {file: PATH}";
    case FieldKind::text:
    case FieldKind::path:
      break;
  }
  if (value.is_int() && field.kind == FieldKind::text) return {};
  if (!value.is_text()) return "must be a text";
  if (!field.choices.empty() &&
      std::find(field.choices.begin(), field.choices.end(), value.as_text()) ==
          field.choices.end()) {
    return fmt::format(
        "must be one of {}, but is \"{}\"", base::join(field.choices, ", "), value.as_text());
  }
  return {};
}

std::vector<std::string> field_names() {
  std::vector<std::string> names;
  for (const Field& field : fields()) names.push_back(field.name);
  return names;
}

}  // namespace

Result<SourceSettings> SourceSettings::check(std::string_view name, const Value& written) {
  std::vector<Error> errors;
  const auto wrong = [&](std::string text) {
    errors.push_back(base::invalid_input(std::move(text)));
  };
  if (!is_source_name(name)) {
    wrong(fmt::format(
        "a source's name has small letters, digits, '.', '_' and '-' and begins with a letter or "
        "digit; \"{}\" does not",
        name));
  }
  if (!written.is_object()) {
    wrong(fmt::format("\"sources.{}\" must be a map with a url, but is {}", name, written.kind()));
    return base::join_errors(errors);
  }
  for (const auto& [key, value] : written.as_object()) {
    const Field* field = find_field(key);
    if (field == nullptr) {
      wrong(fmt::format(
          "a source has no setting \"{}\" (sources.{}).{}",
          key,
          name,
          base::did_you_mean(key, field_names())));
    } else if (const std::string problem = trouble(*field, value); !problem.empty()) {
      wrong(fmt::format("\"sources.{}.{}\" {}", name, key, problem));
    }
  }
  SourceSettings out;
  out.name_ = std::string(name);
  out.written_ = written;
  if (!out.has("url") && !out.has("api"))
    wrong(fmt::format("\"sources.{}\" needs a url, such as s3://bucket/folder", name));
  if (!errors.empty()) return base::join_errors(errors);
  return out;
}

std::string SourceSettings::text(std::string_view field) const {
  const Value& found = written_[field];
  return found.is_int() ? std::to_string(found.as_int()) : found.text_or("");
}

bool SourceSettings::boolean(std::string_view field, bool otherwise) const {
  return written_[field].bool_or(otherwise);
}

bool SourceSettings::has(std::string_view field) const { return !written_[field].is_null(); }

std::vector<std::string> SourceSettings::list(std::string_view field) const {
  const Value& found = written_[field];
  std::vector<std::string> out;
  if (found.is_text()) out.push_back(found.as_text());
  if (found.is_array()) {
    for (const Value& item : found.as_array()) out.push_back(item.text_or(""));
  }
  return out;
}

const Value& SourceSettings::value(std::string_view field) const { return written_[field]; }

Result<std::string> SourceSettings::secret(std::string_view field, io::Secrets& secrets) const {
  return resolved(written_[field], fmt::format("sources.{}.{}", name_, field), secrets);
}

Result<std::string> SourceSettings::resolved(
    const Value& written, std::string_view name, io::Secrets& secrets) {
  std::string out;
  if (written.is_text()) out = written.as_text();
  if (is_reference(written)) {
    const auto& [kind, where] = *written.as_object().begin();
    if (kind == "secret") {
      auto found = secrets.get({}, where.as_text());
      if (!found) return found.error().within(fmt::format("\"{}\"", name));
      out = *std::move(found);
    } else if (kind == "env") {
      // The environment is not changed after start.
      const char* found = std::getenv(where.as_text().c_str());  // NOLINT(concurrency-mt-unsafe)
      if (found == nullptr) {
        return base::not_found(fmt::format(
            "\"{}\" is to come from the environment variable {}, which is not set",
            name,
            where.as_text()));
      }
      out = found;
    } else {
      auto found = io::read_file(where.as_text());
      if (!found) return found.error().within(fmt::format("\"{}\"", name));
      out = base::trim(*found);
    }
  }
  base::hide_in_log(out);
  return out;
}

std::string SourceSettings::scheme() const {
  const std::string url = text("url");
  const std::size_t end = url.find("://");
  if (end == std::string::npos) return has("api") ? "https" : "file";
  const std::string scheme = base::lower(std::string_view(url).substr(0, end));
  if (scheme == "s3a") return "s3";
  if (scheme == "abfs" || scheme == "abfss" || scheme == "azure" || scheme == "wasbs") return "az";
  if (scheme == "gcs") return "gs";
  if (scheme == "postgres") return "postgresql";
  // A container or a bucket may be given by its address as well.
  if (scheme == "https" && url.find(".blob.core.windows.net/") != std::string::npos) return "az";
  return scheme;
}

Value SourceSettings::shown() const {
  format::Object out;
  for (const auto& [key, value] : written_.as_object()) {
    const Field* field = find_field(key);
    const bool is_secret = field == nullptr || field->kind == FieldKind::secret;
    if (is_secret && !is_reference(value)) {
      out.set(key, kMask);
    } else if (field != nullptr && field->kind == FieldKind::map && value.is_object()) {
      format::Object inner;
      for (const auto& [name, held] : value.as_object()) {
        inner.set(name, key == "headers" && !is_reference(held) ? Value(kMask) : held);
      }
      out.set(key, Value(std::move(inner)));
    } else {
      out.set(key, value);
    }
  }
  // A signature may stand in the address itself.
  const std::string url = text("url");
  if (const std::size_t query = url.find('?'); query != std::string::npos)
    out.set("url", url.substr(0, query) + "?" + std::string(kMask));
  return Value(std::move(out));
}

std::vector<std::string> SourceSettings::plain_secrets() const {
  std::vector<std::string> out;
  for (const auto& [key, value] : written_.as_object()) {
    const Field* field = find_field(key);
    if (field != nullptr && field->kind == FieldKind::secret && !is_reference(value))
      out.push_back(key);
  }
  return out;
}

Result<std::vector<SourceSettings>> check_sources(const Value& written) {
  std::vector<SourceSettings> out;
  if (written.is_null()) return out;
  if (!written.is_object())
    return base::invalid_input("\"sources\" must be a map of names to their settings");
  std::vector<Error> errors;
  for (const auto& [name, settings] : written.as_object()) {
    auto checked = SourceSettings::check(name, settings);
    if (checked)
      out.push_back(*std::move(checked));
    else
      errors.push_back(checked.error());
  }
  if (!errors.empty()) return base::join_errors(errors);
  return out;
}

Value masked_sources(const Value& written) {
  const auto checked = check_sources(written);
  if (!checked) return written.is_null() ? written : Value(kMask);
  format::Object out;
  for (const SourceSettings& source : *checked) out.set(source.name(), source.shown());
  return Value(std::move(out));
}

}  // namespace outlay::sources
