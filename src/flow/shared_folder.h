// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "flow/namespace_files.h"
#include "format/value.h"
#include "io/file.h"

namespace outlay::flow {

/// The folder that the children of a WorkingDirectory share: what is put in before and kept after.
struct SharedFolder {
  io::Path path;
  io::Path cache;  ///< where cached files are kept between executions
  std::string name_space;
  NamespaceFiles* files = nullptr;
  std::function<base::Result<io::Path>(std::string_view uri)> open;
  std::function<base::Result<std::string>(const io::Path& file, const std::string& name)> store;
  base::Instant now;

  /// settings: {inputFiles, namespaceFiles, cache}, rendered.
  base::Result<base::Done> bring(const format::Value& settings) const;
  /// settings: {outputFiles, cache}; answers {outputFiles: {name: uri}} or null.
  base::Result<format::Value> collect(const format::Value& settings) const;
};

}  // namespace outlay::flow
