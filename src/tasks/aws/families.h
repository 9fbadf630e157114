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
std::vector<AwsKind> data_kinds();
std::vector<AwsKind> billing_kinds();

/// A polling trigger that does what a task does and fires when it found something.
struct AwsLook {
  std::string_view spec, service;
  AwsWork work;
  /// The output that tells: a list, or a number.
  std::string_view output;
};

std::vector<AwsLook> s3_looks();
std::vector<AwsLook> message_looks();
std::vector<AwsLook> billing_looks();
/// io.kestra.plugin.aws.sqs.RealtimeTrigger: an execution for each message.
std::unique_ptr<flow::PollingType> make_sqs_realtime(io::Http& http);

/// The spec file, with the properties that all AWS tasks share.
flow::TaskInfo aws_spec(std::string_view name);

}  // namespace outlay::tasks
