// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <string>
#include <string_view>

#include "flow/task.h"
#include "io/process.h"

namespace outlay::tasks {

/// Reads what a script prints: logs plain lines, and takes lines of the form ::{...}:: as outputs,
/// metrics and logs.
class ScriptOutput {
 public:
  explicit ScriptOutput(flow::TaskContext& context) : context_(context) {}

  void line(io::Stream stream, std::string_view text);

  const format::Object& vars() const { return vars_; }

  std::int64_t lines_out() const { return lines_out_; }

  std::int64_t lines_err() const { return lines_err_; }

  /// The last lines on stderr (on stdout when there are none), for the error of a failed script.
  std::string last_words() const;

 private:
  /// False when the line is no message to us.
  bool take_message(std::string_view text);
  void take(const format::Value& message);
  void take_metric(const format::Value& metric);

  flow::TaskContext& context_;
  format::Object vars_;
  std::int64_t lines_out_ = 0;
  std::int64_t lines_err_ = 0;
  std::deque<std::string> last_out_;
  std::deque<std::string> last_err_;
};

}  // namespace outlay::tasks
