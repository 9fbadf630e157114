// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "io/s3_store.h"

namespace outlay::io {

/// What differs between S3 and the stores that speak nearly the same.
struct S3Dialect {
  std::string name = "S3";
  std::string scheme = "s3";
  std::string header = "x-amz-";
  std::string list_permission = "s3:ListBucket";
  std::string get_permission = "s3:GetObject";
  std::string resource = "arn:aws:s3:::";
  /// The service's own address for a region.
  std::string (*origin)(const std::string& region) = nullptr;
  base::Result<base::Done> (*sign)(
      HttpRequest& request,
      const AwsCredentials& credentials,
      const std::string& bucket,
      const std::string& region,
      base::Instant now) = nullptr;
};

/// Where the keys come from that sign.
struct KeySource {
  std::function<base::Result<AwsCredentials>()> get;
  /// Forgets what is kept, since it was refused.
  std::function<void()> renew;
};

/// `place.region` must be given.
std::unique_ptr<ObjectStore> open_s3_like(
    S3Place place, S3Dialect dialect, KeySource keys, PatientHttp& http);

}  // namespace outlay::io
