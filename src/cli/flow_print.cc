// SPDX-License-Identifier: Apache-2.0
#include "cli/flow_print.h"

#include <chrono>
#include <ostream>

#include <fmt/format.h>

#include "base/text.h"
#include "base/time.h"
#include "cli/print.h"
#include "format/json.h"
#include "io/file.h"

namespace outlay::cli {

using base::Result;
using format::Value;

Result<Value> inputs_of(const std::string& text) {
  const std::string_view bare = base::trim(text);
  const bool is_json = bare.starts_with("{");
  std::string file(bare.starts_with("@") ? bare.substr(1) : bare);
  const std::string content = is_json ? text : TRY(io::read_file(file));
  const Value inputs =
      TRY(format::parse_json(content, format::JsonNumbers::native, is_json ? "--inputs" : file));
  if (inputs.is_object()) return inputs;
  return base::invalid_input(
      "--inputs must be a JSON object of input values, but is a " + std::string(inputs.kind()) +
      ".");
}

void print_log(std::ostream& out, const Value& line) {
  const std::string task = line["taskId"].text_or("");
  out << fmt::format(
      "{} {:5} {}{}\n",
      line["timestamp"].text_or(""),
      line["level"].text_or(""),
      task.empty() ? "" : "[" + task + "] ",
      line["message"].text_or(""));
}

std::string duration_of(const Value& state) {
  const Value& histories = state["histories"];
  if (!histories.is_array() || histories.as_array().size() < 2) return "-";
  const auto first = base::parse_instant(histories.as_array().front()["date"].text_or(""));
  const auto last = base::parse_instant(histories.as_array().back()["date"].text_or(""));
  if (!first || !last) return "-";
  return seconds_text(std::chrono::duration<double>(*last - *first).count());
}

void print_execution(std::ostream& out, const Value& execution) {
  const Value& state = execution["state"];
  out << fmt::format(
      "{} {}.{} {} in {}\n",
      execution["id"].text_or(""),
      execution["namespace"].text_or(""),
      execution["flowId"].text_or(""),
      state["current"].text_or(""),
      duration_of(state));
  TextTable table{
      .heads = {"task", "value", "state", "time"}, .is_number = {false, false, false, true}};
  if (execution["taskRunList"].is_array()) {
    for (const Value& run : execution["taskRunList"].as_array()) {
      table.rows.push_back(
          {run["taskId"].text_or(""),
           cell_text(run["value"]),
           run["state"]["current"].text_or(""),
           duration_of(run["state"])});
    }
  }
  if (!table.rows.empty()) print_text_table(out, table);
  const Value& outputs = execution["outputs"];
  if (outputs.is_object() && !outputs.as_object().empty()) {
    out << "outputs " << format::print_json_pretty(outputs) << "\n";
  }
}

bool is_success(const std::string& state, const std::string& until) {
  return state == "SUCCESS" || state == "WARNING" || state == "SKIPPED" ||
         (!until.empty() && state == until);
}

}  // namespace outlay::cli
