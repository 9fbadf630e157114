// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "io/file.h"

namespace outlay::ledger {

/// Every path of names in the first bytes of a JSON document, dots between names and lists passed
/// through ("data.results.amount"); text that is cut short ends the search without harm. At most a
/// few hundred.
std::vector<std::string> json_paths(std::string_view start);

/// Writes the records of JSON documents (one or several after each other: the pages of an answer)
/// as CSV, one row per record. `records` is the path to them, "data.results"; lists are passed
/// through on the way, and `*` stands for every member of an object. A row has the record's fields
/// and the plain fields of what it lies in; a field that is an object is there as compact JSON and,
/// with a dot, by its own plain fields ("amount.value"). Numbers keep their digits. Fails when a
/// document cannot be read or none has records.
base::Result<long long> json_document_to_csv(
    const io::Path& from, const std::string& name, std::string_view records, const io::Path& to);

}  // namespace outlay::ledger
