// SPDX-License-Identifier: Apache-2.0
// How long superseded generations stay.
#include <algorithm>
#include <filesystem>
#include <map>
#include <tuple>

#include "base/log.h"
#include "ledger/state.h"

namespace outlay::ledger {
namespace {

using base::Done;
using base::Result;

/// Of one (source, period, dataset), oldest first: the superseded ones beyond the rule.
std::vector<Volume> surplus(
    const std::vector<Volume>& volumes,
    std::size_t kept,
    std::optional<base::Duration> age_max,
    base::Instant now) {
  std::vector<Volume> old;
  for (const auto& volume : volumes) {
    if (!volume.generation.is_current) old.push_back(volume);
  }
  const std::size_t beyond = old.size() - std::min(old.size(), kept);
  std::vector<Volume> out;
  for (std::size_t i = 0; i < old.size(); ++i) {
    const auto since = base::parse_instant(old[i].generation.superseded_at);
    const bool is_aged = age_max && since && now - *since > *age_max;
    if (i < beyond || is_aged) out.push_back(old[i]);
  }
  return out;
}

long long bytes_of(const io::Path& path) {
  std::error_code error;
  const auto bytes = std::filesystem::file_size(path, error);
  return error ? 0 : static_cast<long long>(bytes);
}

/// Quarantine files of deliveries whose generations have all been purged.
Result<std::vector<io::Path>> stale_quarantines(const io::Path& folder, Catalog& catalog) {
  std::vector<io::Path> out;
  std::error_code error;
  std::filesystem::directory_iterator at(folder, error);
  for (const std::filesystem::directory_iterator end; !error && at != end; at.increment(error)) {
    if (!TRY(catalog.has_volumes(at->path().stem().string()))) out.push_back(at->path());
  }
  return out;
}

}  // namespace

Result<PurgeReport> Ledger::State::purge(const PurgeRule& rule) {
  using Place = std::tuple<std::string, std::string, std::string>;
  std::map<Place, std::vector<Volume>> places;
  for (auto& volume : TRY(catalog.all(rule.source, rule.period))) {
    const auto& generation = volume.generation;
    places[{generation.source, generation.period, generation.dataset}].push_back(volume);
  }
  const bool is_by_settings = !rule.generations_kept && !rule.superseded_kept;
  const int kept = rule.generations_kept.value_or(
      is_by_settings ? settings.generations_kept : std::numeric_limits<int>::max());
  const auto age_max = is_by_settings ? settings.superseded_kept : rule.superseded_kept;
  std::vector<Volume> old;
  for (const auto& [place, volumes] : places) {
    const auto found =
        surplus(volumes, static_cast<std::size_t>(std::max(kept, 0)), age_max, clock.now());
    old.insert(old.end(), found.begin(), found.end());
  }
  PurgeReport report;
  for (const auto& volume : old) {
    report.generations.push_back(volume.generation);
    report.bytes += volume.generation.bytes;
  }
  if (rule.is_trial) return report;
  // The row first: files without one are what the next open() removes.
  TRY(catalog.forget(old, clock.now()));
  for (const auto& volume : old) TRY(io::remove_tree(settings.folder / volume.folder()));
  for (const auto& path : TRY(stale_quarantines(settings.folder / "quarantine", catalog))) {
    report.bytes += bytes_of(path);
    ++report.quarantine_files;
    TRY(io::remove_tree(path));
  }
  if (!old.empty()) {
    LOG(info,
        "purged superseded generations",
        {"generations", std::to_string(old.size())},
        {"bytes", std::to_string(report.bytes)});
  }
  return report;
}

Result<PurgeReport> Ledger::purge(const PurgeRule& rule) {
  if (rule.generations_kept && *rule.generations_kept < 0) {
    return base::invalid_input("how many superseded generations to keep is 0 or more");
  }
  const base::Lock lock(state_->booking);
  const auto folder_lock = TRY(FolderLock::take(state_->settings.folder, true));
  return state_->purge(rule);
}

}  // namespace outlay::ledger
