// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace outlay::flow {

/// Matches a whole path: * and ? stay within one folder, ** crosses folders, {a,b} is either.
bool glob_matches(std::string_view pattern, std::string_view path);

}  // namespace outlay::flow
