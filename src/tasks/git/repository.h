// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "flow/task.h"

namespace outlay::tasks {

/// Runs git in a folder and answers what it printed. `header` (may be empty) goes with requests
/// over HTTP, by the environment, where no list of processes shows it.
base::Result<std::string> run_git(
    flow::TaskContext& context,
    const io::Path& folder,
    std::vector<std::string> arguments,
    const std::string& header);
/// The header that signs in with the properties username and password; empty without a password.
base::Result<std::string> sign_in_header(
    flow::TaskContext& context, const format::Value& properties);
/// Clones what url, branch, depth ... describe into `folder`; answers the commit.
base::Result<std::string> clone_into(
    flow::TaskContext& context, const format::Value& properties, const io::Path& folder);
/// A clone to push from: the branch is made when the repository lacks it, and an empty repository
/// is taken too.
base::Result<base::Done> clone_to_push(
    flow::TaskContext& context, const format::Value& properties, const io::Path& folder);

/// What push_all did.
struct Pushed {
  std::string commit;  ///< empty when nothing had changed
  std::string url;     ///< of the commit's page, as hosts of repositories have them; may be empty
  /// Lines of `git status`: "A  path", "M  path", "D  path".
  std::vector<std::string> changes;
};

/// Commits everything in a clone with the properties commitMessage, authorName and authorEmail, and
/// pushes it to the property branch; with dryRun nothing is committed.
base::Result<Pushed> push_all(
    flow::TaskContext& context,
    const format::Value& properties,
    const io::Path& folder,
    const std::string& message);

}  // namespace outlay::tasks
