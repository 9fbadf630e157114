// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "ledger/columns.h"

namespace outlay::ledger {

/// A column as the standard derives it where a bill leaves it out, as SQL over the ledger's
/// columns: who hosts, costs in a pricing currency that is the billing currency. What no rule of
/// the standard gives stays null.
std::string derived_value(const FocusColumn& column);

/// The same as an export writes it: null where the standard forbids a value (a unit without its
/// quantity, a price on Tax), which the ledger keeps.
std::string exported_value(const FocusColumn& column);

}  // namespace outlay::ledger
