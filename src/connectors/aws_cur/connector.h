// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "connectors/connector.h"

namespace outlay::connectors {

/// AWS Cost and Usage Reports: legacy CUR and CUR 2.0, CSV and Parquet, with all line item types.
std::unique_ptr<Connector> make_aws_cur_connector();

}  // namespace outlay::connectors
