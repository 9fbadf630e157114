// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "connectors/connector.h"

namespace outlay::connectors {

/// FOCUS exports of Microsoft, with their known gaps mended or told.
std::unique_ptr<Connector> make_azure_focus_connector();
/// FOCUS reports of Oracle Cloud: appended files, rows known by their reference number.
std::unique_ptr<Connector> make_oci_focus_connector();

}  // namespace outlay::connectors
