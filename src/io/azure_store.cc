// SPDX-License-Identifier: Apache-2.0
#include "io/azure_store.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/log.h"
#include "base/text.h"
#include "io/digest.h"
#include "io/internal/oauth.h"
#include "io/internal/store_http.h"
#include "io/internal/xml.h"
#include "io/url.h"

namespace outlay::io {
namespace {

using base::Code;
using base::Error;
using base::Result;

constexpr std::string_view kVersion = "2021-12-02";
constexpr std::string_view kScope = "https://storage.azure.com/.default";
constexpr std::string_view kResource = "https://storage.azure.com/";

std::string header_of(const HttpRequest& request, std::string_view name) {
  for (const auto& [key, value] : request.headers) {
    if (base::equal_ignoring_case(key, name)) return value;
  }
  return {};
}

/// Signs requests with the account's key (Shared Key of the Blob service).
class SharedKey {
 public:
  SharedKey(std::string account, std::string_view key) : account_(std::move(account)) {
    base::base64_decode(key, key_);
  }

  Result<base::Done> sign(HttpRequest& request) const {
    const Url url = TRY(parse_url(request.url));
    std::vector<std::string> headers;
    for (const auto& [name, value] : request.headers) {
      const std::string key = base::lower(name);
      if (key.starts_with("x-ms-")) headers.push_back(key + ":" + std::string(base::trim(value)));
    }
    std::sort(headers.begin(), headers.end());
    std::vector<std::string> params;
    for (const auto& [name, value] : parse_query(url.query)) {
      params.push_back(base::lower(name) + ":" + value);
    }
    std::sort(params.begin(), params.end());
    std::string resource = "/" + account_ + url.path;
    for (const std::string& param : params) resource += "\n" + param;
    // Verb, then Content-Encoding, -Language, -Length, -MD5, -Type, Date, the four conditions and
    // Range: all empty for a read but for If-Match and Range.
    const std::string text = fmt::format(
        "{}\n\n\n\n\n\n\n\n{}\n\n\n{}\n{}\n{}",
        request.method,
        header_of(request, "If-Match"),
        header_of(request, "Range"),
        base::join(headers, "\n"),
        resource);
    request.headers.emplace_back(
        "Authorization",
        fmt::format("SharedKey {}:{}", account_, base::base64_encode(hmac_sha256(key_, text))));
    return base::Done{};
  }

 private:
  std::string account_;
  std::string key_;
};

/// What opens the container: one of a key, a signature in the address, a token.
struct Access {
  std::optional<SharedKey> key;
  std::string sas;
  std::unique_ptr<Bearer> bearer;
  std::string who;
};

class AzureStore final : public ObjectStore {
 public:
  AzureStore(AzurePlace place, Access access, PatientHttp& http)
      : place_(std::move(place)),
        prefix_(folder_prefix(place_.folder)),
        access_(std::move(access)),
        http_(http) {
    if (place_.endpoint.empty())
      place_.endpoint = fmt::format("https://{}.blob.core.windows.net", place_.account);
    while (place_.endpoint.ends_with('/')) place_.endpoint.pop_back();
  }

  std::string url() const override {
    return fmt::format("az://{}/{}/{}", place_.account, place_.container, prefix_);
  }

  Result<ObjectPage> list(const std::string& page) override {
    QueryParams params{{"restype", "container"}, {"comp", "list"}, {"maxresults", "5000"}};
    if (!prefix_.empty()) params.emplace_back("prefix", prefix_);
    if (!page.empty()) params.emplace_back("marker", page);
    const HttpAnswer answer = TRY(send("GET", "", print_query(params), nullptr));
    if (answer.status != 200) return failure(answer, "");
    const XmlElement xml = TRY(parse_xml(answer.body));
    ObjectPage out;
    if (const XmlElement* blobs = xml.find("Blobs")) {
      for (const XmlElement& blob : blobs->children) {
        if (blob.name == "Blob") add_blob(blob, out);
      }
    }
    out.next = xml.text_of("NextMarker");
    return out;
  }

  Result<ObjectInfo> head(const std::string& key) override {
    const HttpAnswer answer = TRY(send("HEAD", key, "", nullptr));
    if (answer.status != 200) return failure(answer, key);
    return info_of_head(key, answer);
  }

  Result<AnnouncedSums> get(const std::string& key, const Download& download) override {
    const HttpAnswer answer = TRY(send("GET", key, "", &download));
    if (!HttpDownload(download).is_done(answer)) return failure(answer, key);
    AnnouncedSums out;
    // Of a range the service announces the whole blob's digest under a name of its own.
    const std::string whole = answer.header("x-ms-blob-content-md5");
    out.md5 =
        raw_base64(whole.empty() && answer.status == 200 ? answer.header("content-md5") : whole);
    return out;
  }

  Result<std::string> identity() override {
    if (access_.bearer) TRY(access_.bearer->token());
    return access_.who;
  }

 private:
  void add_blob(const XmlElement& blob, ObjectPage& out) const {
    const std::string name = blob.text_of("Name");
    if (!name.starts_with(prefix_) || name.ends_with('/') || name.size() == prefix_.size()) return;
    const XmlElement* about = blob.find("Properties");
    if (about == nullptr) return;
    // Folders of accounts with a hierarchical name space are listed as blobs of their own.
    if (about->text_of("ResourceType") == "directory") return;
    ObjectInfo object;
    object.key = name.substr(prefix_.size());
    const std::string size = about->text_of("Content-Length");
    std::from_chars(size.data(), size.data() + size.size(), object.bytes);
    object.etag = plain_etag(about->text_of("Etag"));
    if (const auto time = parse_http_date(about->text_of("Last-Modified"))) object.modified = *time;
    out.objects.push_back(std::move(object));
  }

  Result<HttpRequest> request_of(
      std::string_view method,
      const std::string& key,
      const std::string& query,
      HttpDownload* download,
      const std::string& etag) {
    HttpRequest request;
    request.method = std::string(method);
    request.url = fmt::format("{}/{}", place_.endpoint, place_.container);
    if (!key.empty()) request.url += "/" + percent_encode(prefix_ + key, "/");
    std::string params = query;
    if (!access_.sas.empty()) params += (params.empty() ? "" : "&") + access_.sas;
    if (!params.empty()) request.url += "?" + params;
    request.follow_redirects = false;
    request.keeps_dots = true;
    request.headers = {
        {"x-ms-date", print_http_date(http_.clock().now())},
        {"x-ms-version", std::string(kVersion)}};
    if (download != nullptr) {
      download->ask(request);
      if (!etag.empty()) request.headers.emplace_back("If-Match", "\"" + etag + "\"");
    }
    if (access_.key) TRY(access_.key->sign(request));
    if (access_.bearer)
      request.headers.emplace_back("Authorization", "Bearer " + TRY(access_.bearer->token()));
    return request;
  }

  Result<HttpAnswer> send(
      std::string_view method,
      const std::string& key,
      const std::string& query,
      const Download* download) {
    for (bool has_renewed = false;; has_renewed = true) {
      std::optional<HttpDownload> down;
      if (download != nullptr) down.emplace(*download);
      HttpDownload* const asked = down ? &*down : nullptr;
      const std::string etag = download == nullptr ? "" : download->etag;
      const auto make = [&] { return request_of(method, key, query, asked, etag); };
      HttpAnswer answer = TRY(http_.send(make));
      if (answer.status == 401 && access_.bearer && !has_renewed) {
        access_.bearer->renew();
        continue;
      }
      if (is_later(answer.status)) {
        return base::unavailable(fmt::format(
            "Azure Blob did not answer although it was asked several times (status {} {}); try "
            "again later",
            answer.status,
            answer.header("x-ms-error-code")));
      }
      return answer;
    }
  }

  Error failure(const HttpAnswer& answer, const std::string& key) const {
    const std::string code = answer.header("x-ms-error-code");
    const std::string asked = url() + key;
    if (answer.status == 412)
      return base::conflict(fmt::format("{} changed since it was listed", asked));
    if (code == "ContainerNotFound" || code == "ResourceNotFound") {
      return base::not_found(fmt::format(
          "there is no container {} in the storage account {}; check the name",
          place_.container,
          place_.account));
    }
    if (answer.status == 404) return base::not_found(fmt::format("{} is not there", asked));
    if (answer.status == 401 || answer.status == 403) return forbidden(answer, code, asked, key);
    if (answer.status == 409 && code == "PublicAccessNotPermitted") {
      return denied(fmt::format("{} is not open to everybody; give it an identity", asked));
    }
    return base::unavailable(fmt::format(
        "Azure Blob answered {} {} for {}{}", answer.status, code, asked, first_line(answer)));
  }

  Error forbidden(
      const HttpAnswer& answer,
      const std::string& code,
      const std::string& asked,
      const std::string& key) const {
    const std::string clock = clock_advice(answer, http_.clock().now());
    if (!access_.sas.empty()) {
      const bool is_over =
          answer.body.find("Signature not valid in the specified time frame") != std::string::npos;
      if (is_over)
        return denied(fmt::format(
            "the SAS of {} has expired or is not valid yet; make a new one{}", asked, clock));
      const bool is_refused = code == "AuthenticationFailed" ||
                              answer.body.find("including the signature") != std::string::npos;
      if (is_refused) {
        return denied(fmt::format(
            "the SAS of {} is not valid: it was cut short, has expired, or its key was renewed{}",
            asked,
            clock));
      }
      if (code == "AuthorizationFailure") return closed_network();
      return denied(fmt::format(
          "the SAS may not read {}: it lacks the permission {} (on the container){}",
          asked,
          key.empty() ? "List (sp=...l)" : "Read (sp=r...)",
          clock));
    }
    if (access_.key) {
      return denied(fmt::format(
          "the account key is not that of the storage account {} (it may have been renewed), or "
          "access by key is switched off there{}",
          place_.account,
          clock));
    }
    if (code == "AuthorizationFailure") return closed_network();
    return denied(fmt::format(
        "{} may not read {}: give it the role \"Storage Blob Data Reader\" on the container or the "
        "storage account (status {} {}){}",
        access_.who,
        asked,
        answer.status,
        code,
        clock));
  }

  Error closed_network() const {
    return denied(fmt::format(
        "the network rules of the storage account {} do not let this machine in", place_.account));
  }

  AzurePlace place_;
  const std::string prefix_;
  const Access access_;
  PatientHttp& http_;
};

/// Finds the way in that the settings or the environment name.
class AccessFinder {
 public:
  AccessFinder(
      AzureIdentity identity,
      PatientHttp& http,
      const std::map<std::string, std::string>& environment)
      : identity_(std::move(identity)), http_(http), environment_(environment) {}

  Result<Access> find(const std::string& account) {
    Access out;
    take_environment();
    if (identity_.anonymous) {
      out.who = "nobody (anonymous)";
    } else if (!identity_.sas_token.empty()) {
      std::string_view sas = base::trim(identity_.sas_token);
      if (sas.starts_with('?')) sas.remove_prefix(1);
      out.sas = std::string(sas);
      out.who = "a shared access signature";
      for (const auto& [name, value] : parse_query(sas)) {
        if (name == "sig") base::hide_in_log(value);
        if (name == "se") out.who += " that ends " + value;
      }
      base::hide_in_log(sas);
    } else if (!identity_.account_key.empty()) {
      out.key.emplace(account, identity_.account_key);
      out.who = "the key of the storage account " + account;
    } else {
      out.bearer = TRY(sign_in());
      out.who = out.bearer->origin();
    }
    return out;
  }

 private:
  std::string variable(const std::string& name) const {
    const auto found = environment_.find(name);
    return found == environment_.end() ? std::string() : found->second;
  }

  bool is_given() const {
    return identity_.anonymous || identity_.managed_identity || !identity_.sas_token.empty() ||
           !identity_.account_key.empty() || !identity_.client_secret.empty() ||
           !identity_.federated_token_file.empty();
  }

  void take_environment() {
    if (is_given()) return;
    identity_.sas_token = variable("AZURE_STORAGE_SAS_TOKEN");
    identity_.account_key = variable("AZURE_STORAGE_KEY");
    if (identity_.tenant_id.empty()) identity_.tenant_id = variable("AZURE_TENANT_ID");
    if (identity_.client_id.empty()) identity_.client_id = variable("AZURE_CLIENT_ID");
    identity_.client_secret = variable("AZURE_CLIENT_SECRET");
    identity_.federated_token_file = variable("AZURE_FEDERATED_TOKEN_FILE");
    if (const std::string authority = variable("AZURE_AUTHORITY_HOST"); !authority.empty())
      identity_.authority = authority;
  }

  Result<std::unique_ptr<Bearer>> sign_in() {
    const bool has_client =
        !identity_.client_secret.empty() || !identity_.federated_token_file.empty();
    if (has_client && (identity_.tenant_id.empty() || identity_.client_id.empty())) {
      return base::invalid_input(
          "an app registration needs tenant_id and client_id beside its secret or token");
    }
    while (identity_.authority.ends_with('/')) identity_.authority.pop_back();
    PatientHttp* const http = &http_;
    const AzureIdentity identity = identity_;
    if (has_client) {
      const std::string who = "the app registration " + identity.client_id;
      return std::make_unique<Bearer>(
          [http, identity, who] { return of_client(*http, identity, who); }, http_.clock(), who);
    }
    const std::string who = identity.client_id.empty()
                                ? "this machine's identity"
                                : "the managed identity " + identity.client_id;
    const std::string endpoint = variable("IDENTITY_ENDPOINT");
    const std::string header = variable("IDENTITY_HEADER");
    return std::make_unique<Bearer>(
        [=] { return of_machine(*http, identity, endpoint, header, who); }, http_.clock(), who);
  }

  static Result<AccessToken> of_client(
      PatientHttp& http, const AzureIdentity& identity, const std::string& who) {
    QueryParams form{
        {"grant_type", "client_credentials"},
        {"client_id", identity.client_id},
        {"scope", std::string(kScope)}};
    if (!identity.client_secret.empty()) {
      form.emplace_back("client_secret", identity.client_secret);
    } else {
      const std::string token = TRY(read_file(identity.federated_token_file));
      form.emplace_back(
          "client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
      form.emplace_back("client_assertion", base::trim(token));
    }
    return token_by_form(
        http,
        fmt::format("{}/{}/oauth2/v2.0/token", identity.authority, identity.tenant_id),
        form,
        who);
  }

  // App Service and its kin name an address of their own; virtual machines have a fixed one.
  static Result<AccessToken> of_machine(
      PatientHttp& http,
      const AzureIdentity& identity,
      const std::string& endpoint,
      const std::string& header,
      const std::string& who) {
    QueryParams params{{"resource", std::string(kResource)}};
    if (!identity.client_id.empty()) params.emplace_back("client_id", identity.client_id);
    if (!endpoint.empty()) {
      params.emplace_back("api-version", "2019-08-01");
      return token_of_machine(
          http, endpoint + "?" + print_query(params), {{"X-IDENTITY-HEADER", header}}, who);
    }
    params.emplace_back("api-version", "2018-02-01");
    return token_of_machine(
        http,
        "http://169.254.169.254/metadata/identity/oauth2/token?" + print_query(params),
        {{"Metadata", "true"}},
        who);
  }

  AzureIdentity identity_;
  PatientHttp& http_;
  const std::map<std::string, std::string>& environment_;
};

}  // namespace

base::Result<base::Done> read_connection_string(
    std::string_view text, AzurePlace& place, AzureIdentity& identity) {
  std::map<std::string, std::string> parts;
  for (const std::string& piece : base::split_trimmed(text, ';')) {
    const std::size_t equals = piece.find('=');
    if (equals == std::string::npos)
      return base::invalid_input("the connection string is not KEY=VALUE;KEY=VALUE");
    parts[base::lower(piece.substr(0, equals))] = piece.substr(equals + 1);
  }
  if (place.account.empty()) place.account = parts["accountname"];
  if (identity.account_key.empty()) identity.account_key = parts["accountkey"];
  if (identity.sas_token.empty()) identity.sas_token = parts["sharedaccesssignature"];
  if (place.endpoint.empty()) place.endpoint = parts["blobendpoint"];
  if (place.endpoint.empty() && !parts["endpointsuffix"].empty()) {
    const std::string scheme = parts["defaultendpointsprotocol"];
    place.endpoint = fmt::format(
        "{}://{}.blob.{}",
        scheme.empty() ? "https" : scheme,
        place.account,
        parts["endpointsuffix"]);
  }
  return base::Done{};
}

Result<std::unique_ptr<ObjectStore>> open_azure(
    AzurePlace place,
    AzureIdentity identity,
    PatientHttp& http,
    const std::map<std::string, std::string>& environment) {
  if (place.account.empty() || place.container.empty()) {
    return base::invalid_input(
        "an Azure source needs the storage account and the container: "
        "az://ACCOUNT/CONTAINER/FOLDER");
  }
  Access access = TRY(AccessFinder(std::move(identity), http, environment).find(place.account));
  return std::unique_ptr<ObjectStore>(
      std::make_unique<AzureStore>(std::move(place), std::move(access), http));
}

}  // namespace outlay::io
