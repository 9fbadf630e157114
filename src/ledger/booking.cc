// SPDX-License-Identifier: Apache-2.0
#include "ledger/booking.h"

#include <algorithm>
#include <thread>

#include <fmt/format.h>

#include "base/check.h"
#include "base/mutex.h"
#include "base/random.h"
#include "base/text.h"
#include "format/json.h"
#include "ledger/cells.h"
#include "ledger/receipt.h"

namespace outlay::ledger {

using base::Done;
using base::Result;
using base::sql_text;

struct ProgressReporter::State {
  const ProgressHandler& handler;
  const store::Duck& duck;
  base::Mutex mutex;
  base::Condition changed;
  std::string stage GUARDED_BY(mutex);
  bool is_over GUARDED_BY(mutex) = false;
  std::thread thread;

  State(const ProgressHandler& a_handler, const store::Duck& a_duck)
      : handler(a_handler), duck(a_duck) {}

  void watch() {
    const base::Lock lock(mutex);
    while (!is_over) {
      if (!stage.empty()) handler({stage, duck.progress()});
      changed.wait_for(mutex, std::chrono::milliseconds(200));
    }
  }
};

ProgressReporter::ProgressReporter(const ProgressHandler& handler, const store::Duck& duck)
    : state_(std::make_unique<State>(handler, duck)) {
  if (handler) state_->thread = std::thread([this] { state_->watch(); });
}

ProgressReporter::~ProgressReporter() {
  if (!state_->thread.joinable()) return;
  {
    const base::Lock lock(state_->mutex);
    state_->is_over = true;
  }
  state_->changed.notify_all();
  state_->thread.join();
}

void ProgressReporter::begin(const std::string& stage) {
  const base::Lock lock(state_->mutex);
  state_->stage = stage;
}

Booking::Booking(const Context& context, const Delivery& delivery, const ProgressHandler& progress)
    : context_(context), delivery_(delivery), progress_(progress), begun_(context.clock.now()) {}

Booking::~Booking() = default;

Result<Receipt> Booking::run() {
  TRY(number_files());
  if (auto before = TRY(booked_before())) return std::move(*before);
  TRY(open_engine());
  const auto work = [this]() -> Result<Done> {
    TRY(stage());
    TRY(plan_groups());
    TRY(carry());
    if (receipt_.already_booked) return tell_standing();
    TRY(write_all());
    TRY(account());
    TRY(tell_reasons());
    for (const auto& group : groups_) TRY(tell_findings(group));
    TRY(tell_totals());
    return context_.options.is_trial ? compare_columns() : publish();
  };
  auto done = work();
  reporter_.reset();
  if (!done) return in_words(std::move(done).error());
  return std::move(receipt_);
}

Result<Done> Booking::number_files() {
  receipt_.source = delivery_.source;
  receipt_.label = delivery_.label;
  receipt_.skipped = delivery_.skipped;
  std::vector<std::string> lines;
  for (std::size_t set = 0; set < delivery_.sets.size(); ++set) {
    for (const auto& given : delivery_.sets[set].files) {
      NumberedFile file{static_cast<int>(files_.size()), set, given, delivery_.sets[set].reference};
      const auto hash = TRY(io::hash_file(given.path));
      file.file.sha256 = hash.sha256;
      file.file.bytes = hash.bytes;
      lines.push_back(fmt::format("{} {}", set, hash.sha256));
      receipt_.files.push_back(file.file);
      files_.push_back(std::move(file));
    }
  }
  if (files_.empty()) return base::invalid_input("the delivery has no files");
  std::sort(lines.begin(), lines.end());
  files_key_ = io::sha256_hex(base::join(lines, "\n"));
  return Done{};
}

Result<std::optional<Receipt>> Booking::booked_before() {
  const auto record = TRY(context_.catalog.find_in_place(delivery_.source, files_key_));
  if (!record || !TRY(has_same_mappings(*record))) return std::optional<Receipt>();
  const auto json = TRY(format::parse_json(record->receipt, format::JsonNumbers::exact));
  auto receipt = TRY(parse_receipt(json));
  receipt.already_booked = true;
  for (auto& period : receipt.periods) {
    period.was_there = true;
    period.changes.clear();
  }
  receipt.seconds = static_cast<double>((context_.clock.now() - begun_).count()) / 1e6;
  return std::optional<Receipt>(std::move(receipt));
}

/// The mappings may have changed since: they are asked again for the shapes the files had.
Result<bool> Booking::has_same_mappings(const DeliveryRecord& record) const {
  const auto shapes = TRY(format::parse_json(record.shapes));
  for (const auto& item : shapes.as_array()) {
    const auto set = static_cast<std::size_t>(item["set"].int_or(0));
    if (set >= delivery_.sets.size()) return false;
    RawShape shape;
    for (const auto& name : item["columns"].as_array()) shape.columns.push_back(name.as_text());
    for (const auto& type : item["types"].as_array()) shape.types.push_back(type.as_text());
    const auto plan = delivery_.sets[set].mapper(shape);
    if (!plan) return false;
    if (fmt::format("{} {}", plan->mapping, plan->version) != item["mapping"].text_or("")) {
      return false;
    }
  }
  return true;
}

std::string Booking::shapes_json() const {
  format::Array shapes;
  for (const auto& group : groups_) {
    format::Array columns;
    for (const auto& name : group.staged.shape.columns) columns.emplace_back(name);
    format::Array types;
    for (const auto& type : group.staged.shape.types) types.emplace_back(type);
    shapes.push_back(format::Value::object(
        {{"set", static_cast<std::int64_t>(group.staged.set)},
         {"columns", std::move(columns)},
         {"types", std::move(types)},
         {"mapping", fmt::format("{} {}", group.plan.mapping, group.plan.version)}}));
  }
  return format::print_json(shapes);
}

Result<Done> Booking::open_engine() {
  const io::Path staging = context_.settings.folder / ".staging";
  TRY(io::make_folders(staging));
  scratch_.emplace(TRY(io::ScratchFolder::create(staging)));
  TRY(io::make_folders(scratch_->path() / "tmp"));
  TRY(io::make_folders(scratch_->path() / "raw"));
  store::DuckSettings settings;
  settings.threads = context_.settings.threads;
  settings.memory_bytes = context_.settings.memory_bytes;
  settings.temp_folder = (scratch_->path() / "tmp").string();
  // The engine's own progress is not asked for: counting it takes a fifth of the time of a booking.
  database_ = TRY(store::DuckDatabase::open(settings));
  duck_.emplace(TRY(database_->connect()));
  TRY(
      duck_->run("CREATE TEMP TABLE dropped(x_File INTEGER, x_Row BIGINT, reason VARCHAR); "
                 "CREATE TEMP TABLE quarantined(x_File INTEGER, x_Row BIGINT, reason VARCHAR, "
                 "content VARCHAR)"));
  reporter_ = std::make_unique<ProgressReporter>(progress_, *duck_);
  receipt_.delivery_id = base::new_id();
  return Done{};
}

Result<Done> Booking::stage() {
  staged_ =
      TRY(stage_files(*duck_, scratch_->path() / "raw", files_, [this](const NumberedFile& file) {
        reporter_->begin("reading " + file.file.name);
      }));
  receipt_.notes = staged_.notes;
  return take_broken();
}

Result<Done> Booking::plan_groups() {
  reporter_->begin("mapping");
  for (std::size_t i = 0; i < staged_.groups.size(); ++i) {
    Group group;
    group.staged = staged_.groups[i];
    TRY(plan_group(group, i));
    groups_.push_back(std::move(group));
  }
  return Done{};
}

Result<Done> Booking::plan_group(Group& group, std::size_t index) {
  auto plan = delivery_.sets[group.staged.set].mapper(group.staged.shape);
  if (!plan) {
    auto error = std::move(plan).error();
    if (error.place.file.empty()) error.place.file = name_of(group.staged.files.front());
    return error;
  }
  group.plan = std::move(*plan);
  receipt_.mappings.push_back(fmt::format("{} {}", group.plan.mapping, group.plan.version));
  receipt_.notes.insert(receipt_.notes.end(), group.plan.notes.begin(), group.plan.notes.end());
  group.mapped = fmt::format("mapped_{}", index);
  group.typed = fmt::format("typed_{}", index);
  for (const int file : group.staged.files) {
    receipt_.files[static_cast<std::size_t>(file)].mapping = receipt_.mappings.back();
  }
  group.raw = group.staged.raw;
  if (group.plan.extent == Extent::part) TRY(leave_known_files(group, index));
  // Inlining copies the plan of a mapping once for each time a table expression is named, which for
  // a small bill takes longer than all the rest; a large one gains from it.
  TRY(duck_->run(
      is_small(group) ? "SET disabled_optimizers = 'cte_inlining'" : "RESET disabled_optimizers"));
  TRY(duck_->run(fmt::format(
      "CREATE TEMP {} {} AS {}",
      is_small(group) ? "TABLE" : "VIEW",
      group.mapped,
      over_raw(group.plan.charges_sql, group.raw))));
  ColumnTypes mapped;
  for (const auto& row : TRY(duck_->query("DESCRIBE " + group.mapped)).rows) {
    mapped.emplace_back(text(row[0]), text(row[1]));
  }
  group.sql = TRY(charge_sql(group.plan, mapped));
  TRY(take_drops(group));
  TRY(take_rejects(group, index));
  return check_rows(group, index);
}

/// Small bills are mapped once and kept; planning a mapping twice takes longer than that.
bool Booking::is_small(const Group& group) const {
  constexpr std::uint64_t kSmallBytes = 32'000'000;
  // Packed files grow about tenfold.
  constexpr std::uint64_t kPacked = 10;
  std::uint64_t bytes = 0;
  for (const int index : group.staged.files) {
    const auto& file = files_[static_cast<std::size_t>(index)].file;
    const bool is_packed = file.compression != Compression::none || file.kind == FileKind::parquet;
    bytes += file.bytes * (is_packed ? kPacked : 1);
  }
  return bytes <= kSmallBytes;
}

std::string Booking::name_of(long long file) const {
  CHECK(file >= 0 && static_cast<std::size_t>(file) < files_.size());
  return files_[static_cast<std::size_t>(file)].file.name;
}

/// Paths of the scratch folder mean nothing to a user, and a full disk needs saying what became of
/// the booking.
base::Error Booking::in_words(base::Error error) const {
  if (scratch_) {
    error.message = base::replace_all(error.message, scratch_->path().string() + "/", "");
  }
  if (error.code == base::Code::exhausted) {
    error.message = fmt::format(
        "{} could not be booked: disk or memory ran out under {}; nothing was changed; free some "
        "space (about three times the size of the bill) and try again ({})",
        delivery_.label,
        context_.settings.folder.string(),
        error.message);
  }
  return error;
}

}  // namespace outlay::ledger
