// SPDX-License-Identifier: Apache-2.0
#include "sources/remap.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include <fmt/format.h>

#include "connectors/connector.h"
#include "io/part_file.h"
#include "sources/raw_store.h"

namespace outlay::sources {
namespace {

using base::Done;
using base::Result;

/// What the ledger knows a file's bytes as.
struct Standing {
  std::string ledger_source, label;
};

class Remap {
 public:
  Remap(const SourceSettings& settings, const SyncWorld& world, const RemapOptions& options)
      : settings_(settings), world_(world), options_(options), raw_(world.data, settings.name()) {
    report_.source = settings.name();
  }

  Result<RemapReport> run() {
    const auto lock = TRY(io::FolderLock::take(raw_.folder() / ".lock"));
    if (!lock) {
      return base::conflict(fmt::format(
          "source \"{}\" is being synced by another process; wait until it is done",
          settings_.name()));
    }
    for (const auto& file : TRY(world_.ledger.standing_files())) {
      if (!options_.period.empty() && options_.period != file.period) continue;
      standing_.try_emplace(file.file.sha256, Standing{file.source, file.label});
    }
    std::vector<KnownDelivery> known;
    for (auto& [id, delivery] : TRY(world_.state.deliveries(settings_.name()))) {
      if (!delivery.content.empty()) known.push_back(std::move(delivery));
    }
    // In the order they came: a later one may correct an earlier one.
    std::stable_sort(known.begin(), known.end(), [](const auto& a, const auto& b) {
      return a.changed_at < b.changed_at;
    });
    for (const auto& delivery : known) TRY(book(delivery));
    return std::move(report_);
  }

 private:
  Result<Done> book(const KnownDelivery& delivery) {
    if (options_.stop != nullptr && options_.stop->load()) {
      return base::Error{
          base::Code::cancelled, "stopped; remapping again goes on from here", {}, nullptr};
    }
    const io::Path folder = raw_.absolute(delivery.folder);
    std::error_code error;
    if (delivery.folder.empty() || !std::filesystem::exists(folder, error)) {
      report_.not_kept.push_back(delivery.id);
      return Done{};
    }
    const auto standing = TRY(standing_of(folder));
    if (!standing) return Done{};
    connectors::FindSettings find{.source = standing->ledger_source, .format = "auto", .hints = {}};
    if (settings_.has("format")) find.format = settings_.text("format");
    find.hints.currency = settings_.text("currency");
    if (settings_.has("first_month")) {
      find.hints.first_month = TRY(base::parse_date(settings_.text("first_month") + "-01"));
    }
    for (ledger::Delivery& found : TRY(connectors::find_deliveries(folder, find))) {
      found.label = standing->label;
      auto receipt = TRY(world_.ledger.book(found, {}, {.is_trial = options_.is_trial}));
      if (receipt.already_booked) {
        ++report_.unchanged;
        continue;
      }
      if (options_.booked && !options_.is_trial) options_.booked(receipt);
      report_.receipts.push_back(std::move(receipt));
    }
    return Done{};
  }

  /// What the folder's files are booked as; nothing when they are superseded.
  Result<std::optional<Standing>> standing_of(const io::Path& folder) const {
    std::error_code error;
    std::filesystem::recursive_directory_iterator at(folder, error);
    for (const std::filesystem::recursive_directory_iterator end; !error && at != end;
         at.increment(error)) {
      if (!at->is_regular_file()) continue;
      const auto hash = TRY(io::hash_file(at->path()));
      const auto found = standing_.find(hash.sha256);
      if (found != standing_.end()) return std::optional(found->second);
    }
    return std::optional<Standing>();
  }

  const SourceSettings& settings_;
  const SyncWorld& world_;
  const RemapOptions& options_;
  const RawStore raw_;
  std::map<std::string, Standing> standing_;
  RemapReport report_;
};

}  // namespace

Result<RemapReport> remap_source(
    const SourceSettings& settings, const SyncWorld& world, const RemapOptions& options) {
  return Remap(settings, world, options).run();
}

}  // namespace outlay::sources
