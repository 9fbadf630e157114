// SPDX-License-Identifier: Apache-2.0
// Runs statements on a DuckDB of its own and prints how long each run of the last one took, as
// JSON: the baseline that benchmarks compare with, on the very library the program links.
//   duck_sql THREADS MEMORY REPEATS STATEMENT...
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <duckdb.h>

namespace {

bool run(duckdb_connection connection, const std::string& sql, unsigned long long& rows) {
  duckdb_result result;
  if (duckdb_query(connection, sql.c_str(), &result) == DuckDBError) {
    std::fprintf(stderr, "duck_sql: %s\n", duckdb_result_error(&result));
    duckdb_destroy_result(&result);
    return false;
  }
  rows = 0;
  while (duckdb_data_chunk chunk = duckdb_fetch_chunk(result)) {
    rows += duckdb_data_chunk_get_size(chunk);
    duckdb_destroy_data_chunk(&chunk);
  }
  duckdb_destroy_result(&result);
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) {
    std::fprintf(stderr, "usage: duck_sql THREADS MEMORY REPEATS STATEMENT...\n");
    return 2;
  }
  duckdb_database database = nullptr;
  duckdb_connection connection = nullptr;
  if (duckdb_open(nullptr, &database) == DuckDBError) return 3;
  if (duckdb_connect(database, &connection) == DuckDBError) return 3;
  unsigned long long rows = 0;
  const std::string settings =
      std::string("SET threads = ") + argv[1] + "; SET memory_limit = '" + argv[2] + "'";
  bool is_good = run(connection, settings, rows);
  for (int at = 4; is_good && at + 1 < argc; ++at) is_good = run(connection, argv[at], rows);
  std::string seconds;
  for (int left = std::atoi(argv[3]); is_good && left > 0; --left) {
    const auto start = std::chrono::steady_clock::now();
    is_good = run(connection, argv[argc - 1], rows);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    seconds += (seconds.empty() ? "" : ", ") + std::to_string(took.count());
  }
  duckdb_disconnect(&connection);
  duckdb_close(&database);
  if (!is_good) return 1;
  std::printf("{\"seconds\": [%s], \"rows\": %llu}\n", seconds.c_str(), rows);
  return 0;
}
