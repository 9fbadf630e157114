// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "flow/model.h"

namespace outlay::flow {

/// The first date of a schedule after a moment; nothing when there is none.
std::optional<base::Instant> next_date(const Trigger& trigger, base::Instant after);
/// The last date of a schedule before a moment.
std::optional<base::Instant> previous_date(const Trigger& trigger, base::Instant before);
/// A date as flows see it: ISO 8601 in the trigger's time zone.
std::string print_date_of(const Trigger& trigger, base::Instant date);

}  // namespace outlay::flow
