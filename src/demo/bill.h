// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "demo/company.h"
#include "demo/demo.h"
#include "demo/pattern.h"
#include "io/stream_writer.h"

namespace outlay::demo {

/// A file being written, or only counted when it has no path.
class BillSink {
 public:
  BillSink() = default;
  static base::Result<BillSink> create(const io::Path& path, bool as_gzip);

  void text(std::string_view line) { buffer_ += line; }

  void row(const LinePattern& line) {
    line.append_to(buffer_);
    end_row();
  }

  void row(std::string_view line) {
    buffer_ += line;
    end_row();
  }

  long long rows() const { return rows_; }

  /// Writes the rest; the first error of any write, or the bytes on disk.
  base::Result<long long> close();

 private:
  void end_row() {
    ++rows_;
    if (buffer_.size() > kBufferBytes) flush();
  }

  void flush();

  static constexpr std::size_t kBufferBytes = 1 << 20;
  std::optional<io::StreamWriter> file_;
  std::optional<base::Error> error_;
  std::string buffer_;
  long long rows_ = 0;
};

/// What one month of one provider comes to, kept while its rows are written.
struct BillFacts {
  money::Decimal billed, effective, list, contracted;
  /// Billed per invoice; only where the bill names invoices.
  std::map<std::string, money::Decimal> invoices;
  /// Effective cost of usage with and without the tag "team".
  money::Decimal tagged, untagged;

  /// Commitment id -> bought and used, in money, for the month.
  struct Commitment {
    money::Decimal bought, used;
  };

  std::map<std::string, Commitment> commitments;

  /// Resources to be found later, by id, with what they cost in the month.
  struct Planted {
    std::string reason;  ///< "idle" or "oversized"
    std::string kind;
    std::string account;
    money::Decimal effective;
  };

  std::map<std::string, Planted> planted;

  /// Machines of the last month with how busy they were, for the inventory.
  struct Machine {
    std::string resource, account, type, team;
    int cpu_percent = 0, cpu_max_percent = 0, memory_percent = 0;
  };

  std::vector<Machine> machines;
  /// What the anomaly cost beyond the usual day.
  money::Decimal anomaly;
  std::string anomaly_resource, anomaly_account;
  /// Rows by the provider's own kind of row.
  std::map<std::string, long long> rows;

  void add(
      money::Decimal billed_cost,
      money::Decimal effective_cost,
      money::Decimal list_cost,
      money::Decimal contracted_cost);
};

/// What is to be written for one month.
struct BillTask {
  const Company& company;
  Month month;
  bool is_restated = false;
  io::Path out;  ///< the folder the provider's own folder goes into; empty: only count
  Compression compression = Compression::gzip;
};

struct BillResult {
  std::vector<DemoFile> files;
  BillFacts facts;
  std::string currency;
};

base::Result<BillResult> write_aws(const BillTask& task);
base::Result<BillResult> write_azure(const BillTask& task);
base::Result<BillResult> write_google(const BillTask& task);
base::Result<BillResult> write_saas(const BillTask& task);

/// Opens `path` below task.out and its folders; a sink that only counts when task.out is empty.
base::Result<BillSink> open_bill(const BillTask& task, const std::string& path, bool as_gzip);
/// Writes a small document below task.out; nothing when that is empty.
base::Result<base::Done> write_document(
    const BillTask& task, const std::string& path, std::string_view text);

}  // namespace outlay::demo
