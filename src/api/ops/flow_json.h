// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "flow/engine.h"
#include "format/value.h"

namespace outlay::api {

/// A flow in Kestra's JSON shape; "source" holds its YAML when asked.
format::Value flow_json(const flow::StoredFlow& stored, bool with_source);
/// The flow's source with its line "disabled:" set, as a new revision would have it.
std::string with_disabled(std::string_view source, bool is_disabled);
/// What a check found, in the shape of Kestra's validation answer plus "problems" with line and
/// column.
format::Value checked_json(const flow::CheckedFlow& checked, std::int64_t index);
/// A log line in Kestra's JSON shape.
format::Value log_json(const flow::LogLine& line);
/// The documents of a YAML stream, each padded with empty lines so that line numbers stay those of
/// the stream.
std::vector<std::string> split_documents(std::string_view yaml);

}  // namespace outlay::api
