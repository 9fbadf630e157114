// SPDX-License-Identifier: Apache-2.0
#include "tasks/kubernetes/kubernetes.h"

#include <thread>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/random.h"
#include "base/text.h"
#include "format/json.h"
#include "tasks/items.h"
#include "tasks/kubernetes/kubectl.h"
#include "tasks/properties.h"
#include "tasks/scripts/protocol.h"
#include "tasks/spec.h"
#include "tasks/sql/fetch.h"

namespace outlay::tasks {
namespace {

using flow::TaskContext;
using flow::TaskEnd;
using format::Array;
using format::Object;
using format::Value;
using Work = base::Result<TaskEnd> (*)(TaskContext&, const Kubectl&, const Value&);

class KubernetesTask final : public SpecTask {
 public:
  KubernetesTask(std::string_view spec, Work work) : SpecTask(spec), work_(work) {}

  base::Result<TaskEnd> run(TaskContext& context, const Value& properties) const override {
    const Kubectl kubectl = TRY(Kubectl::open(context, properties));
    return work_(context, kubectl, properties);
  }

 private:
  Work work_;
};

/// The items of a list, or the one resource.
Array items_of(const Value& answer) {
  if (answer["items"].is_array()) return answer["items"].as_array();
  return answer.is_object() ? Array{answer} : Array();
}

/// "deployments.v1.apps" from resourceType and apiGroup, then the names.
base::Result<std::vector<std::string>> resources_of(TaskContext& context, const Value& properties) {
  std::string type = TRY(needed_property(context, properties, "resourceType"));
  const std::string group = TRY(flow::text_property(context, properties, "apiGroup"));
  const std::string version = TRY(flow::text_property(context, properties, "apiVersion"));
  if (!group.empty()) type += (version.empty() ? "." : "." + version + ".") + group;
  std::vector<std::string> out{std::move(type)};
  for (std::string& name : TRY(texts_property(context, properties, "resourcesNames")))
    out.push_back(std::move(name));
  const std::string one = TRY(flow::text_property(context, properties, "resourceName"));
  if (!one.empty()) out.push_back(one);
  for (const std::string& name : out) {
    if (name.starts_with('-'))
      return base::invalid_input(fmt::format("\"{}\" is no name of a resource", name));
  }
  return out;
}

base::Result<TaskEnd> apply(TaskContext& context, const Kubectl& kubectl, const Value& properties) {
  const std::string spec = TRY(needed_property(context, properties, "spec"));
  const std::string file = TRY(kubectl.manifest(spec));
  const Value answer = TRY(kubectl.json({"apply", "--filename", file}));
  Array metadata;
  for (const Value& item : items_of(answer)) metadata.push_back(item["metadata"]);
  TaskEnd end;
  end.outputs.set("metadata", std::move(metadata));
  return end;
}

base::Result<TaskEnd> get(TaskContext& context, const Kubectl& kubectl, const Value& properties) {
  std::vector<std::string> arguments = TRY(resources_of(context, properties));
  arguments.insert(arguments.begin(), "get");
  const Value answer = TRY(kubectl.json(std::move(arguments)));
  const Array items = items_of(answer);
  const Fetch fetch =
      properties["fetchType"].is_null() ? Fetch::all : TRY(fetch_property(context, properties));
  TaskEnd end;
  end.outputs.set("size", static_cast<std::int64_t>(items.size()));
  Array metadata, status;
  for (const Value& item : items) {
    metadata.push_back(item["metadata"]);
    status.push_back(item["status"]);
  }
  if (fetch == Fetch::store) end.outputs.set("uri", TRY(store_items(context, items, "items.ion")));
  if (fetch == Fetch::all) {
    end.outputs.set("metadataItems", std::move(metadata));
    end.outputs.set("statusItems", std::move(status));
  } else if (fetch == Fetch::one) {
    end.outputs.set("metadataItem", metadata.empty() ? Value() : metadata.front());
    end.outputs.set("statusItem", status.empty() ? Value() : status.front());
  }
  return end;
}

base::Result<TaskEnd> remove(
    TaskContext& context, const Kubectl& kubectl, const Value& properties) {
  std::vector<std::string> arguments = TRY(resources_of(context, properties));
  if (arguments.size() < 2)
    return base::invalid_input("property resourcesNames must name what is removed");
  arguments.insert(arguments.begin(), "delete");
  TRY(kubectl.run(std::move(arguments)));
  return TaskEnd{};
}

base::Result<TaskEnd> patch(TaskContext& context, const Kubectl& kubectl, const Value& properties) {
  const std::vector<std::string> resources = TRY(resources_of(context, properties));
  const std::string change = TRY(needed_property(context, properties, "patch"));
  const std::string strategy =
      base::lower(TRY(flow::text_property(context, properties, "patchStrategy")));
  const std::string kind = strategy.starts_with("json_p") ? "json"
                           : strategy.starts_with("json") ? "merge"
                                                          : "strategic";
  std::vector<std::string> arguments{"patch"};
  arguments.insert(arguments.end(), resources.begin(), resources.end());
  arguments.insert(arguments.end(), {"--type", kind, "--patch", change});
  const Value answer = TRY(kubectl.json(std::move(arguments)));
  TaskEnd end;
  end.outputs.set("metadata", answer["metadata"]);
  end.outputs.set("status", answer["status"]);
  return end;
}

base::Result<TaskEnd> restart(
    TaskContext& context, const Kubectl& kubectl, const Value& properties) {
  std::vector<std::string> resources = TRY(resources_of(context, properties));
  std::vector<std::string> arguments{"rollout", "restart"};
  for (std::size_t i = 1; i < resources.size(); ++i)
    arguments.push_back(resources.front() + "/" + resources[i]);
  TRY(kubectl.run(std::move(arguments)));
  return TaskEnd{};
}

bool is_over(std::string_view phase) { return phase == "Succeeded" || phase == "Failed"; }

/// Asks until the pod has begun (or ended), for `longest`.
base::Result<Value> wait_for_pod(
    TaskContext& context,
    const Kubectl& kubectl,
    const std::string& name,
    bool until_end,
    base::Duration longest) {
  const base::SystemClock clock;
  const base::Instant begin = clock.now();
  while (true) {
    Value pod = TRY(kubectl.json({"get", "pod", name}));
    const std::string phase = pod["status"]["phase"].text_or("");
    if (is_over(phase) || (!until_end && phase == "Running")) return pod;
    if (context.stop()) return base::Error{base::Code::cancelled, "stopped", {}, nullptr};
    if (clock.now() - begin > longest) {
      return base::unavailable(fmt::format(
          "the pod {} is {} and did not {} in time", name, phase, until_end ? "end" : "begin"));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
  }
}

base::Result<std::string> pod_manifest(TaskContext& context, const Value& properties) {
  Object metadata = TRY(map_property(context, properties, "metadata"));
  if (metadata.find("name") == nullptr)
    metadata.set("name", "outlay-" + base::lower(base::new_id()));
  Object spec = TRY(map_property(context, properties, "spec"));
  if (spec.find("restartPolicy") == nullptr) spec.set("restartPolicy", "Never");
  return format::print_json(Value::object(
      {{"apiVersion", "v1"},
       {"kind", "Pod"},
       {"metadata", std::move(metadata)},
       {"spec", std::move(spec)}}));
}

base::Result<TaskEnd> follow_pod(
    TaskContext& context,
    const Kubectl& kubectl,
    const Value& properties,
    const std::string& name) {
  const base::Duration to_begin = TRY(duration_property(context, properties, "waitUntilRunning"))
                                      .value_or(std::chrono::minutes(10));
  const base::Duration to_end =
      TRY(duration_property(context, properties, "waitRunning")).value_or(std::chrono::hours(1));
  TRY(wait_for_pod(context, kubectl, name, false, to_begin));
  ScriptOutput output(context);
  TRY(kubectl.follow(
      {"logs", "--follow", "--all-containers", name},
      [&](io::Stream stream, std::string_view line) { output.line(stream, line); }));
  const Value pod = TRY(wait_for_pod(context, kubectl, name, true, to_end));
  TaskEnd end;
  end.outputs.set("metadata", pod["metadata"]);
  end.outputs.set("status", pod["status"]);
  end.outputs.set("vars", output.vars());
  if (pod["status"]["phase"].text_or("") == "Failed") {
    end.failure = base::conflict(fmt::format(
        "the pod {} failed: {}", name, pod["status"]["message"].text_or(output.last_words())));
  }
  return end;
}

base::Result<TaskEnd> create_pod(
    TaskContext& context, const Kubectl& kubectl, const Value& properties) {
  const std::string text = TRY(pod_manifest(context, properties));
  const std::string file = TRY(kubectl.manifest(text));
  const Value created = TRY(kubectl.json({"create", "--filename", file}));
  const std::string name = created["metadata"]["name"].text_or("");
  auto end = follow_pod(context, kubectl, properties, name);
  const bool is_removed = TRY(flag_property(context, properties, "delete", true));
  if (is_removed) static_cast<void>(kubectl.run({"delete", "pod", name, "--wait=false"}));
  return end;
}

}  // namespace

std::vector<std::unique_ptr<flow::TaskType>> make_kubernetes_tasks() {
  const std::pair<std::string_view, Work> kinds[] = {
      {"kubernetes/apply.yaml", apply},
      {"kubernetes/get.yaml", get},
      {"kubernetes/delete.yaml", remove},
      {"kubernetes/patch.yaml", patch},
      {"kubernetes/restart.yaml", restart},
      {"kubernetes/pod_create.yaml", create_pod}};
  std::vector<std::unique_ptr<flow::TaskType>> out;
  for (const auto& [spec, work] : kinds)
    out.push_back(std::make_unique<KubernetesTask>(spec, work));
  return out;
}

}  // namespace outlay::tasks
