// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <iosfwd>
#include <string>

#include "base/result.h"
#include "format/value.h"

namespace outlay::cli {

/// A log line of an execution for people.
void print_log(std::ostream& out, const format::Value& line);
/// An execution for people: a line of its own, its task runs, its outputs.
void print_execution(std::ostream& out, const format::Value& execution);
/// From the first to the last date of a state's histories.
std::string duration_of(const format::Value& state);
/// A good end, or the state that was waited for.
bool is_success(const std::string& state, const std::string& until);
/// What --inputs gave: the JSON itself, or @FILE, or FILE.
base::Result<format::Value> inputs_of(const std::string& text);

}  // namespace outlay::cli
