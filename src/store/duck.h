// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/table.h"

namespace outlay::store {

struct DuckSettings {
  int threads = 0;  ///< 0: as many as there are cores
  std::uint64_t memory_bytes = 1'000'000'000;
  std::string temp_folder;  ///< where it spills; must exist
  /// Rows come out in the order they go in; costs memory and speed.
  bool keeps_order = true;
  /// Duck::progress() is known; it costs a tenth of the time.
  bool tells_progress = false;
  /// When locked, statements reach no file outside `readable_folders`, and no setting can be
  /// changed.
  bool is_locked = false;
  std::vector<std::string> readable_folders;
};

/// What a statement would do, as far as callers ask.
enum class StatementKind { select, explain, other };

/// One connection to an embedded DuckDB. Used by one thread at a time.
class Duck {
 public:
  ~Duck();
  Duck(Duck&&) noexcept;
  Duck& operator=(Duck&&) noexcept;

  /// Runs one or more statements; the last one's rows are the answer. DuckDB's message becomes the
  /// error.
  base::Result<Table> query(std::string_view sql);
  base::Result<base::Done> run(std::string_view sql);
  /// Parses and binds without running: the kinds of the statements in `sql`, in order.
  base::Result<std::vector<StatementKind>> kinds(std::string_view sql);
  /// Streams rows in chunks: `on_row` gets each row's cells; returning false stops.
  base::Result<base::Done> each(
      std::string_view sql,
      const std::function<void(const std::vector<Column>&)>& on_columns,
      const std::function<bool(const std::vector<Cell>&)>& on_row);
  /// 0 to 1 for the running statement (callable from another thread), -1 when unknown.
  double progress() const;
  /// Ends the running statement from another thread; it answers `cancelled`.
  void interrupt();

 private:
  friend class DuckDatabase;
  struct State;
  explicit Duck(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// An in-memory DuckDB that gives out connections. Safe from any thread.
class DuckDatabase {
 public:
  static base::Result<std::unique_ptr<DuckDatabase>> open(const DuckSettings& settings);
  ~DuckDatabase();
  base::Result<Duck> connect();

 private:
  friend class Duck;
  struct State;
  explicit DuckDatabase(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace outlay::store
