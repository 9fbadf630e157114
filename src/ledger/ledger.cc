// SPDX-License-Identifier: Apache-2.0
#include "ledger/ledger.h"

#include <fmt/format.h>

#include "base/text.h"
#include "format/json.h"
#include "ledger/booking.h"
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

/// Superseded generations beyond the number to keep, oldest first.
std::vector<Volume> surplus(const std::vector<Volume>& volumes, int kept) {
  std::vector<Volume> old;
  for (const auto& volume : volumes) {
    if (!volume.generation.is_current) old.push_back(volume);
  }
  const auto keep = static_cast<std::size_t>(std::max(kept, 0));
  if (old.size() <= keep) return {};
  old.resize(old.size() - keep);
  return old;
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

Result<Receipt> Ledger::book(const Delivery& delivery, const ProgressHandler& progress) {
  if (!is_source_name(delivery.source)) {
    return base::invalid_input(fmt::format(
        "a source is named with small letters, digits, dots, dashes and underscores, not \"{}\"",
        delivery.source));
  }
  const base::Lock lock(state_->booking);
  const auto folder_lock = TRY(FolderLock::take(state_->settings.folder, true));
  Booking booking({state_->settings, state_->catalog, state_->clock}, delivery, progress);
  auto receipt = TRY(booking.run());
  for (const auto& period : receipt.periods) {
    const auto old = surplus(
        TRY(state_->catalog.all(receipt.source, period.period, period.dataset)),
        state_->settings.generations_kept);
    TRY(state_->catalog.forget(old));
    for (const auto& volume : old) {
      TRY(io::remove_tree(state_->settings.folder / volume.folder()));
    }
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

Result<std::vector<Generation>> Ledger::generations(
    std::string_view source, std::string_view period) {
  std::vector<Generation> generations;
  for (auto& volume : TRY(state_->catalog.all(source, period))) {
    generations.push_back(std::move(volume.generation));
  }
  return generations;
}

}  // namespace outlay::ledger
