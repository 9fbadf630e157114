// SPDX-License-Identifier: Apache-2.0
#include "tasks/aws/aws.h"

#include "tasks/aws/families.h"
#include "tasks/spec.h"

namespace outlay::tasks {

using format::Value;

flow::TaskInfo aws_spec(std::string_view name) { return read_spec_with(name, "aws/shared.yaml"); }

namespace {

class AwsTask final : public SpecTask {
 public:
  AwsTask(const AwsKind& kind, io::Http& http)
      : SpecTask(aws_spec(kind.spec)), kind_(kind), http_(http) {}

  base::Result<flow::TaskEnd> run(
      flow::TaskContext& context, const Value& properties) const override {
    const auto client =
        TRY(AwsClient::open(context, properties, http_, std::string(kind_.service)));
    return kind_.work(context, *client, properties);
  }

 private:
  AwsKind kind_;
  io::Http& http_;
};

class AwsTrigger final : public flow::PollingType {
 public:
  AwsTrigger(const AwsLook& look, io::Http& http)
      : look_(look), http_(http), info_(aws_spec(look.spec)) {}

  const flow::TaskInfo& info() const override { return info_; }

  base::Result<std::optional<format::Object>> poll(
      flow::TaskContext& context, const Value& properties) const override {
    const auto client =
        TRY(AwsClient::open(context, properties, http_, std::string(look_.service)));
    flow::TaskEnd end = TRY(look_.work(context, *client, properties));
    const Value* told = end.outputs.find(look_.output);
    const bool is_found =
        told != nullptr && (told->is_array() ? !told->as_array().empty() : told->int_or(0) > 0);
    if (!is_found) return std::optional<format::Object>();
    return std::optional<format::Object>(std::move(end.outputs));
  }

 private:
  AwsLook look_;
  io::Http& http_;
  flow::TaskInfo info_;
};

}  // namespace

std::vector<std::unique_ptr<flow::PollingType>> make_aws_triggers(io::Http& http) {
  std::vector<std::unique_ptr<flow::PollingType>> out;
  for (const auto& looks : {s3_looks(), message_looks(), billing_looks()}) {
    for (const AwsLook& look : looks) out.push_back(std::make_unique<AwsTrigger>(look, http));
  }
  out.push_back(make_sqs_realtime(http));
  return out;
}

std::vector<std::unique_ptr<flow::TaskType>> make_aws_tasks(io::Http& http) {
  std::vector<std::unique_ptr<flow::TaskType>> out;
  for (const auto& kinds : {s3_kinds(), message_kinds(), data_kinds(), billing_kinds()}) {
    for (const AwsKind& kind : kinds) out.push_back(std::make_unique<AwsTask>(kind, http));
  }
  return out;
}

}  // namespace outlay::tasks
