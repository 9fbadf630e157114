// SPDX-License-Identifier: Apache-2.0
#include "io/sftp_store.h"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <unistd.h>
#include <utility>
#include <vector>

#include <curl/curl.h>
#include <fmt/format.h>

#include "base/mutex.h"
#include "base/text.h"
#include "io/internal/store_http.h"
#include "io/internal/system.h"
#include "io/sftp_listing.h"
#include "io/url.h"

namespace outlay::io {
namespace {

using base::Done;
using base::Result;

constexpr int kFoldersDeep = 32;

struct EasyDeleter {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};

using Easy = std::unique_ptr<CURL, EasyDeleter>;

/// A private key given as text, in a file that only this user may read, for as long as it lives.
class KeyFile {
 public:
  static Result<KeyFile> write(const std::string& key) {
    std::string path = (std::filesystem::temp_directory_path() / "outlay-key-XXXXXX").string();
    // mkstemp makes it readable for nobody else.
    const Descriptor file(::mkstemp(path.data()));
    if (file.get() < 0) return system_error("cannot make", path, errno);
    KeyFile out;
    out.path_ = path;
    const std::string text = key.ends_with('\n') ? key : key + "\n";
    if (::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
      return system_error("cannot write", path, errno);
    }
    return out;
  }

  KeyFile() = default;

  KeyFile(KeyFile&& other) noexcept : path_(std::exchange(other.path_, {})) {}

  KeyFile& operator=(KeyFile&& other) noexcept {
    std::swap(path_, other.path_);
    return *this;
  }

  ~KeyFile() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// What one exchange with the server gives to curl's callbacks.
struct Exchange {
  std::string text = {};
  const Download* download = nullptr;
  std::optional<base::Error> sink_error = {};
};

std::size_t take_text(const char* data, std::size_t size, std::size_t count, void* to) {
  static_cast<Exchange*>(to)->text.append(data, size * count);
  return size * count;
}

std::size_t take_bytes(const char* data, std::size_t size, std::size_t count, void* to) {
  auto& exchange = *static_cast<Exchange*>(to);
  auto taken = exchange.download->sink(std::string_view(data, size * count));
  if (taken) return size * count;
  exchange.sink_error = std::move(taken).error();
  return 0;
}

int watch(void* to, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  const auto* download = static_cast<Exchange*>(to)->download;
  const bool is_stopped =
      download != nullptr && download->stop != nullptr && download->stop->load();
  return is_stopped ? 1 : 0;
}

class SftpStore final : public ObjectStore {
 public:
  SftpStore(SftpPlace place, KeyFile key) : place_(std::move(place)), key_(std::move(key)) {}

  std::string url() const override {
    return fmt::format("sftp://{}{}", place_.host, place_.folder);
  }

  Result<ObjectPage> list(const std::string&) override {
    ObjectPage page;
    TRY(list_folder("", 0, page));
    return page;
  }

  Result<ObjectInfo> head(const std::string& key) override {
    Exchange exchange;
    Easy easy = TRY(ready(key, exchange));
    curl_easy_setopt(easy.get(), CURLOPT_NOBODY, 1L);
    curl_easy_setopt(easy.get(), CURLOPT_FILETIME, 1L);
    TRY(perform(easy.get(), exchange, key));
    curl_off_t changed = -1;
    curl_off_t bytes = -1;
    curl_easy_getinfo(easy.get(), CURLINFO_FILETIME_T, &changed);
    curl_easy_getinfo(easy.get(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &bytes);
    give_back(std::move(easy));
    if (bytes < 0) {
      // Older libcurl tells the time alone; the folder's listing has the size.
      const auto slash = key.rfind('/');
      const std::string folder = slash == std::string::npos ? "" : key.substr(0, slash + 1);
      for (const auto& entry : TRY(entries(folder))) {
        if (folder + entry.name == key) bytes = static_cast<curl_off_t>(entry.bytes);
      }
    }
    if (bytes < 0) return not_there(key);
    return info_of(key, static_cast<std::uint64_t>(bytes), changed);
  }

  Result<AnnouncedSums> get(const std::string& key, const Download& download) override {
    TRY(still_is(key, download.etag));
    Exchange exchange;
    exchange.download = &download;
    Easy easy = TRY(ready(key, exchange));
    curl_easy_setopt(easy.get(), CURLOPT_WRITEFUNCTION, take_bytes);
    curl_easy_setopt(
        easy.get(), CURLOPT_RESUME_FROM_LARGE, static_cast<curl_off_t>(download.offset));
    TRY(perform(easy.get(), exchange, key));
    give_back(std::move(easy));
    // Somebody may have written meanwhile.
    TRY(still_is(key, download.etag));
    return AnnouncedSums{};
  }

  Result<std::string> identity() override {
    const char* how = !place_.private_key_file.empty() || !key_.path().empty() ? "key"
                      : !place_.password.empty()                               ? "password"
                                                                               : "SSH agent";
    return fmt::format("user {} with {}", place_.user, how);
  }

 private:
  Result<Done> still_is(const std::string& key, const std::string& etag) {
    if (etag.empty() || TRY(head(key)).etag == etag) return Done{};
    return base::conflict(fmt::format("{} changed since it was listed", url() + key));
  }

  base::Error not_there(const std::string& key) const {
    return base::not_found(fmt::format("there is no {}{}; check the source's url", url(), key));
  }

  static ObjectInfo info_of(const std::string& key, std::uint64_t bytes, curl_off_t changed) {
    ObjectInfo info;
    info.key = key;
    info.bytes = bytes;
    info.etag = fmt::format("{}-{}", bytes, changed);
    if (changed >= 0) info.modified = base::Instant(std::chrono::seconds(changed));
    return info;
  }

  Result<std::vector<SftpEntry>> entries(const std::string& folder) {
    Exchange exchange;
    Easy easy = TRY(ready(folder, exchange));
    TRY(perform(easy.get(), exchange, folder));
    give_back(std::move(easy));
    return parse_sftp_listing(exchange.text);
  }

  Result<Done> list_folder(const std::string& folder, int depth, ObjectPage& page) {
    if (depth > kFoldersDeep) return Done{};
    for (const auto& entry : TRY(entries(folder))) {
      if (entry.is_folder) {
        TRY(list_folder(folder + entry.name + "/", depth + 1, page));
      } else if (entry.is_file) {
        // The listing's times are of minutes; what went away meanwhile is not there.
        auto info = head_of_listed(folder + entry.name, entry.bytes);
        if (info) {
          page.objects.push_back(*std::move(info));
        } else if (info.error().code != base::Code::not_found) {
          return std::move(info).error();
        }
      }
    }
    return Done{};
  }

  Result<ObjectInfo> head_of_listed(const std::string& key, std::uint64_t bytes) {
    Exchange exchange;
    Easy easy = TRY(ready(key, exchange));
    curl_easy_setopt(easy.get(), CURLOPT_NOBODY, 1L);
    curl_easy_setopt(easy.get(), CURLOPT_FILETIME, 1L);
    TRY(perform(easy.get(), exchange, key));
    curl_off_t changed = -1;
    curl_easy_getinfo(easy.get(), CURLINFO_FILETIME_T, &changed);
    give_back(std::move(easy));
    return info_of(key, bytes, changed);
  }

  /// A handle set up for one path below the place.
  Result<Easy> ready(const std::string& key, Exchange& exchange) {
    Easy easy = take();
    if (!easy) return base::internal_error("libcurl could not be started");
    const auto set = [&](CURLoption option, auto value) {
      curl_easy_setopt(easy.get(), option, value);
    };
    std::string folder = place_.folder.starts_with("~/") ? "/" + place_.folder : place_.folder;
    const std::string url =
        fmt::format("sftp://{}{}", place_.host, percent_encode(folder + key, "/~"));
    set(CURLOPT_URL, url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "sftp");
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_USERNAME, place_.user.c_str());
    long kinds = 0;
    const std::string key_file =
        key_.path().empty() ? place_.private_key_file.string() : key_.path();
    if (!key_file.empty()) {
      kinds |= CURLSSH_AUTH_PUBLICKEY;
      set(CURLOPT_SSH_PRIVATE_KEYFILE, key_file.c_str());
      if (!place_.passphrase.empty()) set(CURLOPT_KEYPASSWD, place_.passphrase.c_str());
    }
    if (!place_.password.empty()) {
      kinds |= CURLSSH_AUTH_PASSWORD | CURLSSH_AUTH_KEYBOARD;
      set(CURLOPT_PASSWORD, place_.password.c_str());
    }
    set(CURLOPT_SSH_AUTH_TYPES, kinds == 0 ? CURLSSH_AUTH_AGENT : kinds);
    if (!place_.host_key.empty()) {
      set(CURLOPT_SSH_HOST_PUBLIC_KEY_SHA256, place_.host_key.c_str());
    } else {
      set(CURLOPT_SSH_KNOWNHOSTS, place_.known_hosts.c_str());
    }
    set(CURLOPT_CONNECTTIMEOUT, 15L);
    set(CURLOPT_LOW_SPEED_LIMIT, 1L);
    set(CURLOPT_LOW_SPEED_TIME, 60L);
    set(CURLOPT_WRITEFUNCTION, take_text);
    set(CURLOPT_WRITEDATA, &exchange);
    set(CURLOPT_NOPROGRESS, 0L);
    set(CURLOPT_XFERINFOFUNCTION, watch);
    set(CURLOPT_XFERINFODATA, &exchange);
    return easy;
  }

  Result<Done> perform(CURL* easy, Exchange& exchange, const std::string& key) const {
    std::array<char, CURL_ERROR_SIZE> problem{};
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, problem.data());
    const CURLcode code = curl_easy_perform(easy);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, nullptr);
    if (exchange.sink_error) return *std::move(exchange.sink_error);
    if (code == CURLE_OK) return Done{};
    return failure(code, problem.data(), key);
  }

  base::Error failure(CURLcode code, std::string_view said, const std::string& key) const {
    const std::string detail =
        said.empty() ? std::string(curl_easy_strerror(code)) : std::string(said);
    switch (code) {
      case CURLE_ABORTED_BY_CALLBACK:
        return {base::Code::cancelled, "stopped", {}, nullptr};
      case CURLE_LOGIN_DENIED:
        return denied(fmt::format(
            "{} does not let {} in; check user, password or private_key_file, and that the server "
            "knows the key ({})",
            place_.host,
            place_.user,
            detail));
      case CURLE_PEER_FAILED_VERIFICATION:
        return denied(fmt::format(
            "the host key of {} is not the one that is trusted; if the server is the right one, "
            "add it with \"ssh-keyscan\" to {}, or give its fingerprint as host_key ({})",
            place_.host,
            place_.known_hosts.string(),
            detail));
      case CURLE_REMOTE_FILE_NOT_FOUND:
        return not_there(key);
      case CURLE_REMOTE_ACCESS_DENIED:
        return denied(fmt::format(
            "{} may not read {}{}; give this user the right to read it", place_.user, url(), key));
      case CURLE_FAILED_INIT:
      case CURLE_UNSUPPORTED_PROTOCOL:
        return base::invalid_input("this libcurl was built without SFTP; install one with libssh2");
      default:
        return {
            base::Code::unavailable,
            fmt::format("{} cannot be reached or broke off ({})", place_.host, detail),
            {},
            nullptr};
    }
  }

  /// Handles keep their connection; reset() leaves it open.
  Easy take() {
    const base::Lock lock(mutex_);
    if (idle_.empty()) return Easy(curl_easy_init());
    Easy easy = std::move(idle_.back());
    idle_.pop_back();
    curl_easy_reset(easy.get());
    return easy;
  }

  void give_back(Easy easy) {
    const base::Lock lock(mutex_);
    idle_.push_back(std::move(easy));
  }

  const SftpPlace place_;
  const KeyFile key_;
  base::Mutex mutex_;
  std::vector<Easy> idle_ GUARDED_BY(mutex_);
};

}  // namespace

Result<std::unique_ptr<ObjectStore>> open_sftp(SftpPlace place) {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  if (place.user.empty()) {
    return base::invalid_input(
        "an SFTP source needs a user: sftp://USER@HOST/FOLDER, or the setting user");
  }
  if (place.host_key.starts_with("SHA256:")) place.host_key.erase(0, 7);
  while (place.host_key.ends_with('=')) place.host_key.pop_back();
  if (place.host_key.empty() && !std::filesystem::exists(place.known_hosts)) {
    return base::invalid_input(fmt::format(
        "no host key of {} is known: {} does not exist; make it with \"ssh-keyscan {}\", or give "
        "the key's fingerprint as host_key",
        place.host,
        place.known_hosts.empty() ? "known_hosts" : place.known_hosts.string(),
        place.host.substr(0, place.host.find(':'))));
  }
  KeyFile key;
  if (!place.private_key.empty()) key = TRY(KeyFile::write(place.private_key));
  return std::unique_ptr<ObjectStore>(
      std::make_unique<SftpStore>(std::move(place), std::move(key)));
}

}  // namespace outlay::io
