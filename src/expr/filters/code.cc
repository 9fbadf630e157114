// SPDX-License-Identifier: Apache-2.0
// Filters that hash, encode and decode text.
#include <fmt/format.h>

#include "base/text.h"
#include "expr/builtin.h"
#include "expr/crypto.h"

namespace outlay::expr {
namespace {

using format::Value;
using Answer = base::Result<Value>;

template <Hash hash>
Answer hashed(Call& call) {
  if (call.input().is_null()) return Value();
  const std::string text = TRY(call.input_text());
  return as_value(hex_digest(hash, text));
}

Answer base64_encode(Call& call) {
  if (call.input().is_null()) return Value();
  const std::string text = TRY(call.input_text());
  return Value(base::base64_encode(text));
}

Answer base64_decode(Call& call) {
  if (call.input().is_null()) return Value();
  const std::string text = TRY(call.input_text());
  std::string out;
  if (!base::base64_decode(text, out)) return call.error("the input is no base64");
  return Value(std::move(out));
}

// As a form encodes: spaces become +, and * - . _ stay.
Answer url_encode(Call& call) {
  if (call.input().is_null()) return Value();
  const std::string text = TRY(call.input_text());
  std::string out;
  for (const char c : text) {
    const bool is_kept = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                         (c >= '0' && c <= '9') || c == '*' || c == '-' || c == '.' || c == '_';
    if (is_kept) {
      out += c;
    } else if (c == ' ') {
      out += '+';
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    }
  }
  return Value(std::move(out));
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

Answer url_decode(Call& call) {
  if (call.input().is_null()) return Value();
  const std::string text = TRY(call.input_text());
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out += ' ';
    } else if (text[i] == '%') {
      const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
      if (high < 0 || low < 0) return call.error("a % is not followed by two hexadecimal digits");
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return Value(std::move(out));
}

}  // namespace

std::vector<Builtin> code_filters() {
  return {
      {"md5", {}, hashed<Hash::md5>},
      {"sha1", {}, hashed<Hash::sha1>},
      {"sha256", {}, hashed<Hash::sha256>},
      {"sha512", {}, hashed<Hash::sha512>},
      {"base64encode", {}, base64_encode},
      {"base64decode", {}, base64_decode},
      {"urlencode", {}, url_encode},
      {"urldecode", {}, url_decode},
  };
}

}  // namespace outlay::expr
