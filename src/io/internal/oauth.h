// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "io/bearer.h"
#include "io/retry.h"
#include "io/url.h"

namespace outlay::io {

/// Reads {access_token, expires_in | expires_on} of a sign-in's answer. `who` begins the error's
/// message: "the app registration X".
base::Result<AccessToken> token_of_answer(
    const HttpAnswer& answer, const std::string& who, base::Instant now);

/// POSTs a form to a sign-in address and reads the token.
base::Result<AccessToken> token_by_form(
    PatientHttp& http, const std::string& url, const QueryParams& form, const std::string& who);

/// GETs a token from this machine's own metadata service, which answers at once or never.
base::Result<AccessToken> token_of_machine(
    PatientHttp& http, const std::string& url, const Headers& headers, const std::string& who);

/// A signed JSON Web Token (RS256) that says `claims` (JSON).
base::Result<std::string> signed_jwt(
    const std::string& key_id, const std::string& claims, const std::string& private_key);

}  // namespace outlay::io
