// SPDX-License-Identifier: Apache-2.0
#include "demo/aws_catalogue.h"

namespace outlay::demo {
namespace {

constexpr const char* kEc2 = "AmazonEC2";
constexpr const char* kEc2Name = "Amazon Elastic Compute Cloud";
constexpr const char* kRds = "AmazonRDS";
constexpr const char* kRdsName = "Amazon Relational Database Service";
constexpr const char* kS3Name = "Amazon Simple Storage Service";
constexpr const char* kElbName = "Elastic Load Balancing";
constexpr const char* kMachineId = "i-0";
constexpr const char* kDatabaseId = "arn:aws:rds:eu-west-1:210987654321:db:db-";
constexpr const char* kInstance = "Compute Instance";

AwsMeter machine(Owner owner, const char* usage_type, const char* type, const char* rate) {
  return {owner, kEc2, kEc2Name, usage_type, "RunInstances", "Hrs", kInstance, type, rate, {}, {}};
}

AwsMeter database(const char* usage_type, const char* type, const char* rate) {
  return {
      Owner::prod,
      kRds,
      kRdsName,
      usage_type,
      "CreateDBInstance:0014",
      "Hrs",
      "Database Instance",
      type,
      rate,
      {},
      {}};
}

AwsMeter meter(
    Owner owner,
    const char* product,
    const char* product_name,
    const char* usage_type,
    const char* operation,
    const char* unit,
    const char* family,
    const char* rate) {
  return {owner, product, product_name, usage_type, operation, unit, family, "", rate, {}, {}};
}

std::vector<AwsMachines> make_machines() {
  using enum Owner;
  return {
      {"web",
       machine(prod, "BoxUsage:m5.4xlarge", "m5.4xlarge", "0.768"),
       kMachineId,
       Hours::always,
       2},
      {"batch",
       machine(data, "BoxUsage:c5.9xlarge", "c5.9xlarge", "1.53"),
       kMachineId,
       Hours::night,
       3},
      {"nodes",
       machine(prod, "BoxUsage:m5.8xlarge", "m5.8xlarge", "1.536"),
       kMachineId,
       Hours::always,
       2},
      {"database",
       database("InstanceUsage:db.r5.4xl", "db.r5.4xlarge", "2.32"),
       kDatabaseId,
       Hours::always,
       1},
      {"idle-machine",
       machine(staging, "BoxUsage:m5.2xlarge", "m5.2xlarge", "0.384"),
       kMachineId,
       Hours::always,
       1,
       "idle"},
      {"oversized-machine",
       machine(prod, "BoxUsage:r5.4xlarge", "r5.4xlarge", "1.008"),
       kMachineId,
       Hours::always,
       1,
       "oversized"},
      {"idle-database",
       database("InstanceUsage:db.m5.xl", "db.m5.xlarge", "0.342"),
       kDatabaseId,
       Hours::always,
       1,
       "idle"},
  };
}

std::vector<AwsDaily> make_storage() {
  using enum Owner;
  const AwsMeter volume = meter(
      prod, kEc2, kEc2Name, "EBS:VolumeUsage.gp3", "CreateVolume-Gp3", "GB-Mo", "Storage", "0.08");
  AwsMeter left_behind = volume;
  left_behind.owner = staging;
  return {
      {"volumes", volume, "vol-0", 400, 14, Use::capacity},
      {"unattached-volume", left_behind, "vol-0", 500, 3, Use::capacity, "idle"},
      {"snapshots",
       meter(
           prod,
           kEc2,
           kEc2Name,
           "EBS:SnapshotUsage",
           "CreateSnapshot",
           "GB-Mo",
           "Storage Snapshot",
           "0.05"),
       "arn:aws:ec2:eu-west-1:210987654321:snapshot/snap-0",
       2000,
       3,
       Use::capacity},
      {"bucket-storage",
       meter(
           data,
           "AmazonS3",
           kS3Name,
           "TimedStorage-ByteHrs",
           "StandardStorage",
           "GB-Mo",
           "Storage",
           "0.023"),
       "larkspur-",
       14000,
       6,
       Use::capacity},
      {"bucket-writes",
       meter(
           data,
           "AmazonS3",
           kS3Name,
           "Requests-Tier1",
           "PutObject",
           "Requests",
           "API Request",
           "0.000005"),
       "larkspur-",
       300000,
       6},
      {"bucket-reads",
       meter(
           data,
           "AmazonS3",
           kS3Name,
           "Requests-Tier2",
           "GetObject",
           "Requests",
           "API Request",
           "0.0000004"),
       "larkspur-",
       2600000,
       6},
      {"database-storage",
       meter(
           prod,
           kRds,
           kRdsName,
           "RDS:GP2-Storage",
           "CreateDBInstance:0014",
           "GB-Mo",
           "Database Storage",
           "0.115"),
       "arn:aws:rds:eu-west-1:210987654321:db:db-",
       1800,
       3,
       Use::capacity},
  };
}

std::vector<AwsDaily> make_network() {
  using enum Owner;
  const AwsMeter nat = meter(
      shared, kEc2, kEc2Name, "NatGateway-Hours", "NatGateway", "Hrs", "NAT Gateway", "0.045");
  const AwsMeter balancer = meter(
      prod,
      "AWSELB",
      kElbName,
      "LoadBalancerUsage",
      "LoadBalancing:Application",
      "Hrs",
      "Load Balancer-Application",
      "0.0225");
  const AwsMeter address = meter(
      staging,
      "AmazonVPC",
      "Amazon Virtual Private Cloud",
      "PublicIPv4:IdleAddress",
      "AllocateAddressVPC",
      "Hrs",
      "VpcIp",
      "0.005");
  return {
      {"egress",
       meter(
           prod,
           kEc2,
           kEc2Name,
           "DataTransfer-Out-Bytes",
           "RunInstances",
           "GB",
           "Data Transfer",
           "0.09"),
       "i-0",
       60,
       8},
      {"gateways", nat, "arn:aws:ec2:eu-west-1:540987654324:natgateway/nat-0", 24, 2, Use::flat},
      {"gateway-traffic",
       meter(
           shared, kEc2, kEc2Name, "NatGateway-Bytes", "NatGateway", "GB", "NAT Gateway", "0.045"),
       "arn:aws:ec2:eu-west-1:540987654324:natgateway/nat-0",
       120,
       2},
      {"idle-gateway",
       nat,
       "arn:aws:ec2:eu-west-1:540987654324:natgateway/nat-0",
       24,
       1,
       Use::flat,
       "idle"},
      {"balancers",
       balancer,
       "arn:aws:elasticloadbalancing:eu-west-1:210987654321:loadbalancer/app/web/",
       24,
       3,
       Use::flat},
      {"balancer-use",
       meter(
           prod,
           "AWSELB",
           kElbName,
           "LCUUsage",
           "LoadBalancing:Application",
           "LCU-Hrs",
           "Load Balancer-Application",
           "0.008"),
       "arn:aws:elasticloadbalancing:eu-west-1:210987654321:loadbalancer/app/web/",
       260,
       3},
      {"idle-balancer",
       balancer,
       "arn:aws:elasticloadbalancing:eu-west-1:210987654321:loadbalancer/app/old/",
       24,
       1,
       Use::flat,
       "idle"},
      {"idle-address",
       address,
       "arn:aws:ec2:eu-west-1:320987654322:elastic-ip/eipalloc-0",
       24,
       2,
       Use::flat,
       "idle"},
  };
}

std::vector<AwsDaily> make_platform() {
  using enum Owner;
  return {
      {"logs",
       meter(
           prod,
           "AmazonCloudWatch",
           "AmazonCloudWatch",
           "DataProcessing-Bytes",
           "PutLogEvents",
           "GB",
           "Data Payload",
           "0.50"),
       "arn:aws:logs:eu-west-1:210987654321:log-group:/app/",
       16,
       5},
      {"functions",
       meter(
           prod,
           "AWSLambda",
           "AWS Lambda",
           "Lambda-GB-Second",
           "Invoke",
           "Second",
           "Serverless",
           "0.0000166667"),
       "arn:aws:lambda:eu-west-1:210987654321:function:fn-",
       420000,
       5},
      {"function-calls",
       meter(
           prod,
           "AWSLambda",
           "AWS Lambda",
           "Request",
           "Invoke",
           "Requests",
           "Serverless",
           "0.0000002"),
       "arn:aws:lambda:eu-west-1:210987654321:function:fn-",
       5200000,
       5},
      {"key-value",
       meter(
           prod,
           "AmazonDynamoDB",
           "Amazon DynamoDB",
           "WriteRequestUnits",
           "PayPerRequest",
           "WriteRequestUnits",
           "Amazon DynamoDB PayPerRequest",
           "0.00000125"),
       "arn:aws:dynamodb:eu-west-1:210987654321:table/t-",
       3600000,
       4},
      {"model-tokens",
       meter(
           data,
           "AmazonBedrock",
           "Amazon Bedrock",
           "InputTokenCount",
           "InvokeModel",
           "1K tokens",
           "Generative AI",
           "0.003"),
       "arn:aws:bedrock:eu-west-1:430987654323:application-inference-profile/p",
       14000,
       2},
      {"development", machine(staging, "BoxUsage:t3.xlarge", "t3.xlarge", "0.1664"), "i-0", 14, 8},
  };
}

}  // namespace

std::span<const AwsMachines> aws_machines() {
  static const std::vector<AwsMachines> groups = make_machines();
  return groups;
}

std::span<const AwsDaily> aws_daily() {
  static const std::vector<AwsDaily> meters = [] {
    std::vector<AwsDaily> out = make_storage();
    for (const std::vector<AwsDaily>& more : {make_network(), make_platform()}) {
      out.insert(out.end(), more.begin(), more.end());
    }
    return out;
  }();
  return meters;
}

int running_percent(Hours hours, base::Date day, int hour) {
  const bool is_office_hour = hour >= 7 && hour < 19;
  switch (hours) {
    case Hours::always:
      return 100;
    case Hours::office:
      return weekday_permille(day) < 1000 ? 20 : is_office_hour ? 100 : 30;
    case Hours::night:
      return is_office_hour ? 25 : hour < 5 ? 100 : 50;
  }
  return 100;
}

}  // namespace outlay::demo
