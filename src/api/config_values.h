// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "api/config.h"

namespace outlay::api {

/// Turns text (of a variable, a flag or a fallback) into a setting's value; the error says what was
/// wanted.
base::Result<format::Value> setting_from_text(const Setting& setting, std::string_view text);
/// The same for what a YAML file holds.
base::Result<format::Value> setting_from_node(const Setting& setting, const format::Value& written);
/// "500 MB", "2 GiB" or "1048576" in bytes.
base::Result<std::uint64_t> parse_size(std::string_view text);
/// `value` as `config show` prints it: secrets as ******.
format::Value masked_setting(const Setting& setting, const format::Value& value);

}  // namespace outlay::api
