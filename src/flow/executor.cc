// SPDX-License-Identifier: Apache-2.0
#include "flow/executor.h"

#include <algorithm>

#include "base/log.h"
#include "base/random.h"
#include "base/text.h"
#include "flow/deciding.h"
#include "flow/evaluate.h"
#include "flow/flow_triggers.h"
#include "flow/inputs.h"
#include "flow/outside_functions.h"
#include "flow/parser.h"
#include "flow/scheduler.h"
#include "flow/scope.h"
#include "format/json.h"

namespace outlay::flow {
namespace {

using base::Done;
using base::Result;
using format::Value;

constexpr std::string_view kInsertExecution =
    "INSERT INTO flow_executions (number, id, namespace, flow_id, revision, state, created) "
    "VALUES (?, ?, ?, ?, ?, ?, ?)";
constexpr std::string_view kInsertEvents =
    "INSERT INTO flow_events (execution, step, body) VALUES (?, ?, ?)";
constexpr std::string_view kSetState = "UPDATE flow_executions SET state = ? WHERE number = ?";
constexpr std::string_view kFinish =
    "UPDATE flow_executions SET state = ?, finished = ?, body = ? WHERE number = ?";
constexpr std::string_view kReopen =
    "UPDATE flow_executions SET finished = 0, body = NULL WHERE number = ?";

}  // namespace

Executor::Executor(
    const EngineSettings& settings,
    store::Database& state,
    const TaskRegistry& tasks,
    io::Secrets& secrets,
    const base::Clock& clock)
    : settings_(settings),
      state_(state),
      tasks_(tasks),
      secrets_(secrets),
      clock_(clock),
      globals_(settings.globals.is_object() ? settings.globals : Value(format::Object())),
      files_(settings.storage, settings.work),
      definitions_(state, tasks, clock),
      kv_(state, clock),
      namespace_files_(settings.storage, state, clock),
      journal_(state),
      timers_(clock) {
  house_.files = &files_;
  house_.globals = &globals_;
  house_.secrets = &secrets_;
  house_.clock = &clock_;
  house_.engine = this;
  house_.log = [this](LogLine line) { log(std::move(line)); };
  house_.key = settings.encryption_key;
  house_.metric = [this](const RunningAttempt& attempt, const Metric& metric) {
    book_metric(attempt, metric);
  };
  const TriggerPorts ports = trigger_ports();
  scheduler_ = std::make_unique<Scheduler>(state_, definitions_, timers_, clock_, ports);
  flow_triggers_ = std::make_unique<FlowTriggers>(state_, definitions_, clock_, ports);
}

TriggerPorts Executor::trigger_ports() {
  TriggerPorts ports;
  ports.create = [this](const NewExecution& request, std::string id) {
    return create_as(request, std::move(id));
  };
  ports.make_id = [this] { return make_id_(); };
  ports.is_known = [this](const std::string& id) { return is_known(id); };
  ports.environment = [this](const std::string& name_space) {
    return plain_environment(clock_, secrets_, *this, name_space);
  };
  ports.work = [this](std::function<void()> job) {
    WorkItem item;
    item.job = std::move(job);
    ready_.push(std::move(item), false);
  };
  ports.globals = &globals_;
  ports.engine = this;
  ports.open = [this](std::string_view uri) { return files_.path_of(uri); };
  ports.store = [this](
                    const Flow& flow,
                    const std::string& execution_id,
                    const std::string& trigger_id,
                    const io::Path& file,
                    std::string_view name) {
    GivenFile given;
    given.input = trigger_id;
    given.name = name;
    given.path = file;
    return files_.store_input(flow, execution_id, given);
  };
  return ports;
}

Executor::~Executor() { stop(base::Duration::zero()); }

Result<std::unique_ptr<Engine>> Engine::open(
    const EngineSettings& settings,
    store::Database& state,
    const TaskRegistry& tasks,
    io::Secrets& secrets,
    const base::Clock& clock) {
  auto executor = std::make_unique<Executor>(settings, state, tasks, secrets, clock);
  TRY(executor->open());
  return std::unique_ptr<Engine>(std::move(executor));
}

bool CheckedFlow::has_errors() const {
  return std::any_of(problems.begin(), problems.end(), [](const Problem& problem) {
    return problem.level == Problem::Level::error;
  });
}

// ---- flows
// -----------------------------------------------------------------------------------------------------

CheckedFlow Executor::check(std::string_view yaml, std::string_view file) const {
  ParsedFlow parsed = parse_flow(yaml, file, tasks_);
  return {parsed.flow->name_space, parsed.flow->id, std::move(parsed.problems)};
}

Result<StoredFlow> Executor::save(
    std::string_view yaml, std::string_view file, std::string_view author) {
  StoredFlow stored = TRY(definitions_.save(yaml, file, author));
  scheduler_->refresh(stored.name_space, stored.id);
  return stored;
}

Result<StoredFlow> Executor::flow(
    std::string_view name_space, std::string_view id, std::optional<long long> revision) {
  return definitions_.stored(name_space, id, revision);
}

Result<std::vector<StoredFlow>> Executor::flows(std::string_view name_space) {
  return definitions_.all(name_space);
}

Result<std::vector<StoredFlow>> Executor::revisions(
    std::string_view name_space, std::string_view id) {
  return definitions_.revisions(name_space, id);
}

Result<Done> Executor::remove_flow(std::string_view name_space, std::string_view id) {
  TRY(definitions_.remove(name_space, id));
  scheduler_->refresh(name_space, id);
  return Done{};
}

// ---- steps
// -----------------------------------------------------------------------------------------------------

void Executor::pump() {
  if (!journal_.is_stuck()) {
    journal_.pump();
    if (!journal_.is_stuck()) return;
  }
  unstick_later();
}

void Executor::unstick_later() {
  if (is_unsticking_.exchange(true)) return;
  later([this] {
    is_unsticking_ = false;
    journal_.flush();
    if (journal_.is_stuck()) unstick_later();
  });
}

bool Executor::post(const LiveRef& live, const Event& event) {
  if (is_stopping_) return false;
  bool is_accepted = false;
  {
    const base::Lock lock(live->mutex);
    is_accepted = advance(live, event);
  }
  if (is_accepted) pump();
  return is_accepted;
}

bool Executor::advance(const LiveRef& live, Event event) {
  const Deciding deciding;
  std::vector<Event> events;
  std::vector<Effect> effects;
  std::deque<Event> pending;
  pending.push_back(std::move(event));
  Execution& execution = live->execution;
  while (!pending.empty()) {
    const Event next = std::move(pending.front());
    pending.pop_front();
    Decision decision = decide(execution, next);
    if (!decision.is_accepted) continue;
    events.push_back(next);
    for (Effect& effect : decision.effects) {
      if (effect.kind == Effect::Kind::evaluate)
        pending.push_back(evaluate(
            execution,
            effect,
            globals_,
            evaluation_environment(*live, effect.run),
            evaluation_ports(live),
            next.at));
      else if (effect.kind == Effect::Kind::log)
        log_error(execution, effect.run, effect.text);
      else
        effects.push_back(std::move(effect));
    }
  }
  if (events.empty()) return false;
  live->ticket = journal_.enqueue(entry_for(live, events, std::move(effects)));
  return true;
}

Journal::Entry Executor::entry_for(
    const LiveRef& live, const std::vector<Event>& events, std::vector<Effect> effects) {
  Journal::Entry entry;
  const Execution& execution = live->execution;
  const std::string state(state_name(execution.state.current()));
  const bool is_first = live->step == 0;
  if (is_first) {
    entry.statements.push_back(
        {kInsertExecution,
         {live->number,
          execution.id,
          live->flow->name_space,
          live->flow->id,
          std::int64_t{live->flow->revision},
          state,
          base::print_instant(events.front().at)}});
    if (!live->is_promised)
      entry.failed = [this, live](const base::Error& error) {
        {
          const base::Lock lock(live->mutex);
          live->dropped = error;
        }
        release_slot(live);
        const base::Lock lock(lives_mutex_);
        lives_.erase(live->execution.id);
      };
  }
  const bool is_changed = is_first || execution.state.current() != live->stored_state;
  live->stored_state = execution.state.current();
  format::Array body;
  for (const Event& event : events) body.push_back(event_json(event));
  entry.statements.push_back(
      {kInsertEvents, {live->number, live->step, format::print_json(Value(std::move(body)))}});
  if (execution.is_finished) {
    // 2: flow triggers are still to be told of its end.
    const std::int64_t finished = definitions_.listening().empty() ? 1 : 2;
    entry.statements.push_back(
        {kFinish,
         {state,
          finished,
          format::print_json(execution_json(execution, beginnings_of(*live))),
          live->number}});
  } else {
    if (live->is_kept_finished) entry.statements.push_back({kReopen, {live->number}});
    if (is_changed && !is_first) entry.statements.push_back({kSetState, {state, live->number}});
  }
  live->is_kept_finished = execution.is_finished;
  ++live->step;
  entry.then =
      [this, live, is_changed, is_over = execution.is_finished, state, todo = std::move(effects)] {
        for (const Effect& effect : todo) perform(live, effect);
        if (is_changed || is_over) tell_flows(live, *state_of(state));
        if (is_changed && has_listeners_) tell({"execution", live->execution.id, state});
      };
  return entry;
}

expr::Environment Executor::evaluation_environment(const Live& live, int run) {
  auto environment = plain_environment(clock_, secrets_, *this, live.flow->name_space);
  // Called under the execution's lock.
  environment.read = [this, &live, run](std::string_view name) -> Result<std::string> {
    if (name.substr(0, 9) == "nsfile://")
      return read_namespace_file(*this, live.flow->name_space, name);
    if (name.find("://") != std::string_view::npos) return io::read_file(TRY(files_.path_of(name)));
    if (run < 0) return read_namespace_file(*this, live.flow->name_space, name);
    const auto files = files_.visible(live.execution, run);
    const auto found = files.by_name.find(std::string(name));
    if (found == files.by_name.end()) {
      if (auto shared = namespace_files_.read(live.flow->name_space, name); shared) return shared;
      return base::not_found(
          "read() needs a storage URI or the name of a file that an earlier task left; found \"" +
          std::string(name) + "\"");
    }
    return io::read_file(found->second.path);
  };
  environment.other = [this, &live, read = environment.read](
                          std::string_view function, const format::Array& arguments) {
    return outside_function(
        {this, live.flow->name_space, live.execution.id, read}, function, arguments);
  };
  return environment;
}

SharedFolder Executor::shared_folder(const Live& live, int run) {
  SharedFolder folder;
  const Execution& execution = live.execution;
  folder.path = files_.shared_folder(execution, run);
  folder.cache = files_.cache_folder(execution, run);
  folder.name_space = live.flow->name_space;
  folder.files = &namespace_files_;
  folder.now = clock_.now();
  folder.open = [this,
                 name_space = live.flow->name_space](std::string_view uri) -> Result<io::Path> {
    constexpr std::string_view kScheme = "nsfile://";
    if (uri.substr(0, kScheme.size()) != kScheme) return files_.path_of(uri);
    const std::string_view rest = uri.substr(kScheme.size());
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    const std::string_view named = rest.substr(0, slash);
    return namespace_files_.local_path(named.empty() ? name_space : named, rest.substr(slash));
  };
  folder.store = [this, &execution, run](
                     const io::Path& file, const std::string& name) -> Result<std::string> {
    const std::string uri = files_.uri(execution, run, name);
    const io::Path to = TRY(files_.path_of(uri));
    TRY(io::make_folders(to.parent_path()));
    std::error_code error;
    std::filesystem::copy_file(file, to, std::filesystem::copy_options::overwrite_existing, error);
    if (error) return base::unavailable("cannot store " + name + ": " + error.message());
    return uri;
  };
  return folder;
}

// Called under the execution's lock, as the ports themselves are.
EvaluationPorts Executor::evaluation_ports(const LiveRef& live) {
  EvaluationPorts ports;
  ports.key = house_.key;
  ports.bring = [this, &live = *live](int run, const Value& settings) {
    return shared_folder(live, run).bring(settings);
  };
  ports.collect = [this, &live = *live](int run, const Value& settings) {
    return shared_folder(live, run).collect(settings);
  };
  ports.store =
      [this, &live = *live](
          int run, const std::string& name, const std::string& text) -> Result<std::string> {
    const std::string uri = files_.uri(live.execution, run, name);
    const io::Path to = TRY(files_.path_of(uri));
    TRY(io::make_folders(to.parent_path()));
    TRY(io::write_file(to, text));
    return uri;
  };
  return ports;
}

bool Executor::inject(std::string_view execution_id, const Event& event) {
  const auto live = find_live(execution_id);
  return live && post(live, event);
}

}  // namespace outlay::flow
