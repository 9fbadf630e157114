// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "format/value.h"
#include "io/file.h"
#include "io/secrets.h"

namespace outlay::sources {

enum class FieldKind {
  text,
  boolean,
  list,  ///< of texts; one text is a list of one
  path,
  map,     ///< of names to texts or secrets
  secret,  ///< text, or {secret: NAME}, {env: NAME}, {file: PATH}
};

/// One setting of a source: what checks it, masks it and documents it.
struct Field {
  std::string name;
  FieldKind kind = FieldKind::text;
  std::string group;  ///< "any", "s3", "azure", "gcs", "oss", "https", "sftp", "postgresql"
  std::string doc;
  std::vector<std::string> choices;
};

const std::vector<Field>& fields();

/// What a source is: where its bills lie, and who may read them. Checked; immutable.
class SourceSettings {
 public:
  /// Every mistake at once; an unknown name suggests the nearest one.
  static base::Result<SourceSettings> check(std::string_view name, const format::Value& written);

  const std::string& name() const { return name_; }

  std::string text(std::string_view field) const;
  bool boolean(std::string_view field, bool otherwise = false) const;
  bool has(std::string_view field) const;
  std::vector<std::string> list(std::string_view field) const;
  const format::Value& value(std::string_view field) const;
  /// The secret itself, fetched from where the setting says it is; empty when it is not given.
  base::Result<std::string> secret(std::string_view field, io::Secrets& secrets) const;
  /// One value of a map, fetched in the same way.
  static base::Result<std::string> resolved(
      const format::Value& written, std::string_view name, io::Secrets& secrets);

  /// "s3", "az", "gs", "oss", "https", "sftp", "postgresql", "file": of the URL.
  std::string scheme() const;

  /// For people: secrets that are written out show as ******.
  format::Value shown() const;

  /// As it was written.
  const format::Value& written() const { return written_; }

  /// Names of secrets that are written out instead of named.
  std::vector<std::string> plain_secrets() const;

 private:
  std::string name_;
  format::Value written_;
};

/// A whole `sources:` map, checked; and the same with its secrets masked.
base::Result<std::vector<SourceSettings>> check_sources(const format::Value& written);
format::Value masked_sources(const format::Value& written);

}  // namespace outlay::sources
