// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "io/aws_credentials.h"
#include "io/http.h"
#include "io/retry.h"
#include "io/secrets.h"

namespace outlay::io {

/// A store of secrets outside of this program, asked over the network. A flow's namespace is a
/// folder of it: "company.finops" with the key "TOKEN" is looked for as company/finops/TOKEN,
/// company/TOKEN and TOKEN, so that a namespace inherits from those above it.
class SecretSource {
 public:
  virtual ~SecretSource() = default;
  /// "Vault at https://...": for messages.
  virtual std::string name() const = 0;
  /// The value at a path; nothing when there is none. A document of one member "value" is that
  /// value, another one its JSON text (`secret('KEY', subkey='...')` takes a member).
  virtual base::Result<std::optional<std::string>> read(const std::string& path) = 0;
};

/// HashiCorp Vault (and OpenBao), key-value engine version 2.
struct VaultSettings {
  std::string address;             ///< "https://vault.example.com:8200"
  std::string token;               ///< a token, or ...
  std::string role_id, secret_id;  ///< ... an AppRole to sign in with
  std::string mount = "secret";
  std::string prefix;      ///< a folder below the mount
  std::string name_space;  ///< of Vault Enterprise
};

/// Asks `GET /v1/<mount>/data/<prefix>/<path>`; signs in again when a token of an AppRole ends.
class VaultSource final : public SecretSource {
 public:
  VaultSource(VaultSettings settings, Http& http, Pause& pause, const base::Clock& clock);

  std::string name() const override;
  base::Result<std::optional<std::string>> read(const std::string& path) override;

 private:
  base::Result<HttpAnswer> ask(const std::string& path);
  base::Result<std::string> token(bool is_renewed);

  const VaultSettings settings_;
  PatientHttp http_;
  base::Mutex mutex_;
  std::string token_ GUARDED_BY(mutex_);
};

/// AWS Secrets Manager: GetSecretValue of `<prefix><path>`.
struct SecretsManagerSettings {
  std::string region, endpoint, role_arn;
  std::string prefix;  ///< "outlay/"
};

class SecretsManagerSource final : public SecretSource {
 public:
  SecretsManagerSource(
      SecretsManagerSettings settings,
      Http& http,
      Pause& pause,
      const base::Clock& clock,
      std::map<std::string, std::string> environment);

  std::string name() const override;
  base::Result<std::optional<std::string>> read(const std::string& path) override;

 private:
  const SecretsManagerSettings settings_;
  const base::Clock& clock_;
  PatientHttp http_;
  AwsCredentialChain credentials_;
};

/// Secrets of a source, kept in memory for a while: what is there and what is not. Errors other
/// than "there is none" are not kept. Safe from any thread.
class ExternalSecrets final : public Secrets {
 public:
  ExternalSecrets(
      std::unique_ptr<SecretSource> source, base::Duration kept, const base::Clock& clock);

  base::Result<std::string> get(std::string_view name_space, std::string_view key) override;

  /// External stores are not listed.
  std::vector<std::string> keys(std::string_view) override { return {}; }

 private:
  struct Kept {
    std::optional<std::string> value;
    base::Instant until;
  };

  base::Result<std::optional<std::string>> read(const std::string& path);

  const std::unique_ptr<SecretSource> source_;
  const base::Duration kept_for_;
  const base::Clock& clock_;
  base::Mutex mutex_;
  std::map<std::string, Kept> kept_ GUARDED_BY(mutex_);
};

}  // namespace outlay::io
