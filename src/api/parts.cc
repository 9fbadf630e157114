// SPDX-License-Identifier: Apache-2.0
#include "api/parts.h"

#include <unistd.h>
#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "io/aws_credentials.h"
#include "io/external_secrets.h"
#include "tasks/all.h"
#include "tasks/plugins/plugins.h"

extern char** environ;  // NOLINT(readability-identifier-naming): named by POSIX

namespace outlay::api {

using base::Done;
using base::Lock;
using base::Result;
using format::Value;

namespace {

// Kestra's way: ENV_REGION=eu becomes {{ envs.region }}.
Value flow_environment() {
  format::Object out;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (!text.starts_with("ENV_") || equals == std::string_view::npos) continue;
    out.set(base::lower(text.substr(4, equals - 4)), std::string(text.substr(equals + 1)));
  }
  return Value(std::move(out));
}

Value engine_globals(const Config& config) {
  const Value& globals = config.map("globals");
  return Value::object({
      {"envs", flow_environment()},
      {"globals", globals.is_null() ? Value(format::Object()) : globals},
      {"kestra",
       Value::object(
           {{"environment", config.text("flow.environment")}, {"url", config.text("server.url")}})},
  });
}

}  // namespace

namespace {

// Empty when there is none; a file that cannot be read shows when a secret is asked for.
std::string secrets_key(const Config& config) {
  std::string key = config.text("secrets.key");
  if (key.empty() && !config.path("secrets.key_file").empty()) {
    key = std::string(base::trim(io::read_file(config.path("secrets.key_file")).value_or("")));
  }
  return key;
}

std::string secrets_key_hint(const Config& config) {
  const std::string file = config.text("secrets.key_file");
  if (!file.empty()) return "the file " + file + " (setting secrets.key_file) cannot be read.";
  return "make one with `outlay secret key > outlay.key`, and name the file in the setting "
         "secrets.key_file (or put the key into OUTLAY_SECRETS_KEY).";
}

/// The stores of secrets outside that the settings name, behind the ones of this machine.
void add_external_secrets(
    const Config& config,
    io::Http& http,
    io::Pause& pause,
    const base::Clock& clock,
    std::vector<std::unique_ptr<io::Secrets>>& places) {
  const auto kept =
      base::parse_duration(config.text("secrets.kept")).value_or(std::chrono::minutes(1));
  const auto add = [&](std::unique_ptr<io::SecretSource> source) {
    places.push_back(std::make_unique<io::ExternalSecrets>(std::move(source), kept, clock));
  };
  if (!config.text("secrets.vault.address").empty()) {
    io::VaultSettings vault;
    vault.address = config.text("secrets.vault.address");
    while (vault.address.ends_with('/')) vault.address.pop_back();
    vault.token = config.text("secrets.vault.token");
    const io::Path file = config.path("secrets.vault.token_file");
    if (vault.token.empty() && !file.empty())
      vault.token = std::string(base::trim(io::read_file(file).value_or("")));
    vault.role_id = config.text("secrets.vault.role_id");
    vault.secret_id = config.text("secrets.vault.secret_id");
    vault.mount = config.text("secrets.vault.mount");
    vault.prefix = config.text("secrets.vault.prefix");
    vault.name_space = config.text("secrets.vault.namespace");
    add(std::make_unique<io::VaultSource>(std::move(vault), http, pause, clock));
  }
  if (config.boolean("secrets.aws.enabled")) {
    io::SecretsManagerSettings aws;
    aws.region = config.text("secrets.aws.region");
    aws.prefix = config.text("secrets.aws.prefix");
    aws.role_arn = config.text("secrets.aws.role");
    aws.endpoint = config.text("secrets.aws.endpoint");
    add(std::make_unique<io::SecretsManagerSource>(
        std::move(aws), http, pause, clock, io::process_environment()));
  }
}

}  // namespace

Parts::Parts(Config config, const base::Clock& clock)
    : config_(std::move(config)),
      clock_(clock),
      secret_store_(std::make_unique<io::EncryptedSecrets>(
          config_.path("data") / "secrets.json", secrets_key(config_), secrets_key_hint(config_))) {
  std::vector<std::unique_ptr<io::Secrets>> places;
  places.push_back(std::make_unique<io::EnvironmentSecrets>(config_.path("secrets.folder")));
  places.push_back(std::make_unique<io::EncryptedSecrets>(
      config_.path("data") / "secrets.json", secrets_key(config_), secrets_key_hint(config_)));
  const Lock lock(mutex_);
  add_external_secrets(config_, http(), pause_, clock_, places);
  secrets_ = std::make_unique<io::SecretChain>(std::move(places));
}

Parts::~Parts() = default;

Result<Done> Parts::require_data() const {
  const io::Path data = config_.path("data");
  std::error_code error;
  if (std::filesystem::is_directory(data, error)) return Done();
  return base::not_found(
      "There is no data folder " + data.string() + " (named by " + config_.source("data") +
      "). Book a bill with `outlay ingest PATH`, or name the folder with --data.");
}

Result<io::Path> Parts::data_folder() const {
  const io::Path data = config_.path("data");
  const Result<Done> made = io::make_folders(data);
  if (!made) {
    return made.error().within(
        "The data folder (named by " + config_.source("data") + ") cannot be used");
  }
  return data;
}

Result<store::Database*> Parts::state() {
  if (!state_) {
    const io::Path data = TRY(data_folder());
    state_ = TRY(store::open_sqlite((data / "state.db").string()));
  }
  return state_.get();
}

namespace {

Result<base::Duration> duration_of(const Config& config, std::string_view name) {
  auto duration = base::parse_duration(config.text(name));
  if (!duration) return duration.error().within("setting " + std::string(name));
  return *duration;
}

}  // namespace

Result<ledger::Ledger*> Parts::ledger() {
  const Lock lock(mutex_);
  if (!ledger_) {
    store::Database* database = TRY(state());
    ledger::LedgerSettings settings{
        .folder = config_.path("data") / "ledger",
        .threads = static_cast<int>(config_.integer("ledger.threads")),
        .memory_bytes = config_.size("ledger.memory"),
        .generations_kept = static_cast<int>(config_.integer("ledger.generations")),
        .superseded_kept = std::nullopt,
        .closed_after = TRY(duration_of(config_, "ledger.closed_after"))};
    if (!config_.text("ledger.generations_age").empty()) {
      settings.superseded_kept = TRY(duration_of(config_, "ledger.generations_age"));
    }
    ledger_ = TRY(ledger::Ledger::open(settings, *database, clock_));
  }
  return ledger_.get();
}

Result<ledger::Ledger*> Parts::booked() {
  TRY(require_data());
  return ledger();
}

const flow::TaskRegistry& Parts::tasks_locked() {
  if (!tasks_) {
    tasks_ = std::make_unique<flow::TaskRegistry>();
    tasks::TaskWorld world;
    world.http = &http();
    world.open_ledger = [this] { return ledger(); };
    world.open_sources = [this] { return sources(); };
    tasks::add_all_tasks(*tasks_, world);
    // A plug-in that cannot be read must not keep the others from working.
    const auto plugins = tasks::add_plugins(*tasks_, config_.path("data") / "plugins");
    if (!plugins) LOG(error, plugins.error().text());
  }
  return *tasks_;
}

io::Http& Parts::http() {
  if (!http_) http_ = std::make_unique<io::CurlHttp>();
  return *http_;
}

Result<sources::Sources*> Parts::sources() {
  const Lock lock(mutex_);
  if (!sources_) {
    store::Database* database = TRY(state());
    const sources::SourcesWorld world{
        .http = http(),
        .pause = pause_,
        .secrets = *secrets_,
        .clock = clock_,
        .state = *database,
        .open_ledger = [this] { return ledger(); },
        .data = config_.path("data"),
        .environment = io::process_environment()};
    sources_ = TRY(sources::Sources::open(
        {.configured = config_.map("sources"),
         .sources_at_once = static_cast<int>(config_.integer("sync.sources")),
         .connections = static_cast<int>(config_.integer("sync.connections"))},
        world));
  }
  return sources_.get();
}

const flow::TaskRegistry& Parts::tasks() {
  const Lock lock(mutex_);
  return tasks_locked();
}

io::Secrets& Parts::secrets() { return *secrets_; }

Result<std::unique_ptr<flow::Engine>> Parts::open_engine(
    const io::Path& folder, store::Database& state) {
  const flow::EngineSettings settings{
      .storage = folder / "storage",
      .work = folder / "work",
      .workers = static_cast<int>(config_.integer("flow.workers")),
      .globals = engine_globals(config_)};
  TRY(io::make_folders(settings.storage));
  TRY(io::make_folders(settings.work));
  return flow::Engine::open(settings, state, tasks_locked(), *secrets_, clock_);
}

Result<flow::Engine*> Parts::engine() {
  const Lock lock(mutex_);
  if (!engine_) {
    store::Database* database = TRY(state());
    engine_ = TRY(open_engine(config_.path("data"), *database));
  }
  return engine_.get();
}

Result<flow::Engine*> Parts::saved_engine() {
  TRY(require_data());
  return engine();
}

Result<std::unique_ptr<ScratchEngine>> Parts::scratch_engine() {
  auto scratch = std::make_unique<ScratchEngine>();
  io::ScratchFolder folder = TRY(io::ScratchFolder::create(std::filesystem::temp_directory_path()));
  scratch->folder = std::make_unique<io::ScratchFolder>(std::move(folder));
  scratch->state = TRY(store::open_sqlite(":memory:"));
  const Lock lock(mutex_);
  scratch->engine = TRY(open_engine(scratch->folder->path(), *scratch->state));
  return scratch;
}

Result<flow::Engine*> Parts::checker() {
  {
    const Lock lock(mutex_);
    if (engine_) return engine_.get();
    if (checker_) return checker_->engine.get();
  }
  std::unique_ptr<ScratchEngine> made = TRY(scratch_engine());
  const Lock lock(mutex_);
  if (!checker_) checker_ = std::move(made);
  return checker_->engine.get();
}

Result<Done> Parts::take_data() {
  const Lock lock(mutex_);
  const io::Path data = TRY(data_folder());
  if (!lock_) lock_.emplace(TRY(DataLock::take(data)));
  return Done();
}

Result<Done> Parts::start_engine(bool with_scheduler) {
  TRY(take_data());
  flow::Engine* started = TRY(engine());
  started->listen([this](const flow::EngineEvent& event) {
    publish({.kind = event.kind, .execution_id = event.execution_id, .state = event.state});
  });
  return started->start(with_scheduler);
}

void Parts::stop_engine(base::Duration grace) {
  flow::Engine* running = nullptr;
  {
    const Lock lock(mutex_);
    if (lock_) running = engine_.get();
  }
  if (running != nullptr) running->stop(grace);
}

void Parts::look_for_bookings() {
  ledger::Ledger* ledger = nullptr;
  {
    const Lock lock(mutex_);
    ledger = ledger_.get();
  }
  if (ledger == nullptr) return;
  const auto newest = ledger->receipts({}, 1);
  if (!newest || newest->empty()) return;
  const std::string& delivery = newest->front().delivery_id;
  {
    const Lock lock(seen_mutex_);
    const bool is_news = seen_delivery_ && *seen_delivery_ != delivery;
    seen_delivery_ = delivery;
    if (!is_news) return;
  }
  publish({.kind = "ledger", .execution_id = {}, .state = {}, .source = newest->front().source});
}

void Parts::publish(const Event& event) {
  const Lock lock(listeners_mutex_);
  for (const auto& [handle, listener] : listeners_) listener(event);
}

long long Parts::listen(std::function<void(const Event&)> listener) {
  const Lock lock(listeners_mutex_);
  listeners_.emplace(++listeners_made_, std::move(listener));
  return listeners_made_;
}

void Parts::unlisten(long long handle) {
  const Lock lock(listeners_mutex_);
  listeners_.erase(handle);
}

}  // namespace outlay::api
