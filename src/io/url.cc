// SPDX-License-Identifier: Apache-2.0
#include "io/url.h"

#include <cctype>

#include <fmt/format.h>

#include "base/text.h"

namespace outlay::io {
namespace {

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string percent_encode(std::string_view text, std::string_view keep) {
  static constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size() + 8);
  for (const char c : text) {
    if (is_unreserved(c) || keep.find(c) != std::string_view::npos) {
      out.push_back(c);
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out.push_back('%');
    out.push_back(kDigits[byte >> 4U]);
    out.push_back(kDigits[byte & 15U]);
  }
  return out;
}

std::string percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_value(text[i + 2]) : -1;
    if (low >= 0) {
      out.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

base::Result<Url> parse_url(std::string_view text) {
  const std::size_t scheme = text.find("://");
  if (scheme == std::string_view::npos || scheme == 0) {
    return base::invalid_input("a URL begins with a scheme such as https://");
  }
  Url url;
  url.scheme = base::lower(text.substr(0, scheme));
  std::string_view rest = text.substr(scheme + 3);
  rest = rest.substr(0, rest.find('#'));
  const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
  url.host = std::string(rest.substr(0, end));
  if (const std::size_t user = url.host.rfind('@'); user != std::string::npos) {
    url.host.erase(0, user + 1);
  }
  rest.remove_prefix(end);
  const std::size_t query = std::min(rest.find('?'), rest.size());
  url.path = std::string(rest.substr(0, query));
  if (url.path.empty()) url.path = "/";
  if (query < rest.size()) url.query = std::string(rest.substr(query + 1));
  return url;
}

std::string print_query(const QueryParams& params) {
  std::string out;
  for (const auto& [name, value] : params) {
    if (!out.empty()) out += '&';
    out += percent_encode(name) + "=" + percent_encode(value);
  }
  return out;
}

QueryParams parse_query(std::string_view query) {
  QueryParams out;
  for (const std::string& piece : base::split(query, '&')) {
    if (piece.empty()) continue;
    const std::size_t equals = std::min(piece.find('='), piece.size());
    const std::string_view value =
        equals < piece.size() ? std::string_view(piece).substr(equals + 1) : std::string_view();
    out.emplace_back(
        percent_decode(std::string_view(piece).substr(0, equals)), percent_decode(value));
  }
  return out;
}

}  // namespace outlay::io
