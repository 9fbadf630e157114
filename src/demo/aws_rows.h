// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "demo/company.h"
#include "demo/pattern.h"

namespace outlay::demo {

struct AwsAccount {
  const char* id;
  const char* name;
  const char* env;
};

inline constexpr AwsAccount kAwsPayer{"100200300400", "larkspur-payer", ""};
/// Index into kAwsAccounts.
enum class Owner { prod, staging, data, shared };
inline constexpr AwsAccount kAwsAccounts[]{
    {"210987654321", "larkspur-prod", "prod"},
    {"320987654322", "larkspur-staging", "staging"},
    {"430987654323", "larkspur-data", "prod"},
    {"540987654324", "larkspur-shared", "prod"}};

const AwsAccount& aws_account(Owner owner);

/// What is the same for all rows of one resource and one meter.
struct AwsMeter {
  Owner owner = Owner::prod;
  const char* product = "";       ///< line_item_product_code
  const char* product_name = "";  ///< as people know it
  const char* usage_type = "";    ///< without the region's prefix
  const char* operation = "";
  const char* unit = "";
  const char* family = "";
  const char* instance_type = "";
  const char* rate = "";  ///< USD for one unit, at list
  std::string resource;
  std::string team;  ///< empty: no tags
};

/// "arn:aws:savingsplans::100200300400:savingsplan/..." and
/// "arn:aws:ec2:...:reserved-instances/...".
std::string savings_plan_arn(const Company& company, std::string_view name);
std::string reservation_arn(const Company& company, std::string_view name);

const std::vector<std::string>& cur_columns();
/// A row with the bill's and the month's columns; every line starts from it.
/// Holes: id, start, end; `bill` is "Anniversary", "Purchase" or "Refund".
CsvRow cur_row(const Month& month, std::string_view bill, std::string_view invoice);
/// Adds account, product, tags and prices. Holes: quantity, cost, net, list.
void set_usage(CsvRow& row, const AwsMeter& meter, money::Decimal rate, money::Decimal net_rate);
/// The three invoices of a month.
std::string aws_invoice(const Month& month, std::string_view bill);
/// True when the resource carries the tag "team".
bool is_tagged(const AwsMeter& meter);
/// A hash decides region and zone.
std::string_view aws_region(const AwsMeter& meter);

}  // namespace outlay::demo
