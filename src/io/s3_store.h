// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "io/aws_credentials.h"
#include "io/object_store.h"
#include "io/retry.h"

namespace outlay::io {

struct S3Place {
  std::string bucket;
  std::string folder;
  /// Found out when it is empty or wrong.
  std::string region;
  /// "http://localhost:9000" for what speaks S3's protocol elsewhere; empty for AWS.
  std::string endpoint;
  /// http://host/bucket/key instead of http://bucket.host/key; by default for other endpoints and
  /// for buckets whose names are no host names.
  std::optional<bool> path_style;
  /// The asker pays for the transfer, as some shared buckets want it.
  bool requester_pays = false;
};

/// A folder of an S3 bucket. Requests are signed by `http.clock()`'s time.
std::unique_ptr<ObjectStore> open_s3(
    S3Place place, std::unique_ptr<AwsCredentialChain> credentials, PatientHttp& http);

}  // namespace outlay::io
