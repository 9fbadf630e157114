// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>

#include "flow/task.h"
#include "io/http.h"

namespace outlay::tasks {

/// Which answers count as a success.
struct AllowedAnswers {
  bool all = false;
  std::set<std::int64_t> codes;

  bool contain(int status) const { return all || status < 400 || codes.contains(status); }
};

struct PreparedRequest {
  io::HttpRequest request;
  AllowedAnswers allowed;
};

/// Renders `options` (time-outs, auth, followRedirects, allowFailed, allowedResponseCodes, headers)
/// onto a request.
base::Result<base::Done> apply_options(
    flow::TaskContext& context, const format::Value& options, PreparedRequest& prepared);
/// The request that the properties uri, method, params, headers, contentType, body, formData and
/// options describe.
base::Result<PreparedRequest> prepare_request(
    flow::TaskContext& context, const format::Value& properties);
/// The body as a document when it says that it is JSON, as text, or as base64.
format::Value body_value(const io::HttpAnswer& answer);
/// Headers as a map from name to the list of its values.
format::Value headers_value(const io::Headers& headers);
/// "GET https://host/path answered 404: body's begin".
base::Error refused(const io::HttpRequest& request, const io::HttpAnswer& answer);
/// Percent-encodes what may not stand in a query.
std::string percent_encoded(std::string_view text);

}  // namespace outlay::tasks
