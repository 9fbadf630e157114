// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "demo/bill.h"

namespace outlay::demo {

/// A written bill with what it comes to.
struct ToldBill {
  std::string provider;
  Month month;
  bool is_restated = false;
  BillResult result;
};

/// What was planted and what every month must come to, for programs.
std::string truth_json(const Company& company, const std::vector<ToldBill>& bills);
/// The same story for people.
std::string truth_text(const Company& company, const std::vector<ToldBill>& bills);
/// Machines of the last month with how busy they were: a bill alone does not tell who idles.
std::string inventory_csv(const std::vector<ToldBill>& bills);

}  // namespace outlay::demo
