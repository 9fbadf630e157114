// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "io/file.h"

namespace outlay::io {

/// An SFTP server and who signs in there.
struct SftpSettings {
  std::string host;
  int port = 22;
  std::string user, password;
  Path key_file;           ///< private key, PEM or OpenSSH's form; empty: the password signs in
  std::string passphrase;  ///< of the key
  Path known_hosts;        ///< whose host keys are trusted; empty: any host key is taken
  std::string proxy;       ///< "http://host:port", "socks5://..."; empty: none
  const std::atomic<bool>* stop = nullptr;
};

struct SftpItem {
  std::string name;  ///< without its folder
  bool is_folder = false;
  bool is_link = false;
  std::uint64_t bytes = 0;
};

/// One SFTP connection, kept between calls. Used by one thread at a time. Paths begin with / or,
/// below the user's own folder, with /~/. Errors: `denied` for a refused sign-in or permission,
/// `not_found` for a path or host that is not there, else `unavailable`.
class Sftp {
 public:
  explicit Sftp(SftpSettings settings);
  ~Sftp();
  Sftp(Sftp&&) noexcept;
  Sftp& operator=(Sftp&&) noexcept;

  /// A folder's entries by name, without "." and "..".
  base::Result<std::vector<SftpItem>> list(std::string_view folder);
  base::Result<base::Done> download(std::string_view path, const Path& to);
  /// Makes missing folders on the way; replaces a file that is there.
  base::Result<base::Done> upload(const Path& from, std::string_view path);
  base::Result<base::Done> remove_file(std::string_view path);
  base::Result<base::Done> remove_folder(std::string_view path);
  base::Result<base::Done> make_folder(std::string_view path);
  base::Result<base::Done> rename(std::string_view from, std::string_view to);

 private:
  class Session;
  std::unique_ptr<Session> session_;
};

/// An entry of a listing as servers print it, like `ls -l`; false for "." and ".." and lines of
/// another form.
bool parse_sftp_line(std::string_view line, SftpItem& entry);

}  // namespace outlay::io
