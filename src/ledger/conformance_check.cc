// SPDX-License-Identifier: Apache-2.0
#include "ledger/conformance_check.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "ledger/cells.h"

namespace outlay::ledger {
namespace {

using base::Done;
using base::Result;
using base::sql_name;

/// Money in answers: what sums of products need, no more.
constexpr std::string_view kAmountType = "DECIMAL(38,10)";

/// DuckDB's time to prepare a scan grows faster than its aggregates do.
constexpr std::size_t kRulesPerScan = 80;

std::string currency_of(std::string_view dataset) {
  return dataset == "billing_period" ? "CAST(NULL AS VARCHAR)" : "BillingCurrency";
}

/// What a row costs, where a rule does not say by how much it is missed.
std::string cost_of(std::string_view dataset) {
  if (dataset == "cost_and_usage") {
    return "greatest(abs(coalesce(BilledCost, 0)), abs(coalesce(EffectiveCost, 0)))";
  }
  if (dataset == "invoice_detail") return "abs(BilledCost)";
  if (dataset == "contract_commitment") return "abs(ContractCommitmentCost)";
  return "NULL";
}

/// True, false or null per row: see ConformanceRule::holds.
std::string verdict_of(const ConformanceRule& rule) {
  if (rule.where.empty()) return "(" + rule.holds + ")";
  return fmt::format("CASE WHEN {} THEN ({}) END", rule.where, rule.holds);
}

/// Per group: holds, amount, currency, place, subject.
std::string groups_sql(const ConformanceRule& rule) {
  if (!rule.query.empty()) return rule.query;
  std::vector<std::string> keys;
  std::vector<std::string> words;
  for (const auto& column : rule.group) {
    keys.push_back(sql_name(column));
    words.push_back(fmt::format("CAST({} AS VARCHAR)", sql_name(column)));
  }
  return fmt::format(
      "SELECT ({}) AS holds, CAST({} AS {}) AS amount, min({}) AS currency, min(x_At) AS place, "
      "concat_ws(' ', {}) AS subject FROM {} WHERE {} GROUP BY {}",
      rule.holds,
      rule.amount.empty() ? "sum(" + cost_of(rule.dataset) + ")" : rule.amount,
      kAmountType,
      currency_of(rule.dataset),
      base::join(words, ", "),
      rule.dataset,
      rule.where.empty() ? "true" : rule.where,
      base::join(keys, ", "));
}

/// The FOCUS columns a rule's SQL names, its own first; with their raw texts where they have one.
std::vector<std::string> columns_named(const ConformanceRule& rule) {
  std::vector<std::string> names{rule.column};
  const auto add = [&](const std::string& word) {
    const auto* column = find_focus_column(rule.dataset, word);
    const bool is_new = std::find(names.begin(), names.end(), word) == names.end();
    if (column != nullptr && column->name == word && is_new) names.push_back(word);
  };
  std::string word;
  for (const char c : rule.where + " " + rule.holds + " ") {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
      word.push_back(c);
    } else {
      add(word);
      word.clear();
    }
  }
  return names;
}

/// One run over one data set.
class Check {
 public:
  Check(
      store::Duck& duck,
      const std::vector<CheckedData>& all,
      const CheckedData& data,
      const ConformanceSettings& settings)
      : duck_(duck), all_(all), data_(data), settings_(settings) {}

  Result<ConformanceReport> run();

 private:
  Result<Done> check_rows();
  Result<Done> scan_rows(const std::vector<RuleOutcome*>& outcomes);
  Result<Done> detail_rows();
  Result<Done> check_groups(RuleOutcome& outcome);
  Result<Done> place(RuleOutcome& outcome, const std::string& at);
  Result<Done> show(RuleOutcome& outcome);
  void check_presence(RuleOutcome& outcome) const;
  /// Why a rule cannot be checked here; empty when it can.
  std::string obstacle(const ConformanceRule& rule) const;
  std::vector<RuleOutcome*> row_outcomes(bool only_failed);

  bool is_there(const std::string& dataset) const {
    return std::any_of(
        all_.begin(), all_.end(), [&](const auto& one) { return one.dataset == dataset; });
  }

  store::Duck& duck_;
  const std::vector<CheckedData>& all_;
  const CheckedData& data_;
  const ConformanceSettings& settings_;
  ConformanceReport report_;
};

std::string Check::obstacle(const ConformanceRule& rule) const {
  if (data_.present.count(rule.column) == 0) return "column " + rule.column + " is not there";
  if (!rule.with.empty() && !is_there(rule.with)) return "no " + rule.with + " to compare with";
  return {};
}

void Check::check_presence(RuleOutcome& outcome) const {
  const auto& rule = outcome.rule;
  if (!rule.presence.empty() && data_.present.count(rule.presence) == 0) {
    outcome.note = "column " + rule.presence + " is not there";
    return;
  }
  outcome.checked = 1;
  outcome.violations = data_.present.count(rule.column) == 0 ? 1 : 0;
  outcome.status = outcome.violations == 0 ? RuleStatus::passed : RuleStatus::failed;
  if (outcome.violations > 0) outcome.note = "column " + rule.column + " is not there";
}

std::vector<RuleOutcome*> Check::row_outcomes(bool only_failed) {
  std::vector<RuleOutcome*> out;
  for (auto& outcome : report_.outcomes) {
    if (outcome.rule.holds.empty() || outcome.rule.is_about_groups()) continue;
    const bool is_wanted =
        only_failed ? outcome.status == RuleStatus::failed : outcome.note.empty();
    if (is_wanted) out.push_back(&outcome);
  }
  return out;
}

std::string verdicts_sql(const std::vector<RuleOutcome*>& outcomes, const std::string& more) {
  std::vector<std::string> list;
  if (!more.empty()) list.push_back(more);
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    list.push_back(fmt::format("{} AS v{}", verdict_of(outcomes[i]->rule), i));
  }
  return list.empty() ? std::string("1") : base::join(list, ", ");
}

Result<Done> Check::check_rows() {
  const auto outcomes = row_outcomes(false);
  for (std::size_t first = 0; first < outcomes.size(); first += kRulesPerScan) {
    const auto last = std::min(first + kRulesPerScan, outcomes.size());
    TRY(scan_rows(
        {outcomes.begin() + static_cast<std::ptrdiff_t>(first),
         outcomes.begin() + static_cast<std::ptrdiff_t>(last)}));
  }
  return Done{};
}

Result<Done> Check::scan_rows(const std::vector<RuleOutcome*>& outcomes) {
  std::vector<std::string> counts{"count(*)"};
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    // Not FILTER: each filtered aggregate copies the columns of all others.
    counts.push_back(fmt::format("count(v{0}), count(nullif(v{0}, true))", i));
  }
  const auto table = TRY(duck_.query(fmt::format(
      "SELECT {} FROM (SELECT {} FROM {})",
      base::join(counts, ", "),
      verdicts_sql(outcomes, {}),
      data_.dataset)));
  const auto& cells = table.rows.at(0);
  report_.rows = whole(cells[0]);
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    auto& outcome = *outcomes[i];
    outcome.checked = whole(cells[1 + 2 * i]);
    outcome.violations = whole(cells[2 + 2 * i]);
    if (outcome.violations > 0) {
      outcome.status = RuleStatus::failed;
    } else if (outcome.checked > 0) {
      outcome.status = RuleStatus::passed;
    } else {
      outcome.note = "no row that the rule speaks of";
    }
  }
  return Done{};
}

/// Adds one currency's share of what a rule found.
void add_amount(RuleOutcome& outcome, const store::Cell& currency, const store::Cell& money) {
  const auto value = amount(money);
  if (value && !value->is_zero()) outcome.amounts.emplace_back(text(currency), *value);
}

/// The smaller of two places, where empty is none.
void keep_first(std::string& first, const store::Cell& at) {
  if (at && (first.empty() || *at < first)) first = *at;
}

Result<Done> Check::place(RuleOutcome& outcome, const std::string& at) {
  if (at.empty()) return Done{};
  const auto found = TRY(data_.place_of(at));
  outcome.first_file = found.first;
  outcome.first_row = found.second;
  return Done{};
}

Result<Done> Check::detail_rows() {
  const auto outcomes = row_outcomes(true);
  if (outcomes.empty()) return Done{};
  std::vector<std::string> asked;
  std::string more = fmt::format("x_At, {} AS currency", currency_of(data_.dataset));
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    const auto& given = outcomes[i]->rule.amount;
    more += fmt::format(", ({}) AS a{}", given.empty() ? cost_of(data_.dataset) : given, i);
    asked.push_back(fmt::format(
        "min(CASE WHEN NOT v{0} THEN x_At END), CAST(sum(CASE WHEN NOT v{0} THEN a{0} END) AS {1})",
        i,
        kAmountType));
  }
  const auto table = TRY(duck_.query(fmt::format(
      "SELECT currency, {} FROM (SELECT {} FROM {}) GROUP BY currency ORDER BY currency",
      base::join(asked, ", "),
      verdicts_sql(outcomes, more),
      data_.dataset)));
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    std::string first;
    for (const auto& row : table.rows) {
      keep_first(first, row[1 + 2 * i]);
      add_amount(*outcomes[i], row[0], row[2 + 2 * i]);
    }
    TRY(place(*outcomes[i], first));
    TRY(show(*outcomes[i]));
  }
  return Done{};
}

Result<Done> Check::check_groups(RuleOutcome& outcome) {
  const auto table = TRY(duck_.query(fmt::format(
      "SELECT currency, count(holds), count(nullif(holds, true)), {}, CAST({} AS {}) FROM ({}) "
      "GROUP BY currency ORDER BY currency",
      "min(CASE WHEN NOT holds THEN place END)",
      "sum(CASE WHEN NOT holds THEN amount END)",
      kAmountType,
      groups_sql(outcome.rule))));
  std::string first;
  for (const auto& row : table.rows) {
    outcome.checked += whole(row[1]);
    outcome.violations += whole(row[2]);
    keep_first(first, row[3]);
    add_amount(outcome, row[0], row[4]);
  }
  if (outcome.checked == 0) {
    outcome.note = "nothing that the rule speaks of";
    return Done{};
  }
  outcome.status = outcome.violations > 0 ? RuleStatus::failed : RuleStatus::passed;
  TRY(place(outcome, first));
  if (outcome.violations > 0) TRY(show(outcome));
  return Done{};
}

Result<Done> Check::show(RuleOutcome& outcome) {
  if (settings_.violations_shown <= 0) return Done{};
  const auto& rule = outcome.rule;
  std::string sql;
  if (rule.is_about_groups()) {
    sql = fmt::format(
        "SELECT place, subject AS Subject, amount AS Amount, currency AS Currency FROM ({}) WHERE "
        "NOT "
        "holds ORDER BY place",
        groups_sql(rule));
  } else {
    std::vector<std::string> list{"x_At AS place"};
    for (const auto& column : columns_named(rule)) {
      const auto* known = find_focus_column(rule.dataset, column);
      const bool is_typed = known->kind != Kind::text && known->kind != Kind::json;
      const std::string value = fmt::format("CAST({} AS VARCHAR)", sql_name(column));
      list.push_back(fmt::format(
          "{} AS {}",
          is_typed ? fmt::format("coalesce({}, {})", sql_name("raw:" + column), value) : value,
          sql_name(column)));
    }
    sql = fmt::format(
        "SELECT {} FROM {} WHERE NOT ({}) ORDER BY place",
        base::join(list, ", "),
        rule.dataset,
        verdict_of(rule));
  }
  auto table = TRY(duck_.query(fmt::format("{} LIMIT {}", sql, settings_.violations_shown)));
  outcome.examples.columns = {{"File", store::Type::text}, {"Row", store::Type::integer}};
  outcome.examples.columns.insert(
      outcome.examples.columns.end(), table.columns.begin() + 1, table.columns.end());
  for (auto& row : table.rows) {
    std::vector<store::Cell> cells(2);
    if (row[0]) {
      const auto found = TRY(data_.place_of(*row[0]));
      cells = {found.first, std::to_string(found.second)};
    }
    cells.insert(cells.end(), row.begin() + 1, row.end());
    outcome.examples.rows.push_back(std::move(cells));
  }
  return Done{};
}

Result<ConformanceReport> Check::run() {
  report_.dataset = data_.dataset;
  report_.version = settings_.version;
  report_.outcomes = data_.structure;
  for (auto& rule : conformance_rules_of(data_.dataset, settings_.version)) {
    RuleOutcome outcome;
    const auto wrong = data_.wrong_types.find(rule.column);
    if (wrong != data_.wrong_types.end() &&
        rule.id == column_rule_id(rule.dataset, rule.column, "type")) {
      rule.holds = "false";
      rule.statement += fmt::format("; the file has {}", wrong->second);
    }
    outcome.rule = std::move(rule);
    if (outcome.rule.kind == "presence") {
      check_presence(outcome);
    } else {
      outcome.note = obstacle(outcome.rule);
    }
    report_.outcomes.push_back(std::move(outcome));
  }
  TRY(check_rows());
  TRY(detail_rows());
  for (auto& outcome : report_.outcomes) {
    if (outcome.rule.is_about_groups() && outcome.note.empty()) TRY(check_groups(outcome));
  }
  return std::move(report_);
}

}  // namespace

Result<Done> known_version(std::string_view version, std::string_view dataset) {
  std::vector<std::string> known;
  for (const auto& one : conformance_versions()) {
    if (!focus_columns_of(dataset, one).empty()) known.push_back(one);
  }
  if (std::find(known.begin(), known.end(), version) != known.end()) return Done{};
  return base::invalid_input(fmt::format(
      "FOCUS {} has no rules for the data set {}; the versions are {}",
      version,
      dataset,
      base::join(known, ", ")));
}

Result<ConformanceReport> check_data(
    store::Duck& duck,
    const std::vector<CheckedData>& data,
    std::size_t index,
    const ConformanceSettings& settings) {
  return Check(duck, data, data[index], settings).run();
}

}  // namespace outlay::ledger
