// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "ledger/receipt.h"

namespace outlay::ledger {
namespace {

using base::with_thousands;
using money::Decimal;

constexpr std::size_t kLinesMax = 20;

std::string shown(const std::optional<Decimal>& amount) {
  return amount ? amount->short_text() : "unknown";
}

/// Rows of words, set in columns; all but the first column to the right.
class Grid {
 public:
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }

  void print(std::string& out) const {
    std::vector<std::size_t> widths;
    for (const auto& row : rows_) {
      widths.resize(std::max(widths.size(), row.size()));
      for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    }
    for (const auto& row : rows_) {
      std::string line = "  ";
      for (std::size_t i = 0; i < row.size(); ++i) {
        line += i == 0 ? fmt::format("{:<{}}", row[i], widths[i])
                       : fmt::format("  {:>{}}", row[i], widths[i]);
      }
      out += line + "\n";
    }
  }

 private:
  std::vector<std::vector<std::string>> rows_;
};

void print_head(const Receipt& receipt, std::string& out) {
  out += fmt::format(
      "{} {} as source {}\n",
      receipt.already_booked ? "Already booked:" : "Booked",
      receipt.label,
      receipt.source);
  if (receipt.already_booked) out += "  the same files are in place; nothing was changed\n";
  out += fmt::format(
      "  {} rows read from {} {}, {} charges booked",
      with_thousands(receipt.rows_read),
      receipt.files.size(),
      receipt.files.size() == 1 ? "file" : "files",
      with_thousands(receipt.rows_booked));
  if (receipt.rows_added > 0) {
    out += fmt::format(
        " ({} more than rows: some rows are two charges)", with_thousands(receipt.rows_added));
  }
  out += fmt::format("\n  mapping {}", base::join(receipt.mappings, ", "));
  if (receipt.seconds > 0) {
    out += fmt::format("; {:.2f} s", receipt.seconds);
    if (!receipt.already_booked) {
      const double speed = static_cast<double>(receipt.rows_read) / receipt.seconds;
      out += fmt::format(", {} rows/s", with_thousands(static_cast<long long>(speed)));
    }
  }
  out += "\n";
}

void print_totals(const Receipt& receipt, std::string& out) {
  if (!receipt.booked_totals.empty()) {
    out += "Totals booked\n";
    Grid grid;
    grid.add({"currency", "BilledCost", "EffectiveCost", "ListCost", "ContractedCost", "charges"});
    for (const auto& totals : receipt.booked_totals) {
      grid.add(
          {totals.currency.empty() ? "(none)" : totals.currency,
           shown(totals.billed),
           shown(totals.effective),
           shown(totals.list),
           shown(totals.contracted),
           with_thousands(totals.rows)});
    }
    grid.print(out);
  }
  if (receipt.raw_totals.empty()) return;
  out += "Totals of the file itself\n";
  Grid grid;
  for (const auto& total : receipt.raw_totals) {
    grid.add({total.cost, total.sum.short_text(), total.currency});
  }
  grid.print(out);
}

void print_invoices(const Receipt& receipt, std::string& out) {
  if (receipt.invoices.empty()) return;
  out += "Invoices (sum of BilledCost)\n";
  Grid grid;
  for (std::size_t i = 0; i < std::min(receipt.invoices.size(), kLinesMax); ++i) {
    const auto& line = receipt.invoices[i];
    grid.add(
        {(line.invoice_id.empty() ? "(no invoice)" : line.invoice_id) +
             (line.issuer.empty() ? "" : " of " + line.issuer),
         line.billed.short_text(),
         line.currency});
  }
  grid.print(out);
  if (receipt.invoices.size() > kLinesMax) {
    out += fmt::format("  and {} more\n", receipt.invoices.size() - kLinesMax);
  }
}

void print_reasons(
    std::string_view title, const std::vector<ReasonCount>& reasons, std::string& out) {
  if (reasons.empty()) return;
  out += fmt::format("{}\n", title);
  for (const auto& reason : reasons) {
    out += fmt::format(
        "  {} rows: {} (first: {}, row {})\n",
        with_thousands(reason.rows),
        reason.reason,
        reason.first_file,
        reason.first_row);
  }
}

void print_changes(const BookedPeriod& period, std::string& out) {
  Grid grid;
  grid.add(
      {"    service", "billed before", "billed after", "effective before", "effective after", ""});
  for (std::size_t i = 0; i < std::min(period.changes.size(), kLinesMax); ++i) {
    const auto& change = period.changes[i];
    grid.add(
        {"    " + (change.service.empty() ? "(none)" : change.service),
         shown(change.before),
         shown(change.after),
         shown(change.effective_before),
         shown(change.effective_after),
         change.currency});
  }
  grid.print(out);
  if (period.changes.size() > kLinesMax) {
    out += fmt::format("      and {} more services\n", period.changes.size() - kLinesMax);
  }
}

void print_column_changes(const BookedPeriod& period, std::string& out) {
  if (period.column_changes.empty()) return;
  Grid grid;
  grid.add({"    column", "charges", "before", "after, for example"});
  for (const auto& change : period.column_changes) {
    grid.add(
        {"    " + change.column,
         with_thousands(change.charges),
         change.before.empty() ? "(null)" : change.before,
         change.after.empty() ? "(null)" : change.after});
  }
  grid.print(out);
}

void print_periods(const Receipt& receipt, std::string& out) {
  if (receipt.periods.empty()) return;
  out += "Periods\n";
  for (const auto& period : receipt.periods) {
    out += fmt::format(
        "  {}{}: generation {}, {} rows",
        period.period,
        period.dataset == "cost_and_usage" ? "" : " (" + period.dataset + ")",
        period.generation,
        with_thousands(period.rows));
    if (period.was_there) {
      out += ", as before\n";
    } else if (!period.replaced) {
      out += ", first\n";
    } else if (period.changes.empty()) {
      out += fmt::format(", replaces {}; no service's cost changed\n", *period.replaced);
    } else {
      out += fmt::format(", replaces {}; what changed:\n", *period.replaced);
      print_changes(period, out);
    }
    print_column_changes(period, out);
  }
}

}  // namespace

std::string receipt_text(const Receipt& receipt) {
  std::string out;
  if (receipt.is_trial) out += "Trial: nothing was booked. This is what would be:\n";
  print_head(receipt, out);
  print_totals(receipt, out);
  print_invoices(receipt, out);
  print_periods(receipt, out);
  print_reasons("Quarantined (not booked)", receipt.quarantined, out);
  if (!receipt.quarantine_file.empty()) {
    out += fmt::format("  the rows themselves are in {}\n", receipt.quarantine_file);
  }
  print_reasons("Left out on purpose", receipt.dropped, out);
  if (!receipt.findings.empty()) out += "Findings\n";
  for (const auto& told : receipt.findings) {
    out += fmt::format("  {} [{}]", told.message, told.rule);
    if (told.first_row > 0) out += fmt::format(" (first: row {})", told.first_row);
    out += "\n";
  }
  if (!receipt.notes.empty()) out += "Notes\n";
  for (const auto& note : receipt.notes) out += "  " + note + "\n";
  if (!receipt.skipped.empty()) out += "Files that are no part of the bill\n";
  for (const auto& [file, reason] : receipt.skipped) {
    out += fmt::format("  {}: {}\n", file, reason);
  }
  return out;
}

}  // namespace outlay::ledger
