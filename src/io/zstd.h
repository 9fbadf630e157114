// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.h"
#include "io/file.h"

namespace outlay::io {

/// Checks that a zstd file is whole: every frame and block is there up to the last byte. What is in
/// the blocks is for whoever unpacks it.
base::Result<base::Done> check_zstd(const Path& path);

}  // namespace outlay::io
