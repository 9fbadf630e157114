// SPDX-License-Identifier: Apache-2.0
#include "flow/kv.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "flow/glob.h"
#include "flow/parse_parts.h"
#include "format/json.h"

namespace outlay::flow {
namespace {

using base::Done;
using base::Result;
using format::Value;

constexpr std::string_view kNewest =
    "SELECT namespace, key, version, type, value, description, created, updated, expires "
    "FROM flow_kv AS k WHERE deleted = 0 AND version = (SELECT max(version) FROM flow_kv AS n "
    "WHERE n.namespace = k.namespace AND n.key = k.key) AND (expires IS NULL OR expires > ?) ";

Result<KvEntry> entry_of(const std::vector<store::Cell>& row) {
  KvEntry entry;
  entry.name_space = row[0].value_or("");
  entry.key = row[1].value_or("");
  entry.version = std::stoll(row[2].value_or("1"));
  entry.type = row[3].value_or("");
  entry.value = TRY(format::parse_json(row[4].value_or("null")));
  entry.description = row[5].value_or("");
  entry.created = row[6].value_or("");
  entry.updated = row[7].value_or("");
  entry.expires = row[8].value_or("");
  return entry;
}

base::Error no_key(std::string_view name_space, std::string_view key) {
  return base::not_found(
      "no value for the key \"" + std::string(key) + "\" in the namespace " +
      std::string(name_space) + "; put it first");
}

bool is_integer(const std::string& text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return !text.empty() && error == std::errc() && end == text.data() + text.size();
}

bool is_floating(const std::string& text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return !text.empty() && error == std::errc() && end == text.data() + text.size();
}

Value number_of(const std::string& text) {
  if (is_integer(text)) return Value(static_cast<std::int64_t>(std::stoll(text)));
  double number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return Value(number);
}

base::Error wrong(std::string_view wanted, const Value& found) {
  return base::invalid_input(
      "the value must be " + std::string(wanted) + "; found " + format::print_json(found));
}

}  // namespace

std::string kv_type_of(const Value& value) {
  if (value.is_number()) return "NUMBER";
  if (value.is_bool()) return "BOOLEAN";
  if (!value.is_text()) return "JSON";
  const std::string text(base::trim(value.as_text()));
  if (is_floating(text)) return "NUMBER";
  if (text == "true" || text == "false") return "BOOLEAN";
  if (text.size() > 2 && (text.front() == '{' || text.front() == '[') && format::parse_json(text))
    return "JSON";
  if (text.size() > 1 && text.front() == 'P' && base::parse_duration(text)) return "DURATION";
  if (base::parse_date(text)) return "DATE";
  if (text.size() > 10 && text[4] == '-' && base::parse_instant(text)) return "DATETIME";
  return "STRING";
}

Result<Value> kv_value(std::string_view type, const Value& given) {
  const std::string text =
      given.is_text() ? std::string(base::trim(given.as_text())) : format::print_json(given);
  if (type == "STRING") return Value(given.is_text() ? given.as_text() : text);
  if (type == "NUMBER") {
    if (given.is_number()) return given;
    if (!is_floating(text)) return wrong("a number", given);
    return number_of(text);
  }
  if (type == "BOOLEAN") {
    if (text != "true" && text != "false") return wrong("true or false", given);
    return Value(text == "true");
  }
  if (type == "JSON") {
    if (!given.is_text()) return given;
    auto parsed = format::parse_json(given.as_text());
    if (!parsed) return parsed.error().within("the value must be JSON");
    return parsed;
  }
  if (type == "DATE" && !base::parse_date(text)) return wrong("a date such as 2026-01-31", given);
  if (type == "DATETIME" && !base::parse_instant(text))
    return wrong("a date and time such as 2026-01-31T09:00:00Z", given);
  if (type == "DURATION" && !base::parse_duration(text))
    return wrong("an ISO 8601 duration such as PT30S", given);
  if (type == "DATE" || type == "DATETIME" || type == "DURATION") return Value(text);
  return base::invalid_input(
      "the type of a value must be STRING, NUMBER, BOOLEAN, DATETIME, DATE, DURATION or JSON; "
      "found " +
      std::string(type));
}

Result<long long> KvStore::put(
    std::string_view name_space, std::string_view key, const KvPut& what) {
  if (!is_identifier(key, "._-", 256))
    return base::invalid_input(
        "a key must be letters, digits, points, dashes or underscores, and begin with a letter or "
        "digit; found \"" +
        std::string(key) + "\"");
  const std::string type = what.type.empty() ? kv_type_of(what.value) : what.type;
  const Value value = TRY(kv_value(type, what.value));
  const std::string now = base::print_instant(clock_.now());
  store::Param expires = nullptr;
  if (what.ttl) expires = base::print_instant(clock_.now() + *what.ttl);
  long long version = 1;
  const auto written = state_.write([&](store::Transaction& transaction) -> Result<Done> {
    const auto last = TRY(transaction.query(
        "SELECT version, deleted, expires, created FROM flow_kv WHERE namespace = ? AND key = ? "
        "ORDER BY version DESC LIMIT 1",
        {std::string(name_space), std::string(key)}));
    std::string created = now;
    if (!last.rows.empty()) {
      const auto& row = last.rows[0];
      const bool is_gone = row[1].value_or("0") == "1" || (row[2] && *row[2] <= now);
      if (!is_gone && !what.overwrites)
        return base::conflict(
            "the key \"" + std::string(key) + "\" is there already and overwrite is false");
      version = std::stoll(row[0].value_or("0")) + 1;
      if (!is_gone) created = row[3].value_or(now);
    }
    TRY(transaction.run(
        "INSERT INTO flow_kv (namespace, key, version, type, value, description, created, updated, "
        "expires) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        {std::string(name_space),
         std::string(key),
         std::int64_t{version},
         type,
         format::print_json(value),
         what.description,
         created,
         now,
         expires}));
    return Done{};
  });
  if (!written) return written.error();
  return version;
}

Result<KvEntry> KvStore::get(std::string_view name_space, std::string_view key) {
  const auto rows = TRY(state_.read(
      std::string(kNewest) + "AND namespace = ? AND key = ?",
      {base::print_instant(clock_.now()), std::string(name_space), std::string(key)}));
  if (rows.rows.empty()) return no_key(name_space, key);
  return entry_of(rows.rows[0]);
}

Result<KvEntry> KvStore::find(std::string_view name_space, std::string_view key) {
  std::string_view at = name_space;
  while (true) {
    auto entry = get(at, key);
    if (entry || entry.error().code != base::Code::not_found) return entry;
    const std::size_t dot = at.rfind('.');
    if (dot == std::string_view::npos) return no_key(name_space, key);
    at = at.substr(0, dot);
  }
}

Result<bool> KvStore::remove(std::string_view name_space, std::string_view key) {
  if (const auto known = get(name_space, key); !known) {
    if (known.error().code == base::Code::not_found) return false;
    return known.error();
  }
  const auto written = state_.write([&](store::Transaction& transaction) -> Result<Done> {
    TRY(transaction.run(
        "UPDATE flow_kv SET deleted = 1 WHERE namespace = ? AND key = ?",
        {std::string(name_space), std::string(key)}));
    return Done{};
  });
  if (!written) return written.error();
  return true;
}

Result<std::vector<KvEntry>> KvStore::list(std::string_view name_space, std::string_view prefix) {
  const auto rows = TRY(state_.read(
      std::string(kNewest) + "AND (? = '' OR namespace = ?) ORDER BY namespace, key",
      {base::print_instant(clock_.now()), std::string(name_space), std::string(name_space)}));
  std::vector<KvEntry> out;
  for (const auto& row : rows.rows)
    if (row[1].value_or("").rfind(prefix, 0) == 0) out.push_back(TRY(entry_of(row)));
  return out;
}

Result<long long> KvStore::purge(const KvPurge& what) {
  const std::string now = base::print_instant(clock_.now());
  long long removed = 0;
  const auto written = state_.write([&](store::Transaction& transaction) -> Result<Done> {
    const auto rows = TRY(transaction.query(
        "SELECT namespace, key, version, expires, deleted, max(version) OVER "
        "(PARTITION BY namespace, key) FROM flow_kv",
        {}));
    for (const auto& row : rows.rows) {
      const std::string name_space = row[0].value_or("");
      const auto& wanted = what.name_spaces;
      if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), name_space) == wanted.end())
        continue;
      if (!what.key_pattern.empty() && !glob_matches(what.key_pattern, row[1].value_or("")))
        continue;
      const bool is_gone = row[4].value_or("0") == "1" || (row[3] && *row[3] <= now);
      const long long version = std::stoll(row[2].value_or("0"));
      const long long newest = std::stoll(row[5].value_or("0"));
      const bool is_old = what.versions_kept && version <= newest - *what.versions_kept;
      if (what.versions_kept ? !is_old : (what.expired_only && !is_gone)) continue;
      removed += TRY(transaction.run(
          "DELETE FROM flow_kv WHERE namespace = ? AND key = ? AND version = ?",
          {name_space, row[1].value_or(""), std::int64_t{version}}));
    }
    return Done{};
  });
  if (!written) return written.error();
  return removed;
}

}  // namespace outlay::flow
