// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "base/result.h"
#include "sources/plan.h"
#include "sources/state.h"

namespace outlay::sources {

/// Under which name the ledger books each report of a source. A source with one report gives it its
/// own name; further ones carry theirs as well, since two reports of one account would replace each
/// other's months. A name once given stays.
class ReportNames {
 public:
  static base::Result<ReportNames> open(
      SyncState& state, const std::string& source, const Plan& plan);

  base::Result<std::string> of(const std::string& report);

 private:
  ReportNames(SyncState& state, std::string source) : state_(&state), source_(std::move(source)) {}

  SyncState* state_;
  std::string source_;
  std::map<std::string, std::string> names_;
  bool has_several_ = false;
};

}  // namespace outlay::sources
