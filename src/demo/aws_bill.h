// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "demo/aws_catalogue.h"
#include "demo/bill.h"

namespace outlay::demo {

/// Writes one month of AWS: a CUR 2.0 file with its manifest.
///
/// Invariants, per month
/// 1. The negation rows of a savings plan cancel the unblended cost of the rows it covers, hour by
/// hour.
/// 2. Used and unused commitment add up to the plan's commitment; used and unused hours to the
/// reservation's.
/// 3. The EdpDiscount rows are the difference between the unblended and the net costs of usage.
class AwsBill {
 public:
  explicit AwsBill(const BillTask& task);
  base::Result<BillResult> write();

 private:
  struct ProductSum {
    money::Decimal gross, net;
  };

  struct Plan {
    std::string arn;
    const char* offering;
    const char* payment;
    AwsMeter meter;
    Hours hours;
    std::int64_t machines;
    money::Decimal rate;                ///< of the plan, for one machine and hour
    money::Decimal upfront, recurring;  ///< commitment for one hour
  };

  // aws_bill.cc
  void machines();
  void machine_hours(const AwsMachines& group, std::int64_t number, std::int64_t count);
  void daily();
  void daily_meter(const AwsDaily& kind, const AwsMeter& meter, std::int64_t number);
  void split_rows(const AwsMeter& node);
  void usage(
      LinePattern& line, const AwsMeter& meter, money::Decimal quantity, money::Decimal rate);
  void stamp(LinePattern& line, int from_hour, int to_hour);
  AwsMeter named(
      const AwsMeter& meter,
      std::string_view prefix,
      std::string_view key,
      std::int64_t number) const;
  long long anomalous(
      const AwsDaily& kind,
      const AwsMeter& meter,
      std::int64_t number,
      int day,
      long long quantity);
  void remember(const AwsMachines& group, const AwsMeter& meter);

  // aws_commitments.cc
  std::vector<Plan> plans() const;
  void savings_plans();
  void covered_machine(const Plan& plan, std::int64_t number);
  void plan_fees(const Plan& plan);
  void plan_purchase(const Plan& plan);
  void reservations();
  long long reserved_machine(const std::string& arn, std::int64_t number, std::int64_t count);
  void reservation_fees(const std::string& arn, std::int64_t count, long long used_hours);

  // aws_charges.cc
  void discounts();
  void support();
  void credits();
  void refund();
  void taxes();
  void marketplace();
  void late_usage();
  void charge(CsvRow row, std::string_view kind, money::Decimal amount, int from_hour, int to_hour);
  base::Result<base::Done> manifest(const std::string& data_file);

  const BillTask& task_;
  const Company& company_;
  const Month month_;
  std::vector<std::string> stamps_;  ///< one for each hour and the month's end
  std::string invoice_;
  BillSink sink_;
  BillFacts facts_;
  std::map<std::pair<Owner, std::string>, ProductSum> products_;
  std::uint64_t id_key_;
  std::uint64_t next_id_ = 0;
};

}  // namespace outlay::demo
