// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "format/value.h"

namespace outlay::expr {

/// Writes Amazon Ion text on one line: {name:"x",cost:1.5e0}.
void append_ion(std::string& out, const format::Value& value);
/// Reads the values of Ion text, one after the other. Timestamps, symbols, blobs and clobs become
/// text; annotations are dropped.
base::Result<format::Array> parse_ion(std::string_view text);

}  // namespace outlay::expr
