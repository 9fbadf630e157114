// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "expr/expr.h"
#include "flow/decide.h"

namespace outlay::flow {

/// What an evaluation may do to files, all of it harmless when done again. Each may be empty.
struct EvaluationPorts {
  std::string key;  ///< opens SECRET inputs
  /// Puts the files of a WorkingDirectory into its folder.
  std::function<base::Result<base::Done>(int run, const format::Value& settings)> bring;
  /// Stores what a WorkingDirectory leaves and answers its outputs.
  std::function<base::Result<format::Value>(int run, const format::Value& settings)> collect;
  /// Keeps a text as a file of the run and answers its URI.
  std::function<base::Result<std::string>(int run, const std::string& name, const std::string&)>
      store;
};

/// Renders what `effect` (of kind evaluate) asks for, and answers with the event for decide().
Event evaluate(
    const Execution& execution,
    const Effect& effect,
    const expr::Scope& globals,
    const expr::Environment& environment,
    const EvaluationPorts& ports,
    base::Instant now);

/// The texts a ForEach loops over: distinct, everything but text as JSON; a null element is an
/// error.
base::Result<format::Value> loop_values(const format::Value& rendered);

}  // namespace outlay::flow
