// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace outlay::base {

[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace outlay::base

/// States what a programmer got wrong otherwise; always on, ends the process with the place.
#define CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::outlay::base::check_failed(#condition, __FILE__, __LINE__))
