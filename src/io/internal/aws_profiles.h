// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "io/file.h"

namespace outlay::io {

/// One profile's settings: of ~/.aws/config, with those of ~/.aws/credentials over them.
using AwsProfile = std::map<std::string, std::string, std::less<>>;

/// Profiles by name, read from the files that the environment names or from the home folder. A file
/// that is not there is empty.
base::Result<std::map<std::string, AwsProfile>> read_aws_profiles(
    const std::map<std::string, std::string>& environment);

/// The words of a credential_process: separated by spaces, "..." and '...' hold words together.
std::vector<std::string> command_words(std::string_view text);

}  // namespace outlay::io
