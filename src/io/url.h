// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace outlay::io {

/// Percent-encodes everything but letters, digits and "-._~" (RFC 3986); `keep` names more
/// characters that stay, "/" for a path.
std::string percent_encode(std::string_view text, std::string_view keep = {});
/// Undoes percent-encoding; a stray "%" stays.
std::string percent_decode(std::string_view text);

/// The parts of a URL, as written.
struct Url {
  std::string scheme;
  /// Host with its port, when one is given; without user names.
  std::string host;
  /// From the first "/" on; "/" when there is none.
  std::string path;
  /// What follows "?", without it.
  std::string query;

  /// "https://host".
  std::string origin() const { return scheme + "://" + host; }
};

base::Result<Url> parse_url(std::string_view text);

using QueryParams = std::vector<std::pair<std::string, std::string>>;
/// "a=1&b=%20", each part encoded.
std::string print_query(const QueryParams& params);
/// Splits and decodes.
QueryParams parse_query(std::string_view query);

}  // namespace outlay::io
