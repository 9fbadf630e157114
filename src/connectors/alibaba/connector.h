// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "connectors/connector.h"

namespace outlay::connectors {

/// Instance and split bills of Alibaba Cloud.
std::unique_ptr<Connector> make_alibaba_connector();

}  // namespace outlay::connectors
