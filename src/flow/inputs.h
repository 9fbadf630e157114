// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "expr/expr.h"
#include "flow/model.h"

namespace outlay::flow {

/// The value of an input type: texts are parsed, limits checked. An error says what was wanted and
/// found.
base::Result<format::Value> typed_value(const Input& input, const format::Value& given);

/// The inputs an execution starts with: given values, then defaults, in dependency order. All
/// problems at once, one a line. Inputs that are not declared are left out and named in `ignored`.
/// `key`: of the encryption that SECRET inputs are kept in.
base::Result<format::Value> resolve_inputs(
    const std::vector<Input>& declared,
    const format::Object& given,
    const expr::Scope& outer,
    const expr::Environment& environment,
    std::string_view key,
    std::vector<std::string>& ignored);

/// The inputs with encrypted ones as plain text, which no log shows from then on.
format::Value revealed(const format::Value& inputs, std::string_view key);

}  // namespace outlay::flow
