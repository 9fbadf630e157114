// SPDX-License-Identifier: Apache-2.0
#include "sources/settings.h"

namespace outlay::sources {
namespace {

void add_common(std::vector<Field>& all) {
  using enum FieldKind;
  all.push_back(
      {"url",
       text,
       "any",
       "where the bills lie: s3://BUCKET/FOLDER, az://ACCOUNT/CONTAINER/FOLDER, "
       "gs://BUCKET/FOLDER, "
       "oss://BUCKET/FOLDER, https://..., sftp://USER@HOST/FOLDER, "
       "postgresql://USER@HOST/DATABASE, "
       "or a folder",
       {}});
  all.push_back(
      {"format", text, "any", "format of the bills, as `outlay ingest --format`; auto", {}});
  all.push_back(
      {"include", list, "any", "only files that match one of these patterns (*, ?, **)", {}});
  all.push_back({"exclude", list, "any", "files that are left out", {}});
  all.push_back({"since", text, "any", "first billing month that is fetched, such as 2026-01", {}});
  all.push_back(
      {"deliveries",
       text,
       "any",
       "what files without a manifest are one delivery: those of a month's folder, or all (auto); "
       "each folder; each file; or all",
       {"auto", "folder", "file", "all"}});
  all.push_back(
      {"manifest",
       text,
       "any",
       "whether files wait for a manifest that names them: where the provider writes one (auto), "
       "always, never",
       {"auto", "required", "none"}});
  all.push_back(
      {"keep_raw",
       text,
       "any",
       "how long fetched files stay after they were booked: all, none, or a time such as P90D",
       {}});
  all.push_back({"currency", text, "any", "currency of bills that name none", {}});
  all.push_back({"first_month", text, "any", "month that a bill without dates begins with", {}});
  all.push_back(
      {"endpoint", text, "any", "address of the service, where it is not the cloud's own", {}});
  all.push_back({"region", text, "s3, oss", "region of the bucket; found out for S3", {}});
}

void add_aws(std::vector<Field>& all) {
  using enum FieldKind;
  all.push_back(
      {"path_style", boolean, "s3", "http://host/bucket instead of http://bucket.host", {}});
  all.push_back({"requester_pays", boolean, "s3", "the asker pays for the transfer", {}});
  all.push_back({"profile", text, "s3", "profile of ~/.aws", {}});
  all.push_back({"role_arn", text, "s3", "role to assume", {}});
  all.push_back({"external_id", secret, "s3", "external id that the role asks for", {}});
  all.push_back({"session_name", text, "s3", "name of the role's session; outlay", {}});
  all.push_back({"web_identity_token_file", path, "s3", "token that the role is assumed with", {}});
  all.push_back({"sts_endpoint", text, "s3", "address of STS", {}});
  all.push_back({"access_key_id", text, "s3, oss", "access key", {}});
  all.push_back({"secret_access_key", secret, "s3, oss", "its secret", {}});
  all.push_back({"session_token", secret, "s3, oss", "token of temporary keys", {}});
}

void add_azure(std::vector<Field>& all) {
  using enum FieldKind;
  all.push_back({"account", text, "azure", "storage account, where the url does not name it", {}});
  all.push_back({"sas_token", secret, "azure", "shared access signature", {}});
  all.push_back({"account_key", secret, "azure", "key of the storage account", {}});
  all.push_back({"connection_string", secret, "azure", "connection string of the account", {}});
  all.push_back({"tenant_id", text, "azure", "tenant of the client", {}});
  all.push_back({"client_id", text, "azure", "app registration, or user-assigned identity", {}});
  all.push_back({"client_secret", secret, "azure", "secret of the app registration", {}});
  all.push_back(
      {"federated_token_file", path, "azure", "token of a workload identity, for the client", {}});
  all.push_back({"managed_identity", boolean, "azure", "use this machine's identity", {}});
  all.push_back(
      {"authority", text, "azure", "sign-in address; https://login.microsoftonline.com", {}});
}

void add_others(std::vector<Field>& all) {
  using enum FieldKind;
  all.push_back(
      {"credentials_file",
       path,
       "gcs",
       "service account key, workload identity configuration or user credentials (JSON)",
       {}});
  all.push_back({"credentials", secret, "gcs", "the same, as text", {}});
  all.push_back({"anonymous", boolean, "gcs, azure", "ask without credentials", {}});
  all.push_back(
      {"billing_project", text, "gcs", "project that pays, for requester-pays buckets", {}});
  all.push_back(
      {"api",
       text,
       "https",
       "a cost API whose paging is known",
       {"openai-costs", "anthropic-costs"}});
  all.push_back({"token", secret, "https", "key of the API", {}});
  all.push_back({"headers", map, "https", "headers of each request; values may be secrets", {}});
  all.push_back(
      {"query",
       map,
       "https",
       "parameters; {from}, {to}, {from_unix}, {to_unix} are the month's",
       {}});
  all.push_back(
      {"paging", map, "https", "how pages follow each other: kind, next, param, more, size", {}});
}

void add_servers(std::vector<Field>& all) {
  using enum FieldKind;
  all.push_back({"user", text, "sftp, postgresql", "who asks, where the url does not say", {}});
  all.push_back({"password", secret, "sftp, postgresql", "password of the user", {}});
  all.push_back({"private_key_file", path, "sftp", "private key of the user", {}});
  all.push_back({"private_key", secret, "sftp", "the same, as text", {}});
  all.push_back({"passphrase", secret, "sftp", "what unlocks the private key", {}});
  all.push_back(
      {"known_hosts", path, "sftp", "host keys that are trusted; ~/.ssh/known_hosts", {}});
  all.push_back(
      {"host_key",
       text,
       "sftp",
       "fingerprint of the one host key that is trusted: SHA256:...",
       {}});
  all.push_back({"schema", text, "postgresql", "schema of the tables; public", {}});
  all.push_back(
      {"tables",
       list,
       "postgresql",
       "tables that are read, with * and ?; those that CloudQuery landed",
       {}});
}

}  // namespace

const std::vector<Field>& fields() {
  static const std::vector<Field> all = [] {
    std::vector<Field> out;
    add_common(out);
    add_aws(out);
    add_azure(out);
    add_others(out);
    add_servers(out);
    return out;
  }();
  return all;
}

}  // namespace outlay::sources
