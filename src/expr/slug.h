// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace outlay::expr {

/// "Été à Paris!" as "ete-a-paris": accents off, white space to dashes, everything else that is no
/// letter, digit or dash dropped.
std::string slug(std::string_view text);

}  // namespace outlay::expr
