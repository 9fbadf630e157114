// SPDX-License-Identifier: Apache-2.0
#include "server/access.h"

#include <algorithm>

#include "base/random.h"
#include "base/text.h"
#include "io/file.h"

namespace outlay::server {

namespace {

constexpr std::chrono::hours kSessionIdleMax{12};
constexpr std::size_t kSessionsMax = 1000;

/// Takes the same time wherever the texts differ: their hashes are compared, not they.
bool is_same_secret(std::string_view a, std::string_view b) {
  const std::string left = io::sha256_hex(a);
  const std::string right = io::sha256_hex(b);
  unsigned difference = 0;
  for (std::size_t i = 0; i < left.size(); ++i) {
    difference |= static_cast<unsigned char>(left[i]) ^ static_cast<unsigned char>(right[i]);
  }
  return difference == 0;
}

/// `stored` is the password itself or "sha256:<salt>:<hex>".
bool is_password(std::string_view stored, std::string_view given) {
  if (stored.empty()) return false;
  if (!stored.starts_with("sha256:")) return is_same_secret(stored, given);
  const std::vector<std::string> parts = base::split(stored, ':');
  if (parts.size() != 3) return false;
  return is_same_secret(base::lower(parts[2]), io::sha256_hex(parts[1] + std::string(given)));
}

/// "127.0.0.1" of "127.0.0.1:8080", "::1" of "[::1]:8080".
std::string_view host_name(std::string_view host) {
  if (host.starts_with('[')) return host.substr(1, host.find(']') - 1);
  return host.substr(0, host.find(':'));
}

bool changes_state(std::string_view method) {
  return method != "GET" && method != "HEAD" && method != "OPTIONS";
}

/// A browser says for which site it asks. Programs that say nothing are no browser and cannot be
/// misled.
bool is_cross_site(const Request& request) {
  const std::string_view site = request.header("sec-fetch-site");
  if (!site.empty()) return site != "same-origin" && site != "none";
  const std::string_view origin = request.header("origin");
  if (origin.empty()) return false;
  const std::size_t scheme_end = origin.find("://");
  return scheme_end == std::string_view::npos ||
         origin.substr(scheme_end + 3) != request.header("host");
}

bool is_navigation(const Request& request) {
  return request.method == "GET" && request.header("accept").find("text/html") != std::string::npos;
}

std::string html_text(std::string_view text) {
  std::string safe = base::replace_all(text, "&", "&amp;");
  safe = base::replace_all(safe, "<", "&lt;");
  safe = base::replace_all(safe, "\"", "&quot;");
  return safe;
}

/// The target without its token: "/?a=1&token=x" gives "/?a=1". A leading "//" would leave this
/// site.
std::string without_token(const Request& request) {
  std::string clean(request.path());
  while (clean.starts_with("//")) clean.erase(0, 1);
  const std::size_t query = request.target.find('?');
  if (query == std::string::npos) return clean;
  char joint = '?';
  for (const std::string& part : base::split(request.target.substr(query + 1), '&')) {
    if (part.empty() || part.starts_with("token=")) continue;
    clean += joint + part;
    joint = '&';
  }
  return clean;
}

/// Cookies do not tell ports apart, so the name does: two servers on one machine do not log each
/// other out.
std::string cookie_name(const Request& request) {
  const std::string_view host = request.header("host");
  const std::size_t colon = host.rfind(':');
  const bool has_port =
      colon != std::string_view::npos && host.find(']', colon) == std::string_view::npos;
  return has_port ? "outlay_session_" + std::string(host.substr(colon + 1)) : "outlay_session";
}

}  // namespace

bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

Access::Access(AccessSettings settings, const base::Clock& clock)
    : settings_(std::move(settings)), clock_(clock), token_(base::new_id()) {}

bool Access::is_own_host(std::string_view host) const {
  if (!is_loopback(settings_.host)) return true;
  const std::string_view name = host_name(host);
  return is_loopback(name) || name == settings_.host;
}

std::optional<Response> Access::check(Request& request) {
  if (!is_own_host(request.header("host"))) {
    return error_response(
        421,
        "This server answers to localhost and 127.0.0.1 only, not to the Host \"" +
            std::string(request.header("host")) + "\"",
        request.target);
  }
  if (request.path() == "/health" || is_webhook(request)) return std::nullopt;
  request.user = user_of(request);
  if (!request.query_value("token").empty() && request.method == "GET" &&
      !request.path().starts_with("/api/")) {
    return exchange(request);
  }
  if (request.user.empty()) {
    if (!settings_.is_insecure) return unknown_user(request);
    request.user = "anybody";
  }
  if (changes_state(request.method) && is_cross_site(request)) {
    return error_response(
        403,
        "This request was made by a page of another site and is refused; send it from Outlay's "
        "own pages, or from a program without Origin and Sec-Fetch-Site headers",
        request.target);
  }
  return std::nullopt;
}

std::optional<Response> Access::exchange(const Request& request) {
  Response response;
  response.status = 303;
  response.headers = {{"Location", without_token(request)}, {"Cache-Control", "no-store"}};
  if (!request.user.empty()) return response;  // a known user followed the old link again
  base::Lock lock(mutex_);
  if (token_was_used_ || !is_same_secret(request.query_value("token"), token_)) {
    return page_response(
        403,
        "This link was used before",
        "<p>The address that <code>outlay up</code> prints opens one session in one browser. "
        "Stop the server and start it again to get a fresh one.</p>");
  }
  token_was_used_ = true;
  const std::string id = base::new_id();
  sessions_.emplace(id, Session{"owner", clock_.now()});
  response.headers.emplace_back(
      "Set-Cookie", cookie_name(request) + "=" + id + "; Path=/; HttpOnly; SameSite=Strict");
  return response;
}

std::string Access::user_of(const Request& request) {
  const std::string_view session = request.cookie(cookie_name(request));
  if (!session.empty()) {
    std::string user = user_of_session(session);
    if (!user.empty()) return user;
  }
  return user_of_credentials(request.header("authorization"));
}

std::string Access::user_of_session(std::string_view id) {
  base::Lock lock(mutex_);
  const base::Instant now = clock_.now();
  if (sessions_.size() > kSessionsMax) {
    std::erase_if(sessions_, [&](const auto& entry) {
      return now - entry.second.last_seen > kSessionIdleMax;
    });
  }
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return {};
  if (now - found->second.last_seen > kSessionIdleMax) {
    sessions_.erase(found);
    return {};
  }
  found->second.last_seen = now;
  return found->second.user;
}

std::string Access::user_of_credentials(std::string_view authorization) const {
  const std::size_t space = authorization.find(' ');
  if (space == std::string_view::npos) return {};
  const std::string scheme = base::lower(authorization.substr(0, space));
  const std::string_view given = base::trim(authorization.substr(space + 1));
  if (scheme == "bearer") {
    for (const api::User& user : settings_.users) {
      if (!user.token.empty() && is_same_secret(user.token, given)) return user.name;
    }
    return {};
  }
  std::string pair;
  if (scheme != "basic" || !base::base64_decode(given, pair)) return {};
  const std::size_t colon = pair.find(':');
  if (colon == std::string::npos) return {};
  for (const api::User& user : settings_.users) {
    if (user.name == pair.substr(0, colon) && is_password(user.password, pair.substr(colon + 1))) {
      return user.name;
    }
  }
  return {};
}

Response Access::unknown_user(const Request& request) const {
  // Browsers hold a Strict cookie back when another site links here. Asked again by our own page,
  // they send it.
  if (is_navigation(request) && request.header("sec-fetch-site") == "cross-site") {
    return page_response(
        200,
        "Opening Outlay",
        "<meta http-equiv=\"refresh\" content=\"0;url=" + html_text(without_token(request)) +
            "\">");
  }
  Response response;
  if (is_navigation(request)) {
    response = page_response(
        401,
        "Outlay does not know you",
        "<p>Open the address that <code>outlay up</code> printed when it started (it ends in "
        "<code>?token=</code>...), or sign in with a user of <code>outlay.yaml</code>.</p>");
  } else {
    response = error_response(
        401,
        "This needs a session: open the address that outlay up printed, or send the credentials "
        "of a user set up in outlay.yaml",
        request.target);
  }
  if (!settings_.users.empty()) {
    response.headers.emplace_back("WWW-Authenticate", "Basic realm=\"Outlay\", charset=\"UTF-8\"");
  }
  return response;
}

}  // namespace outlay::server
