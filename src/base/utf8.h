// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace outlay::base {

/// Appends the UTF-8 bytes of a code point; surrogates and numbers past U+10FFFF are not checked.
void append_utf8(std::string& out, std::uint32_t code);

}  // namespace outlay::base
