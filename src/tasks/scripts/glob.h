// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace outlay::tasks {

/// Whether a relative path matches a pattern: * and ? stay within a folder, ** crosses folders,
/// [a-z] is one of, {a,b} is either.
bool matches_glob(std::string_view pattern, std::string_view path);

}  // namespace outlay::tasks
