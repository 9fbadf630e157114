// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "expr/expr.h"
#include "flow/engine.h"
#include "flow/model.h"

namespace outlay::flow {

/// What triggers need of the engine.
struct TriggerPorts {
  /// Creates an execution under the given id.
  std::function<base::Result<std::string>(const NewExecution&, std::string id)> create;
  /// A fresh id.
  std::function<std::string()> make_id;
  /// There is an execution of that id.
  std::function<base::Result<bool>(const std::string& id)> is_known;
  std::function<expr::Environment(const std::string& name_space)> environment;
  /// Has a worker do something.
  std::function<void(std::function<void()>)> work;
  /// Keeps a file in the storage of the execution that a trigger starts.
  std::function<base::Result<std::string>(
      const Flow&,
      const std::string& execution_id,
      const std::string& trigger_id,
      const io::Path& file,
      std::string_view name)>
      store;
  std::function<base::Result<io::Path>(std::string_view uri)> open;
  const expr::Scope* globals = nullptr;
  Engine* engine = nullptr;
};

/// An id that is the same each time it is made of the same parts.
std::string id_of(const std::string& parts);

}  // namespace outlay::flow
