// SPDX-License-Identifier: Apache-2.0
#include "io/sftp.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <mutex>

#include <curl/curl.h>
#include <fmt/format.h>

#include "base/text.h"
#include "io/url.h"

namespace outlay::io {
namespace {

using base::Done;
using base::Error;
using base::Result;

std::size_t to_text(char* bytes, std::size_t size, std::size_t count, void* out) {
  static_cast<std::string*>(out)->append(bytes, size * count);
  return size * count;
}

int on_progress(void* stop, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  const auto* asked = static_cast<const std::atomic<bool>*>(stop);
  return asked != nullptr && asked->load() ? 1 : 0;
}

/// A path in a command of libcurl.
std::string quoted(std::string_view path) {
  std::string out = "\"";
  for (const char c : path) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

struct FileCloser {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

using File = std::unique_ptr<std::FILE, FileCloser>;

base::Code code_of(CURLcode code) {
  switch (code) {
    case CURLE_LOGIN_DENIED:
    case CURLE_REMOTE_ACCESS_DENIED:
    case CURLE_PEER_FAILED_VERIFICATION:
      return base::Code::denied;
    case CURLE_REMOTE_FILE_NOT_FOUND:
    case CURLE_COULDNT_RESOLVE_HOST:
      return base::Code::not_found;
    case CURLE_ABORTED_BY_CALLBACK:
      return base::Code::cancelled;
    case CURLE_REMOTE_DISK_FULL:
      return base::Code::exhausted;
    default:
      return base::Code::unavailable;
  }
}

}  // namespace

class Sftp::Session {
 public:
  explicit Session(SftpSettings settings) : settings_(std::move(settings)) {
    static std::once_flag once;
    std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
    easy_ = curl_easy_init();
  }

  ~Session() { curl_easy_cleanup(easy_); }

  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Prepares a request for a path; the connection of the one before is used again.
  Result<Done> prepare(std::string_view path) {
    if (easy_ == nullptr) return base::internal_error("libcurl could not be started");
    if (!path.starts_with('/'))
      return base::invalid_input(fmt::format("an SFTP path begins with /, found \"{}\"", path));
    curl_easy_reset(easy_);
    error_[0] = '\0';
    const std::string url =
        fmt::format("sftp://{}:{}{}", settings_.host, settings_.port, percent_encode(path, "/~"));
    set(CURLOPT_URL, url.c_str());
    set(CURLOPT_ERRORBUFFER, error_);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_CONNECTTIMEOUT, 30L);
    set(CURLOPT_LOW_SPEED_LIMIT, 1L);
    set(CURLOPT_LOW_SPEED_TIME, 120L);
    set(CURLOPT_USERNAME, settings_.user.c_str());
    long ways = CURLSSH_AUTH_PASSWORD | CURLSSH_AUTH_KEYBOARD;
    if (!settings_.key_file.empty()) {
      ways = CURLSSH_AUTH_PUBLICKEY;
      set(CURLOPT_SSH_PRIVATE_KEYFILE, settings_.key_file.c_str());
      // The public half is told from the private one.
      set(CURLOPT_SSH_PUBLIC_KEYFILE, "");
      set(CURLOPT_KEYPASSWD, settings_.passphrase.c_str());
    } else {
      set(CURLOPT_PASSWORD, settings_.password.c_str());
    }
    set(CURLOPT_SSH_AUTH_TYPES, ways);
    if (!settings_.known_hosts.empty()) set(CURLOPT_SSH_KNOWNHOSTS, settings_.known_hosts.c_str());
    set(CURLOPT_PROXY, settings_.proxy.c_str());
    set(CURLOPT_NOPROGRESS, 0L);
    set(CURLOPT_XFERINFOFUNCTION, &on_progress);
    set(CURLOPT_XFERINFODATA, settings_.stop);
    return Done{};
  }

  template <class Value>
  void set(CURLoption option, Value value) {
    curl_easy_setopt(easy_, option, value);
  }

  Result<Done> perform(std::string_view what) {
    const CURLcode code = curl_easy_perform(easy_);
    if (code == CURLE_OK) return Done{};
    const std::string_view reason = error_[0] != '\0' ? error_ : curl_easy_strerror(code);
    return Error{
        code_of(code),
        fmt::format("sftp://{}:{}: cannot {}: {}", settings_.host, settings_.port, what, reason),
        {},
        nullptr};
  }

  /// Commands of the server, without a transfer.
  Result<Done> command(const std::string& line, std::string_view what) {
    TRY(prepare("/"));
    curl_slist* lines = curl_slist_append(nullptr, line.c_str());
    set(CURLOPT_NOBODY, 1L);
    set(CURLOPT_QUOTE, lines);
    auto done = perform(what);
    curl_slist_free_all(lines);
    // curl calls every refused command one that it could not send.
    if (!done && std::string_view(error_).find("o such file") != std::string_view::npos)
      return base::not_found(done.error().message);
    if (!done && std::string_view(error_).find("ermission denied") != std::string_view::npos)
      return Error{base::Code::denied, done.error().message, {}, nullptr};
    return done;
  }

 private:
  SftpSettings settings_;
  CURL* easy_ = nullptr;
  char error_[CURL_ERROR_SIZE] = {};
};

bool parse_sftp_line(std::string_view line, SftpItem& entry) {
  while (line.ends_with('\r') || line.ends_with('\n')) line.remove_suffix(1);
  // rights links owner group bytes month day time name
  std::vector<std::string_view> fields;
  std::size_t at = 0;
  for (int field = 0; field < 8; ++field) {
    const std::size_t end = line.find(' ', at);
    if (end == std::string_view::npos) return false;
    fields.push_back(line.substr(at, end - at));
    at = end;
    while (at < line.size() && line[at] == ' ' && field < 7) ++at;
  }
  std::string_view name = line.substr(std::min(at + 1, line.size()));
  entry.is_folder = line.starts_with('d');
  entry.is_link = line.starts_with('l');
  if (const std::size_t arrow = name.find(" -> "); entry.is_link && arrow != name.npos)
    name = name.substr(0, arrow);
  if (name.empty() || name == "." || name == "..") return false;
  const std::string_view bytes = fields[4];
  const auto read = std::from_chars(bytes.data(), bytes.data() + bytes.size(), entry.bytes);
  if (read.ec != std::errc()) return false;
  entry.name = name;
  return true;
}

Sftp::Sftp(SftpSettings settings) : session_(std::make_unique<Session>(std::move(settings))) {}

Sftp::~Sftp() = default;
Sftp::Sftp(Sftp&&) noexcept = default;
Sftp& Sftp::operator=(Sftp&&) noexcept = default;

Result<std::vector<SftpItem>> Sftp::list(std::string_view folder) {
  std::string path(folder);
  if (!path.ends_with('/')) path += '/';
  TRY(session_->prepare(path));
  std::string text;
  session_->set(CURLOPT_WRITEFUNCTION, &to_text);
  session_->set(CURLOPT_WRITEDATA, &text);
  TRY(session_->perform(fmt::format("list {}", folder)));
  std::vector<SftpItem> out;
  for (const std::string& line : base::split(text, '\n')) {
    SftpItem entry;
    if (parse_sftp_line(line, entry)) out.push_back(std::move(entry));
  }
  std::sort(out.begin(), out.end(), [](const SftpItem& a, const SftpItem& b) {
    return a.name < b.name;
  });
  return out;
}

Result<Done> Sftp::download(std::string_view path, const Path& to) {
  TRY(session_->prepare(path));
  File file(std::fopen(to.c_str(), "wb"));
  if (file == nullptr) return base::internal_error("cannot write " + to.string());
  session_->set(CURLOPT_WRITEDATA, file.get());
  auto done = session_->perform(fmt::format("download {}", path));
  const bool is_written = std::fflush(file.get()) == 0 && std::ferror(file.get()) == 0;
  file.reset();
  if (done && is_written) return Done{};
  std::error_code ignored;
  std::filesystem::remove(to, ignored);
  if (!done) return done;
  return Error{base::Code::exhausted, "cannot write all of " + to.string(), {}, nullptr};
}

Result<Done> Sftp::upload(const Path& from, std::string_view path) {
  TRY(session_->prepare(path));
  File file(std::fopen(from.c_str(), "rb"));
  std::error_code failed;
  const auto bytes = std::filesystem::file_size(from, failed);
  if (file == nullptr || failed) return base::not_found("cannot read " + from.string());
  session_->set(CURLOPT_UPLOAD, 1L);
  session_->set(CURLOPT_READDATA, file.get());
  session_->set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(bytes));
  session_->set(CURLOPT_FTP_CREATE_MISSING_DIRS, static_cast<long>(CURLFTP_CREATE_DIR));
  return session_->perform(fmt::format("upload {}", path));
}

Result<Done> Sftp::remove_file(std::string_view path) {
  return session_->command("rm " + quoted(path), fmt::format("remove {}", path));
}

Result<Done> Sftp::remove_folder(std::string_view path) {
  return session_->command("rmdir " + quoted(path), fmt::format("remove {}", path));
}

Result<Done> Sftp::make_folder(std::string_view path) {
  return session_->command("mkdir " + quoted(path), fmt::format("make {}", path));
}

Result<Done> Sftp::rename(std::string_view from, std::string_view to) {
  return session_->command(
      fmt::format("rename {} {}", quoted(from), quoted(to)),
      fmt::format("move {} to {}", from, to));
}

}  // namespace outlay::io
