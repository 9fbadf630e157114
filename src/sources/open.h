// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/result.h"
#include "io/object_store.h"
#include "io/retry.h"
#include "io/secrets.h"
#include "sources/settings.h"

namespace outlay::sources {

/// What stores reach. Outlives them.
struct StoreWorld {
  io::PatientHttp& http;
  io::Secrets& secrets;
  /// The environment of the process.
  const std::map<std::string, std::string>& environment;
};

/// The place that a source names. Nothing is sent yet; an error says which setting is wrong.
base::Result<std::unique_ptr<io::ObjectStore>> open_store(
    const SourceSettings& settings, const StoreWorld& world);

}  // namespace outlay::sources
