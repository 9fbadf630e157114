// SPDX-License-Identifier: Apache-2.0
#include "server/server.h"

#include "base/mutex.h"
#include "server/access.h"
#include "server/assets.h"
#include "server/listener.h"
#include "server/live.h"
#include "server/routes.h"

namespace outlay::server {

namespace {

/// Puts access, files and API in their order.
class Site final : public Handler {
 public:
  Site(AccessSettings access, const base::Clock& clock, api::Outlay& outlay)
      : access_(std::move(access), clock), live_(outlay) {
    add_routes(router_, outlay, live_);
  }

  std::optional<Response> answer_at_once(Request& request) override {
    name_tenant(request);
    if (auto refusal = access_.check(request)) return refusal;
    if (request.path() == "/health") {
      return json_response(
          200, format::Value::object({{"status", "UP"}, {"version", std::string(api::version())}}));
    }
    if (!request.segments.empty() && request.segments[0] == "api") return std::nullopt;
    return asset_response(request, ui_files());
  }

  Response answer(const Request& request) override { return router_.route(request); }

  const Access& access() const { return access_; }

 private:
  Access access_;
  Live live_;
  Router router_;
};

base::Result<base::Done> check_exposure(const ServerSettings& settings) {
  if (is_loopback(settings.host) || settings.is_insecure || !settings.users.empty()) {
    return base::Done{};
  }
  return base::invalid_input(
      "Outlay does not listen on " + settings.host +
      " for everybody: set up users in outlay.yaml (server.users), or start it with --insecure to "
      "let anybody in who reaches the port, or listen on 127.0.0.1");
}

}  // namespace

struct Server::State {
  State(const ServerSettings& settings_in, api::Outlay& outlay, const base::Clock& clock)
      : settings(settings_in),
        site({settings_in.host, settings_in.is_insecure, settings_in.users}, clock, outlay) {}

  const ServerSettings settings;
  Site site;
  std::unique_ptr<Listener> listener;
  base::Mutex mutex;
  base::Condition condition;
  bool is_stopped GUARDED_BY(mutex) = false;
};

Server::Server(std::unique_ptr<State> state) : state_(std::move(state)) {}

Server::~Server() { stop(); }

base::Result<std::unique_ptr<Server>> Server::start(
    const ServerSettings& settings, api::Outlay& outlay, const base::Clock& clock) {
  TRY(check_exposure(settings));
  auto state = std::make_unique<State>(settings, outlay, clock);
  ListenerSettings listening;
  listening.host = settings.host;
  listening.port = settings.port;
  listening.workers = settings.workers;
  listening.body_bytes_max = settings.body_bytes_max;
  state->listener = TRY(Listener::start(listening, state->site));
  return std::unique_ptr<Server>(new Server(std::move(state)));
}

int Server::port() const { return state_->listener->port(); }

std::string Server::url() const {
  const std::string& host = state_->settings.host;
  // Nobody can open the address of "every interface".
  const std::string shown = host == "0.0.0.0" || host == "::"     ? "127.0.0.1"
                            : host.find(':') != std::string::npos ? "[" + host + "]"
                                                                  : host;
  return "http://" + shown + ":" + std::to_string(port()) + "/";
}

std::string Server::url_with_token() const {
  if (state_->settings.is_insecure) return url();
  return url() + "?token=" + state_->site.access().token();
}

void Server::wait() {
  base::Lock lock(state_->mutex);
  while (!state_->is_stopped) state_->condition.wait(state_->mutex);
}

void Server::stop() {
  state_->listener->stop();
  base::Lock lock(state_->mutex);
  state_->is_stopped = true;
  state_->condition.notify_all();
}

}  // namespace outlay::server
