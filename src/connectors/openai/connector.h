// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "connectors/connector.h"

namespace outlay::connectors {

/// Costs of OpenAI; docs/guides/saas.md.
std::unique_ptr<Connector> make_openai_connector();

}  // namespace outlay::connectors
