// SPDX-License-Identifier: Apache-2.0
#include "api/outlay.h"

#include "api/ops/bound.h"
#include "api/ops/flow_json.h"
#include "api/parts.h"
#include "base/text.h"

namespace outlay::api {

using base::Done;
using base::Result;
using format::Value;

namespace {

const BoundOperation* find_bound(std::string_view name) {
  for (const BoundOperation& bound : bound_operations()) {
    if (bound.operation.name == name) return &bound;
  }
  return nullptr;
}

std::vector<std::string> operation_names() {
  std::vector<std::string> names;
  for (const Operation& operation : operations()) names.push_back(operation.name);
  return names;
}

bool is_flow_file(std::string_view name) {
  return name.ends_with(".yaml") || name.ends_with(".yml");
}

class OneOutlay final : public Outlay {
 public:
  OneOutlay(Config config, const base::Clock& clock) : parts_(std::move(config), clock) {}

  const Config& config() const override { return parts_.config(); }

  Result<Value> call(
      std::string_view operation, const Value& request, const CallHooks& hooks) override {
    const BoundOperation* bound = find_bound(operation);
    if (bound == nullptr) {
      return base::not_found(
          "There is no operation \"" + std::string(operation) + "\"." +
          base::did_you_mean(operation, operation_names()));
    }
    return bound->handler(parts_, TRY(Request::check(bound->operation, request)), hooks);
  }

  Result<Done> start(const EngineStart& settings) override {
    TRY(parts_.take_data());
    for (const io::Path& folder : config().paths("flow.folders")) {
      TRY(load_flows(folder, settings));
    }
    return parts_.start_engine(settings.with_scheduler);
  }

  void stop(base::Duration grace) override { parts_.stop_engine(grace); }

  Result<std::string> read_uri(std::string_view uri) override {
    return TRY(parts_.engine())->read_uri(uri);
  }

  void look_around() override { parts_.look_for_bookings(); }

  long long listen(std::function<void(const Event&)> listener) override {
    return parts_.listen(std::move(listener));
  }

  void unlisten(long long handle) override { parts_.unlisten(handle); }

 private:
  // A flow that is wrong is told and left out: it must not keep the others from running.
  Result<Done> load_flows(const io::Path& folder, const EngineStart& settings) {
    flow::Engine* engine = TRY(parts_.engine());
    for (const std::string& name : TRY(io::list_files(folder))) {
      if (!is_flow_file(name)) continue;
      const io::Path file = folder / name;
      for (const std::string& document : split_documents(TRY(io::read_file(file)))) {
        const Result<flow::StoredFlow> saved = engine->save(document, file.string());
        if (!settings.told) continue;
        if (saved)
          settings.told(saved->name_space + "." + saved->id + " from " + file.string(), false);
        else
          settings.told(saved.error().text(), true);
      }
    }
    return Done();
  }

  Parts parts_;
};

}  // namespace

std::unique_ptr<Outlay> Outlay::create(Config config, const base::Clock& clock) {
  return std::make_unique<OneOutlay>(std::move(config), clock);
}

std::string_view version() { return "0.1.0"; }

}  // namespace outlay::api
