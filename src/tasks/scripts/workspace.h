// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "flow/task.h"
#include "io/file.h"

namespace outlay::tasks {

/// The folder a script runs in: input files are put there, output files are taken from it.
class Workspace {
 public:
  static base::Result<Workspace> open(flow::TaskContext& context);

  const io::Path& folder() const { return folder_; }

  /// Files written here are all kept as outputs.
  const io::Path& output_folder() const { return output_folder_; }

  /// Brings the files of namespaces that the property namespaceFiles asks for.
  base::Result<base::Done> put_namespace_files(
      flow::TaskContext& context, const format::Value& properties);
  /// Writes the files of the property inputFiles: name -> text or storage URI.
  base::Result<base::Done> put_inputs(flow::TaskContext& context, const format::Value& properties);
  /// Stores the files that the property outputFiles matches and all of the output folder: name ->
  /// URI.
  base::Result<format::Object> take_outputs(
      flow::TaskContext& context, const format::Value& properties);

 private:
  Workspace(io::Path folder, io::Path output_folder)
      : folder_(std::move(folder)), output_folder_(std::move(output_folder)) {}

  base::Result<base::Done> put(
      flow::TaskContext& context, std::string_view name, const std::string& content) const;

  io::Path folder_;
  io::Path output_folder_;
};

}  // namespace outlay::tasks
