// SPDX-License-Identifier: Apache-2.0
// The last steps: files to their place, then one transaction.
#include <filesystem>

#include <fmt/format.h>

#include "base/text.h"
#include "format/json.h"
#include "ledger/booking.h"
#include "ledger/receipt.h"

namespace outlay::ledger {

using base::Done;
using base::Result;
using base::sql_text;

Result<Done> Booking::sync_drafts() {
  for (const auto& draft : drafts_) {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(draft.folder, error)) {
      TRY(io::sync_path(entry.path()));
    }
    TRY(io::sync_path(draft.folder));
  }
  return Done{};
}

Result<Done> Booking::move_drafts() {
  for (const auto& draft : drafts_) {
    const io::Path target = context_.settings.folder / draft.volume.folder();
    // A folder of this number without a row in the state store is what a crash left.
    TRY(io::remove_tree(target));
    TRY(io::make_folders(target.parent_path()));
    moved_.push_back(target);
    TRY(io::move_path(draft.folder, target));
  }
  return Done{};
}

void Booking::undo_moves() {
  for (const auto& path : moved_) {
    // What cannot be removed now is removed by the next open().
    const auto removed = io::remove_tree(path);
    static_cast<void>(removed);
  }
}

Result<Done> Booking::publish() {
  reporter_->begin("committing");
  TRY(sync_drafts());
  if (!receipt_.quarantined.empty()) {
    const io::Path folder = context_.settings.folder / "quarantine";
    TRY(io::make_folders(folder));
    const io::Path target = folder / (receipt_.delivery_id + ".parquet");
    moved_.push_back(target);
    std::string names = "CASE x_File";
    for (const auto& file : files_) {
      names += fmt::format(" WHEN {} THEN {}", file.index, sql_text(file.file.name));
    }
    auto kept = duck_->run(fmt::format(
        "COPY (SELECT reason, {} END AS file, x_Row AS row, content FROM quarantined "
        "ORDER BY x_File, x_Row) TO {} (FORMAT parquet, COMPRESSION zstd)",
        names,
        sql_text(target.string())));
    if (kept) kept = io::sync_path(target);
    if (!kept) {
      undo_moves();
      return kept;
    }
    receipt_.quarantine_file = target.string();
  }
  receipt_.seconds = static_cast<double>((context_.clock.now() - begun_).count()) / 1e6;
  auto done = move_drafts();
  if (done) {
    std::vector<Volume> volumes;
    for (const auto& draft : drafts_) volumes.push_back(draft.volume);
    const DeliveryRecord record{
        receipt_.delivery_id,
        delivery_.source,
        delivery_.label,
        files_key_,
        shapes_json(),
        format::print_json(receipt_json(receipt_))};
    done = context_.catalog.commit(record, volumes, context_.clock.now());
  }
  if (!done) undo_moves();
  return done;
}

}  // namespace outlay::ledger
