// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace outlay::expr {

/// What one rendering may use, so that a hostile template ends with an error instead of with the
/// process.
inline constexpr std::size_t kStepsMax = 1'000'000;          ///< loop turns, and items of a range
inline constexpr std::size_t kOutputMax = 64 * 1024 * 1024;  ///< bytes written
inline constexpr int kCallsMax = 100;    ///< macros, blocks and renders within each other
inline constexpr int kRendersMax = 100;  ///< passes of a recursive rendering

}  // namespace outlay::expr
