// SPDX-License-Identifier: Apache-2.0
#include "io/http.h"

#include <memory>
#include <mutex>
#include <optional>

#include <curl/curl.h>
#include <fmt/format.h>

#include "base/mutex.h"
#include "base/text.h"
#include "io/internal/system.h"

namespace outlay::io {
namespace {

constexpr long kRedirectsMax = 10;

struct EasyDeleter {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};

using Easy = std::unique_ptr<CURL, EasyDeleter>;

struct ListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

using HeaderList = std::unique_ptr<curl_slist, ListDeleter>;

/// Scheme and host of a URL: paths and queries may hold secrets (a Slack webhook is one).
std::string origin_of(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return "the URL";
  std::string_view host = url.substr(scheme + 3);
  host = host.substr(0, host.find_first_of("/?#"));
  if (const std::size_t user = host.rfind('@'); user != std::string_view::npos)
    host.remove_prefix(user + 1);
  return fmt::format("{}://{}", url.substr(0, scheme), host);
}

/// One request on its way; curl calls the static functions.
class Transfer {
 public:
  Transfer(const HttpRequest& request, CURL* easy) : request_(request), easy_(easy) {}

  base::Result<HttpAnswer> run() {
    if (easy_ == nullptr) return base::internal_error("libcurl could not be started");
    TRY(check());
    set_target();
    TRY(set_headers());
    set_body();
    set_limits();
    const CURLcode code = curl_easy_perform(easy_);
    if (sink_error_) return *sink_error_;
    if (code != CURLE_OK) return failure(code);
    long status = 0;
    curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
    answer_.status = static_cast<int>(status);
    return std::move(answer_);
  }

 private:
  base::Result<base::Done> check() const {
    const std::string url = base::lower(std::string_view(request_.url).substr(0, 8));
    if (!url.starts_with("http://") && !url.starts_with("https://")) {
      return base::invalid_input("a URL must begin with http:// or https://");
    }
    if (request_.url.find_first_of(" \t\r\n") != std::string::npos) {
      return base::invalid_input(fmt::format(
          "the URL at {} has a space or line break in it; encode it as %20",
          origin_of(request_.url)));
    }
    return base::Done{};
  }

  template <class T>
  void set(CURLoption option, T value) {
    curl_easy_setopt(easy_, option, value);
  }

  void set_target() {
    set(CURLOPT_URL, request_.url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    set(CURLOPT_FOLLOWLOCATION, request_.follow_redirects ? 1L : 0L);
    set(CURLOPT_MAXREDIRS, kRedirectsMax);
    set(CURLOPT_NOSIGNAL, 1L);
    if (request_.inflates) set(CURLOPT_ACCEPT_ENCODING, "");
    if (request_.keeps_dots) set(CURLOPT_PATH_AS_IS, 1L);
    set(CURLOPT_ERRORBUFFER, problem_);
    if (!request_.proxy.empty()) set(CURLOPT_PROXY, request_.proxy.c_str());
    if (!request_.unix_socket.empty()) set(CURLOPT_UNIX_SOCKET_PATH, request_.unix_socket.c_str());
    if (!request_.basic_auth.empty()) {
      set(CURLOPT_HTTPAUTH,
          static_cast<long>(request_.is_digest ? CURLAUTH_DIGEST : CURLAUTH_BASIC));
      set(CURLOPT_USERPWD, request_.basic_auth.c_str());
    }
  }

  base::Result<base::Done> set_headers() {
    bool has_agent = false;
    for (const auto& [name, value] : request_.headers) {
      if ((name + value).find_first_of("\r\n") != std::string::npos || name.empty()) {
        return base::invalid_input(
            fmt::format("the HTTP header \"{}\" is empty or has a line break in it", name));
      }
      has_agent = has_agent || base::equal_ignoring_case(name, "user-agent");
      add_header(value.empty() ? name + ";" : name + ": " + value);
    }
    if (!has_agent) add_header("User-Agent: outlay");
    // Without this curl waits a second for leave to send a large body.
    add_header("Expect:");
    set(CURLOPT_HTTPHEADER, headers_.get());
    return base::Done{};
  }

  void add_header(const std::string& line) {
    curl_slist* grown = curl_slist_append(headers_.get(), line.c_str());
    if (grown == nullptr) return;
    static_cast<void>(headers_.release());
    headers_.reset(grown);
  }

  void set_body() {
    const std::string& method = request_.method;
    const bool has_body =
        !request_.body.empty() || method == "POST" || method == "PUT" || method == "PATCH";
    if (method == "HEAD") {
      set(CURLOPT_NOBODY, 1L);
    } else if (has_body) {
      set(CURLOPT_POST, 1L);
      set(CURLOPT_POSTFIELDS, request_.body.data());
      set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
    }
    if (method != "HEAD" && !(method == "GET" && !has_body) && method != "POST") {
      set(CURLOPT_CUSTOMREQUEST, method.c_str());
    }
  }

  void set_limits() {
    set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request_.connect_timeout.count()));
    set(CURLOPT_NOPROGRESS, 0L);
    set(CURLOPT_XFERINFODATA, this);
    set(CURLOPT_XFERINFOFUNCTION, &Transfer::on_progress);
    set(CURLOPT_WRITEDATA, this);
    set(CURLOPT_WRITEFUNCTION, &Transfer::on_body);
    set(CURLOPT_HEADERDATA, this);
    set(CURLOPT_HEADERFUNCTION, &Transfer::on_header);
    last_moved_ = monotonic_ms();
  }

  static int on_progress(void* self, curl_off_t, curl_off_t down, curl_off_t, curl_off_t up) {
    auto* transfer = static_cast<Transfer*>(self);
    if (transfer->request_.stop != nullptr && transfer->request_.stop->load()) {
      transfer->is_stopped_ = true;
      return 1;
    }
    const long long now = monotonic_ms();
    if (down + up != transfer->moved_) {
      transfer->moved_ = down + up;
      transfer->last_moved_ = now;
    }
    transfer->is_idle_ = now - transfer->last_moved_ >
                         transfer->request_.idle_timeout.count() + transfer->connecting_ms();
    return transfer->is_idle_ ? 1 : 0;
  }

  /// The connection has its own time-out; its time is not idle time.
  long long connecting_ms() const {
    curl_off_t connected_us = 0;
    curl_easy_getinfo(easy_, CURLINFO_CONNECT_TIME_T, &connected_us);
    return connected_us > 0 ? 0 : request_.connect_timeout.count();
  }

  static std::size_t on_body(char* bytes, std::size_t, std::size_t size, void* self) {
    auto* transfer = static_cast<Transfer*>(self);
    if (transfer->uses_sink()) {
      const auto kept = transfer->request_.body_sink({bytes, size});
      if (kept) return size;
      transfer->sink_error_ = kept.error();
      return 0;
    }
    std::string& body = transfer->answer_.body;
    if (body.size() + size > transfer->request_.body_limit) {
      transfer->is_too_big_ = true;
      return 0;
    }
    body.append(bytes, size);
    return size;
  }

  bool uses_sink() {
    if (!request_.body_sink) return false;
    if (!uses_sink_) {
      long status = 0;
      curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
      uses_sink_ =
          !request_.wants_sink || request_.wants_sink(static_cast<int>(status), answer_.headers);
    }
    return *uses_sink_;
  }

  static std::size_t on_header(char* bytes, std::size_t, std::size_t size, void* self) {
    Headers& headers = static_cast<Transfer*>(self)->answer_.headers;
    const std::string_view line(bytes, size);
    const std::size_t colon = line.find(':');
    if (line.starts_with("HTTP/")) {
      // A redirect or "100 Continue" came before: only the last answer counts.
      headers.clear();
    } else if (colon != std::string_view::npos) {
      headers.emplace_back(
          base::lower(base::trim(line.substr(0, colon))), base::trim(line.substr(colon + 1)));
    }
    return size;
  }

  base::Error failure(CURLcode code) const {
    const std::string origin = origin_of(request_.url);
    if (is_stopped_)
      return {
          base::Code::cancelled, fmt::format("the request to {} was stopped", origin), {}, nullptr};
    if (is_too_big_) {
      return {
          base::Code::exhausted,
          fmt::format(
              "the answer of {} is longer than the {} bytes allowed here",
              origin,
              base::with_thousands(static_cast<long long>(request_.body_limit))),
          {},
          nullptr};
    }
    if (is_idle_) {
      return base::unavailable(fmt::format(
          "{} sent nothing for {} ms; try again, or raise the read time-out",
          origin,
          request_.idle_timeout.count()));
    }
    if (code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL) {
      return base::invalid_input(
          fmt::format("the URL at {} is not valid: {}", origin, reason(code)));
    }
    if (code == CURLE_TOO_MANY_REDIRECTS) {
      return base::unavailable(
          fmt::format("{} redirects in a ring or more than {} times", origin, kRedirectsMax));
    }
    return base::unavailable(fmt::format("no answer from {}: {}", origin, reason(code)));
  }

  std::string reason(CURLcode code) const {
    switch (code) {
      case CURLE_COULDNT_RESOLVE_HOST:
        return "its name could not be resolved; check the host name and the DNS";
      case CURLE_COULDNT_CONNECT:
        return fmt::format("nobody accepts connections there ({})", problem_);
      case CURLE_OPERATION_TIMEDOUT:
        return fmt::format(
            "it did not accept the connection within {} ms", request_.connect_timeout.count());
      case CURLE_PEER_FAILED_VERIFICATION:
        return fmt::format("its certificate is not trusted ({})", problem_);
      default:
        return problem_[0] != '\0' ? std::string(problem_) : curl_easy_strerror(code);
    }
  }

  const HttpRequest& request_;
  CURL* easy_;
  HeaderList headers_;
  HttpAnswer answer_;
  std::optional<base::Error> sink_error_;
  std::optional<bool> uses_sink_;
  char problem_[CURL_ERROR_SIZE] = {};
  curl_off_t moved_ = 0;
  long long last_moved_ = 0;
  bool is_idle_ = false;
  bool is_stopped_ = false;
  bool is_too_big_ = false;
};

}  // namespace

std::string HttpAnswer::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (base::equal_ignoring_case(key, name)) return value;
  }
  return {};
}

/// Handles that wait for the next request, each with its open connections.
struct CurlHttp::Idle {
  base::Mutex mutex;
  std::vector<Easy> handles GUARDED_BY(mutex);

  Easy take() {
    const base::Lock lock(mutex);
    if (handles.empty()) return Easy(curl_easy_init());
    Easy last = std::move(handles.back());
    handles.pop_back();
    return last;
  }

  void give_back(Easy easy) {
    constexpr std::size_t kKept = 16;
    curl_easy_reset(easy.get());
    const base::Lock lock(mutex);
    if (handles.size() < kKept) handles.push_back(std::move(easy));
  }
};

CurlHttp::CurlHttp() : idle_(std::make_unique<Idle>()) {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

CurlHttp::~CurlHttp() = default;

base::Result<HttpAnswer> CurlHttp::send(const HttpRequest& request) {
  Easy easy = idle_->take();
  auto answer = Transfer(request, easy.get()).run();
  if (easy) idle_->give_back(std::move(easy));
  return answer;
}

}  // namespace outlay::io
