// SPDX-License-Identifier: Apache-2.0
#include "connectors/alibaba/connector.h"
#include "connectors/anthropic/connector.h"
#include "connectors/aws_cur/connector.h"
#include "connectors/aws_monthly/connector.h"
#include "connectors/azure/connector.h"
#include "connectors/cloudquery/connector.h"
#include "connectors/connector.h"
#include "connectors/databricks/connector.h"
#include "connectors/datadog/connector.h"
#include "connectors/focus/connector.h"
#include "connectors/focus/dialects.h"
#include "connectors/github/connector.h"
#include "connectors/google/connector.h"
#include "connectors/kubernetes/connector.h"
#include "connectors/oci/connector.h"
#include "connectors/openai/connector.h"
#include "connectors/snowflake/connector.h"

namespace outlay::connectors {

const std::vector<std::unique_ptr<Connector>>& all_connectors() {
  static const auto connectors = [] {
    std::vector<std::unique_ptr<Connector>> all;
    all.push_back(make_aws_cur_connector());
    all.push_back(make_focus_connector());
    all.push_back(make_aws_monthly_connector());
    all.push_back(make_databricks_connector());
    all.push_back(make_snowflake_connector());
    all.push_back(make_openai_connector());
    all.push_back(make_anthropic_connector());
    all.push_back(make_datadog_connector());
    all.push_back(make_github_connector());
    all.push_back(make_kubernetes_connector());
    all.push_back(make_azure_connector());
    all.push_back(make_azure_connector(SlashDates::month_first));
    all.push_back(make_azure_connector(SlashDates::day_first));
    all.push_back(make_google_connector());
    all.push_back(make_oci_connector());
    all.push_back(make_alibaba_connector());
    all.push_back(make_cost_explorer_connector());
    all.push_back(make_azure_query_connector());
    all.push_back(make_cloudquery_assets_connector());
    all.push_back(make_azure_focus_connector());
    all.push_back(make_oci_focus_connector());
    return all;
  }();
  return connectors;
}

}  // namespace outlay::connectors
