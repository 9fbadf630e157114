// SPDX-License-Identifier: Apache-2.0
#include "flow/schedule_dates.h"

#include <cstdio>
#include <cstdlib>

namespace outlay::flow {

std::optional<base::Instant> next_date(const Trigger& trigger, base::Instant after) {
  if (trigger.rule) return trigger.rule->next(after, trigger.zone);
  std::optional<base::Instant> found;
  for (const base::Instant date : trigger.dates)
    if (date > after && (!found || date < *found)) found = date;
  return found;
}

std::optional<base::Instant> previous_date(const Trigger& trigger, base::Instant before) {
  if (trigger.rule) return trigger.rule->previous(before, trigger.zone);
  std::optional<base::Instant> found;
  for (const base::Instant date : trigger.dates)
    if (date < before && (!found || date > *found)) found = date;
  return found;
}

std::string print_date_of(const Trigger& trigger, base::Instant date) {
  const auto offset = trigger.zone.offset_at(date);
  if (offset.count() == 0) return base::print_instant(date);
  std::string text = base::print_instant(date + offset);
  text.pop_back();
  const long long minutes = std::llabs(offset.count()) / 60;
  char tail[16];
  std::snprintf(
      tail,
      sizeof tail,
      "%c%02d:%02d",
      offset.count() < 0 ? '-' : '+',
      static_cast<int>(minutes / 60 % 100),
      static_cast<int>(minutes % 60));
  return text + tail;
}

}  // namespace outlay::flow
