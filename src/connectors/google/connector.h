// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "connectors/connector.h"

namespace outlay::connectors {

/// Google Cloud billing exports of BigQuery, standard and detailed, nested or flattened.
std::unique_ptr<Connector> make_google_connector();

}  // namespace outlay::connectors
