// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "flow/engine.h"
#include "format/value.h"

namespace outlay::api {

/// Takes the local paths that `inputs` gives for the FILE inputs of the flow out of it. A URI
/// stays. An error names the input whose file is not there.
base::Result<std::vector<flow::GivenFile>> take_local_files(
    std::string_view flow_source, format::Object& inputs);

/// The files of a request: {input: {name, bytes}}.
std::vector<flow::GivenFile> given_files(const format::Value& files);

}  // namespace outlay::api
