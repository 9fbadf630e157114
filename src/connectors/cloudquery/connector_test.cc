// SPDX-License-Identifier: Apache-2.0
#include "connectors/cloudquery/connector.h"

#include "connectors/testing.h"
#include "store/duck.h"

namespace outlay::connectors {
namespace {

class CloudQueryTest : public BillTest {
 protected:
  static std::string csv(const std::vector<std::string>& cells) {
    std::string line;
    for (const auto& cell : cells) {
      line +=
          fmt::format("{}\"{}\"", line.empty() ? "" : ",", base::replace_all(cell, "\"", "\"\""));
    }
    return line + "\n";
  }

  static std::string cost(
      const std::string& day, const std::string& next, const std::string& groups) {
    return csv(
        {"1", "2026-01-20 03:00:00", "aws", "111122223333", day, next, "true", groups, "{}"});
  }

  static std::string group(const std::string& key, const std::string& amount) {
    return fmt::format(
        R"({{"Keys":["{}"],"Metrics":{{"UnblendedCost":{{"Amount":"{}","Unit":"USD"}},)"
        R"("AmortizedCost":{{"Amount":"{}1","Unit":"USD"}}}}}})",
        key,
        amount,
        amount);
  }

  // A database as CloudQuery's destination leaves it: documents are texts.
  io::Path landed() {
    const auto path = bills() / "landed.duckdb";
    auto database = store::DuckDatabase::open({.threads = 1, .memory_bytes = 100'000'000});
    auto duck = (*database)->connect();
    for (const auto* sql :
         {"CREATE TABLE db.aws_ec2_instances (_cq_id VARCHAR, _cq_sync_time TIMESTAMP, "
          "_cq_source_name VARCHAR, account_id VARCHAR, region VARCHAR, arn VARCHAR, "
          "instance_id VARCHAR, state VARCHAR, tags VARCHAR)",
          "INSERT INTO db.aws_ec2_instances VALUES "
          "('1', '2026-01-20', 'aws', '111122223333', 'eu-west-1', "
          "'arn:aws:ec2:eu-west-1:111122223333:instance/i-0abc12345', 'i-0abc12345', "
          "'{\"Name\":\"running\",\"Code\":16}', "
          "'{\"Name\":\"web\",\"Owner\":\"ann@example.com\"}'), "
          "('2', '2026-01-21', 'aws', '111122223333', 'eu-west-1', "
          "'arn:aws:ec2:eu-west-1:111122223333:instance/i-0abc12345', 'i-0abc12345', "
          "'{\"Name\":\"stopped\"}', '[{\"Key\":\"team\",\"Value\":\"cart\"}]')",
          "CREATE TABLE db.azure_compute_virtual_machines AS SELECT '3' AS _cq_id, TIMESTAMP "
          "'2026-01-20' AS _cq_sync_time, 'sub' AS subscription_id, "
          "'/subscriptions/SUB/resourceGroups/RG/providers/Microsoft.Compute/virtualMachines/VM1' "
          "AS id, 'westeurope' AS location, 'VM1' AS name, "
          "'{\"provisioningState\":\"Succeeded\"}' AS properties, '{\"owner\":\"bo\"}' AS tags",
          "CREATE TABLE db.alicloud_bss_bill AS SELECT '4' AS _cq_id, TIMESTAMP '2026-02-01' AS "
          "_cq_sync_time, '1' AS account_id, '2026-01' AS billing_cycle, 'ecs' AS product_code, "
          "'10.50' AS pretax_amount, '12.00' AS pretax_gross_amount, 'USD' AS currency",
          "CREATE TABLE db.alicloud_bss_bill_overview AS FROM db.alicloud_bss_bill",
          "CREATE TABLE db.settings AS SELECT 1 AS x"}) {
      if (!std::filesystem::exists(path)) {
        EXPECT_TRUE(duck->run("ATTACH '" + path.string() + "' AS db"));
      }
      const auto done = duck->run(sql);
      EXPECT_TRUE(done) << (done ? "" : done.error().message);
    }
    EXPECT_TRUE(duck->run("DETACH db"));
    return path;
  }
};

constexpr auto kCostHeader =
    "_cq_id,_cq_sync_time,_cq_source_name,account_id,start_date,end_date,estimated,groups,total\n";

TEST_F(CloudQueryTest, a_duckdb_file_gives_its_assets_and_its_bill_and_no_overview_of_it) {
  const auto receipt = book(landed());
  EXPECT_EQ(sum("BilledCost"), "10.5");
  EXPECT_EQ(
      ask("SELECT ResourceId, ResourceName, State, Owner, RegionId, SubAccountId, AssetTable FROM "
          "resources ORDER BY ALL"),
      "/subscriptions/SUB/resourceGroups/RG/providers/Microsoft.Compute/virtualMachines/VM1|VM1|"
      "succeeded|bo|westeurope|sub|azure_compute_virtual_machines "
      "arn:aws:ec2:eu-west-1:111122223333:instance/i-0abc12345|i-0abc12345|stopped|cart|eu-west-1|"
      "111122223333|aws_ec2_instances");
  EXPECT_EQ(ask("SELECT count(*) FROM inventory WHERE x_Row IS NOT NULL"), "3");
}

TEST_F(CloudQueryTest, charges_find_their_resource_by_any_form_of_its_id_and_stay_as_they_are) {
  book(landed());
  const std::string vm =
      "/subscriptions/sub/resourcegroups/rg/providers/microsoft.compute/virtualmachines/vm1";
  book(write(
      "bill.csv",
      "BilledCost,EffectiveCost,BillingCurrency,BillingPeriodStart,BillingPeriodEnd,"
      "ChargePeriodStart,ChargePeriodEnd,ChargeCategory,ProviderName,ServiceName,SubAccountId,"
      "ResourceId\n"
      "1,1,USD,2026-01-01,2026-02-01,2026-01-01,2026-01-02,Usage,AWS,EC2,111122223333,I-0ABC12345\n"
      "2,2,USD,2026-01-01,2026-02-01,2026-01-01,2026-01-02,Usage,AWS,EC2,111122223333,"
      "arn:aws:ec2:eu-west-1:111122223333:instance/i-0abc12345\n"
      "4,4,USD,2026-01-01,2026-02-01,2026-01-01,2026-01-02,Usage,Microsoft,VM,sub," +
          vm +
          "\n"
          "8,8,USD,2026-01-01,2026-02-01,2026-01-01,2026-01-02,Usage,AWS,EC2,999,i-0abc12345\n"
          "16,16,USD,2026-01-01,2026-02-01,2026-01-01,2026-01-02,Usage,AWS,S3,999,\n"));
  EXPECT_EQ(
      ask("SELECT AssetOwner, CAST(sum(BilledCost) AS DOUBLE) FROM enriched WHERE BillingCurrency "
          "= 'USD' AND x_Source = 'bill' GROUP BY 1 ORDER BY 1"),
      "bo|4 cart|3 -|24");
  EXPECT_EQ(
      ask("SELECT (SELECT sum(BilledCost) FROM enriched) = (SELECT sum(BilledCost) FROM focus)"),
      "true");
}

TEST_F(CloudQueryTest, without_an_inventory_charges_are_enriched_by_nothing) {
  EXPECT_EQ(ask("SELECT count(*), count(AssetOwner) FROM enriched"), "0|0");
}

TEST_F(CloudQueryTest, days_of_cost_explorer_count_once_by_their_newest_answer) {
  const std::string jan5 = "[" + group("AmazonEC2", "1.2") + "," + group("Tax", "0.3") + "]";
  book(
      write(
          "a/aws_costexplorer_cost_30d/1.csv",
          kCostHeader + cost("2026-01-05", "2026-01-06", jan5) +
              cost("2026-01-06", "2026-01-07", "[" + group("AmazonS3", "2.0") + "]")),
      {.source = "ce"});
  EXPECT_EQ(sum("BilledCost"), "3.5");
  EXPECT_EQ(sum("EffectiveCost"), "3.53");
  EXPECT_EQ(ask("SELECT ChargeCategory FROM focus WHERE ServiceName = 'Tax'"), "Tax");
  book(
      write(
          "b/aws_costexplorer_cost_30d/2.csv",
          kCostHeader + cost("2026-01-06", "2026-01-07", "[" + group("AmazonS3", "2.5") + "]")),
      {.source = "ce"});
  EXPECT_EQ(sum("BilledCost"), "4");
}

TEST_F(CloudQueryTest, questions_with_their_own_groups_name_the_columns) {
  const std::string header =
      "_cq_id,_cq_sync_time,account_id,start_date,end_date,input_hash,input_json,estimated,groups,"
      "total\n";
  const std::string asked =
      R"({"GroupBy":[{"Type":"DIMENSION","Key":"REGION"},{"Type":"TAG","Key":"team"}]})";
  const std::string answer =
      R"([{"Keys":["eu-west-1","team$cart"],"Metrics":{"UnblendedCost":{"Amount":"5","Unit":"USD"}}}])";
  const std::string total = R"({"UnblendedCost":{"Amount":"5","Unit":"USD"}})";
  book(write(
      "aws_costexplorer_cost_custom.csv",
      header +
          csv(
              {"1",
               "2026-01-20",
               "1",
               "2026-01-01",
               "2026-02-01",
               "m",
               "{}",
               "false",
               "[]",
               total}) +
          csv(
              {"2",
               "2026-01-20",
               "1",
               "2026-01-05",
               "2026-01-06",
               "a",
               asked,
               "false",
               answer,
               "{}"}) +
          csv(
              {"3",
               "2026-01-20",
               "1",
               "2026-01-05",
               "2026-01-06",
               "b",
               "{}",
               "false",
               "[]",
               total})));
  EXPECT_EQ(
      ask("SELECT RegionId, Tags ->> '$.team', CAST(BilledCost AS DOUBLE) FROM focus"),
      "eu-west-1|cart|5");
}

TEST_F(CloudQueryTest, a_cost_query_of_azure_becomes_a_charge_per_row) {
  const std::string answer =
      R"({"columns":[{"name":"PreTaxCost","type":"Number"},{"name":"UsageDate","type":"Number"},)"
      R"({"name":"ServiceName","type":"String"},{"name":"Currency","type":"String"}],)"
      R"("rows":[[1.25,20260105,"Storage","EUR"],[2.5,20260106,"Virtual Machines","EUR"]]})";
  book(write(
      "azure_costmanagement_view_queries/x.csv",
      "_cq_id,_cq_sync_time,subscription_id,id,etag,location,sku,tags,properties,name,type\n" +
          csv({"1", "2026-01-20", "s", "q", "", "", "", "", answer, "q", "query"})));
  EXPECT_EQ(
      ask("SELECT ServiceName, ChargePeriodStart, CAST(BilledCost AS DOUBLE) FROM focus ORDER BY "
          "2"),
      "Storage|2026-01-05T00:00:00Z|1.25 Virtual Machines|2026-01-06T00:00:00Z|2.5");
}

TEST_F(CloudQueryTest, tables_are_told_by_their_path) {
  EXPECT_EQ(landed_table("x.duckdb/main.aws_ec2_instances"), "aws_ec2_instances");
  EXPECT_EQ(landed_table("gcp_compute_instances/2026/01/0a-1.parquet"), "gcp_compute_instances");
  EXPECT_EQ(landed_table("bill.csv"), "");
}

}  // namespace
}  // namespace outlay::connectors
