// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "flow/definitions.h"
#include "flow/trigger_ports.h"

namespace outlay::flow {

/// Starts the executions of Flow triggers when executions of other flows change their state. What
/// several upstream flows have met so far is kept in the state store. The same change told twice
/// starts nothing twice. Safe from any thread.
class FlowTriggers {
 public:
  FlowTriggers(
      store::Database& state,
      Definitions& definitions,
      const base::Clock& clock,
      const TriggerPorts& ports)
      : state_(state), definitions_(definitions), clock_(clock), ports_(ports) {}

  /// `execution` in Kestra's JSON shape. Fails when the store did not answer or take it: told
  /// again, what was started then is not started twice.
  base::Result<base::Done> execution_changed(const format::Value& execution);

 private:
  struct Window {
    base::Instant starts, ends;
  };

  base::Result<base::Done> look(
      const Flow& flow, const Trigger& trigger, const format::Value& execution);
  base::Result<bool> is_met(
      const Flow& flow,
      const Trigger& trigger,
      const format::Value& execution,
      const format::Value& variables) const;
  /// What of the preconditions (or MultipleCondition) this execution meets; by name.
  base::Result<std::vector<std::string>> met_by(
      const Flow& flow,
      const Trigger& trigger,
      const format::Value& execution,
      const format::Value& variables) const;
  base::Result<base::Done> gather(
      const Flow& flow,
      const Trigger& trigger,
      const std::vector<std::string>& met,
      const format::Value& variables);
  base::Result<base::Done> fire(
      const Flow& flow,
      const Trigger& trigger,
      const format::Value& execution,
      const format::Value& variables,
      const std::string& id);
  std::optional<Window> window_of(const Trigger& trigger) const;

  store::Database& state_;
  Definitions& definitions_;
  const base::Clock& clock_;
  TriggerPorts ports_;
};

}  // namespace outlay::flow
