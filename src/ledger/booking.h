// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "io/file.h"
#include "ledger/catalog.h"
#include "ledger/charge_sql.h"
#include "ledger/ledger.h"
#include "ledger/stage.h"
#include "store/duck.h"

namespace outlay::ledger {

/// Tells a handler how far the work is, from a thread of its own while a statement runs.
class ProgressReporter {
 public:
  ProgressReporter(const ProgressHandler& handler, const store::Duck& duck);
  ~ProgressReporter();
  void begin(const std::string& stage);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// One booking from its first byte to its commit. Made, run once, thrown away; nothing is current
/// before commit.
class Booking {
 public:
  struct Context {
    const LedgerSettings& settings;
    Catalog& catalog;
    const base::Clock& clock;
    const BookOptions& options;
  };

  Booking(const Context& context, const Delivery& delivery, const ProgressHandler& progress);
  ~Booking();

  base::Result<Receipt> run();

 private:
  /// Files of one shape with their mapping, and the relations made of them.
  struct Group {
    StagedGroup staged;
    MappingPlan plan;
    ChargeSql sql;
    std::string mapped, typed;  ///< view names
    /// View of the files' rows that are not booked yet; `staged.raw` but for Extent::part.
    std::string raw;
  };

  /// A current generation of this source, which rows are added to.
  struct Standing {
    Volume volume;
    std::vector<BillFile> files;  ///< by x_File
    std::string month;            ///< DATE in SQL text
    std::string rows;             ///< its file, as SQL text
  };

  /// A generation that is being written.
  struct Draft {
    std::string dataset, period;
    std::string month;  ///< DATE in SQL text
    Volume volume;
    io::Path folder;  ///< in the scratch folder, until it is moved
    std::optional<Volume> replaces;
  };

  base::Result<base::Done> number_files();
  base::Result<std::optional<Receipt>> booked_before();
  base::Result<bool> has_same_mappings(const DeliveryRecord& record) const;
  base::Result<base::Done> open_engine();
  base::Result<base::Done> stage();
  base::Result<base::Done> plan_groups();
  base::Result<base::Done> plan_group(Group& group, std::size_t index);
  bool is_small(const Group& group) const;

  base::Result<base::Done> load_standing(const std::string& dataset);
  base::Result<base::Done> leave_known_files(Group& group, std::size_t index);
  base::Result<base::Done> leave_known_rows(const Group& group, std::size_t index);
  base::Result<base::Done> yield_rows(const Group& group, std::size_t index);
  base::Result<base::Done> leave_rows(
      const Group& group, const std::string& table, const std::string& reason);
  bool is_ranked(int file) const;
  bool is_replaced(const BillFile& standing) const;
  int carried_number(const BillFile& file);
  std::string not_stated_sql(const std::string& dataset, const std::string& month) const;
  std::string carried_sql(const std::string& dataset, bool only_known_months);
  base::Result<base::Done> carry();
  base::Result<base::Done> count_months_again(const std::string& dataset);
  base::Result<base::Done> tell_standing();

  base::Result<base::Done> take_drops(const Group& group);
  base::Result<base::Done> take_rejects(const Group& group, std::size_t index);
  base::Result<base::Done> take_broken();
  base::Result<base::Done> check_rows(Group& group, std::size_t index);
  base::Result<base::Done> quarantine_unreadable(const Group& group, std::size_t index);
  void tell_rounding(const store::Table& checks);
  base::Result<base::Done> tell_outside_manifest(const Group& group);

  base::Result<base::Done> write_all();
  base::Result<base::Done> write_dataset(const std::string& dataset);
  base::Result<base::Done> write_draft(Draft& draft, const std::string& relation);
  base::Result<base::Done> describe_draft(Draft& draft);

  base::Result<base::Done> account();
  base::Result<base::Done> tell_reasons();
  base::Result<base::Done> tell_findings(const Group& group);
  /// Puts an answered finding on the receipt, and among the errors when it refuses the delivery.
  void tell(
      const Group& group,
      const Finding& finding,
      long long rows,
      long long first,
      std::vector<base::Error>& errors);
  base::Result<base::Done> tell_totals();
  base::Result<base::Done> tell_raw_totals(const Group& group);
  base::Result<base::Done> tell_period(const Draft& draft);
  base::Result<std::vector<CostTotals>> totals_of(const std::string& charges);
  base::Result<base::Done> tell_invoices(const std::string& rollups);
  base::Result<std::vector<Change>> changes_of(const Draft& draft);

  /// Of a trial: what the drafts would change, column by column.
  base::Result<base::Done> compare_columns();
  base::Result<std::vector<ColumnChange>> column_changes(const Draft& draft);
  base::Result<base::Done> publish();
  base::Result<base::Done> sync_drafts();
  base::Result<base::Done> move_drafts();
  void undo_moves();
  base::Error in_words(base::Error error) const;
  std::string rows_files(const std::string& dataset) const;
  std::string rollup_files() const;
  std::string shapes_json() const;
  std::string name_of(long long file) const;

  Context context_;
  const Delivery& delivery_;
  const ProgressHandler& progress_;
  Receipt receipt_;
  base::Instant begun_;
  std::vector<NumberedFile> files_;
  std::string files_key_;
  std::optional<io::ScratchFolder> scratch_;
  std::unique_ptr<store::DuckDatabase> database_;
  std::optional<store::Duck> duck_;
  std::unique_ptr<ProgressReporter> reporter_;
  Staged staged_;
  std::vector<Group> groups_;
  std::vector<Draft> drafts_;
  std::vector<io::Path> moved_;
  /// Data sets that this delivery adds to, with what stands booked of them.
  std::map<std::string, std::vector<Standing>> standing_;
  std::set<int> known_files_;
  /// Months (DATE texts) found per data set.
  std::map<std::string, std::map<std::string, long long>> months_;
  long long rounded_costs_ = 0, rounded_others_ = 0;
  std::optional<money::Decimal> rounded_amount_;
};

}  // namespace outlay::ledger
