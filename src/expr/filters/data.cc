// SPDX-License-Identifier: Apache-2.0
// Filters between values and their JSON, YAML and Ion text, and jq.
#include <fmt/format.h>

#include "expr/builtin.h"
#include "expr/ion.h"
#include "expr/jq.h"
#include "expr/values.h"
#include "expr/yaml_text.h"
#include "format/json.h"

namespace outlay::expr {
namespace {

using format::Array;
using format::Value;
using Answer = base::Result<Value>;

Answer to_json(Call& call) {
  std::string out;
  append_json(out, call.input());
  return Value(std::move(out));
}

Answer to_ion(Call& call) {
  std::string out;
  append_ion(out, call.input());
  return Value(std::move(out));
}

Answer to_yaml(Call& call) {
  if (call.input().is_null()) return Value("null");
  return Value(yaml_text(call.input()));
}

Answer jq(Call& call) {
  const Value& input = call.input();
  if (input.is_null()) return Value();
  const std::string program = TRY(call.text(0, "expression"));
  if (!input.is_text()) return as_value(run_jq(program, input));
  base::Result<Value> parsed = format::parse_json(input.as_text());
  if (!parsed)
    return call.error(fmt::format("the input text is no JSON: {}", parsed.error().message));
  return as_value(run_jq(program, *parsed));
}

}  // namespace

std::vector<Builtin> data_filters() {
  return {
      {"toJson", {}, to_json},
      {"json", {}, to_json},
      {"jsonEncode", {}, to_json},
      {"toIon", {}, to_ion},
      {"yaml", {}, to_yaml},
      {"jq", {"expression"}, jq},
  };
}

}  // namespace outlay::expr
