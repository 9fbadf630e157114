// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/zone.h"
#include "expr/expr.h"
#include "flow/state.h"
#include "format/value.h"

namespace outlay::flow {

/// A condition of a trigger, or several of them.
struct Condition {
  enum class Kind {
    all,   ///< every one of `inner`; true when there are none
    any,   ///< Or
    none,  ///< Not: true when none of `inner` holds
    expression,
    date_between,
    time_between,
    day_week,
    day_week_in_month,
    weekend,
    public_holiday,
    flow,  ///< id and namespace of the flow that asks
    flow_namespace,
    execution_flow,
    execution_namespace,
    execution_labels,
    execution_status,
    execution_outputs,
    retry_attempt,
    multiple  ///< MultipleCondition: holds once all of `inner` were met within a window
  } kind = Kind::all;
  std::vector<Condition> inner;
  format::Value properties;
  std::vector<std::string> names;  ///< multiple: the keys of `inner`
};

/// What conditions look at. Executions are in Kestra's JSON shape.
struct ConditionFacts {
  const expr::Scope* scope = nullptr;
  const expr::Environment* environment = nullptr;
  base::Zone zone;
  std::string name_space, flow_id;  ///< of the flow whose trigger it is
  format::Value execution;          ///< the one that changed; null for others than flow triggers
};

/// Whether the condition holds; an error when one of its expressions cannot be rendered.
base::Result<bool> holds(const Condition& condition, const ConditionFacts& facts);
/// True when the condition depends on a MultipleCondition window.
const Condition* multiple_in(const Condition& condition);

}  // namespace outlay::flow
