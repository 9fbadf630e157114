// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/result.h"
#include "io/aws_sign.h"
#include "io/file.h"
#include "io/retry.h"

namespace outlay::io {

/// Where AWS credentials come from. All parts may be empty.
struct AwsIdentity {
  /// Keys given outright; they come before everything else.
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;
  /// A profile of ~/.aws/config and ~/.aws/credentials; AWS_PROFILE or "default" when empty.
  std::string profile;
  /// A role to assume with whatever credentials were found.
  std::string role_arn;
  std::string external_id;
  std::string session_name = "outlay";
  /// A token of an identity provider that the role is assumed with, instead of credentials.
  Path web_identity_token_file;
  /// Region of STS; the profile's or AWS_REGION's when empty.
  std::string region;
  std::string sts_endpoint;
};

/// Finds AWS credentials as the AWS tools do and keeps them fresh: keys given outright, the
/// environment, web identity, profile files (with roles, source profiles and programs), ECS
/// containers, EC2 instance metadata (version 2). Safe from any thread.
class AwsCredentialChain {
 public:
  /// `environment` is that of the process; tests give their own.
  AwsCredentialChain(
      AwsIdentity identity, PatientHttp& http, std::map<std::string, std::string> environment);

  /// Credentials that are good for five minutes more at least. denied says every place that was
  /// looked at.
  base::Result<AwsCredentials> get();
  /// Forgets what is kept, when a service said that it had expired.
  void renew();

  /// The region of the identity, the environment or the profile; empty when none says one.
  std::string region() const;

 private:
  base::Result<AwsCredentials> find();

  AwsIdentity identity_;
  PatientHttp& http_;
  std::map<std::string, std::string> environment_;
  base::Mutex mutex_;
  std::optional<AwsCredentials> held_ GUARDED_BY(mutex_);
};

/// The environment of this process.
std::map<std::string, std::string> process_environment();

}  // namespace outlay::io
