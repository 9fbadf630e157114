// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "connectors/manifest.h"
#include "io/object_store.h"
#include "sources/settings.h"

namespace outlay::sources {

/// Objects that belong together and are booked as one, or wait together.
struct PlannedDelivery {
  std::string id;      ///< stable name within the source: "report/2026-01", "folder/2026-01", "all"
  std::string report;  ///< which of several reports of the source; empty for files without manifest
  /// Data files, and the manifest that names them.
  std::vector<io::ObjectInfo> objects;
  /// Why it cannot be booked yet; empty when it is complete.
  std::string waits_for;

  std::uint64_t bytes() const;
  /// Same objects, same text: which versions of which objects these are.
  std::string fingerprint() const;
};

struct Plan {
  std::vector<PlannedDelivery> deliveries;
  /// Objects that are no part of one, with the reason.
  std::vector<std::pair<std::string, std::string>> left_out;
};

/// True for keys that may be a provider's manifest, which must be read before anything is planned.
bool may_be_manifest(const io::ObjectInfo& object);
/// Whether the source's include, exclude and the rules for file names let an object in; else why
/// not (empty text: for no reason worth telling).
std::optional<std::string> reason_to_leave_out(
    const SourceSettings& settings, const io::ObjectInfo& object);
/// "*" is any run of characters but "/", "**" any run, "?" one character; a pattern without "/"
/// is for the file's name.
bool matches_pattern(std::string_view pattern, std::string_view key);

/// Puts objects together to deliveries: by manifests where there are any, else as the source's
/// `deliveries` says. Pure.
base::Result<Plan> plan_deliveries(
    const SourceSettings& settings,
    const std::vector<io::ObjectInfo>& objects,
    std::vector<connectors::Manifest> manifests);

}  // namespace outlay::sources
