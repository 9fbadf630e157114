// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "ledger/delivery.h"
#include "money/decimal.h"
#include "store/database.h"
#include "store/duck.h"

namespace outlay::ledger {

struct LedgerSettings {
  io::Path folder;  ///< the data folder's "ledger"
  int threads = 0;
  std::uint64_t memory_bytes = 1'000'000'000;
  /// How many superseded generations of a (source, period) stay on disk; all by default.
  int generations_kept = 1'000'000;
  /// How long a superseded generation stays at most; for ever when absent.
  std::optional<base::Duration> superseded_kept;
  /// A billing period counts as closed this long after its end, unless the provider says otherwise.
  base::Duration closed_after = std::chrono::hours(24 * 10);
};

/// The four FOCUS costs of some rows in one currency. Unknown (all null) is nothing, not 0.
struct CostTotals {
  std::string currency;
  std::optional<money::Decimal> billed, effective, list, contracted;
  long long rows = 0;
};

struct ReasonCount {
  std::string reason;
  long long rows = 0;
  std::string first_file;
  long long first_row = 0;
};

struct InvoiceLine {
  std::string invoice_id;  ///< empty for rows without one
  std::string issuer;
  std::string currency;
  money::Decimal billed;
};

/// What one service cost before and after, in one currency; for what a restatement changed.
struct Change {
  std::string service;
  std::string currency;
  std::optional<money::Decimal> before, after;  ///< BilledCost
  std::optional<money::Decimal> effective_before, effective_after;
};

/// How many charges of a file a mapping reads otherwise than the one before it did.
struct ColumnChange {
  std::string column;
  long long charges = 0;
  std::string before, after;  ///< of the first such charge; empty for null
};

/// One generation that a delivery made, or found in place.
struct BookedPeriod {
  std::string period;  ///< "2026-01", of BillingPeriodStart in UTC; "all" for contract commitments
  std::string dataset = "cost_and_usage";
  long long generation = 0;
  bool was_there = false;  ///< the same delivery had been booked: nothing changed
  long long rows = 0;
  std::vector<CostTotals> totals;
  std::vector<Change> changes;  ///< against the generation it replaced; empty for a first one
  std::optional<long long> replaced;
  /// Of a trial: columns that differ from the generation it would replace, charge by charge.
  std::vector<ColumnChange> column_changes;
};

/// What happened to a delivery, in full; printed by `outlay ingest`.
struct Receipt {
  std::string source;
  std::string label;
  std::string delivery_id;
  std::vector<BillFile> files;
  /// Files of earlier deliveries whose rows stand beside this one's (Extent::part); in the
  /// numbering of x_File they follow `files`.
  std::vector<BillFile> carried_files;
  std::vector<std::string> mappings;
  bool already_booked = false;
  bool is_trial = false;  ///< nothing was booked: what would have been
  long long rows_read = 0;
  long long rows_booked = 0;
  long long rows_added = 0;  ///< booked rows beyond one per row read (two-row expansions)
  std::vector<ReasonCount> quarantined;
  std::string quarantine_file;  ///< Parquet with reason, file, row and the row's own content
  std::vector<ReasonCount> dropped;
  std::vector<CostTotals> booked_totals;

  /// Cost name in the file -> totals: what the file itself adds up to.
  struct RawTotal {
    std::string currency;
    std::string cost;
    money::Decimal sum;
  };

  std::vector<RawTotal> raw_totals;
  std::vector<InvoiceLine> invoices;
  std::vector<BookedPeriod> periods;

  struct Told {
    std::string rule;
    std::string message;
    long long rows = 0;
    long long first_row = 0;
  };

  std::vector<Told> findings;
  std::vector<std::string> notes;
  std::vector<std::pair<std::string, std::string>> skipped;
  double seconds = 0;
};

/// Progress of a booking, for a terminal or the event stream.
struct Progress {
  std::string stage;  ///< "reading", "mapping", "writing", "committing"
  double fraction = -1;
};

using ProgressHandler = std::function<void(const Progress&)>;

struct BookOptions {
  /// Does all the work but the commit, and says what it would change.
  bool is_trial = false;
};

struct Generation {
  std::string source, period, dataset;
  long long generation = 0;
  long long rows = 0, bytes = 0;
  std::string delivery_id, label, mapping;
  std::string booked_at;      ///< ISO 8601
  std::string superseded_at;  ///< empty while current
  bool is_current = false;
};

/// What to compare: two generations of (source, period), or the ledger as it stood at two moments.
struct DiffQuery {
  std::string source;             ///< empty: every source
  std::string period;             ///< "2026-01"; empty: every billing period
  long long from_generation = 0;  ///< 0: the one before `to_generation`
  long long to_generation = 0;    ///< 0: the newest
  /// With a moment, generations are not named; `to_time` is now when it is absent.
  std::optional<base::Instant> from_time, to_time;
  /// Columns, "tag:KEY", or the made-up "Cause"; ServiceName when empty.
  std::vector<std::string> by;
};

/// One (source, period) that differs between the two sides; generation 0 where it was not booked.
struct ComparedPeriod {
  std::string source, period;
  long long before = 0, after = 0;
  std::string mapping_before, mapping_after;
};

struct DiffAnswer {
  store::Table table;
  std::vector<ComparedPeriod> compared;
};

/// A file of a current generation.
struct StandingFile {
  std::string source, period, label;
  BillFile file;
};

/// A generation as it was booked: what flows are started by.
struct BookedEvent {
  long long sequence = 0;  ///< grows with each generation of the ledger
  Generation generation;
  std::optional<long long> replaced;
  std::vector<Change> changes;
  /// The billing period was closed when this was booked: its provider said so, or it had ended
  /// LedgerSettings::closed_after before.
  bool was_closed = false;
};

/// Which superseded generations to delete; current ones stay in any case.
struct PurgeRule {
  std::string source, period;           ///< empty: all
  std::optional<int> generations_kept;  ///< the settings' when both are absent
  std::optional<base::Duration> superseded_kept;
  bool is_trial = false;
};

struct PurgeReport {
  std::vector<Generation> generations;
  long long quarantine_files = 0;  ///< of deliveries that have no generation any more
  long long bytes = 0;
};

/// A question about cost; see query.h for what each part means to a user.
struct CostQuery {
  std::vector<std::string> metrics{"EffectiveCost"};
  /// FOCUS or x_ columns, or "tag:KEY".
  std::vector<std::string> by;
  std::optional<base::Date> from;  ///< first day, of ChargePeriodStart
  std::optional<base::Date> to;    ///< first day after
  /// SQL condition over the focus view; checked to be a lone expression.
  std::string where;
  enum class Granularity { none, day, month } granularity = Granularity::none;
  std::optional<long long> limit;
  /// Largest first by the first metric when there is no time column.
  std::optional<base::Instant> as_of;
};

struct CostAnswer {
  store::Table table;
  /// "rollup" or "rows": what answered.
  std::string answered_by;
  std::string sql;
};

/// Where a number came from: one row of one file.
struct TraceLine {
  std::string source, period;
  long long generation = 0;
  std::string file, sha256;
  long long row = 0;
  std::string mapping, delivery_id, booked_at;
  store::Table charge;  ///< the one booked row
};

struct ExportSettings {
  std::string version = "1.2";
  std::string period;  ///< "2026-01"; empty for all
  std::string source;  ///< empty for all
  io::Path out;        ///< .csv, .csv.gz or .parquet
};

struct ExportReport {
  long long rows = 0;
  std::vector<CostTotals> totals;
  /// Mandatory columns of the version that are null on some rows: column -> rows. Nothing is made
  /// up to fill them.
  std::vector<std::pair<std::string, long long>> gaps;
};

struct ConformanceSettings;
struct ConformanceReport;

/// The cost book: every charge of every provider, in FOCUS columns, booked exactly once.
///
/// Invariants
/// 1. A (source, billing period, dataset) has at most one current generation; which one is a row in
/// the state store.
/// 2. A generation's files are complete and synced before that row changes; files without a row are
/// deleted by open().
/// 3. Generations are never edited.
/// Safe from any thread; bookings wait for each other.
class Ledger {
 public:
  static base::Result<std::unique_ptr<Ledger>> open(
      const LedgerSettings& settings, store::Database& state, const base::Clock& clock);
  ~Ledger();

  /// All or nothing, over all periods of the delivery. Booking the same delivery twice changes
  /// nothing.
  base::Result<Receipt> book(
      const Delivery& delivery,
      const ProgressHandler& progress = {},
      const BookOptions& options = {});

  base::Result<CostAnswer> query(const CostQuery& query);
  /// The same with all costs in one currency: each day's at that day's exchange rate, or all at the
  /// rate of `fixed_day` (constant currency). Fails when a rate is missing; nothing is guessed.
  base::Result<CostAnswer> query_in(
      const CostQuery& query, const std::string& currency, std::optional<base::Date> fixed_day);
  /// Adds dated exchange rates from CSV (see fx.h); how many.
  base::Result<long long> load_rates(std::string_view csv, std::string_view file);
  /// Pairs of currencies with the days that have a rate.
  base::Result<store::Table> rates();
  /// Any SELECT over the views focus, contract_commitment, billing_period, invoice_detail.
  base::Result<store::Table> sql(
      std::string_view statement, std::optional<base::Instant> as_of = std::nullopt);
  base::Result<std::vector<TraceLine>> trace(
      std::string_view where, long long limit, std::optional<base::Instant> as_of = std::nullopt);
  /// The files that current generations were made of.
  base::Result<std::vector<StandingFile>> standing_files();
  base::Result<std::vector<Generation>> generations(
      std::string_view source, std::string_view period);
  /// What changed between two sides, by any columns. The column "Cause" is made up: late usage,
  /// credit or refund, re-rating, re-tagging, currency, mapping change, deletion or new period.
  base::Result<DiffAnswer> diff(const DiffQuery& query);
  /// Generations booked after that one, oldest first; `limit` of them at most.
  base::Result<std::vector<BookedEvent>> booked_after(long long sequence, long long limit);
  /// The newest generation's; 0 for an empty ledger.
  base::Result<long long> newest_sequence();
  /// Deletes superseded generations beyond the rule. Totals of today do not change; a question
  /// about a moment when a purged one was current is refused.
  base::Result<PurgeReport> purge(const PurgeRule& rule);
  /// BilledCost per invoice against what the provider's own file says and against `expected`
  /// (invoice id -> amount); a difference up to `tolerance` matches. A larger one is explained
  /// where a charge category, a service or one row accounts for it.
  base::Result<store::Table> reconcile(
      std::string_view period,
      const std::map<std::string, money::Decimal>& expected,
      money::Decimal tolerance = {});
  base::Result<ExportReport> export_focus(const ExportSettings& settings);
  /// How what is booked keeps the rules of a FOCUS version: one report per source and data set, over
  /// what its export in that version would have. See conformance.h.
  base::Result<std::vector<ConformanceReport>> conformance(const ConformanceSettings& settings);
  /// One line per source: newest charge, last booking, periods, rows, tie-out; for people and the
  /// Sources page.
  base::Result<store::Table> sources();
  base::Result<std::vector<Receipt>> receipts(std::string_view source, long long limit);

 private:
  struct State;
  explicit Ledger(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace outlay::ledger
