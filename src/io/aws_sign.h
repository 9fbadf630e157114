// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "io/http.h"

namespace outlay::io {

/// Who asks, for AWS and what speaks its protocol.
struct AwsCredentials {
  std::string access_key_id;
  std::string secret_access_key;
  /// Empty for long-lived keys.
  std::string session_token;
  std::optional<base::Instant> expires;
  /// Where they came from, for messages: "the environment", "profile billing".
  std::string origin;
};

struct AwsScope {
  std::string region;   ///< "eu-central-1"
  std::string service;  ///< "s3", "sts", "sqs" ...: as it stands in the credential scope
};

/// Signs a request with AWS Signature Version 4: adds x-amz-date, x-amz-content-sha256 (for S3),
/// x-amz-security-token and Authorization. The URL must be percent-encoded, and nothing of the
/// request may change afterwards. Redirects are switched off, since a signature holds for one host.
base::Result<base::Done> sign_aws(
    HttpRequest& request,
    const AwsCredentials& credentials,
    const AwsScope& scope,
    base::Instant now);

/// "20260131T090000Z": how the signature's own dates are written.
std::string compact_instant(base::Instant instant);

}  // namespace outlay::io
