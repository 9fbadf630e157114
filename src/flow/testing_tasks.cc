// SPDX-License-Identifier: Apache-2.0
#include "flow/testing_tasks.h"

#include "format/json.h"

namespace outlay::flow {
namespace {

using base::Result;
using format::Value;

/// A task that ends as the script says, and by default does what its namesake does.
class ScriptedTask final : public TaskType {
 public:
  ScriptedTask(std::string type, TestingScript& script) : script_(script) {
    info_.type = std::move(type);
  }

  const TaskInfo& info() const override { return info_; }

  Result<TaskEnd> run(TaskContext& context, const Value& properties) const override {
    const std::string id = properties["id"].text_or("");
    const Value result = next(id);
    script_.trace.push_back(id);
    auto end = scripted(context, properties, result);
    if (!end || end->failure) script_.trace.back() += "!";
    return end;
  }

 private:
  Value next(const std::string& id) const {
    const Value& results = script_.results[id];
    if (!results.is_array() || results.as_array().empty()) return results;
    const auto& list = results.as_array();
    return list[std::min(script_.made[id]++, list.size() - 1)];
  }

  Result<TaskEnd> scripted(
      TaskContext& context, const Value& properties, const Value& result) const {
    const std::string word = result.is_text() ? result.as_text() : result["state"].text_or("ok");
    if (!result["takes"].is_null())
      script_.takes(TRY(base::parse_duration(result["takes"].text_or(""))));
    if (result["files"].is_object()) TRY(leave(context, result["files"].as_object()));
    TaskEnd end = TRY(usual(context, properties));
    if (result["outputs"].is_object()) end.outputs = result["outputs"].as_object();
    end.is_warning = word == "warn";
    if (word != "fail") return end;
    end.failure = base::unavailable(result["error"].text_or("it was told to fail"));
    return end;
  }

  static Result<base::Done> leave(TaskContext& context, const format::Object& files) {
    const io::Path folder = TRY(context.working_folder());
    for (const auto& [name, content] : files)
      TRY(io::write_file(folder / name, content.text_or("")));
    return base::Done{};
  }

  Result<TaskEnd> usual(TaskContext& context, const Value& properties) const {
    TaskEnd end;
    const std::string kind = info_.type.substr(info_.type.rfind('.') + 1);
    if (kind == "Return") {
      end.outputs.set("value", TRY(text_property(context, properties, "format")));
    } else if (kind == "Log") {
      context.log(base::LogLevel::info, TRY(text_property(context, properties, "message")));
    } else if (kind == "OutputValues") {
      end.outputs.set("values", TRY(property(context, properties, "values")));
    } else if (kind == "Fail") {
      const std::string text = TRY(text_property(context, properties, "errorMessage"));
      end.failure = base::unavailable(text.empty() ? "Task failure" : text);
    } else if (kind == "List") {
      const io::Path folder = TRY(context.working_folder());
      std::string names;
      for (const std::string& name : TRY(io::list_files(folder))) names += name + " ";
      end.outputs.set("files", names);
    }
    return end;
  }

  TestingScript& script_;
  TaskInfo info_;
};

}  // namespace

void add_testing_tasks(TaskRegistry& registry, TestingScript& script) {
  for (const char* type :
       {"io.kestra.plugin.core.debug.Return",
        "io.kestra.plugin.core.log.Log",
        "io.kestra.plugin.core.execution.Fail",
        "io.kestra.plugin.core.output.OutputValues",
        "test.Step",
        "test.List"})
    registry.add(std::make_unique<ScriptedTask>(type, script));
}

}  // namespace outlay::flow
