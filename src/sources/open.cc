// SPDX-License-Identifier: Apache-2.0
#include "sources/open.h"

#include <fmt/format.h>

#include "base/text.h"
#include "io/api_store.h"
#include "io/azure_store.h"
#include "io/folder_store.h"
#include "io/gcs_store.h"
#include "io/oss_store.h"
#include "io/s3_store.h"
#include "io/sftp_store.h"
#include "io/url.h"
#include "sources/postgres_tables.h"

namespace outlay::sources {
namespace {

using base::Result;
using Store = std::unique_ptr<io::ObjectStore>;

base::Error wrong_url(const SourceSettings& settings, std::string_view wanted) {
  return base::invalid_input(fmt::format(
      "the url of source \"{}\" must be {}, but is \"{}\"",
      settings.name(),
      wanted,
      settings.text("url")));
}

Result<Store> folder_of(const SourceSettings& settings) {
  std::string path = settings.text("url");
  if (path.starts_with("file://")) path = io::percent_decode(path.substr(7));
  if (path.empty()) return wrong_url(settings, "a folder");
  return io::open_folder(path);
}

Result<io::S3Place> bucket_of(const SourceSettings& settings, std::string_view form) {
  const io::Url url = TRY(io::parse_url(settings.text("url")));
  if (url.host.empty()) return wrong_url(settings, form);
  io::S3Place place{
      .bucket = url.host,
      .folder = io::percent_decode(url.path),
      .region = settings.text("region"),
      .endpoint = settings.text("endpoint"),
      .path_style = {},
      .requester_pays = settings.boolean("requester_pays")};
  if (settings.has("path_style")) place.path_style = settings.boolean("path_style");
  return place;
}

Result<Store> s3_of(const SourceSettings& settings, const StoreWorld& world) {
  io::S3Place place = TRY(bucket_of(settings, "s3://BUCKET/FOLDER"));
  for (const char* variable : {"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"}) {
    const auto found = world.environment.find(variable);
    if (place.endpoint.empty() && found != world.environment.end()) place.endpoint = found->second;
  }
  io::AwsIdentity identity{
      .access_key_id = settings.text("access_key_id"),
      .secret_access_key = TRY(settings.secret("secret_access_key", world.secrets)),
      .session_token = TRY(settings.secret("session_token", world.secrets)),
      .profile = settings.text("profile"),
      .role_arn = settings.text("role_arn"),
      .external_id = TRY(settings.secret("external_id", world.secrets)),
      .session_name = settings.has("session_name") ? settings.text("session_name") : "outlay",
      .web_identity_token_file = settings.text("web_identity_token_file"),
      .region = settings.text("region"),
      .sts_endpoint = settings.text("sts_endpoint")};
  auto chain =
      std::make_unique<io::AwsCredentialChain>(std::move(identity), world.http, world.environment);
  return io::open_s3(std::move(place), std::move(chain), world.http);
}

// az://ACCOUNT/CONTAINER/FOLDER, abfss://CONTAINER@ACCOUNT.dfs.core.windows.net/FOLDER, or the
// container's own address.
Result<io::AzurePlace> azure_place(const SourceSettings& settings) {
  const std::string text = settings.text("url");
  const io::Url url = TRY(io::parse_url(text));
  io::AzurePlace place{
      .account = settings.text("account"),
      .container = {},
      .folder = {},
      .endpoint = settings.text("endpoint")};
  const std::string host_account = url.host.substr(0, url.host.find('.'));
  std::string path = io::percent_decode(url.path.substr(1));
  const std::size_t at = text.find('@');
  const bool names_container = url.scheme.starts_with("abfs") || url.scheme.starts_with("wasb");
  if (names_container && at != std::string::npos) {
    const std::size_t begin = text.find("://") + 3;
    place.container = text.substr(begin, at - begin);
    place.account = host_account;
  } else if (url.scheme == "https") {
    place.account = host_account;
    if (place.endpoint.empty()) place.endpoint = url.origin();
  } else if (place.account.empty()) {
    place.account = url.host;
  } else {
    place.container = url.host;
  }
  if (place.container.empty()) {
    place.container = path.substr(0, path.find('/'));
    path.erase(0, std::min(path.size(), place.container.size() + 1));
  }
  place.folder = path;
  return place;
}

Result<Store> azure_of(const SourceSettings& settings, const StoreWorld& world) {
  io::AzurePlace place = TRY(azure_place(settings));
  io::AzureIdentity identity{
      .sas_token = TRY(settings.secret("sas_token", world.secrets)),
      .account_key = TRY(settings.secret("account_key", world.secrets)),
      .tenant_id = settings.text("tenant_id"),
      .client_id = settings.text("client_id"),
      .client_secret = TRY(settings.secret("client_secret", world.secrets)),
      .federated_token_file = settings.text("federated_token_file"),
      .managed_identity = settings.boolean("managed_identity"),
      .anonymous = settings.boolean("anonymous")};
  if (settings.has("authority")) identity.authority = settings.text("authority");
  const std::string text = settings.text("url");
  // The address may carry its own signature.
  if (const std::size_t query = text.find('?');
      query != std::string::npos && identity.sas_token.empty()) {
    identity.sas_token = text.substr(query + 1);
  }
  const std::string connection = TRY(settings.secret("connection_string", world.secrets));
  if (!connection.empty()) TRY(io::read_connection_string(connection, place, identity));
  return io::open_azure(std::move(place), std::move(identity), world.http, world.environment);
}

Result<Store> gcs_of(const SourceSettings& settings, const StoreWorld& world) {
  const io::Url url = TRY(io::parse_url(settings.text("url")));
  if (url.host.empty()) return wrong_url(settings, "gs://BUCKET/FOLDER");
  io::GcsPlace place{
      .bucket = url.host,
      .folder = io::percent_decode(url.path),
      .endpoint = settings.text("endpoint"),
      .billing_project = settings.text("billing_project")};
  if (settings.boolean("anonymous")) return io::open_gcs(std::move(place), nullptr, world.http);
  std::string credentials = TRY(settings.secret("credentials", world.secrets));
  if (settings.has("credentials_file")) {
    auto text = io::read_file(settings.text("credentials_file"));
    if (!text) {
      return text.error().within(fmt::format("\"sources.{}.credentials_file\"", settings.name()));
    }
    credentials = *std::move(text);
  }
  if (credentials.empty()) credentials = TRY(io::google_default_credentials(world.environment));
  auto bearer = TRY(io::google_sign_in(
      credentials,
      "https://www.googleapis.com/auth/devstorage.read_only",
      world.http,
      world.environment));
  return io::open_gcs(std::move(place), std::move(bearer), world.http);
}

Result<Store> oss_of(const SourceSettings& settings, const StoreWorld& world) {
  io::S3Place place = TRY(bucket_of(settings, "oss://BUCKET/FOLDER"));
  io::AwsCredentials keys{
      .access_key_id = settings.text("access_key_id"),
      .secret_access_key = TRY(settings.secret("secret_access_key", world.secrets)),
      .session_token = TRY(settings.secret("session_token", world.secrets)),
      .expires = {},
      .origin = {}};
  return io::open_oss(std::move(place), std::move(keys), world.http, world.environment);
}

// What is known of the cost APIs that are named by `api`.
io::ApiPlace known_api(const std::string& name) {
  io::ApiPlace place;
  place.paging = {
      .kind = io::ApiPaging::Kind::cursor,
      .next = "next_page",
      .more = "has_more",
      .param = "page"};
  if (name == "openai-costs") {
    place.url = "https://api.openai.com/v1/organization/costs";
    place.query = {
        {"start_time", "{from_unix}"},
        {"end_time", "{to_unix}"},
        {"bucket_width", "1d"},
        {"limit", "180"},
        {"group_by", "project_id"},
        {"group_by", "line_item"}};
    place.needs = "an admin key of the organization (sk-admin-...) that may read usage";
  } else if (name == "anthropic-costs") {
    place.url = "https://api.anthropic.com/v1/organizations/cost_report";
    place.headers = {{"anthropic-version", "2023-06-01"}};
    place.query = {
        {"starting_at", "{from}"},
        {"ending_at", "{to}"},
        {"bucket_width", "1d"},
        {"limit", "31"},
        {"group_by[]", "workspace_id"},
        {"group_by[]", "description"}};
    place.needs = "an admin key of the organization (sk-ant-admin...)";
  }
  return place;
}

Result<io::ApiPaging> paging_of(const SourceSettings& settings) {
  using Kind = io::ApiPaging::Kind;
  const format::Value& written = settings.value("paging");
  static const std::map<std::string, Kind> kinds{
      {"none", Kind::none},
      {"cursor", Kind::cursor},
      {"link", Kind::link},
      {"page", Kind::page},
      {"offset", Kind::offset}};
  const auto kind = kinds.find(written["kind"].text_or(""));
  if (kind == kinds.end()) {
    return base::invalid_input(fmt::format(
        "\"sources.{}.paging.kind\" must be one of cursor, link, page, offset, none",
        settings.name()));
  }
  io::ApiPaging out{
      .kind = kind->second,
      .next = written["next"].text_or(""),
      .more = written["more"].text_or(""),
      .param = written["param"].text_or("page")};
  if (written["items"].is_text()) out.items = written["items"].as_text();
  out.size = static_cast<int>(written["size"].int_or(100));
  return out;
}

// Each value of a map, secrets fetched; a list gives its name several times.
Result<io::QueryParams> pairs_of(
    const SourceSettings& settings, const std::string& field, const StoreWorld& world) {
  io::QueryParams out;
  const format::Value& written = settings.value(field);
  if (!written.is_object()) return out;
  for (const auto& [name, value] : written.as_object()) {
    const std::string path = fmt::format("sources.{}.{}.{}", settings.name(), field, name);
    if (value.is_array()) {
      for (const format::Value& one : value.as_array()) out.emplace_back(name, one.text_or(""));
    } else if (value.is_int()) {
      out.emplace_back(name, std::to_string(value.as_int()));
    } else {
      out.emplace_back(name, TRY(SourceSettings::resolved(value, path, world.secrets)));
    }
  }
  return out;
}

Result<Store> api_of(const SourceSettings& settings, const StoreWorld& world) {
  const std::string api = settings.text("api");
  io::ApiPlace place = known_api(api);
  if (settings.has("url")) place.url = settings.text("url");
  if (settings.has("endpoint")) place.url = settings.text("endpoint");
  if (settings.has("paging")) place.paging = TRY(paging_of(settings));
  if (settings.has("query")) place.query = TRY(pairs_of(settings, "query", world));
  place.since = settings.text("since");
  for (auto& header : TRY(pairs_of(settings, "headers", world)))
    place.headers.push_back(std::move(header));
  const std::string token = TRY(settings.secret("token", world.secrets));
  if (!token.empty() && api == "anthropic-costs") place.headers.emplace_back("x-api-key", token);
  if (!token.empty() && api != "anthropic-costs")
    place.headers.emplace_back("Authorization", "Bearer " + token);
  return io::open_api(std::move(place), world.http);
}

/// USER or USER:PASSWORD of a URL, decoded.
std::pair<std::string, std::string> user_of(std::string_view url) {
  const std::size_t begin = url.find("://") + 3;
  std::string_view host = url.substr(begin, url.find_first_of("/?", begin) - begin);
  const std::size_t at = host.rfind('@');
  if (at == std::string_view::npos) return {};
  host = host.substr(0, at);
  const std::size_t colon = std::min(host.find(':'), host.size());
  return {
      io::percent_decode(host.substr(0, colon)),
      colon < host.size() ? io::percent_decode(host.substr(colon + 1)) : std::string()};
}

Result<Store> sftp_of(const SourceSettings& settings, const StoreWorld& world) {
  const io::Url url = TRY(io::parse_url(settings.text("url")));
  if (url.host.empty()) return wrong_url(settings, "sftp://USER@HOST/FOLDER");
  const auto [user, password] = user_of(settings.text("url"));
  io::SftpPlace place;
  place.host = url.host;
  place.folder = io::percent_decode(url.path);
  if (!place.folder.ends_with('/')) place.folder += '/';
  if (place.folder.starts_with("/~/")) place.folder.erase(0, 1);
  place.user = settings.has("user") ? settings.text("user") : user;
  place.password =
      settings.has("password") ? TRY(settings.secret("password", world.secrets)) : password;
  place.private_key_file = settings.text("private_key_file");
  place.private_key = TRY(settings.secret("private_key", world.secrets));
  place.passphrase = TRY(settings.secret("passphrase", world.secrets));
  place.host_key = settings.text("host_key");
  place.known_hosts = settings.text("known_hosts");
  const auto home = world.environment.find("HOME");
  if (place.known_hosts.empty() && home != world.environment.end()) {
    place.known_hosts = io::Path(home->second) / ".ssh" / "known_hosts";
  }
  return io::open_sftp(std::move(place));
}

Result<Store> postgres_of(const SourceSettings& settings, const StoreWorld& world) {
  PostgresPlace place;
  place.address = settings.text("url");
  place.user = settings.text("user");
  place.password = TRY(settings.secret("password", world.secrets));
  if (settings.has("schema")) place.schema = settings.text("schema");
  place.tables = settings.list("tables");
  return open_postgres_tables(std::move(place));
}

}  // namespace

Result<Store> open_store(const SourceSettings& settings, const StoreWorld& world) {
  const std::string scheme = settings.scheme();
  if (scheme == "file") return folder_of(settings);
  if (scheme == "s3") return s3_of(settings, world);
  if (scheme == "az") return azure_of(settings, world);
  if (scheme == "gs") return gcs_of(settings, world);
  if (scheme == "oss") return oss_of(settings, world);
  if (scheme == "https" || scheme == "http") return api_of(settings, world);
  if (scheme == "sftp") return sftp_of(settings, world);
  if (scheme == "postgresql") return postgres_of(settings, world);
  return wrong_url(
      settings,
      "a folder, s3://BUCKET/FOLDER, az://ACCOUNT/CONTAINER/FOLDER, gs://BUCKET/FOLDER, "
      "oss://BUCKET/FOLDER, sftp://USER@HOST/FOLDER, postgresql://USER@HOST/DATABASE or "
      "https://...");
}

}  // namespace outlay::sources
