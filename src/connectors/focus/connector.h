// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "connectors/connector.h"

namespace outlay::connectors {

/// Bills that are FOCUS already: any producer, versions 0.5 to 1.4, all four datasets.
std::unique_ptr<Connector> make_focus_connector();

}  // namespace outlay::connectors
