// SPDX-License-Identifier: Apache-2.0
// Functions that ask the outside through Environment.
#include <fmt/format.h>

#include "expr/builtin.h"
#include "expr/values.h"

namespace outlay::expr {
namespace {

using format::Array;
using format::Value;
using Answer = base::Result<Value>;

base::Error unavailable(const Call& call) { return call.error("it is not available here"); }

Answer secret(Call& call) {
  const std::string key = TRY(call.text(0, "key"));
  const std::string name_space = TRY(call.text_or(1, "namespace", ""));
  if (!call.environment().secret) return unavailable(call);
  return as_value(call.environment().secret(key, name_space));
}

Answer kv(Call& call) {
  const std::string key = TRY(call.text(0, "key"));
  const std::string name_space = TRY(call.text_or(1, "namespace", ""));
  const bool is_error = TRY(call.boolean_or(2, "errorOnMissing", true));
  if (!call.environment().kv) return unavailable(call);
  return call.environment().kv(key, name_space, is_error);
}

Answer read(Call& call) {
  const std::string path = TRY(call.text(0, "path"));
  const bool has_more = call.has(1) || call.has(2);
  if (has_more && call.environment().other) {
    return call.environment().other(
        "read",
        {path,
         call.has(1) ? *call.argument(1) : Value(),
         call.has(2) ? *call.argument(2) : Value()});
  }
  if (!call.environment().read) return unavailable(call);
  return as_value(call.environment().read(path));
}

constexpr std::string_view kNames[] = {
    "fileURI",
    "fileSize",
    "fileExists",
    "isFileEmpty",
    "errorLogs",
    "http",
    "subflow",
    "assets",
    "appLink"};

// All that have no port of their own: the arguments go out in the order of the parameters, null for
// those not given.
template <std::size_t index>
Answer other(Call& call) {
  if (!call.environment().other) return unavailable(call);
  Array arguments;
  for (std::size_t i = 0; i < call.size(); ++i) {
    arguments.push_back(call.has(i) ? *call.argument(i) : Value());
  }
  return call.environment().other(kNames[index], arguments);
}

}  // namespace

std::vector<Builtin> outside_functions() {
  return {
      {"secret", {"key", "namespace", "subkey", "full"}, secret},
      {"kv", {"key", "namespace", "errorOnMissing"}, kv},
      {"read", {"path", "namespace", "version"}, read},
      {kNames[0], {"path", "namespace", "version"}, other<0>},
      {kNames[1], {"path", "namespace", "version"}, other<1>},
      {kNames[2], {"path", "namespace", "version"}, other<2>},
      {kNames[3], {"path", "namespace", "version"}, other<3>},
      {kNames[4], {}, other<4>},
      {kNames[5],
       {"uri", "method", "query", "body", "contentType", "headers", "options", "accept"},
       other<5>},
      {kNames[6], {"namespace", "id", "inputs", "revision", "labels", "timeout"}, other<6>},
      {kNames[7], {"type", "namespace", "metadata"}, other<7>},
      {kNames[8], {"id"}, other<8>},
  };
}

}  // namespace outlay::expr
