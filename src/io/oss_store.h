// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>

#include "io/aws_sign.h"
#include "io/object_store.h"
#include "io/retry.h"
#include "io/s3_store.h"

namespace outlay::io {

/// Signs a request with OSS's signature version 4. The bucket is part of what is signed even where
/// it stands in the host's name.
base::Result<base::Done> sign_oss(
    HttpRequest& request,
    const AwsCredentials& credentials,
    const std::string& bucket,
    const std::string& region,
    base::Instant now);

/// A folder of a bucket of Alibaba Cloud's OSS. Keys that are not given come from the environment
/// (ALIBABA_CLOUD_ACCESS_KEY_ID ...), else from the RAM role of the machine.
base::Result<std::unique_ptr<ObjectStore>> open_oss(
    S3Place place,
    AwsCredentials keys,
    PatientHttp& http,
    const std::map<std::string, std::string>& environment);

}  // namespace outlay::io
