// SPDX-License-Identifier: Apache-2.0
#include "sources/sync.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/log.h"
#include "base/text.h"
#include "connectors/connector.h"
#include "io/part_file.h"
#include "sources/fetch_many.h"
#include "sources/plan.h"
#include "sources/report_names.h"

namespace outlay::sources {
namespace {

using base::Code;
using base::Done;
using base::Error;
using base::Result;
using io::ObjectInfo;

/// More objects than this in one folder tree are not a bill.
constexpr std::size_t kObjectsMax = 5'000'000;

/// Errors that are a delivery's own; others end the sync of the source.
bool is_about_delivery(const Error& error) {
  return error.code == Code::invalid_input || error.code == Code::not_found ||
         error.code == Code::conflict;
}

class SourceSync {
 public:
  SourceSync(const SourceSettings& settings, const SyncWorld& world, const SyncOptions& options)
      : settings_(settings), world_(world), options_(options), raw_(world.data, settings.name()) {
    report_.source = settings.name();
  }

  SyncReport run() {
    KnownRun run{.started_at = world_.state.now(), .ended_at = {}, .state = "done", .message = {}};
    if (const auto done = steps(); !done) {
      report_.error = done.error();
      run.state = done.error().code == Code::cancelled ? "stopped" : "failed";
      run.message = base::masked(done.error().text());
    }
    run.ended_at = world_.state.now();
    if (!options_.dry_run) {
      if (const auto saved = world_.state.save_run(settings_.name(), run); !saved && !report_.error)
        report_.error = saved.error();
    }
    tell("done", "");
    return std::move(report_);
  }

 private:
  Result<Done> steps() {
    const auto lock = TRY(io::FolderLock::take(raw_.folder() / ".lock"));
    if (!lock) {
      return base::conflict(fmt::format(
          "source \"{}\" is being synced by another process; wait until it is done",
          settings_.name()));
    }
    store_ = TRY(open_store(settings_, world_.stores));
    report_.url = store_->url();
    known_objects_ = TRY(world_.state.objects(settings_.name()));
    known_ = TRY(world_.state.deliveries(settings_.name()));
    const std::vector<ObjectInfo> objects = TRY(listed());
    const Plan plan = TRY(planned(objects));
    for (const auto& [key, reason] : plan.left_out) report_.left_out.emplace_back(key, reason);
    ReportNames names = TRY(ReportNames::open(world_.state, settings_.name(), plan));
    for (const PlannedDelivery& delivery : plan.deliveries) {
      TRY(check_stop());
      TRY(process(delivery, names));
    }
    return options_.dry_run ? Result<Done>(Done{}) : cleaned(plan);
  }

  void tell(std::string_view stage, const std::string& delivery) const {
    if (!options_.progress) return;
    options_.progress(
        {.source = settings_.name(),
         .stage = std::string(stage),
         .delivery = delivery,
         .bytes_done = 0,
         .bytes = 0});
  }

  Result<Done> check_stop() const {
    if (options_.stop == nullptr || !options_.stop->load()) return Done{};
    return Error{Code::cancelled, "stopped; the next sync goes on where this one was", {}, nullptr};
  }

  Result<std::vector<ObjectInfo>> listed() {
    tell("listing", "");
    std::vector<ObjectInfo> out;
    std::string page;
    do {
      TRY(check_stop());
      io::ObjectPage got = TRY(store_->list(page));
      for (ObjectInfo& object : got.objects) {
        ++report_.files_listed;
        if (const auto reason = reason_to_leave_out(settings_, object)) {
          if (!reason->empty()) report_.left_out.emplace_back(object.key, *reason);
        } else {
          out.push_back(std::move(object));
        }
      }
      page = std::move(got.next);
      if (out.size() > kObjectsMax) {
        return base::invalid_input(fmt::format(
            "{} holds more than {} files; name the bill's own folder in the source's url",
            store_->url(),
            base::with_thousands(static_cast<long long>(kObjectsMax))));
      }
    } while (!page.empty());
    std::sort(out.begin(), out.end(), [](const ObjectInfo& a, const ObjectInfo& b) {
      return a.key < b.key;
    });
    return out;
  }

  // Manifests are read before anything is planned: they say what belongs together.
  Result<Plan> planned(const std::vector<ObjectInfo>& objects) {
    std::vector<ObjectInfo> candidates;
    if (settings_.text("manifest") != "none") {
      std::copy_if(
          objects.begin(), objects.end(), std::back_inserter(candidates), &may_be_manifest);
    }
    TRY(fetch(candidates, "manifests"));
    std::vector<connectors::Manifest> manifests;
    for (const ObjectInfo& candidate : candidates) {
      const std::string& sha256 = known_objects_[candidate.key].sha256;
      manifest_bytes_.insert(sha256);
      auto manifest = TRY(connectors::read_manifest(raw_.bytes(sha256), candidate.key));
      if (manifest) manifests.push_back(*std::move(manifest));
    }
    return plan_deliveries(settings_, objects, std::move(manifests));
  }

  // Fetches those whose bytes are not here.
  Result<Done> fetch(const std::vector<ObjectInfo>& objects, const std::string& what) {
    std::vector<ObjectInfo> missing;
    for (const ObjectInfo& object : objects) {
      const auto known = known_objects_.find(object.key);
      const bool is_here = known != known_objects_.end() &&
                           known->second.version == version_of(object) &&
                           raw_.has(known->second.sha256);
      if (!is_here) missing.push_back(object);
    }
    if (missing.empty()) return Done{};
    FetchMany many{
        .ports =
            {.store = *store_,
             .raw = raw_,
             .pause = world_.pause,
             .clock = world_.clock,
             .stop = options_.stop,
             .arrived = {}},
        .connections = world_.connections,
        .threads = world_.connections_max,
        .arrived = {},
        .fetched = {}};
    std::uint64_t all = 0;
    for (const ObjectInfo& object : missing) all += object.bytes;
    TRY(check_space(all));
    many.arrived = [&](std::uint64_t done) {
      if (!options_.progress) return;
      options_.progress(
          {.source = settings_.name(),
           .stage = "fetching",
           .delivery = what,
           .bytes_done = done,
           .bytes = all});
    };
    many.fetched = [&](const ObjectInfo& object, const KnownObject& got) -> Result<Done> {
      ++report_.files_fetched;
      report_.bytes_fetched += got.bytes;
      known_objects_[object.key] = got;
      return world_.state.save_object(settings_.name(), object.key, got);
    };
    return fetch_many(many, missing);
  }

  Result<Done> check_space(std::uint64_t needed) const {
    const std::uint64_t free = TRY(io::free_bytes(raw_.folder()));
    if (needed <= free) return Done{};
    return Error{
        Code::exhausted,
        fmt::format(
            "{} MB are to be fetched, and {} has room for {} MB; make room, or set the source's "
            "keep_raw",
            base::with_thousands(static_cast<long long>(needed / 1'000'000)),
            raw_.folder().string(),
            base::with_thousands(static_cast<long long>(free / 1'000'000))),
        {},
        nullptr};
  }

  Result<Done> process(const PlannedDelivery& planned, ReportNames& names) {
    KnownDelivery& known = known_[planned.id];
    known.id = planned.id;
    known.files = static_cast<long long>(planned.objects.size());
    known.bytes = planned.bytes();
    if (!planned.waits_for.empty()) return ends(known, "waiting", planned.waits_for);
    const std::string fingerprint = planned.fingerprint();
    if (!known.content.empty() && known.fingerprint == fingerprint && known.state != "refused")
      return ends(known, "booked", "", "unchanged");
    if (options_.dry_run) {
      add(known, "new", "would be fetched and booked");
      return Done{};
    }
    const auto fetched = fetch(planned.objects, planned.id);
    if (!fetched) {
      const Error& error = fetched.error();
      // What changes while it is read is still being written.
      if (error.code == Code::conflict || error.code == Code::not_found)
        return ends(known, "waiting", error.text());
      if (error.code == Code::invalid_input) return ends(known, "refused", error.text());
      return error;
    }
    return book(planned, fingerprint, known, names);
  }

  Result<Done> book(
      const PlannedDelivery& planned,
      const std::string& fingerprint,
      KnownDelivery& known,
      ReportNames& names) {
    std::vector<std::pair<std::string, std::string>> files;
    std::string lines;
    for (const ObjectInfo& object : planned.objects) {
      files.emplace_back(object.key, known_objects_[object.key].sha256);
    }
    std::sort(files.begin(), files.end());
    for (const auto& [key, sha256] : files) lines += key + "\n" + sha256 + "\n";
    const std::string content = io::sha256_hex(lines);
    if (known.content == content && known.state != "refused") {
      known.fingerprint = fingerprint;
      return ends(known, "booked", "", "unchanged");
    }
    tell("booking", planned.id);
    const io::Path folder = TRY(raw_.lay_out(planned.id, content, files));
    known.folder = raw_.relative(folder);
    const std::string name = TRY(names.of(planned.report));
    const auto booked = book_folder(folder, name, planned.id);
    if (!booked) {
      if (is_about_delivery(booked.error())) return ends(known, "refused", booked.error().text());
      return booked.error();
    }
    known.fingerprint = fingerprint;
    known.content = content;
    return ends(known, "booked", "");
  }

  Result<Done> book_folder(
      const io::Path& folder, const std::string& ledger_source, const std::string& id) {
    connectors::FindSettings find{.source = ledger_source, .format = "auto", .hints = {}};
    if (settings_.has("format")) find.format = settings_.text("format");
    find.hints.currency = settings_.text("currency");
    if (settings_.has("first_month"))
      find.hints.first_month = TRY(base::parse_date(settings_.text("first_month") + "-01"));
    auto found = TRY(connectors::find_deliveries(folder, find));
    for (ledger::Delivery& delivery : found) {
      delivery.label = store_->url() + (id == "all" ? "" : id);
      const ledger::Receipt receipt = TRY(world_.ledger.book(delivery));
      if (options_.booked && !receipt.already_booked) options_.booked(receipt);
      report_.receipts.push_back(receipt);
    }
    return Done{};
  }

  void add(const KnownDelivery& known, std::string_view state, const std::string& reason) {
    report_.deliveries.push_back(
        {.id = known.id,
         .state = std::string(state),
         .reason = reason,
         .files = known.files,
         .bytes = known.bytes});
  }

  Result<Done> ends(
      KnownDelivery& known,
      std::string_view state,
      const std::string& reason,
      std::string_view shown = {}) {
    known.state = std::string(state);
    known.reason = base::masked(reason);
    add(known, shown.empty() ? state : shown, known.reason);
    if (options_.dry_run) return Done{};
    return world_.state.save_delivery(settings_.name(), known);
  }

  // Removes what the source's keep_raw no longer wants.
  Result<Done> cleaned(const Plan& plan) {
    const std::string rule = settings_.text("keep_raw");
    std::optional<base::Duration> kept;
    const bool keeps_all = rule.empty() || rule == "all";
    if (keeps_all) kept = base::Duration::max();
    if (!keeps_all && rule != "none") kept = TRY(base::parse_duration(rule));
    std::vector<std::string> current;
    std::set<std::string> wanted = manifest_bytes_;
    for (const auto& [id, known] : known_) {
      if (keeps_all || known.state == "refused") current.push_back(known.folder);
    }
    for (const PlannedDelivery& delivery : plan.deliveries) {
      if (known_[delivery.id].state == "booked") continue;
      for (const ObjectInfo& object : delivery.objects) {
        wanted.insert(known_objects_[object.key].sha256);
      }
    }
    return raw_.clean(kept, current, wanted, world_.clock);
  }

  const SourceSettings& settings_;
  const SyncWorld& world_;
  const SyncOptions& options_;
  const RawStore raw_;
  std::unique_ptr<io::ObjectStore> store_;
  std::map<std::string, KnownObject> known_objects_;
  std::map<std::string, KnownDelivery> known_;
  std::set<std::string> manifest_bytes_;
  SyncReport report_;
};

}  // namespace

SyncReport sync_source(
    const SourceSettings& settings, const SyncWorld& world, const SyncOptions& options) {
  return SourceSync(settings, world, options).run();
}

}  // namespace outlay::sources
