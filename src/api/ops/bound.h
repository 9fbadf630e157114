// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "api/operation.h"
#include "api/outlay.h"
#include "base/result.h"
#include "format/value.h"

namespace outlay::api {

class Parts;

using Handler = base::Result<format::Value> (*)(Parts&, const Request&, const CallHooks&);

/// An operation with what does it.
struct BoundOperation {
  Operation operation;
  Handler handler = nullptr;
};

std::vector<BoundOperation> ledger_operations();
std::vector<BoundOperation> conformance_operations();
std::vector<BoundOperation> ledger_care_operations();
std::vector<BoundOperation> booking_operations();
std::vector<BoundOperation> flow_operations();
std::vector<BoundOperation> flow_list_operations();
std::vector<BoundOperation> flow_bulk_operations();
std::vector<BoundOperation> flow_sync_operations();
std::vector<BoundOperation> flow_test_operations();
std::vector<BoundOperation> execution_operations();
std::vector<BoundOperation> source_operations();
std::vector<BoundOperation> execution_control_operations();
std::vector<BoundOperation> execution_bulk_operations();
std::vector<BoundOperation> webhook_operations();
std::vector<BoundOperation> log_operations();
std::vector<BoundOperation> trigger_operations();
std::vector<BoundOperation> kv_operations();
std::vector<BoundOperation> namespace_operations();
std::vector<BoundOperation> system_operations();

/// All of them; the catalogue is their first halves.
const std::vector<BoundOperation>& bound_operations();

}  // namespace outlay::api
