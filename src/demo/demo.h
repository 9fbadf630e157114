// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "io/file.h"
#include "money/decimal.h"

namespace outlay::demo {

enum class Compression { gzip, none };

/// What to write. The same settings give the same bytes, whatever the number of threads.
struct DemoSettings {
  io::Path out;  ///< made if it is not there; must be empty
  int months = 13;
  /// The last month written, by its first day.
  base::Date last_month{std::chrono::year{2026}, std::chrono::month{10}, std::chrono::day{1}};
  /// Multiplies the company's resources; 1 is about 250 000 rows over 13 months.
  double scale = 1;
  /// Instead of `scale`: about how many rows over all files.
  std::optional<long long> rows;
  std::uint64_t seed = 1;
  /// Some of demo_providers(); all when empty.
  std::vector<std::string> providers;
  /// Of the large files (AWS, Azure, Google); the SaaS bill and the documents are always plain.
  Compression compression = Compression::gzip;
  /// Also write the second delivery of one closed month under restated/ (needs two months or more).
  bool with_restatement = true;
  int threads = 0;  ///< 0: as many as there are cores
  /// Called after each file with its path below `out` and the share done (0 to 1); from any thread,
  /// one at a time.
  std::function<void(const std::string&, double)> progress;
};

struct DemoFile {
  std::string path;  ///< below the out folder
  std::string provider;
  std::string period;  ///< "2026-01"
  long long rows = 0;  ///< without the header
  long long bytes = 0;
};

/// What a provider's month must come to once it is booked, worked out while writing.
struct DemoTotal {
  std::string provider;
  std::string period;
  std::string currency;
  bool is_restated = false;  ///< of the delivery under restated/
  money::Decimal billed, effective;
  /// Over the usage rows for which the provider states prices.
  std::optional<money::Decimal> list, contracted;
};

struct DemoReport {
  std::vector<DemoFile> files;
  std::vector<DemoTotal> totals;
  long long rows = 0;
  long long bytes = 0;
};

/// "aws", "azure", "google", "saas".
const std::vector<std::string>& demo_providers();

/// Writes one fictional company's bills in the providers' own formats, with TRUTH.md and truth.json
/// beside them: what was planted and what every month must come to. Memory does not grow with the
/// number of rows.
base::Result<DemoReport> generate(const DemoSettings& settings);

}  // namespace outlay::demo
