// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "flow/engine.h"
#include "flow/execution.h"
#include "io/file.h"

namespace outlay::flow {

/// A file an earlier task left, as a later task sees it.
struct LeftFile {
  std::string name;  ///< relative path within the folder
  int run = 0;       ///< who left it
  io::Path path;
};

/// What a run sees of the files that finished tasks left: those of runs that ended before it in its
/// own line of work, branches once they joined. Of runs that follow each other the later one's file
/// counts.
struct VisibleFiles {
  std::map<std::string, LeftFile> by_name;
  /// One text per name that two branches left, naming both.
  std::vector<std::string> conflicts;
};

/// Where the files of executions live.
class FileHouse {
 public:
  FileHouse(io::Path storage, io::Path work)
      : storage_(std::move(storage)), work_(std::move(work)) {}

  /// Where an attempt works; a WorkingDirectory's children share one folder.
  io::Path attempt_folder(const Execution& execution, int run, int attempt) const;
  io::Path execution_folder(const std::string& execution_id) const;
  VisibleFiles visible(const Execution& execution, int run) const;
  /// The folder that the children of a WorkingDirectory share.
  io::Path shared_folder(const Execution& execution, int run) const;
  /// Where a WorkingDirectory's cache is kept between executions.
  io::Path cache_folder(const Execution& execution, int run) const;
  /// Storage folder of everything an execution stored.
  io::Path stored_folder(
      std::string_view name_space, std::string_view flow_id, std::string_view id) const;

  const io::Path& storage() const { return storage_; }

  /// kestra:///<namespace>/<flow>/executions/<id>/tasks/<task>/<run>/<name>
  std::string uri(const Execution& execution, int run, std::string_view name) const;
  /// Copies a file given for an input into the storage and answers its URI.
  base::Result<std::string> store_input(
      const Flow& flow, const std::string& execution_id, const GivenFile& file) const;
  /// The local path of a kestra:// URI; refuses what lies outside the storage.
  base::Result<io::Path> path_of(std::string_view uri) const;

 private:
  io::Path storage_, work_;
};

/// True when run `earlier` ended before `later` could start, by the shape of the flow.
bool is_before(const Execution& execution, int earlier, int later);

}  // namespace outlay::flow
