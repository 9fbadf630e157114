// SPDX-License-Identifier: Apache-2.0
#include "flow/evaluate.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "expr/ion.h"
#include "flow/condition.h"
#include "flow/inputs.h"
#include "flow/parse_parts.h"
#include "flow/scope.h"
#include "format/json.h"

namespace outlay::flow {
namespace {

using base::Result;
using format::Value;

/// One evaluation: the scope of a run and what is needed to render in it.
class Evaluation {
 public:
  Evaluation(
      const Execution& execution,
      const Effect& effect,
      const expr::Scope& globals,
      const expr::Environment& environment,
      const EvaluationPorts& ports)
      : execution_(execution),
        effect_(effect),
        environment_(environment),
        ports_(ports),
        outer_(execution_variables(execution, ports.key), &globals),
        scope_(
            effect.run < 0 ? Value(format::Object()) : run_variables(execution, viewer(), wanted()),
            &outer_) {}

  Result<Value> value() const {
    switch (effect_.aspect) {
      case Aspect::run_if:
        return truth(task().run_if);
      case Aspect::round:
        return round();
      case Aspect::sla:
        return assertion();
      case Aspect::collect:
        return collected();
      case Aspect::lane:
        return outputs_of_round();
      case Aspect::listeners:
        return listeners();
      case Aspect::outputs:
        return outputs();
      default:
        return body();
    }
  }

 private:
  const Task& task() const { return execution_.task_of(execution_.run(effect_.run)); }

  const Mentions& wanted() const { return task().mentions; }

  // The run whose surroundings are seen: for a round of a Loop the last of its runs.
  int viewer() const {
    if (effect_.aspect != Aspect::lane) return effect_.run;
    int found = effect_.run;
    for (const int place : task().tasks)
      for (const int index : execution_.by_task[static_cast<std::size_t>(place)]) {
        const TaskRun& run = execution_.run(index);
        if (run.parent == effect_.run && run.lane == effect_.attempt && !run.is_replaced)
          found = std::max(found, index);
      }
    return found;
  }

  Result<Value> outputs_of_round() const {
    format::Object out;
    for (const Output& output : task().gathered) {
      auto value = one_output(output, scope_);
      if (value)
        out.set(output.id, *value);
      else if (output.is_required)
        return value.error().within("output " + output.id);
    }
    return Value(std::move(out));
  }

  Result<Value> listeners() const {
    ConditionFacts facts;
    facts.scope = &outer_;
    facts.environment = &environment_;
    facts.zone = base::Zone::local();
    facts.name_space = execution_.flow->name_space;
    facts.flow_id = execution_.flow->id;
    facts.execution = execution_json(execution_);
    format::Array out;
    const auto& all = execution_.flow->listeners;
    for (std::size_t i = 0; i < all.size(); ++i) {
      const auto answer = holds(all[i].conditions, facts);
      if (answer && *answer) out.emplace_back(static_cast<std::int64_t>(i));
    }
    return Value(std::move(out));
  }

  Result<std::string> text(std::string_view written) const {
    const auto compiled = TRY(expr::Template::parse(written));
    return compiled.render(scope_, environment_);
  }

  Result<Value> rendered(std::string_view property) const {
    const Value& written = task().properties[property];
    if (written.is_null()) return Value();
    return expr::render_deep(written, scope_, environment_, true);
  }

  Result<Value> truth(std::string_view written) const {
    return Value(expr::is_truthy_text(TRY(text(written))));
  }

  Result<Value> duration(const Value& value, std::string_view name) const {
    if (value.is_null()) return Value();
    auto parsed = base::parse_duration(value.text_or(""));
    if (!parsed) return parsed.error().within(name);
    return Value(static_cast<std::int64_t>(parsed->count()));
  }

  Result<Value> body() const {
    switch (task().kind) {
      case TaskKind::choice_if:
        return truth(task().expression);
      case TaskKind::choice_switch:
        return Value(TRY(text(task().expression)));
      case TaskKind::for_each:
        return values();
      case TaskKind::loop_until:
        return loop();
      case TaskKind::pause:
        return pause();
      case TaskKind::subflow:
        return subflow();
      case TaskKind::item_loop:
        return items();
      case TaskKind::working_directory:
        return folder();
      case TaskKind::exit:
        return exit_state();
      case TaskKind::set_labels:
        return labels();
      default:
        return variables();
    }
  }

  Result<Value> exit_state() const {
    const Value state = TRY(rendered("state"));
    const std::string name = state.text_or("SUCCESS");
    for (const char* known : {"SUCCESS", "WARNING", "FAILED", "CANCELLED", "CANCELED", "KILLED"})
      if (name == known) return Value(name == "CANCELED" ? "CANCELLED" : name);
    return base::invalid_input(
        "state must be SUCCESS, WARNING, FAILED, CANCELLED or KILLED; found " + name);
  }

  Result<Value> variables() const {
    const Value given = TRY(rendered("variables"));
    const bool is_set = task().kind == TaskKind::set_variables;
    const Value is_lenient = TRY(flag(is_set ? "overwrite" : "ignoreMissing", is_set));
    if (is_lenient.as_bool()) return given;
    const auto is_known = [this](const std::string& name) {
      return execution_.variables.is_object() && execution_.variables.as_object().find(name);
    };
    if (is_set && given.is_object())
      for (const auto& [key, value] : given.as_object())
        if (is_known(key))
          return base::conflict("the variable " + key + " is there and overwrite is false");
    if (!is_set && given.is_array())
      for (const Value& name : given.as_array())
        if (!is_known(name.text_or("")))
          return base::not_found(
              "there is no variable " + name.text_or("") + " and ignoreMissing is false");
    return given;
  }

  // Brings the files of a WorkingDirectory.
  Result<Value> folder() const {
    format::Object settings;
    for (const char* name : {"inputFiles", "namespaceFiles", "cache"})
      settings.set(name, TRY(rendered(name)));
    if (ports_.bring) TRY(ports_.bring(effect_.run, Value(settings)));
    return Value();
  }

  Result<Value> collected() const {
    if (task().kind == TaskKind::item_loop) return batch_outputs();
    if (task().is_loop) return stored_rounds();
    format::Object settings;
    for (const char* name : {"outputFiles", "cache"}) settings.set(name, TRY(rendered(name)));
    if (!ports_.collect) return Value();
    return ports_.collect(effect_.run, Value(settings));
  }

  Result<Value> batch_outputs() const {
    const Progress& progress = *execution_.run(effect_.run).progress;
    std::string lines;
    std::vector<std::pair<std::string, Value>> counts;
    for (const Value& result : progress.results) {
      const std::string state = result["state"].text_or("CREATED");
      const auto found = std::find_if(counts.begin(), counts.end(), [&state](const auto& entry) {
        return entry.first == state;
      });
      if (found == counts.end())
        counts.emplace_back(state, 1);
      else
        found->second = Value(found->second.as_int() + 1);
      if (!result["outputs"].is_null()) lines += format::print_json(result["outputs"]) + "\n";
    }
    format::Object out;
    out.set("numberOfBatches", static_cast<std::int64_t>(progress.results.size()));
    out.set("iterations", Value::object(std::move(counts)));
    if (!lines.empty() && ports_.store)
      out.set("uri", TRY(ports_.store(effect_.run, "outputs.ion", lines)));
    return Value(std::move(out));
  }

  // The outputs of the rounds as lines of a file.
  Result<Value> stored_rounds() const {
    const TaskRun& run = execution_.run(effect_.run);
    std::string lines;
    for (std::size_t i = 0; i < run.progress->results.size(); ++i) {
      const Value& given = run.progress->results[i]["outputs"];
      if (given.is_null()) continue;
      format::Object item;
      item.set("value", run.progress->values[i]);
      item.set("iteration", static_cast<std::int64_t>(i));
      if (i < run.progress->keys.size()) item.set("key", run.progress->keys[i]);
      lines +=
          format::print_json(Value::object({{"item", std::move(item)}, {"outputs", given}})) + "\n";
    }
    format::Object out = run.outputs.as_object();
    out.erase("uri");
    if (ports_.store) out.set("uri", TRY(ports_.store(effect_.run, "outputs.ion", lines)));
    return Value(std::move(out));
  }

  // The values of a Loop: a list, a map, the JSON text of one, or the URI of a file of lines.
  Result<Value> rounds() const {
    Value given = TRY(rendered("values"));
    const std::string text = given.is_text() ? std::string(base::trim(given.as_text())) : "";
    const bool is_uri = text.rfind("kestra://", 0) == 0 || text.rfind("nsfile://", 0) == 0 ||
                        text.rfind("file://", 0) == 0;
    if (is_uri) {
      format::Array lines;
      for (const std::string& line : base::split_trimmed(TRY(environment_.read(text)), '\n')) {
        if (line.empty()) continue;
        auto parsed = expr::parse_ion(line);
        lines.push_back(parsed && parsed->size() == 1 ? parsed->front() : Value(line));
      }
      given = std::move(lines);
    } else if (given.is_text()) {
      given = TRY(format::parse_json(text));
    }
    format::Array values;
    format::Array keys;
    const auto add = [&values](const Value& value) {
      values.emplace_back(value.is_text() ? value.as_text() : format::print_json(value));
    };
    if (given.is_array()) {
      for (const Value& value : given.as_array()) add(value);
    } else if (given.is_object()) {
      for (const auto& [key, value] : given.as_object()) {
        keys.emplace_back(key);
        add(value);
      }
    } else {
      return base::invalid_input(
          "values must be a list, a map, the JSON text of one or the URI of a file; found a " +
          std::string(given.kind()));
    }
    const bool is_stored = task().fetch_type == "STORE" || (task().fetch_type == "AUTO" && is_uri);
    return Value::object(
        {{"values", std::move(values)}, {"keys", std::move(keys)}, {"isStored", is_stored}});
  }

  Result<Value> assertion() const {
    const Sla& sla = execution_.flow->slas[static_cast<std::size_t>(effect_.attempt)];
    const expr::Scope scope(flow_variables(execution_, mentions_of(Value(sla.assertion))), &outer_);
    const auto compiled = TRY(expr::Template::parse(sla.assertion));
    return Value(expr::is_truthy_text(TRY(compiled.render(scope, environment_))));
  }

  // A property of the batch's own subflow, rendered where taskrun.items is the batch.
  Result<Value> of_batch(std::string_view property, const std::string& uri, int batch) const {
    const Value& written = task().properties[property];
    if (written.is_null()) return Value();
    const Value* taskrun = scope_.find("taskrun");
    format::Object own = taskrun == nullptr ? format::Object() : taskrun->as_object();
    own.set("items", uri);
    own.set("iteration", batch);
    const expr::Scope scope(Value::object({{"taskrun", std::move(own)}}), &scope_);
    return expr::render_deep(written, scope, environment_, true);
  }

  // The output of the run of `task` that stands beside this one.
  Value beside(const std::string& id) const {
    const auto found = execution_.flow->by_id.find(id);
    if (found == execution_.flow->by_id.end()) return Value();
    const int parent = execution_.run(effect_.run).parent;
    for (const int index : execution_.by_task[static_cast<std::size_t>(found->second)])
      if (execution_.run(index).parent == parent && !is_hidden(execution_, index))
        return execution_.run(index).outputs;
    return Value();
  }

  Result<Value> items() const {
    const std::string loop = task().properties["loop"].text_or("");
    const Value splits = Value(beside(loop + "_split")["splits"]);
    const std::string list = TRY(environment_.read(splits.text_or("")));
    format::Array batches;
    for (const std::string& uri : base::split_trimmed(list, '\n')) {
      const int batch = static_cast<int>(batches.size());
      format::Object one;
      one.set("items", uri);
      one.set("inputs", TRY(of_batch("inputs", uri, batch)));
      one.set("labels", TRY(of_batch("labels", uri, batch)));
      batches.emplace_back(std::move(one));
    }
    const Value whole = TRY(subflow());
    format::Object out = whole.as_object();
    out.set("batches", std::move(batches));
    return Value(std::move(out));
  }

  Result<Value> flag(std::string_view name, bool otherwise) const {
    const Value value = TRY(rendered(name));
    return Value(value.is_text() ? value.as_text() == "true" : value.bool_or(otherwise));
  }

  Result<Value> values() const {
    if (task().is_loop) return rounds();
    const bool has_values = !task().properties["values"].is_null();
    return loop_values(TRY(rendered(has_values ? "values" : "value")));
  }

  Result<Value> loop() const {
    const Value check = TRY(rendered("checkFrequency"));
    const Value limit = TRY(rendered("failOnMaxReached"));
    Value interval = check["interval"].is_null() ? Value("PT1M") : check["interval"];
    return Value::object(
        {{"interval", TRY(duration(interval, "checkFrequency.interval"))},
         {"maxIterations", check["maxIterations"]},
         {"maxDuration", TRY(duration(check["maxDuration"], "checkFrequency.maxDuration"))},
         {"failOnMaxReached", limit}});
  }

  // The condition looks at the outputs of the round that just ended.
  Result<Value> round() const { return truth(task().expression); }

  Result<Value> pause() const {
    Value wait = TRY(rendered("pauseDuration"));
    if (wait.is_null()) wait = TRY(rendered("delay"));
    Value behavior = TRY(rendered("behavior"));
    if (wait.is_null() && !task().timeout.empty()) {
      wait = Value(TRY(text(task().timeout)));
      behavior = Value("FAIL");
    }
    return Value::object(
        {{"duration", TRY(duration(wait, "pauseDuration"))},
         {"behavior", behavior.text_or("RESUME")}});
  }

  // Labels may be a map or a list of {key, value}.
  Result<Value> labels_map() const {
    const Value given = TRY(rendered("labels"));
    if (!given.is_array()) return given;
    format::Object out;
    for (const Value& item : given.as_array()) out.set(item["key"].text_or(""), item["value"]);
    return Value(std::move(out));
  }

  Result<Value> subflow() const {
    const bool is_batch = task().kind == TaskKind::item_loop;
    return Value::object(
        {{"namespace", TRY(rendered("namespace"))},
         {"flowId", TRY(rendered("flowId"))},
         {"revision", TRY(rendered("revision"))},
         {"inputs", is_batch ? Value() : TRY(rendered("inputs"))},
         {"labels", is_batch ? Value() : TRY(labels_map())},
         {"scheduleDate", TRY(rendered("scheduleDate"))},
         {"restartBehavior", task().properties["restartBehavior"].text_or("RETRY_FAILED")},
         {"wait", TRY(flag("wait", true))},
         {"transmitFailed", TRY(flag("transmitFailed", true))},
         {"inheritLabels", TRY(flag("inheritLabels", false))}});
  }

  Result<Value> labels() const {
    Value given = TRY(rendered("labels"));
    if (given.is_text()) given = TRY(format::parse_json(given.as_text()));
    format::Object out;
    const auto add = [&out](const std::string& key, const Value& value) -> Result<base::Done> {
      const std::string text = value.is_text() ? value.as_text() : format::print_json(value);
      if (value.is_null() || text.empty())
        return base::invalid_input("a label needs a value; found none for " + key);
      out.set(key, text);
      return base::Done{};
    };
    if (given.is_array())
      for (const Value& item : given.as_array()) TRY(add(item["key"].text_or(""), item["value"]));
    if (given.is_object())
      for (const auto& [key, value] : given.as_object()) TRY(add(key, value));
    return Value(std::move(out));
  }

  Result<Value> outputs() const {
    format::Object out;
    for (const Output& output : execution_.flow->outputs) {
      Mentions mentions = mentions_of(output.value);
      const expr::Scope scope(flow_variables(execution_, mentions), &outer_);
      auto value = one_output(output, scope);
      if (value)
        out.set(output.id, *value);
      else if (output.is_required)
        return value.error().within("output " + output.id);
    }
    return Value(std::move(out));
  }

  Result<Value> one_output(const Output& output, const expr::Scope& scope) const {
    Value value = TRY(expr::render_deep(output.value, scope, environment_, true));
    if (!output.type) return value;
    auto typed = typed_value(*output.type, value);
    if (typed) return typed;
    // The parser of values names inputs.
    std::string message = typed.error().text();
    constexpr std::string_view kInput = "value for input `";
    const auto at = message.find(kInput);
    if (at != std::string::npos) message.replace(at, kInput.size(), "value for output `");
    return base::invalid_input(message);
  }

  const Execution& execution_;
  const Effect& effect_;
  const expr::Environment& environment_;
  const EvaluationPorts& ports_;
  expr::Scope outer_;
  expr::Scope scope_;
};

}  // namespace

base::Result<Value> loop_values(const Value& rendered) {
  Value list = rendered;
  if (list.is_text()) list = TRY(format::parse_json(list.as_text()));
  if (!list.is_array())
    return base::invalid_input(
        "values must be a list or the JSON text of one; found a " + std::string(list.kind()));
  std::set<std::string> seen;
  format::Array out;
  for (const Value& item : list.as_array()) {
    if (item.is_null())
      return base::invalid_input("values holds a null; remove it before the loop");
    std::string text = item.is_text() ? item.as_text() : format::print_json(item);
    if (seen.insert(text).second) out.emplace_back(std::move(text));
  }
  return Value(std::move(out));
}

Event evaluate(
    const Execution& execution,
    const Effect& effect,
    const expr::Scope& globals,
    const expr::Environment& environment,
    const EvaluationPorts& ports,
    base::Instant now) {
  Event event;
  event.kind = Event::Kind::evaluated;
  event.at = now;
  event.run = effect.run;
  event.attempt = effect.attempt;
  event.aspect = effect.aspect;
  auto value = Evaluation(execution, effect, globals, environment, ports).value();
  if (value)
    event.value = *std::move(value);
  else
    event.error = value.error().text();
  return event;
}

}  // namespace outlay::flow
