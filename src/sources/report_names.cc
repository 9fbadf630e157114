// SPDX-License-Identifier: Apache-2.0
#include "sources/report_names.h"

#include <algorithm>
#include <set>

#include "base/text.h"

namespace outlay::sources {
namespace {

using base::Result;

// The last part of a report's path, as part of a source's name.
std::string plain_name(const std::string& report) {
  const std::string last = report.substr(report.rfind('/') + 1);
  std::string out;
  for (const char c : base::lower(last)) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (is_plain)
      out.push_back(c);
    else if (!out.empty() && out.back() != '-')
      out.push_back('-');
  }
  while (out.ends_with('-')) out.pop_back();
  return out.empty() ? "files" : out;
}

}  // namespace

Result<ReportNames> ReportNames::open(
    SyncState& state, const std::string& source, const Plan& plan) {
  ReportNames out(state, source);
  out.names_ = TRY(state.reports(source));
  std::set<std::string> reports;
  for (const PlannedDelivery& delivery : plan.deliveries) reports.insert(delivery.report);
  out.has_several_ = reports.size() > 1;
  return out;
}

Result<std::string> ReportNames::of(const std::string& report) {
  if (const auto known = names_.find(report); known != names_.end()) return known->second;
  std::string name = source_;
  if (has_several_ || !names_.empty()) {
    const std::string wanted = source_ + "." + plain_name(report);
    name = wanted;
    const auto is_taken = [&](const auto& known) { return known.second == name; };
    for (int i = 2; std::any_of(names_.begin(), names_.end(), is_taken); ++i) {
      name = wanted + "-" + std::to_string(i);
    }
  }
  TRY(state_->save_report(source_, report, name));
  names_[report] = name;
  return name;
}

}  // namespace outlay::sources
