// SPDX-License-Identifier: Apache-2.0
#include "connectors/alibaba/connector.h"

#include "connectors/alibaba/files.h"
#include "connectors/testing.h"

namespace outlay::connectors {
namespace {

class AlibabaTest : public BillTest {
 protected:
  static std::string bill(const std::vector<std::string>& rows) {
    return "BillAccountID,BillingCycle,BillingDate,ProductCode,SubscriptionType,InstanceID,Region,"
           "Tag,Item,Usage,UsageUnit,DeductedByResourcePackage,ListPrice,Currency,"
           "PretaxGrossAmount,InvoiceDiscount,DeductedByCoupons,PretaxAmount,CommodityCode\n" +
           base::join(rows, "\n") + "\n";
  }

  static std::string row(const std::string& day, const std::string& amount) {
    return fmt::format(
        "0005,2026-01,2026-01-{},ecs,PayAsYouGo,i-1,Germany (Frankfurt),"
        "key:env value:prod; key:team value:cart,PayAsYouGoBill,24,Hour,,0.25,USD,6,0.6,0,{},ecs",
        day,
        amount);
  }
};

TEST_F(AlibabaTest, the_file_of_the_month_takes_the_place_of_its_days) {
  write("1_InstanceDetail_20260105.csv", bill({row("05", "5.4")}));
  write("1_InstanceDetail_20260106.csv", bill({row("06", "5.4")}));
  write("1_InstanceDetail_202601.csv", bill({row("05", "5.4"), row("06", "5.5")}));
  const auto receipt = book(bills());
  EXPECT_EQ(sum("BilledCost"), "10.9");
  EXPECT_EQ(receipt.skipped.size(), 2U);
}

TEST_F(AlibabaTest, days_add_up_until_the_month_comes) {
  book(write("1_InstanceDetail_20260105.csv", bill({row("05", "5.4")})), {.source = "a"});
  book(write("1_InstanceDetail_20260106.csv", bill({row("06", "5.4")})), {.source = "a"});
  EXPECT_EQ(sum("BilledCost"), "10.8");
  book(
      write("1_InstanceDetail_202601.csv", bill({row("05", "5.4"), row("06", "5.5")})),
      {.source = "a"});
  EXPECT_EQ(sum("BilledCost"), "10.9");
}

TEST_F(AlibabaTest, days_and_months_are_of_utc_plus_8) {
  book(write("a.csv", bill({row("05", "5.4")})));
  EXPECT_EQ(
      ask("SELECT BillingPeriodStart, ChargePeriodStart, ChargePeriodEnd, RegionId, Tags FROM "
          "focus"),
      "2025-12-31T16:00:00Z|2026-01-04T16:00:00Z|2026-01-05T16:00:00Z|eu-central-1|"
      R"({"env":"prod","team":"cart"})");
  EXPECT_EQ(ask("SELECT DISTINCT BillingAccountId FROM focus"), "0005");
}

TEST_F(AlibabaTest, orders_are_purchases_and_packages_are_no_price_of_0) {
  const auto receipt = book(write(
      "a.csv",
      bill(
          {"5,2026-01,2026-01-01,ecs,Subscription,i-2,,,SubscriptionOrder,,,,365,USD,365,0,65,300,"
           "ecs_sub",
           "5,2026-01,2026-01-02,oss,PayAsYouGo,b,,,PayAsYouGoBill,500,GB,500,0.1,USD,0,0,0,0,oss",
           "5,2026-01,2026-01-03,ecs,Subscription,i-3,,,Refund,,,,,USD,-20,0,0,-20,ecs_sub"})));
  EXPECT_EQ(told(receipt, "alibaba.package.price"), 1);
  EXPECT_EQ(
      ask("SELECT ChargeCategory, PricingCategory, ListUnitPrice, CAST(BilledCost AS DOUBLE), "
          "CAST(ListCost AS DOUBLE) FROM focus ORDER BY x_Row"),
      "Purchase|Standard|-|300|365 Usage|Committed|-|0|0 Purchase|Standard|-|-20|-20");
}

TEST_F(AlibabaTest, the_consoles_chinese_bill_books_as_the_english_one) {
  book(write(
      "账单.csv",
      "\xEF\xBB\xBF账期,账号ID,产品Code,产品,消费类型,账单类型,消费时间,实例ID,地域,原价,优惠金额,"
      "应付金额,币种\n"
      "2026-01,1,ecs,云服务器 ECS,后付费,正常账单,2026-01-05 "
      "00:00:00,i-1,华东1（杭州）,10.00,1.50,8.50,CNY\n"
      "2026-01,1,ecs,云服务器 ECS,预付费,新购,2026-01-06 00:00:00,i-2,华东1（杭州）,100,0,100,CNY\n"
      "2026-01,1,ecs,云服务器 ECS,后付费,退款,2026-01-07 "
      "00:00:00,i-1,华东1（杭州）,-1,0,-1,CNY\n"));
  EXPECT_EQ(sum("BilledCost"), "107.5");
  EXPECT_EQ(sum("ListCost"), "109");
  EXPECT_EQ(
      ask("SELECT ChargeCategory, ResourceId, ChargePeriodStart FROM focus ORDER BY x_Row"),
      "Usage|i-1|2026-01-04T16:00:00Z Purchase|i-2|2026-01-05T16:00:00Z "
      "Usage|i-1|2026-01-06T16:00:00Z");
}

TEST_F(AlibabaTest, the_published_bill_ties) {
  NEED_SHARED(path, "alibaba/constructed_instance_bill_2026-01.csv");
  EXPECT_EQ(book(*path).rows_booked, 5);
  EXPECT_EQ(sum("BilledCost"), "290.8");
  EXPECT_EQ(sum("ListCost"), "357");
}

}  // namespace
}  // namespace outlay::connectors
