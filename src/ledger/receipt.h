// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/result.h"
#include "format/value.h"
#include "ledger/ledger.h"

namespace outlay::ledger {

/// A receipt as a document; money as numbers with all their digits.
format::Value receipt_json(const Receipt& receipt);
/// Reads what receipt_json() made.
base::Result<Receipt> parse_receipt(const format::Value& value);
/// A receipt for people: what was read, booked and left out, totals before and after mapping, what
/// changed.
std::string receipt_text(const Receipt& receipt);

}  // namespace outlay::ledger
