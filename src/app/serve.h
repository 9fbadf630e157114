// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <iosfwd>

#include "api/outlay.h"
#include "base/clock.h"
#include "base/result.h"

namespace outlay::app {

/// Serves `outlay` as its settings say and runs its flows, until SIGINT or SIGTERM; prints the
/// address to `out`.
base::Result<base::Done> serve(api::Outlay& outlay, const base::Clock& clock, std::ostream& out);

}  // namespace outlay::app
