// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "tasks/aws/client.h"

namespace outlay::tasks {

using AwsWork = base::Result<flow::TaskEnd> (*)(
    flow::TaskContext& context, AwsClient& client, const format::Value& properties);

/// One task type: its spec file, the service it asks, and what it does.
struct AwsKind {
  std::string_view spec, service;
  AwsWork work;
};

// One family per file.
std::vector<AwsKind> s3_kinds();
std::vector<AwsKind> message_kinds();

}  // namespace outlay::tasks
