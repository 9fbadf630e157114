// SPDX-License-Identifier: Apache-2.0
#include "tasks/sql/fetch.h"

#include <fmt/format.h>

#include "base/text.h"
#include "tasks/items.h"
#include "tasks/ledger/rows.h"
#include "tasks/properties.h"

namespace outlay::tasks {

using format::Value;

base::Result<Fetch> fetch_property(
    flow::TaskContext& context, const Value& properties, Fetch otherwise) {
  if (TRY(flag_property(context, properties, "store", false))) return Fetch::store;
  if (TRY(flag_property(context, properties, "fetchOne", false))) return Fetch::one;
  if (TRY(flag_property(context, properties, "fetch", false))) return Fetch::all;
  const std::string type = base::lower(TRY(flow::text_property(context, properties, "fetchType")));
  if (type.empty()) return otherwise;
  if (type == "none") return Fetch::none;
  if (type == "fetch") return Fetch::all;
  if (type == "fetch_one") return Fetch::one;
  if (type == "store") return Fetch::store;
  return base::invalid_input(fmt::format(
      "property fetchType must be FETCH, FETCH_ONE, STORE or NONE, found \"{}\"", type));
}

base::Result<base::Done> put_rows(
    flow::TaskContext& context, Fetch fetch, const store::Table& table, format::Object& outputs) {
  if (fetch == Fetch::none) return base::Done{};
  return put_items(context, fetch, rows_of(table), outputs);
}

base::Result<base::Done> put_items(
    flow::TaskContext& context, Fetch fetch, format::Array rows, format::Object& outputs) {
  if (fetch == Fetch::none) return base::Done{};
  const auto size = static_cast<std::int64_t>(rows.size());
  if (fetch == Fetch::one) {
    outputs.set("row", rows.empty() ? Value() : rows.front());
    outputs.set("size", std::min<std::int64_t>(size, 1));
    return base::Done{};
  }
  outputs.set("size", size);
  if (fetch == Fetch::store) {
    outputs.set("uri", TRY(store_items(context, rows, "rows.ion")));
  } else {
    outputs.set("rows", std::move(rows));
  }
  return base::Done{};
}

}  // namespace outlay::tasks
