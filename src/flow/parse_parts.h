// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "flow/fields.h"
#include "flow/model.h"

namespace outlay::flow {

// The parts of a flow document that do not nest.

std::optional<Retry> parse_retry(Fields& owner);
Labels parse_labels(Fields& owner);
std::vector<Input> parse_inputs(Fields& owner, std::string_view key = "inputs");
std::vector<Sla> parse_slas(Fields& owner);
std::vector<Check> parse_checks(Fields& owner);
/// Conditions as triggers list them: all must hold.
Condition parse_conditions(const format::Node& list, Problems& problems);
Condition expression_condition(std::string expression);
std::vector<Output> parse_outputs(Fields& owner);
Trigger parse_trigger(const format::Node& node, const TaskRegistry& registry, Problems& problems);
std::optional<Concurrency> parse_concurrency(Fields& owner);

/// A named set of property values that tasks of a type take over.
struct PluginDefault {
  std::string type, ref;
  bool is_forced = false;
  format::Node values;
};

std::vector<PluginDefault> parse_plugin_defaults(Fields& owner);
/// The task or trigger with the defaults of its type filled in.
format::Node with_defaults(
    const format::Node& node, const std::vector<PluginDefault>& defaults, Problems& problems);

/// Tells syntax errors of expressions in every text below `node`, with their place in the file.
void check_expressions(const format::Node& node, Problems& problems);
/// What the expressions in `properties` look at.
Mentions mentions_of(const format::Value& properties);

bool is_identifier(std::string_view text, std::string_view also, std::size_t length_max);

}  // namespace outlay::flow
