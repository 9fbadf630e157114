// SPDX-License-Identifier: Apache-2.0
#include "api/ops/flow_json.h"

#include "base/text.h"
#include "format/yaml.h"

namespace outlay::api {

using format::Value;

namespace {

/// Labels as Kestra answers them, whichever way they are written.
Value label_list(const Value& labels) {
  if (!labels.is_object()) return labels;
  format::Array out;
  for (const auto& [key, value] : labels.as_object())
    out.push_back(Value::object({{"key", key}, {"value", value}}));
  return Value(std::move(out));
}

}  // namespace

Value flow_json(const flow::StoredFlow& stored, bool with_source) {
  format::Object out;
  // A stored flow was parsed when it was saved.
  if (const auto parsed = format::parse_yaml(stored.source)) {
    const Value document = parsed->value();
    if (document.is_object()) out = document.as_object();
  }
  if (const Value* labels = out.find("labels")) out.set("labels", label_list(*labels));
  out.set("id", stored.id);
  out.set("namespace", stored.name_space);
  out.set("revision", static_cast<std::int64_t>(stored.revision));
  out.set("disabled", stored.is_disabled);
  out.set("deleted", false);
  out.set("updated", stored.updated);
  if (with_source) out.set("source", stored.source);
  return Value(std::move(out));
}

std::string with_disabled(std::string_view source, bool is_disabled) {
  std::string out;
  for (const std::string& line : base::split(source, '\n')) {
    if (!line.starts_with("disabled:")) out += line + "\n";
  }
  while (out.ends_with("\n\n")) out.pop_back();
  if (is_disabled) out += "disabled: true\n";
  return out;
}

namespace {

Value problem_json(const flow::Problem& problem) {
  return Value::object({
      {"level", problem.level == flow::Problem::Level::error ? "error" : "warning"},
      {"message", problem.message},
      {"file", problem.place.file},
      {"line", static_cast<std::int64_t>(problem.place.line)},
      {"column", static_cast<std::int64_t>(problem.place.column)},
  });
}

std::string told(const flow::Problem& problem) {
  const std::string place = problem.place.text();
  return place.empty() ? problem.message : place + ": " + problem.message;
}

}  // namespace

Value checked_json(const flow::CheckedFlow& checked, std::int64_t index) {
  format::Array problems;
  format::Array warnings;
  std::vector<std::string> constraints;
  for (const flow::Problem& problem : checked.problems) {
    problems.push_back(problem_json(problem));
    if (problem.level == flow::Problem::Level::error)
      constraints.push_back(told(problem));
    else
      warnings.emplace_back(told(problem));
  }
  return Value::object({
      {"index", index},
      {"namespace", checked.name_space},
      {"flow", checked.id},
      {"constraints", constraints.empty() ? Value() : Value(base::join(constraints, "\n"))},
      {"outdated", false},
      {"deprecationPaths", Value(format::Array())},
      {"warnings", Value(std::move(warnings))},
      {"infos", Value(format::Array())},
      {"problems", Value(std::move(problems))},
  });
}

Value log_json(const flow::LogLine& line) {
  return Value::object({
      {"id", static_cast<std::int64_t>(line.id)},
      {"namespace", line.name_space},
      {"flowId", line.flow_id},
      {"executionId", line.execution_id},
      {"taskId", line.task_id},
      {"taskRunId", line.task_run_id},
      {"attemptNumber", static_cast<std::int64_t>(line.attempt)},
      {"timestamp", line.time},
      {"level", line.level},
      {"message", line.message},
  });
}

std::vector<std::string> split_documents(std::string_view yaml) {
  std::vector<std::string> out;
  std::string current;
  std::size_t lines = 0;
  bool has_content = false;
  const auto finish = [&] {
    if (has_content) out.push_back(current);
    current.assign(lines, '\n');
    has_content = false;
  };
  while (!yaml.empty()) {
    const std::size_t end = std::min(yaml.find('\n'), yaml.size() - 1);
    const std::string_view line = yaml.substr(0, end + 1);
    yaml.remove_prefix(end + 1);
    ++lines;
    const std::string_view bare = base::trim(line);
    if (line.starts_with("---") && (bare == "---" || line.starts_with("--- #"))) {
      finish();
      continue;
    }
    has_content = has_content || (!bare.empty() && !bare.starts_with('#'));
    current += line;
  }
  finish();
  if (out.empty()) out.emplace_back();
  return out;
}

}  // namespace outlay::api
