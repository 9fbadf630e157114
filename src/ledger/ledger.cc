// SPDX-License-Identifier: Apache-2.0
#include "ledger/ledger.h"

#include <fmt/format.h>

#include "base/text.h"
#include "format/json.h"
#include "ledger/booking.h"
#include "ledger/numbered_files.h"
#include "ledger/receipt.h"
#include "ledger/state.h"

namespace outlay::ledger {

using base::Done;
using base::Result;

namespace {

bool is_source_name(std::string_view name) {
  const auto is_first = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  if (name.empty() || name.size() > 100 || !is_first(name[0])) return false;
  for (const char c : name) {
    if (!is_first(c) && c != '.' && c != '_' && c != '-') return false;
  }
  return true;
}

}  // namespace

Ledger::Ledger(std::unique_ptr<State> state) : state_(std::move(state)) {}

Ledger::~Ledger() = default;

Result<std::unique_ptr<Ledger>> Ledger::open(
    const LedgerSettings& settings, store::Database& database, const base::Clock& clock) {
  TRY(io::make_folders(settings.folder));
  auto state = std::make_unique<State>(settings, database, clock);
  state->settings.folder = std::filesystem::absolute(settings.folder);
  TRY(state->catalog.migrate());
  // Another process that books right now cleans up after itself, or the next open() does.
  if (auto lock = TRY(FolderLock::take(state->settings.folder, false))) {
    TRY(remove_orphans(state->settings.folder, state->catalog));
  }
  return std::unique_ptr<Ledger>(new Ledger(std::move(state)));
}

Result<Receipt> Ledger::book(
    const Delivery& delivery, const ProgressHandler& progress, const BookOptions& options) {
  if (!is_source_name(delivery.source)) {
    return base::invalid_input(fmt::format(
        "a source is named with small letters, digits, dots, dashes and underscores, not \"{}\"",
        delivery.source));
  }
  const base::Lock lock(state_->booking);
  const auto folder_lock = TRY(FolderLock::take(state_->settings.folder, true));
  Booking booking({state_->settings, state_->catalog, state_->clock, options}, delivery, progress);
  auto receipt = TRY(booking.run());
  if (receipt.already_booked || receipt.is_trial) return receipt;
  for (const auto& period : receipt.periods) {
    PurgeRule rule;
    rule.source = receipt.source;
    rule.period = period.period;
    TRY(state_->purge(rule));
  }
  return receipt;
}

Result<std::vector<Receipt>> Ledger::receipts(std::string_view source, long long limit) {
  std::vector<Receipt> receipts;
  for (const auto& json : TRY(state_->catalog.receipts(source, limit))) {
    const auto value = TRY(format::parse_json(json, format::JsonNumbers::exact));
    receipts.push_back(TRY(parse_receipt(value)));
  }
  return receipts;
}

Result<std::vector<StandingFile>> Ledger::standing_files() {
  std::vector<StandingFile> out;
  for (const auto& volume : TRY(state_->catalog.all("", ""))) {
    const auto& generation = volume.generation;
    if (!generation.is_current) continue;
    for (auto& file : TRY(numbered_files(state_->catalog, generation.delivery_id))) {
      out.push_back({generation.source, generation.period, generation.label, std::move(file)});
    }
  }
  return out;
}

Result<std::vector<Generation>> Ledger::generations(
    std::string_view source, std::string_view period) {
  std::vector<Generation> generations;
  for (auto& volume : TRY(state_->catalog.all(source, period))) {
    generations.push_back(std::move(volume.generation));
  }
  return generations;
}

}  // namespace outlay::ledger
