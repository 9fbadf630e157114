// SPDX-License-Identifier: Apache-2.0
#include "connectors/kubernetes/connector.h"

#include "connectors/testing.h"

namespace outlay::connectors {
namespace {

// One allocation of a day; `cost` is that of its processor.
std::string allocation(
    const std::string& pod,
    const std::string& node,
    const std::string& cost,
    const std::string& name) {
  return fmt::format(
      R"("{3}":{{"name":"{3}","properties":{{"cluster":"c","namespace":"n","pod":"{0}","providerID":"{1}","labels":{{"app":"{0}"}}}},"window":{{"start":"2026-01-05T00:00:00Z","end":"2026-01-06T00:00:00Z"}},"cpuCoreHours":1,"cpuCost":{2},"ramByteHours":1,"ramCost":0,"totalCost":{2}}})",
      pod,
      node,
      cost,
      name);
}

class KubernetesTest : public BillTest {
 protected:
  void book_nodes(const std::string& rows) {
    book(write(
        "cloud.csv",
        "BillingCurrency,BillingPeriodStart,BillingPeriodEnd,ChargePeriodStart,ChargePeriodEnd,"
        "ChargeCategory,BilledCost,EffectiveCost,ListCost,ContractedCost,ServiceCategory,"
        "ServiceName,ResourceId,Tags\n" +
            rows));
  }

  static std::string node(const std::string& id, const std::string& cost) {
    return fmt::format(
        "USD,2026-01-01,2026-02-01,2026-01-05 10:00:00,2026-01-05 11:00:00,Usage,{1},{1},,{1},"
        "Compute,EC2,{0},\"{{\"\"team\"\":\"\"web\"\"}}\"\n",
        id,
        cost);
  }

  ledger::Receipt book_weights(const std::string& allocations) {
    FindSettings settings;
    settings.source = "k8s";
    return book(
        write("opencost.json", "{\"code\":200,\"data\":[{" + allocations + "}]}"), settings);
  }
};

TEST_F(KubernetesTest, an_answer_of_opencost_is_weights_and_no_bill) {
  NEED_SHARED(path, "kubernetes/constructed_opencost_allocation.json");
  EXPECT_EQ(book(*path).rows_booked, 4);
  EXPECT_EQ(plain(ask("SELECT sum(EstimatedCost) FROM kubernetes_usage")), "4.6");
  EXPECT_EQ(
      plain(ask("SELECT sum(EstimatedCost) FROM kubernetes_usage WHERE IsIdle = 'true'")), "1.45");
  EXPECT_EQ(ask("SELECT count(*) FROM focus"), "0");
  EXPECT_EQ(ask("SELECT count(*) FROM allocated"), "0");
}

TEST_F(KubernetesTest, weights_split_the_bill_of_the_same_machine_to_the_last_digit) {
  NEED_SHARED(bill, "aws/constructed_cur2_commitments_2026-01.csv");
  NEED_SHARED(weights, "kubernetes/constructed_opencost_allocation.json");
  book(*bill);
  book(*weights);
  for (const char* cost : {"BilledCost", "EffectiveCost", "ListCost", "ContractedCost"}) {
    EXPECT_EQ(
        ask(fmt::format("SELECT sum({}) FROM allocated", cost)),
        ask(fmt::format("SELECT sum({}) FROM focus", cost)));
  }
  EXPECT_NE(
      ask("SELECT count(*) FROM allocated WHERE AllocatedMethodId = 'kubernetes-usage'"), "0");
  EXPECT_EQ(
      ask("SELECT DISTINCT AllocatedResourceId FROM allocated WHERE AllocatedMethodId = "
          "'kubernetes-usage' ORDER BY 1 NULLS LAST"),
      "shop/default/cart-1 shop/default/worker-1 shop/kube-system/dns-1 -");
}

TEST_F(KubernetesTest, idle_is_the_unallocated_rest) {
  book_nodes(node("i-1", "1") + node("i-2", "5"));
  book_weights(
      allocation("a", "aws:///eu/I-1", "3", "a") + "," + allocation("b", "i-1", "1", "b") + "," +
      allocation("", "i-1", "4", "c/__idle__"));
  EXPECT_EQ(
      ask("SELECT AllocatedResourceId, CAST(BilledCost AS DECIMAL(9,3)), ListCost FROM allocated "
          "WHERE ResourceId = 'i-1' ORDER BY 1 NULLS LAST"),
      "c/n/a|0.375|- c/n/b|0.125|- -|0.500|-");
  EXPECT_EQ(
      ask("SELECT AllocatedTags FROM allocated WHERE AllocatedResourceName = 'a'"),
      R"({"team":"web","app":"a","k8s:cluster":"c","k8s:namespace":"n"})");
  EXPECT_EQ(plain(ask("SELECT sum(BilledCost) FROM allocated")), "6");
}

TEST_F(KubernetesTest, shares_that_do_not_divide_add_up_exactly) {
  book_nodes(node("i-1", "0.1"));
  book_weights(
      allocation("a", "i-1", "1", "a") + "," + allocation("b", "i-1", "1", "b") + "," +
      allocation("d", "i-1", "1", "d"));
  EXPECT_EQ(plain(ask("SELECT sum(BilledCost) FROM allocated")), "0.1");
  EXPECT_EQ(
      ask("SELECT max(BilledCost) - min(BilledCost) FROM allocated WHERE AllocatedResourceId IS "
          "NOT NULL"),
      "0.0000000000000000000001");
}

TEST_F(KubernetesTest, usage_of_openshift_is_shares_of_nodes_and_volumes) {
  NEED_SHARED(path, "kubernetes/koku-ocp-payload");
  const auto receipt = book(*path);
  EXPECT_EQ(receipt.rows_booked, 861);
  EXPECT_EQ(ask("SELECT count(*) FROM kubernetes_usage WHERE WeightKind = 'storage'"), "381");
  EXPECT_EQ(
      ask("SELECT Labels FROM kubernetes_usage WHERE Pod = 'pod_name1' LIMIT 1"),
      R"({"key1":"label_value1","key2":"label_value2"})");
}

TEST_F(KubernetesTest, tables_of_namespaces_are_weights_too) {
  NEED_SHARED(path, "kubernetes/k8s_namespace_usage_2019-01.csv");
  EXPECT_EQ(book(*path).rows_booked, 29);
  EXPECT_EQ(ask("SELECT count(DISTINCT Namespace) > 5 FROM kubernetes_usage"), "true");
}

}  // namespace
}  // namespace outlay::connectors
