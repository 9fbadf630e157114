// SPDX-License-Identifier: Apache-2.0
#include "sources/postgres_tables.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "store/postgres.h"

namespace outlay::sources {
namespace {

using base::Done;
using base::Result;
using store::Cell;

constexpr std::size_t kBlock = 1U << 20U;

std::string quoted(const std::string& cell) {
  if (cell.find_first_of(",\"\r\n") == std::string::npos) return cell;
  return "\"" + base::replace_all(cell, "\"", "\"\"") + "\"";
}

/// * and ? in a name.
bool fits(std::string_view pattern, std::string_view name) {
  if (pattern.empty()) return name.empty();
  if (pattern.front() == '*') {
    for (std::size_t skip = 0; skip <= name.size(); ++skip) {
      if (fits(pattern.substr(1), name.substr(skip))) return true;
    }
    return false;
  }
  return !name.empty() && (pattern.front() == '?' || pattern.front() == name.front()) &&
         fits(pattern.substr(1), name.substr(1));
}

std::string without_password(std::string_view address) {
  const std::size_t begin = address.find("://") + 3;
  const std::size_t end = std::min(address.find_first_of("/?", begin), address.size());
  const std::size_t at = address.substr(0, end).rfind('@');
  return std::string(address.substr(0, begin)) +
         std::string(
             at == std::string_view::npos ? address.substr(begin, end - begin)
                                          : address.substr(at + 1, end - at - 1)) +
         std::string(address.substr(end, address.find('?', end) - end));
}

class PostgresTables final : public io::ObjectStore {
 public:
  explicit PostgresTables(PostgresPlace place) : place_(std::move(place)) {}

  std::string url() const override { return without_password(place_.address) + "/"; }

  Result<io::ObjectPage> list(const std::string&) override {
    auto connection = TRY(connect(nullptr));
    const auto found = TRY(connection.query(fmt::format(
        "SELECT t.table_name, max(CASE WHEN c.column_name = '_cq_sync_time' THEN 1 ELSE 0 END) "
        "FROM information_schema.tables t JOIN information_schema.columns c USING (table_schema, "
        "table_name) WHERE t.table_schema = {} GROUP BY t.table_name ORDER BY t.table_name",
        base::sql_text(place_.schema))));
    io::ObjectPage page;
    for (const auto& row : found.rows) {
      const std::string table = row[0].value_or("");
      const bool is_landed = row[1] == "1";
      if (is_wanted(table, is_landed)) {
        page.objects.push_back(TRY(info_of(connection, table, is_landed)));
      }
    }
    if (page.objects.empty()) {
      return base::not_found(fmt::format(
          "{} has no tables of CloudQuery in the schema {} that this user may see; check schema "
          "and tables, and GRANT USAGE ON SCHEMA and SELECT ON its tables",
          url(),
          place_.schema));
    }
    return page;
  }

  Result<io::ObjectInfo> head(const std::string& key) override {
    for (auto& info : TRY(list({})).objects) {
      if (info.key == key) return std::move(info);
    }
    return base::not_found(fmt::format("there is no table {} at {}", table_of(key), url()));
  }

  Result<io::AnnouncedSums> get(const std::string& key, const io::Download& download) override {
    TRY(still_is(key, download.etag));
    auto connection = TRY(connect(download.stop));
    std::string block;
    std::optional<base::Error> sink_error;
    const auto add = [&](const std::string& cell, bool is_first) {
      if (!is_first) block += ',';
      block += quoted(cell);
    };
    const auto hand_over = [&](std::size_t least) {
      if (block.size() < least || sink_error) return;
      auto taken = download.sink(block);
      if (!taken) sink_error = std::move(taken).error();
      block.clear();
    };
    TRY(connection.each(
        fmt::format("SELECT * FROM {}", name_of(table_of(key))),
        [&](const std::vector<store::Column>& columns) {
          for (std::size_t i = 0; i < columns.size(); ++i) add(columns[i].name, i == 0);
          block += '\n';
        },
        [&](const std::vector<Cell>& cells) {
          for (std::size_t i = 0; i < cells.size(); ++i) add(cells[i].value_or(""), i == 0);
          block += '\n';
          hand_over(kBlock);
          return !sink_error;
        }));
    hand_over(1);
    if (sink_error) return *std::move(sink_error);
    TRY(still_is(key, download.etag));
    return io::AnnouncedSums{};
  }

  bool can_resume() const override { return false; }

  Result<std::string> identity() override {
    auto connection = TRY(connect(nullptr));
    const auto who = TRY(connection.query("SELECT current_user, current_database()"));
    return fmt::format(
        "user {} of database {}", who.rows[0][0].value_or(""), who.rows[0][1].value_or(""));
  }

 private:
  bool is_wanted(const std::string& table, bool is_landed) const {
    if (place_.tables.empty()) return is_landed;
    return std::ranges::any_of(
        place_.tables, [&](const std::string& pattern) { return fits(pattern, table); });
  }

  Result<store::Postgres> connect(const std::atomic<bool>* stop) const {
    store::PostgresSettings settings;
    settings.address = place_.address;
    if (!place_.user.empty()) settings.keywords["user"] = place_.user;
    if (!place_.password.empty()) settings.keywords["password"] = place_.password;
    settings.is_read_only = true;
    settings.stop = stop;
    return store::Postgres::open(settings);
  }

  std::string name_of(const std::string& table) const {
    return base::sql_name(place_.schema) + "." + base::sql_name(table);
  }

  static std::string table_of(const std::string& key) { return key.substr(0, key.rfind('.')); }

  Result<io::ObjectInfo> info_of(
      store::Postgres& connection, const std::string& table, bool is_landed) const {
    io::ObjectInfo info;
    info.key = table + ".csv";
    info.has_size = false;
    if (!is_landed) return info;
    const auto state = TRY(connection.query(fmt::format(
        "SELECT count(*), max(_cq_sync_time), min(_cq_sync_time) FROM {}", name_of(table))));
    const auto& row = state.rows[0];
    info.etag =
        fmt::format("{}-{}-{}", row[0].value_or(""), row[1].value_or(""), row[2].value_or(""));
    return info;
  }

  Result<Done> still_is(const std::string& key, const std::string& etag) {
    if (etag.empty()) return Done{};
    auto connection = TRY(connect(nullptr));
    const auto now = TRY(info_of(connection, table_of(key), true));
    if (now.etag == etag) return Done{};
    return base::conflict(
        fmt::format("table {} of {} changed while it was read", table_of(key), url()));
  }

  const PostgresPlace place_;
};

}  // namespace

Result<std::unique_ptr<io::ObjectStore>> open_postgres_tables(PostgresPlace place) {
  return std::unique_ptr<io::ObjectStore>(std::make_unique<PostgresTables>(std::move(place)));
}

}  // namespace outlay::sources
