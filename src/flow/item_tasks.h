// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "flow/task.h"

namespace outlay::flow {

// The parts of a ForEachItem that are work.

/// Cuts the file `items` into batches and stores them; output `splits` is the URI of their list.
const TaskType& item_split_type();
/// Gathers what the subflows gave: output `subflowOutputs`.
const TaskType& item_merge_type();

}  // namespace outlay::flow
