// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "io/file.h"

namespace outlay::connectors {

/// A provider's own list of the files that are one billing period of one report.
struct Manifest {
  std::string file;    ///< path below the folder that was given, "/" between parts
  std::string report;  ///< name of the report or export
  /// What the manifest says its files hold ("ActualCost"); empty when nothing does.
  std::string dataset;
  /// Keys of the data files as the bucket knows them.
  std::vector<std::string> keys;
  /// Bytes of a data file by its key, where the manifest says so.
  std::map<std::string, std::uint64_t> sizes;
  /// [start, end) of the billing period, when it is said.
  std::optional<std::pair<base::Date, base::Date>> period;
  /// Folder of the report below which its periods lie; empty for the folder that was given.
  std::string root;
  /// What says which of several manifests of a period is newer; greater is newer.
  std::string rank;
};

/// Reads a manifest of an AWS report or export; nothing when the JSON file is something else.
base::Result<std::optional<Manifest>> read_manifest(const io::Path& path, const std::string& name);

/// Of manifests that speak of the same report and period the one that counts: the period folder's
/// own before an assembly's copy, the newest execution before older ones. The others are named in
/// `superseded`.
std::vector<Manifest> current_manifests(
    std::vector<Manifest> all, std::vector<std::string>& superseded);

/// The file of `files` (paths below one folder) that `key` names: folders above or below may be
/// missing on either side. Empty when there is none.
std::string find_key(const std::string& key, const std::vector<std::string>& files);

/// True for the folder name of a legacy billing period, "20260101-20260201".
bool is_period_folder(std::string_view name);

}  // namespace outlay::connectors
