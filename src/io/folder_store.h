// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "io/file.h"
#include "io/object_store.h"

namespace outlay::io {

/// A folder of this machine (or one that is mounted). Size and time of the last change stand in for
/// an etag; hidden files are left out.
std::unique_ptr<ObjectStore> open_folder(Path folder);

}  // namespace outlay::io
