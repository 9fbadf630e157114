// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cctype>

#include "api/config.h"

namespace outlay::api {

std::string Setting::variable() const {
  std::string out = "OUTLAY_";
  for (const char c : name) {
    out += c == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return out;
}

namespace {

std::vector<Setting> ledger_settings() {
  using enum SettingKind;
  return {
      {.name = "ledger.threads",
       .kind = integer,
       .fallback = "0",
       .doc = "threads for cost data; 0 is one per core"},
      {.name = "ledger.memory",
       .kind = size,
       .fallback = "1 GB",
       .doc = "memory for cost data before it spills to disk"},
      {.name = "ledger.generations",
       .kind = integer,
       .fallback = "1000000",
       .doc = "superseded generations kept per source and billing period"},
      {.name = "ledger.generations_age",
       .doc = "how long a superseded generation is kept at most, e.g. P400D; for ever when it is "
              "not given"},
      {.name = "ledger.closed_after",
       .fallback = "P10D",
       .doc = "how long after its end a billing period counts as closed, where the provider's own "
              "list of billing periods does not say"}};
}

std::vector<Setting> fetching_settings() {
  using enum SettingKind;
  return {
      {.name = "secrets.folder",
       .kind = path,
       .doc = "folder with one file per secret, beside SECRET_NAME in the environment"},
      {.name = "secrets.key",
       .doc = "key of the encrypted secrets (`outlay secret key` makes one)",
       .is_secret = true},
      {.name = "secrets.key_file",
       .kind = path,
       .doc = "file that holds the key of the encrypted secrets"},
      {.name = "secrets.kept",
       .fallback = "PT1M",
       .doc = "how long an answer of Vault or AWS Secrets Manager is used again"},
      {.name = "secrets.vault.address",
       .doc = "address of a Vault whose key-value engine (version 2) holds secrets"},
      {.name = "secrets.vault.token", .doc = "token for Vault", .is_secret = true},
      {.name = "secrets.vault.token_file", .kind = path, .doc = "file that holds the token"},
      {.name = "secrets.vault.role_id", .doc = "AppRole to sign in with instead of a token"},
      {.name = "secrets.vault.secret_id", .doc = "secret of the AppRole", .is_secret = true},
      {.name = "secrets.vault.mount",
       .fallback = "secret",
       .doc = "where the key-value engine is mounted"},
      {.name = "secrets.vault.prefix", .doc = "folder below the mount"},
      {.name = "secrets.vault.namespace", .doc = "namespace of Vault Enterprise"},
      {.name = "secrets.aws.enabled",
       .kind = boolean,
       .fallback = "false",
       .doc = "look for secrets in AWS Secrets Manager, with the credentials AWS tools would find"},
      {.name = "secrets.aws.region", .doc = "region of AWS Secrets Manager"},
      {.name = "secrets.aws.prefix", .doc = "what names of secrets begin with there"},
      {.name = "secrets.aws.role", .doc = "role to take on first"},
      {.name = "secrets.aws.endpoint", .doc = "URL to ask instead of AWS"},
      {.name = "sources",
       .kind = sources,
       .doc = "where bills are fetched from: a map of names to their settings, see "
              "docs/guides/getting_files.md"},
      {.name = "sync.connections",
       .kind = integer,
       .fallback = "8",
       .doc = "downloads at the same time, over all sources"},
      {.name = "sync.sources",
       .kind = integer,
       .fallback = "4",
       .doc = "sources that are synced at the same time"},
  };
}

}  // namespace

const std::vector<Setting>& settings() {
  using enum SettingKind;
  static const std::vector<Setting> all = [] {
    std::vector<Setting> out{
        {.name = "data",
         .kind = path,
         .fallback = "outlay-data",
         .doc = "folder of the ledger and of all state"},
        {.name = "server.host",
         .fallback = "127.0.0.1",
         .doc = "address that `outlay up` listens on"},
        {.name = "server.port",
         .kind = integer,
         .fallback = "8080",
         .doc = "port; 0 picks a free one"},
        {.name = "server.insecure",
         .kind = boolean,
         .fallback = "false",
         .doc = "serve everybody who reaches the address, without users"},
        {.name = "server.url",
         .doc = "address under which users reach the server, for links in messages"},
        {.name = "server.users",
         .kind = users,
         .doc =
             "who may use the server: a list of {name, password, token}; a password may be written "
             "sha256:SALT:HEX, where HEX is the SHA-256 of SALT followed by the password",
         .is_secret = true},
        {.name = "log.format",
         .fallback = "text",
         .doc = "log lines for people or as JSON",
         .choices = {"text", "json"}},
        {.name = "log.level",
         .fallback = "info",
         .doc = "least level that is logged",
         .choices = {"trace", "debug", "info", "warn", "error"}},
        {.name = "flow.workers",
         .kind = integer,
         .fallback = "8",
         .doc = "tasks that run at the same time"},
        {.name = "flow.folders",
         .kind = paths,
         .doc = "folders whose flow files `outlay up` loads"},
        {.name = "flow.grace",
         .fallback = "PT5S",
         .doc = "time that running tasks get when the program stops"},
        {.name = "flow.environment",
         .doc = "name of this installation, as {{ kestra.environment }} in flows"},
        {.name = "globals",
         .kind = map,
         .doc = "variables that every flow sees as {{ globals.name }}"},
    };
    for (Setting& setting : ledger_settings()) out.push_back(std::move(setting));
    for (Setting& setting : fetching_settings()) out.push_back(std::move(setting));
    return out;
  }();
  return all;
}

}  // namespace outlay::api
