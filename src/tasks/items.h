// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "flow/task.h"

namespace outlay::tasks {

/// The items of a stored file of Ion or JSON values, one after the other.
base::Result<format::Array> read_items(flow::TaskContext& context, std::string_view uri);
/// Stores items as Ion, one a line, and answers the URI.
base::Result<std::string> store_items(
    flow::TaskContext& context, const format::Array& items, std::string_view name);
/// Stores a text as a file of the execution and answers its URI.
base::Result<std::string> store_text(
    flow::TaskContext& context, std::string_view text, std::string_view name);
/// The content of a stored file.
base::Result<std::string> stored_text(flow::TaskContext& context, std::string_view uri);
/// Storage URIs given as a text, a list, a JSON list, or a map of names to URIs.
base::Result<std::vector<std::string>> uris_property(
    flow::TaskContext& context, const format::Value& properties, std::string_view name);
/// The rendered text of a property that must be there.
base::Result<std::string> needed_property(
    flow::TaskContext& context, const format::Value& properties, std::string_view name);
/// The last part of a URI or path.
std::string name_in(std::string_view uri);

}  // namespace outlay::tasks
