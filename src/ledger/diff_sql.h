// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "ledger/catalog.h"

namespace outlay::ledger {

/// The columns a difference is grouped by, and the SQL of it.
class DiffKeys {
 public:
  /// `by` names columns of the volumes, "tag:KEY" or "Cause"; BillingCurrency is always one of
  /// them.
  static base::Result<DiffKeys> read(
      const std::vector<std::string>& by, const std::vector<Volume>& volumes);

  bool has_cause() const { return has_cause_; }

  /// Roll-ups know all of them.
  bool fit_rollup() const;
  /// `before` and `after` are SELECT statements over the two sides.
  std::string sql(const std::string& before, const std::string& after) const;
  /// The same when Cause is among them; `compared` says which periods are new or mapped anew.
  std::string causes_sql(
      const std::string& before,
      const std::string& after,
      const std::vector<ComparedPeriod>& remapped,
      const std::vector<ComparedPeriod>& begun) const;

 private:
  std::vector<std::string> keys_;
  bool has_cause_ = false;
};

}  // namespace outlay::ledger
