// SPDX-License-Identifier: Apache-2.0
#include "sources/sources.h"

#include <algorithm>
#include <atomic>
#include <thread>

#include <fmt/format.h>

#include "base/log.h"
#include "base/text.h"
#include "format/json.h"
#include "sources/plan.h"
#include "sources/raw_store.h"

namespace outlay::sources {
namespace {

using base::Code;
using base::Done;
using base::Error;
using base::Result;

AccessStep failed(std::string step, const Error& error) {
  return {std::move(step), false, base::masked(error.text())};
}

// Reads as little as a download can read: the first bytes that come.
Result<Done> read_start(io::ObjectStore& store, const io::ObjectInfo& object) {
  bool has_come = false;
  const auto got = store.get(
      object.key,
      {.offset = 0, .etag = {}, .stop = nullptr, .sink = [&](std::string_view) -> Result<Done> {
         has_come = true;
         return Error{Code::cancelled, "enough", {}, nullptr};
       }});
  if (!got && !has_come) return got.error();
  return Done{};
}

}  // namespace

Sources::Sources(
    SourcesSettings settings,
    const SourcesWorld& world,
    SyncState state,
    std::vector<SourceSettings> configured)
    : settings_(std::move(settings)),
      world_(world),
      state_(state),
      configured_(std::move(configured)),
      http_(world.http, world.pause, world.clock),
      connections_(std::max(1, settings_.connections)) {}

Result<std::unique_ptr<Sources>> Sources::open(
    const SourcesSettings& settings, const SourcesWorld& world) {
  std::vector<SourceSettings> configured = TRY(check_sources(settings.configured));
  SyncState state = TRY(SyncState::open(world.state, world.clock));
  return std::unique_ptr<Sources>(new Sources(settings, world, state, std::move(configured)));
}

Result<std::vector<SourceSettings>> Sources::all() {
  std::vector<SourceSettings> out = configured_;
  for (const auto& [name, json] : TRY(state_.settings())) {
    const bool is_there = std::any_of(out.begin(), out.end(), [&, &wanted = name](const auto& one) {
      return one.name() == wanted;
    });
    if (is_there) continue;
    const format::Value written = TRY(format::parse_json(json));
    out.push_back(TRY(SourceSettings::check(name, written)));
  }
  return out;
}

Result<SourceSettings> Sources::find(const std::string& name) {
  std::vector<std::string> names;
  for (SourceSettings& one : TRY(all())) {
    if (one.name() == name) return std::move(one);
    names.push_back(one.name());
  }
  return base::not_found(fmt::format(
      "there is no source \"{}\".{} `outlay source list` shows those that are.",
      name,
      base::did_you_mean(name, names)));
}

Result<std::vector<SourceStatus>> Sources::list() {
  std::vector<SourceStatus> out;
  std::vector<SourceSettings> found = TRY(all());
  for (std::size_t i = 0; i < found.size(); ++i) {
    SourceStatus status{.settings = found[i]};
    status.is_configured = i < configured_.size();
    status.last_run = TRY(state_.run(found[i].name()));
    for (const auto& [id, known] : TRY(state_.deliveries(found[i].name()))) {
      status.deliveries.push_back(known);
    }
    out.push_back(std::move(status));
  }
  return out;
}

Result<Done> Sources::add(const std::string& name, const format::Value& settings) {
  const SourceSettings checked = TRY(SourceSettings::check(name, settings));
  for (const SourceSettings& one : TRY(all())) {
    if (one.name() == name) {
      return base::conflict(fmt::format(
          "there is a source \"{}\" already; remove it first, or choose another name", name));
    }
  }
  if (const auto plain = checked.plain_secrets(); !plain.empty()) {
    return base::invalid_input(fmt::format(
        "\"{0}\" would be kept in the clear. Keep it with `outlay secret set NAME`, and give {0} "
        "as "
        "secret:NAME (or env:VARIABLE, or file:PATH)",
        plain.front()));
  }
  const StoreWorld stores{http_, world_.secrets, world_.environment};
  // Settings that do not fit are refused; a secret that is not there yet may still come.
  const auto store = open_store(checked, stores);
  if (!store && store.error().code == Code::invalid_input) return store.error();
  return state_.save_settings(name, format::print_json(settings));
}

Result<Done> Sources::remove(const std::string& name, bool with_files) {
  TRY(find(name));
  for (const SourceSettings& one : configured_) {
    if (one.name() == name) {
      return base::conflict(
          fmt::format("source \"{}\" stands in the configuration file; remove it there", name));
    }
  }
  TRY(state_.forget(name));
  if (!with_files) return Done{};
  return RawStore(world_.data, name).remove_all();
}

Result<std::vector<AccessStep>> Sources::test(const std::string& name) {
  const SourceSettings settings = TRY(find(name));
  std::vector<AccessStep> out;
  const StoreWorld stores{http_, world_.secrets, world_.environment};
  auto store = open_store(settings, stores);
  if (!store) {
    out.push_back(failed("settings", store.error()));
    return out;
  }
  const auto identity = (*store)->identity();
  if (!identity) {
    out.push_back(failed("credentials", identity.error()));
    return out;
  }
  if (!identity->empty()) out.push_back({"credentials", true, *identity});
  const auto page = (*store)->list("");
  if (!page) {
    out.push_back(failed("list", page.error()));
    return out;
  }
  out.push_back(
      {"list",
       true,
       fmt::format(
           "{}: {}{} files",
           (*store)->url(),
           page->objects.size(),
           page->next.empty() ? "" : "+")});
  for (const io::ObjectInfo& object : page->objects) {
    if (reason_to_leave_out(settings, object)) continue;
    const auto read = read_start(**store, object);
    out.push_back(read ? AccessStep{"read", true, object.key} : failed("read", read.error()));
    return out;
  }
  out.push_back(
      {"read",
       true,
       "nothing to read yet: no file there is one that the source's settings let in"});
  return out;
}

Result<std::vector<SourceSettings>> Sources::wanted(const std::vector<std::string>& names) {
  std::vector<SourceSettings> out;
  for (const std::string& name : names) out.push_back(TRY(find(name)));
  if (names.empty()) out = TRY(all());
  if (out.empty()) {
    return base::not_found(
        "there is no source yet; add one with `outlay source add NAME URL`, or under \"sources\" "
        "in outlay.yaml");
  }
  return out;
}

Result<SyncWorld> Sources::sync_world() {
  return SyncWorld{
      .stores = {http_, world_.secrets, world_.environment},
      .pause = world_.pause,
      .clock = world_.clock,
      .state = state_,
      .ledger = *TRY(world_.open_ledger()),
      .data = world_.data,
      .connections = connections_,
      .connections_max = std::max(1, settings_.connections)};
}

Result<std::vector<RemapReport>> Sources::remap(
    const std::vector<std::string>& names, const RemapOptions& options) {
  const std::vector<SourceSettings> found = TRY(wanted(names));
  const SyncWorld world = TRY(sync_world());
  std::vector<RemapReport> out;
  for (const SourceSettings& one : found) out.push_back(TRY(remap_source(one, world, options)));
  return out;
}

Result<std::vector<SyncReport>> Sources::sync(
    const std::vector<std::string>& names, const SyncOptions& options) {
  const std::vector<SourceSettings> found = TRY(wanted(names));
  const SyncWorld world = TRY(sync_world());
  std::vector<SyncReport> out(found.size());
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i = next++; i < found.size(); i = next++) {
      out[i] = sync_source(found[i], world, options);
    }
  };
  {
    std::vector<std::jthread> threads;
    const auto count = std::min<std::size_t>(found.size(), std::max(1, settings_.sources_at_once));
    for (std::size_t i = 1; i < count; ++i) threads.emplace_back(work);
    work();
  }
  return out;
}

}  // namespace outlay::sources
