// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace outlay::ledger {

/// "tag:KEY" stands for a tag's value wherever a column can be named.
inline bool is_tag(std::string_view name) { return name.substr(0, 4) == "tag:"; }

inline std::string_view tag_key(std::string_view name) { return name.substr(4); }

/// SQL of a tag's value out of the Tags document; a key without value is true; malformed documents
/// have no tags.
std::string tag_sql(std::string_view key);

}  // namespace outlay::ledger
