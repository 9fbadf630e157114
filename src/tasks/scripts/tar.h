// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "io/file.h"

namespace outlay::tasks {

/// All files and folders below `folder` as a tar archive (POSIX ustar, GNU long names), each name
/// with `prefix` before it.
base::Result<std::string> tar_of(const io::Path& folder, std::string_view prefix);
/// Writes the regular files of a tar archive below `folder`, without the first `strip` parts of
/// their names. Names that lead out of the folder and links are left out.
base::Result<base::Done> untar(std::string_view archive, const io::Path& folder, int strip);

}  // namespace outlay::tasks
