// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "format/value.h"

namespace outlay::expr {

/// Replaces every match; $1 and ${name} in `replacement` are groups, a backslash takes the next
/// character literally. Matching takes linear time, so look-around and back-references are refused.
base::Result<std::string> regex_replace(
    std::string_view text, std::string_view pattern, std::string_view replacement);
/// Whether the whole text matches.
base::Result<bool> regex_matches(std::string_view text, std::string_view pattern);
/// Group `group` of the first match; null when nothing matches.
base::Result<format::Value> regex_extract(
    std::string_view text, std::string_view pattern, std::int64_t group);
/// As Java's String.split: limit 0 drops empty pieces at the end, a positive one bounds the number
/// of pieces.
base::Result<format::Array> regex_split(
    std::string_view text, std::string_view pattern, std::int64_t limit);

}  // namespace outlay::expr
