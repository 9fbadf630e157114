// SPDX-License-Identifier: Apache-2.0
#include "tasks/aws/aws.h"

#include "base/check.h"
#include "format/yaml.h"
#include "tasks/aws/families.h"
#include "tasks/embedded.h"
#include "tasks/spec.h"

namespace outlay::tasks {
namespace {

using format::Value;

/// The spec file, with the properties that all AWS tasks share.
flow::TaskInfo aws_spec(std::string_view name) {
  constexpr std::string_view kShared = "aws/shared.yaml";
  flow::TaskInfo info = read_spec(name);
  const auto shared = format::parse_yaml(embedded_file(kShared), kShared);
  CHECK(shared.has_value());
  format::Object members = info.properties["properties"].as_object();
  const Value more = shared->value();
  for (const auto& [property, schema] : more.as_object()) members.set(property, schema);
  format::Object schema = info.properties.as_object();
  schema.set("properties", std::move(members));
  info.properties = std::move(schema);
  return info;
}

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

}  // namespace

std::vector<std::unique_ptr<flow::TaskType>> make_aws_tasks(io::Http& http) {
  std::vector<std::unique_ptr<flow::TaskType>> out;
  for (const auto& kinds : {s3_kinds(), message_kinds()}) {
    for (const AwsKind& kind : kinds) out.push_back(std::make_unique<AwsTask>(kind, http));
  }
  return out;
}

}  // namespace outlay::tasks
