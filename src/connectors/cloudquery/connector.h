// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "connectors/connector.h"

namespace outlay::connectors {

/// Tables that CloudQuery landed in DuckDB files or in folders of Parquet, CSV or JSON lines:
/// assets of any provider become the data set `inventory`, cost tables become charges.
std::unique_ptr<Connector> make_cloudquery_assets_connector();
std::unique_ptr<Connector> make_cost_explorer_connector();
std::unique_ptr<Connector> make_azure_query_connector();

/// The table a file holds, by its name and the folders around it ("aws_ec2_instances"); empty when
/// none of them is the name of such a table.
std::string landed_table(std::string_view name);

/// Takes tables out of a delivery that state the same money as others of it, and says why:
/// overviews beside details, one question to a cost API beside another.
std::vector<std::pair<std::string, std::string>> drop_restated_tables(ledger::Delivery& delivery);

}  // namespace outlay::connectors
