// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "demo/aws_rows.h"

namespace outlay::demo {

/// When a machine runs.
enum class Hours { always, office, night };

/// A group of machines billed by the hour, on demand.
struct AwsMachines {
  const char* name;
  AwsMeter meter;
  const char* id;  ///< how a resource id begins
  Hours hours = Hours::always;
  int count = 1;  ///< at scale 1 in the first month
  /// Why it is planted ("idle", "oversized"), or empty. Planted ones neither grow nor scale.
  std::string_view planted;
};

enum class Use {
  rhythm,    ///< follows the days of the week and growth
  flat,      ///< 24 hours a day
  capacity,  ///< stored for a month, billed by the day
};

/// A meter billed by the day.
struct AwsDaily {
  const char* name;
  AwsMeter meter;
  const char* id;      ///< how a resource id begins
  long long base = 0;  ///< units a day (rhythm) or held (capacity)
  int count = 1;
  Use use = Use::rhythm;
  std::string_view planted;
};

std::span<const AwsMachines> aws_machines();
std::span<const AwsDaily> aws_daily();
/// How many of 100 machines of a group run in an hour of a day.
int running_percent(Hours hours, base::Date day, int hour);

// Names of meters the story is told about.
inline constexpr std::string_view kAnomalyMeter = "logs";
inline constexpr std::string_view kPriceChangeMeter = "volumes";

}  // namespace outlay::demo
