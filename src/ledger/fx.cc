// SPDX-License-Identifier: Apache-2.0
#include "ledger/fx.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "format/csv.h"
#include "ledger/cells.h"
#include "ledger/state.h"

namespace outlay::ledger {
namespace {

using base::Done;
using base::Result;
using money::Decimal;
using money::Rounding;

/// A rate is good for this many days after its own.
constexpr int kDaysBack = 7;
/// Decimals of a converted cost.
constexpr int kCostScale = 12;

bool is_currency(std::string_view code) {
  return code.size() == 3 &&
         std::all_of(code.begin(), code.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

int column_of(const std::vector<std::string>& header, std::initializer_list<const char*> names) {
  for (std::size_t i = 0; i < header.size(); ++i) {
    for (const char* const name : names) {
      if (base::equal_ignoring_case(base::trim(header[i]), name)) return static_cast<int>(i);
    }
  }
  return -1;
}

/// Reads cells of one CSV with the place of what is wrong.
class RateReader {
 public:
  explicit RateReader(std::string_view file) : file_(file) {}

  Result<std::vector<FxRate>> read(const std::vector<std::vector<std::string>>& rows) {
    if (rows.empty()) return base::invalid_input("the file of exchange rates is empty", at(0));
    const auto& header = rows.front();
    const int day = column_of(header, {"date", "day"});
    if (day != 0 && column_of(header, {"base", "from"}) < 0) {
      return base::invalid_input(
          "exchange rates have the columns date, base, quote, rate; or Date and one column per "
          "currency, as the European Central Bank publishes them",
          at(0));
    }
    const bool is_list = column_of(header, {"rate"}) >= 0;
    for (std::size_t i = 1; i < rows.size(); ++i) {
      if (rows[i].size() == 1 && base::trim(rows[i][0]).empty()) continue;
      if (is_list) {
        TRY(read_listed(header, rows[i], i));
      } else {
        TRY(read_wide(header, rows[i], i));
      }
    }
    return std::move(rates_);
  }

 private:
  base::Place at(std::size_t row) const { return {file_, 0, 0, static_cast<long>(row)}; }

  Result<Done> add(
      const std::string& day,
      const std::string& base,
      const std::string& quote,
      std::string_view text,
      std::size_t row) {
    const auto date = base::parse_date(base::trim(day));
    if (!date) return base::invalid_input("a day as 2026-01-31, not \"" + day + "\"", at(row));
    const auto rate = Decimal::parse(base::trim(text));
    if (!rate || !(*rate > Decimal())) {
      return base::invalid_input(
          fmt::format("a rate is a number above 0, not \"{}\"", text), at(row));
    }
    for (const auto& code : {base, quote}) {
      if (!is_currency(code)) {
        return base::invalid_input("a currency as USD, not \"" + code + "\"", at(row));
      }
    }
    rates_.push_back({base::print_date(*date), base, quote, *rate});
    return Done{};
  }

  Result<Done> read_listed(
      const std::vector<std::string>& header,
      const std::vector<std::string>& row,
      std::size_t number) {
    std::vector<std::string> cells;
    for (const int column :
         {column_of(header, {"date", "day"}),
          column_of(header, {"base", "from"}),
          column_of(header, {"quote", "to"}),
          column_of(header, {"rate"})}) {
      if (column < 0 || static_cast<std::size_t>(column) >= row.size()) {
        return base::invalid_input("a line with date, base, quote and rate", at(number));
      }
      cells.emplace_back(base::trim(row[static_cast<std::size_t>(column)]));
    }
    return add(cells[0], cells[1], cells[2], cells[3], number);
  }

  Result<Done> read_wide(
      const std::vector<std::string>& header,
      const std::vector<std::string>& row,
      std::size_t number) {
    for (std::size_t i = 1; i < row.size() && i < header.size(); ++i) {
      const std::string quote(base::trim(header[i]));
      const auto text = base::trim(row[i]);
      if (quote.empty() || text.empty() || text == "N/A") continue;
      TRY(add(row[0], "EUR", quote, text, number));
    }
    return Done{};
  }

  std::string file_;
  std::vector<FxRate> rates_;
};

bool is_cost(const std::string& metric) {
  return metric.size() > 4 && metric.substr(metric.size() - 4) == "Cost";
}

Decimal converted(const Decimal& cost, const FxRatio& rate) {
  const auto amount = cost.rounded(kCostScale, Rounding::half_even) * rate.over;
  return Decimal::divide(amount, rate.under, kCostScale, Rounding::half_even);
}

/// Adds up converted rows under the keys that are left.
class Converter {
 public:
  Converter(
      const CostQuery& query,
      const std::string& currency,
      std::optional<base::Date> fixed_day,
      const FxRates& rates)
      : query_(query), currency_(currency), fixed_day_(fixed_day), rates_(rates) {}

  Result<store::Table> run(const store::Table& by_day) {
    for (std::size_t row = 0; row < by_day.rows.size(); ++row) TRY(add(by_day, row));
    if (!missing_.empty()) return missing_error();
    return finish(by_day);
  }

 private:
  struct Line {
    std::vector<store::Cell> keys;
    std::vector<std::optional<Decimal>> sums;
  };

  bool is_shown(const std::string& column) const {
    if (column == "ChargePeriod") return query_.granularity != CostQuery::Granularity::none;
    return column != "BillingCurrency" ||
           std::find(query_.by.begin(), query_.by.end(), column) != query_.by.end();
  }

  bool is_metric(const std::string& column) const {
    return std::find(query_.metrics.begin(), query_.metrics.end(), column) != query_.metrics.end();
  }

  Result<Done> add(const store::Table& table, std::size_t row) {
    Line line;
    const std::string day = text(table.at(row, "ChargePeriod")).substr(0, 10);
    const std::string from = text(table.at(row, "BillingCurrency"));
    const auto date = base::parse_date(day);
    const auto one = Decimal::of(1);
    const auto rate = from == currency_ ? std::optional(FxRatio{one, one})
                      : date            ? rates_.find(from, currency_, fixed_day_.value_or(*date))
                                        : std::nullopt;
    if (!rate) missing_[from].push_back(fixed_day_ ? base::print_date(*fixed_day_) : day);
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      const auto& name = table.columns[i].name;
      const auto& cell = table.rows[row][i];
      if (is_metric(name)) {
        auto sum = amount(cell);
        if (sum && rate && is_cost(name) && from != currency_) {
          sum = converted(*sum, *rate);
        }
        line.sums.push_back(sum);
      } else if (is_shown(name)) {
        const bool is_month =
            name == "ChargePeriod" && query_.granularity == CostQuery::Granularity::month;
        line.keys.push_back(is_month && cell ? store::Cell(cell->substr(0, 7) + "-01") : cell);
      }
    }
    auto [found, is_new] = lines_.try_emplace(line.keys, line);
    if (is_new) return Done{};
    for (std::size_t i = 0; i < line.sums.size(); ++i) {
      auto& sum = found->second.sums[i];
      if (line.sums[i]) sum = sum.value_or(Decimal()) + *line.sums[i];
    }
    return Done{};
  }

  base::Error missing_error() const {
    std::vector<std::string> pairs;
    for (const auto& [from, days] : missing_) {
      const auto [first, last] = std::minmax_element(days.begin(), days.end());
      pairs.push_back(fmt::format("{} to {} ({} to {})", from, currency_, *first, *last));
    }
    return base::invalid_input(fmt::format(
        "no exchange rate is known for {}; load rates with \"outlay fx load FILE\", or ask by "
        "BillingCurrency",
        base::join(pairs, ", ")));
  }

  store::Table finish(const store::Table& by_day) const {
    store::Table out;
    for (const auto& column : by_day.columns) {
      if (!is_metric(column.name) && is_shown(column.name)) out.columns.push_back(column);
    }
    auto currency = by_day.columns.front();
    currency.name = "Currency";
    currency.type = store::Type::text;
    out.columns.push_back(currency);
    for (const auto& column : by_day.columns) {
      if (is_metric(column.name)) out.columns.push_back(column);
    }
    std::vector<const Line*> order;
    for (const auto& [keys, line] : lines_) order.push_back(&line);
    const bool has_time = query_.granularity != CostQuery::Granularity::none;
    std::stable_sort(order.begin(), order.end(), [&](const Line* a, const Line* b) {
      if (has_time && a->keys[0] != b->keys[0]) return a->keys[0] < b->keys[0];
      if (a->sums[0] && b->sums[0]) return *a->sums[0] > *b->sums[0];
      return a->sums[0].has_value() && !b->sums[0].has_value();
    });
    for (const Line* line : order) {
      if (query_.limit && static_cast<long long>(out.rows.size()) >= *query_.limit) break;
      auto row = line->keys;
      row.emplace_back(currency_);
      for (const auto& sum : line->sums) {
        row.push_back(sum ? store::Cell(sum->short_text()) : store::Cell());
      }
      out.rows.push_back(std::move(row));
    }
    return out;
  }

  const CostQuery& query_;
  const std::string& currency_;
  std::optional<base::Date> fixed_day_;
  const FxRates& rates_;
  std::map<std::vector<store::Cell>, Line> lines_;
  std::map<std::string, std::vector<std::string>> missing_;
};

}  // namespace

Result<std::vector<FxRate>> parse_rates(std::string_view csv, std::string_view file) {
  return RateReader(file).read(TRY(format::parse_csv(csv, ',', file)));
}

Result<Done> FxRates::save(
    store::Database& state, const std::vector<FxRate>& rates, std::string_view origin) {
  return state.write([&](store::Transaction& transaction) -> Result<Done> {
    for (const auto& rate : rates) {
      TRY(transaction.run(
          "INSERT INTO ledger_fx_rates (day, base, quote, rate, origin) VALUES (?, ?, ?, ?, ?) "
          "ON CONFLICT (base, quote, day) DO UPDATE SET rate = excluded.rate, origin = "
          "excluded.origin",
          {rate.day, rate.base, rate.quote, rate.rate.short_text(), std::string(origin)}));
    }
    return Done{};
  });
}

Result<FxRates> FxRates::load(store::Database& state) {
  FxRates rates;
  const auto table = TRY(state.read("SELECT base, quote, day, rate FROM ledger_fx_rates"));
  for (const auto& row : table.rows) {
    rates.rates_[{text(row[0]), text(row[1])}][text(row[2])] = *amount(row[3]);
  }
  return rates;
}

Result<store::Table> FxRates::list(store::Database& state) {
  return state.read(
      "SELECT base, quote, min(day) AS first, max(day) AS last, count(*) AS days "
      "FROM ledger_fx_rates GROUP BY base, quote ORDER BY base, quote");
}

std::optional<Decimal> FxRates::listed(const Pair& pair, base::Date day) const {
  const auto found = rates_.find(pair);
  if (found == rates_.end()) return std::nullopt;
  auto after = found->second.upper_bound(base::print_date(day));
  if (after == found->second.begin()) return std::nullopt;
  --after;
  const auto earliest = base::midnight(day) - std::chrono::hours(24 * kDaysBack);
  if (base::midnight(*base::parse_date(after->first)) < earliest) return std::nullopt;
  return after->second;
}

std::optional<FxRatio> FxRates::find(
    const std::string& base, const std::string& quote, base::Date day) const {
  const auto one = Decimal::of(1);
  if (base == quote) return FxRatio{one, one};
  if (const auto rate = listed({base, quote}, day)) return FxRatio{*rate, one};
  if (const auto inverse = listed({quote, base}, day)) return FxRatio{one, *inverse};
  for (const auto& [pair, days] : rates_) {
    const auto to_base = listed({pair.first, base}, day);
    const auto to_quote = listed({pair.first, quote}, day);
    if (to_base && to_quote) return FxRatio{*to_quote, *to_base};
  }
  return std::nullopt;
}

Result<store::Table> in_currency(
    const store::Table& by_day,
    const CostQuery& query,
    const std::string& currency,
    std::optional<base::Date> fixed_day,
    const FxRates& rates) {
  return Converter(query, currency, fixed_day, rates).run(by_day);
}

Result<long long> Ledger::load_rates(std::string_view csv, std::string_view file) {
  const auto rates = TRY(parse_rates(csv, file));
  TRY(FxRates::save(state_->database, rates, file));
  return static_cast<long long>(rates.size());
}

Result<store::Table> Ledger::rates() { return FxRates::list(state_->database); }

Result<CostAnswer> Ledger::query_in(
    const CostQuery& query, const std::string& currency, std::optional<base::Date> fixed_day) {
  if (!is_currency(currency)) {
    return base::invalid_input("a currency as USD, not \"" + currency + "\"");
  }
  CostQuery daily = query;
  daily.granularity = CostQuery::Granularity::day;
  daily.limit.reset();
  if (std::find(daily.by.begin(), daily.by.end(), "BillingCurrency") == daily.by.end()) {
    daily.by.emplace_back("BillingCurrency");
  }
  auto answer = TRY(this->query(daily));
  const auto rates = TRY(FxRates::load(state_->database));
  answer.table = TRY(in_currency(answer.table, query, currency, fixed_day, rates));
  return answer;
}

}  // namespace outlay::ledger
