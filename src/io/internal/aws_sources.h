// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>

#include "io/aws_credentials.h"

namespace outlay::io {

/// The places that give out AWS credentials, one function each. An empty answer means that the
/// place is not set up here; an error, that it is and does not work.
struct AwsWorld {
  PatientHttp& http;
  const std::map<std::string, std::string>& environment;

  /// Empty when it is not set.
  std::string variable(const std::string& name) const;
};

using MaybeCredentials = base::Result<std::optional<AwsCredentials>>;

MaybeCredentials credentials_of_environment(const AwsWorld& world);
/// ECS, EKS pod identity.
MaybeCredentials credentials_of_container(const AwsWorld& world);
/// EC2 instance metadata, version 2.
MaybeCredentials credentials_of_instance(const AwsWorld& world);
MaybeCredentials credentials_of_process(const AwsWorld& world, const std::string& command);

struct AssumedRole {
  std::string arn;
  std::string external_id;
  std::string session_name;
  std::string region;
  std::string endpoint;  ///< of STS; made from the region when empty
};

base::Result<AwsCredentials> assume_role(
    const AwsWorld& world, const AssumedRole& role, const AwsCredentials& as);
base::Result<AwsCredentials> assume_role_with_token(
    const AwsWorld& world, const AssumedRole& role, const Path& token_file);

}  // namespace outlay::io
