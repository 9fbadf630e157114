// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "io/file.h"
#include "io/object_store.h"

namespace outlay::io {

/// A folder of an SSH server and who asks for it.
struct SftpPlace {
  std::string host = {};    ///< "files.example.com:22"
  std::string folder = {};  ///< "/outgoing/bills/" from the root; "~/bills" from the user's home
  std::string user = {};
  std::string password = {};
  /// The key in a file, or as text; a passphrase when it is locked. Without key and password the
  /// SSH agent of the environment is asked.
  Path private_key_file = {};
  std::string private_key = {};
  std::string passphrase = {};
  /// Host keys that are trusted, as ssh keeps them.
  Path known_hosts = {};
  /// Or the one key's fingerprint, as `ssh-keygen -lf` prints it: "SHA256:...".
  std::string host_key = {};
};

/// Lists folders below the place (links are left out), and fetches from where a download stopped.
/// Size and time of the last change stand in for an etag. A server whose key is not known is never
/// talked to.
base::Result<std::unique_ptr<ObjectStore>> open_sftp(SftpPlace place);

}  // namespace outlay::io
