// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>

#include "io/bearer.h"
#include "io/object_store.h"
#include "io/retry.h"

namespace outlay::io {

struct GcsPlace {
  std::string bucket;
  std::string folder;
  /// "https://storage.googleapis.com"; an emulator's address in tests.
  std::string endpoint;
  /// Project that pays, for buckets whose readers pay.
  std::string billing_project;
};

/// Google credentials as JSON (a service account's key, a workload identity configuration, a
/// person's own), or the machine's when the text is empty. `scope` is what the token is for.
base::Result<std::unique_ptr<Bearer>> google_sign_in(
    const std::string& credentials,
    const std::string& scope,
    PatientHttp& http,
    const std::map<std::string, std::string>& environment);

/// What GOOGLE_APPLICATION_CREDENTIALS names, else the well-known file of the gcloud program; empty
/// when there is neither.
base::Result<std::string> google_default_credentials(
    const std::map<std::string, std::string>& environment);

/// A folder of a Cloud Storage bucket. Null `bearer`: asks without credentials.
std::unique_ptr<ObjectStore> open_gcs(
    GcsPlace place, std::unique_ptr<Bearer> bearer, PatientHttp& http);

}  // namespace outlay::io
