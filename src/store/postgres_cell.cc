// SPDX-License-Identifier: Apache-2.0
// What PostgreSQL sends as text, in this program's forms. The numbers of types are fixed in
// https://github.com/postgres/postgres/blob/master/src/include/catalog/pg_type.dat
#include <cctype>

#include <fmt/format.h>

#include "base/text.h"
#include "store/postgres.h"

namespace outlay::store {
namespace {

enum Oid : std::uint32_t {
  kBool = 16,
  kBytea = 17,
  kInt8 = 20,
  kInt2 = 21,
  kInt4 = 23,
  kOid = 26,
  kJson = 114,
  kFloat4 = 700,
  kFloat8 = 701,
  kDate = 1082,
  kTimestamp = 1114,
  kTimestamptz = 1184,
  kNumeric = 1700,
  kJsonb = 3802,
};

/// The type of an array's items, 0 when it is no array of a known type (texts are 25).
std::uint32_t item_of(std::uint32_t oid) {
  switch (oid) {
    case 1000:
      return kBool;
    case 1005:
      return kInt2;
    case 1007:
      return kInt4;
    case 1016:
      return kInt8;
    case 1021:
      return kFloat4;
    case 1022:
      return kFloat8;
    case 1231:
      return kNumeric;
    case 1182:
      return kDate;
    case 1115:
      return kTimestamp;
    case 1185:
      return kTimestamptz;
    case 199:
    case 3807:
      return kJson;
    case 1002:  // char
    case 1009:  // text
    case 1014:  // bpchar
    case 1015:  // varchar
    case 1003:  // name
    case 2951:  // uuid
      return 25;
    default:
      return 0;
  }
}

/// "2024-05-01 10:00:00.5+00" as "2024-05-01T10:00:00.5Z"; infinity and years before Christ stay.
std::string instant_text(std::string_view sent) {
  if (sent.size() < 19 || sent[10] != ' ' || sent.ends_with("BC")) return std::string(sent);
  if (sent.ends_with("+00")) sent.remove_suffix(3);
  return fmt::format("{}T{}Z", sent.substr(0, 10), sent.substr(11));
}

void append_json_text(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    } else {
      out += c;
    }
  }
  out += '"';
}

void append_item(std::string& out, std::uint32_t oid, std::string_view text) {
  const Type type = postgres_type(oid);
  const bool is_word = text == "NaN" || text.find("nfinity") != std::string_view::npos;
  const bool is_plain = type == Type::integer || type == Type::decimal || type == Type::real ||
                        type == Type::boolean || type == Type::json;
  if (is_plain && !is_word) {
    out += postgres_text(oid, text);
  } else {
    append_json_text(out, postgres_text(oid, text));
  }
}

/// "{1,NULL,\"a b\",{...}}" as a JSON list; bounds before it ("[0:1]=") are left out.
std::string array_text(std::uint32_t item, std::string_view sent) {
  if (const std::size_t equals = sent.find("={"); sent.starts_with('[') && equals != sent.npos)
    sent.remove_prefix(equals + 1);
  std::string out;
  for (std::size_t at = 0; at < sent.size();) {
    const char c = sent[at];
    if (c == '{' || c == '}' || c == ',') {
      out += c == '{' ? '[' : c == '}' ? ']' : ',';
      ++at;
      continue;
    }
    std::string text;
    const bool is_quoted = c == '"';
    if (is_quoted) ++at;
    while (at < sent.size() && (is_quoted ? sent[at] != '"' : sent[at] != ',' && sent[at] != '}')) {
      if (sent[at] == '\\' && at + 1 < sent.size()) ++at;
      text += sent[at++];
    }
    if (is_quoted) ++at;
    if (!is_quoted && text == "NULL") {
      out += "null";
    } else {
      append_item(out, item, text);
    }
  }
  return out;
}

}  // namespace

Type postgres_type(std::uint32_t oid) {
  switch (oid) {
    case kBool:
      return Type::boolean;
    case kInt8:
    case kInt2:
    case kInt4:
    case kOid:
      return Type::integer;
    case kFloat4:
    case kFloat8:
      return Type::real;
    case kNumeric:
      return Type::decimal;
    case kDate:
      return Type::date;
    case kTimestamp:
    case kTimestamptz:
      return Type::timestamp;
    case kJson:
    case kJsonb:
      return Type::json;
    default:
      return item_of(oid) != 0 ? Type::json : Type::text;
  }
}

std::string postgres_text(std::uint32_t oid, std::string_view sent) {
  switch (oid) {
    case kBool:
      return sent == "t" ? "true" : "false";
    case kBytea:
      return std::string(sent.starts_with("\\x") ? sent.substr(2) : sent);
    case kTimestamp:
    case kTimestamptz:
      return instant_text(sent);
    default: {
      const std::uint32_t item = item_of(oid);
      return item == 0 ? std::string(sent) : array_text(item, sent);
    }
  }
}

}  // namespace outlay::store
