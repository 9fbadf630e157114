// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "flow/task.h"
#include "format/yaml.h"

namespace outlay::tasks {

/// An expression between the quotes of a JSON text whose value could break the JSON.
struct UnsafeExpression {
  std::string text;  ///< "{{ read('x') }}"
  long line = 1;     ///< within the template, from 1
};

/// Expressions inside quoted text of a JSON template that do not end in a filter that escapes
/// (toJson, json ...) and whose value may hold quotes or line breaks. Ids, dates and other plain
/// values are left out.
std::vector<UnsafeExpression> unsafe_expressions(std::string_view json_template);
/// Warns of each in a JSON payload of a task, with its line and how to write it instead.
void warn_of_unsafe_expressions(const format::Node& payload, std::vector<flow::Problem>& problems);
/// How to write it instead: `{{ read('x') | toJson }}` without quotes around.
std::string safe_form(std::string_view expression);

}  // namespace outlay::tasks
