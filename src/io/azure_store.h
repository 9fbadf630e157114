// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>

#include "io/file.h"
#include "io/object_store.h"
#include "io/retry.h"

namespace outlay::io {

struct AzurePlace {
  std::string account;
  std::string container;
  std::string folder;
  /// "http://127.0.0.1:10000/devstoreaccount1"; made from the account when empty.
  std::string endpoint;
};

/// How to get in, one of these; the first that is given counts.
struct AzureIdentity {
  std::string sas_token;
  std::string account_key;  ///< base64
  std::string tenant_id;
  std::string client_id;
  std::string client_secret;
  Path federated_token_file;
  bool managed_identity = false;
  bool anonymous = false;
  std::string authority = "https://login.microsoftonline.com";
};

/// Account, key, SAS and endpoint of a connection string, over what is there.
base::Result<base::Done> read_connection_string(
    std::string_view text, AzurePlace& place, AzureIdentity& identity);

/// A folder of an Azure Blob container. Without any identity, the environment's is used
/// (AZURE_CLIENT_ID and its kin, AZURE_STORAGE_KEY, AZURE_STORAGE_SAS_TOKEN), then the machine's.
base::Result<std::unique_ptr<ObjectStore>> open_azure(
    AzurePlace place,
    AzureIdentity identity,
    PatientHttp& http,
    const std::map<std::string, std::string>& environment);

}  // namespace outlay::io
