// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"
#include "io/file.h"
#include "io/secrets.h"

namespace outlay::io {

/// Secrets in one file, each encrypted with AES-256-GCM under one key, with its name as associated
/// data, so that values cannot be swapped. The key is 32 bytes in base64. Safe from any thread; two
/// processes that write at once may lose one of the two changes, never the file.
class EncryptedSecrets final : public Secrets {
 public:
  /// `key` may be empty: then there are names and no values. `key_hint` says where a key would come
  /// from, for messages.
  EncryptedSecrets(Path file, std::string key, std::string key_hint);

  base::Result<std::string> get(std::string_view name_space, std::string_view key) override;
  std::vector<std::string> keys(std::string_view name_space) override;

  base::Result<base::Done> set(std::string_view name, std::string_view value);
  /// False when there was none of that name.
  base::Result<bool> remove(std::string_view name);

  /// A fresh key.
  static std::string make_key();

 private:
  base::Result<std::string> raw_key() const;

  const Path file_;
  const std::string key_;
  const std::string key_hint_;
  base::Mutex mutex_;
};

/// Asks one after the other; the first that has the secret answers.
class SecretChain final : public Secrets {
 public:
  explicit SecretChain(std::vector<std::unique_ptr<Secrets>> places) : places_(std::move(places)) {}

  base::Result<std::string> get(std::string_view name_space, std::string_view key) override;
  std::vector<std::string> keys(std::string_view name_space) override;

 private:
  const std::vector<std::unique_ptr<Secrets>> places_;
};

}  // namespace outlay::io
