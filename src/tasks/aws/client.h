// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "flow/task.h"
#include "io/aws_credentials.h"
#include "io/retry.h"

namespace outlay::tasks {

using QueryPairs = std::vector<std::pair<std::string, std::string>>;

/// One AWS service as one task asks for it: region, endpoint and credentials from the properties
/// accessKeyId, secretKeyId, sessionToken, region, endpointOverride and stsRole..., else those that
/// AWS tools would find.
class AwsClient {
 public:
  static base::Result<std::unique_ptr<AwsClient>> open(
      flow::TaskContext& context,
      const format::Value& properties,
      io::Http& http,
      std::string service);

  /// Signs and sends to `path` ("/a/b?c=d", encoded) of the service; a refusal is an error with
  /// AWS's own code and words.
  base::Result<io::HttpAnswer> send(io::HttpRequest request, std::string_view path);
  /// A call of the query protocol (SNS, CloudWatch): the XML of the answer.
  base::Result<std::string> query(std::string_view version, QueryPairs form);
  /// A call of the JSON protocol: `target` is "AmazonSQS.SendMessage". SQS and DynamoDB speak its
  /// version 1.0, most others 1.1. Numbers of the answer keep their digits.
  base::Result<format::Value> json(
      std::string_view target, const format::Value& body, std::string_view version = "1.0");

  /// Waits; false when the attempt is to stop.
  bool wait(base::Duration time) { return pause_.wait(time, &context_.stop()); }

  /// Sends to an object of a bucket; the key may be empty.
  base::Result<io::HttpAnswer> object(
      io::HttpRequest request,
      std::string_view bucket,
      std::string_view key,
      const QueryPairs& query = {});

 private:
  AwsClient(flow::TaskContext& context, io::Http& http, std::string service);
  /// Where the service answers when no endpoint is given.
  std::string origin() const;

  flow::TaskContext& context_;
  std::string service_, region_, endpoint_;
  io::SystemPause pause_;
  base::SystemClock clock_;
  io::PatientHttp http_;
  std::unique_ptr<io::AwsCredentialChain> credentials_;
};

/// The texts of every <name> element in an XML text, tags within them included.
std::vector<std::string> xml_all(std::string_view xml, std::string_view name);
/// The text of the first <name> element, entities decoded; empty when there is none.
std::string xml_text(std::string_view xml, std::string_view name);

}  // namespace outlay::tasks
