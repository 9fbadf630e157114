// SPDX-License-Identifier: Apache-2.0
#include "flow/condition.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "expr/holidays.h"
#include "format/json.h"

namespace outlay::flow {
namespace {

using base::Result;
using format::Value;
using Kind = Condition::Kind;

constexpr std::array<std::string_view, 7> kDays{
    "SUNDAY", "MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY"};

/// One look at a condition: its properties and what it looks at.
class Look {
 public:
  Look(const Condition& condition, const ConditionFacts& facts)
      : condition_(condition), facts_(facts) {}

  Result<bool> answer() const {
    switch (condition_.kind) {
      case Kind::all:
      case Kind::any:
      case Kind::none:
      case Kind::multiple:
        return of_several();
      case Kind::expression:
      case Kind::execution_outputs:
        return expr::is_truthy_text(TRY(text("expression")));
      case Kind::date_between:
        return between(false);
      case Kind::time_between:
        return between(true);
      case Kind::day_week:
      case Kind::day_week_in_month:
      case Kind::weekend:
        return of_day();
      case Kind::public_holiday:
        return holiday();
      default:
        return of_execution();
    }
  }

 private:
  Result<std::string> text(std::string_view name) const {
    const Value& written = condition_.properties[name];
    if (written.is_null()) return std::string();
    if (!written.is_text()) return format::print_json(written);
    const auto compiled = TRY(expr::Template::parse(written.as_text()));
    return compiled.render(*facts_.scope, *facts_.environment);
  }

  // NOLINTNEXTLINE(misc-no-recursion): as deep as the conditions are nested.
  Result<bool> of_several() const {
    bool any = false;
    bool all = true;
    for (const Condition& inner : condition_.inner) {
      const bool is_true = TRY(holds(inner, facts_));
      any = any || is_true;
      all = all && is_true;
    }
    if (condition_.kind == Kind::any) return any;
    return condition_.kind == Kind::none ? !any : all;
  }

  Result<base::Instant> date() const {
    std::string written = condition_.properties["date"].text_or("{{ trigger.date }}");
    const auto compiled = TRY(expr::Template::parse(written));
    return base::parse_instant(TRY(compiled.render(*facts_.scope, *facts_.environment)));
  }

  // A time "09:00:00+02:00" as a moment of the day of `at`.
  Result<base::Instant> moment(const std::string& written, bool is_time, base::Instant at) const {
    if (!is_time) return base::parse_instant(written);
    const auto local = facts_.zone.to_local(at);
    const std::string day =
        base::print_date(base::date_of(base::Instant(local.time_since_epoch())));
    return base::parse_instant(
        day + "T" + written + (written.find_first_of("Z+") == std::string::npos ? "Z" : ""));
  }

  Result<bool> between(bool is_time) const {
    const base::Instant at = TRY(date());
    const std::string after = TRY(text("after"));
    const std::string before = TRY(text("before"));
    if (!after.empty() && at <= TRY(moment(after, is_time, at))) return false;
    if (!before.empty() && at >= TRY(moment(before, is_time, at))) return false;
    return true;
  }

  Result<bool> of_day() const {
    const base::Instant at = TRY(date());
    const auto local = facts_.zone.to_local(at);
    const auto days = std::chrono::floor<std::chrono::days>(local);
    const std::chrono::weekday day(days);
    if (condition_.kind == Kind::weekend)
      return day == std::chrono::Saturday || day == std::chrono::Sunday;
    const std::string wanted = TRY(text("dayOfWeek"));
    if (kDays.at(day.c_encoding()) != wanted) return false;
    if (condition_.kind == Kind::day_week) return true;
    const std::chrono::year_month_day date_of_month(days);
    const unsigned number = (static_cast<unsigned>(date_of_month.day()) - 1) / 7;
    const std::string place = TRY(text("dayInMonth"));
    if (place == "LAST") {
      const std::chrono::year_month_day_last last(
          date_of_month.year(), std::chrono::month_day_last(date_of_month.month()));
      return static_cast<unsigned>(date_of_month.day()) + 7 > static_cast<unsigned>(last.day());
    }
    constexpr std::array<std::string_view, 4> kPlaces{"FIRST", "SECOND", "THIRD", "FOURTH"};
    return number < kPlaces.size() && kPlaces.at(number) == place;
  }

  // Without a country the one of the host's usual locale, en_US.
  Result<bool> holiday() const {
    const auto local = facts_.zone.to_local(TRY(date()));
    const std::string country = TRY(text("country"));
    const auto day = std::chrono::floor<std::chrono::days>(local).time_since_epoch();
    return expr::is_public_holiday(
        std::chrono::sys_days(day), country.empty() ? "US" : country, TRY(text("subDivision")));
  }

  static bool is_in(const Value& list, const std::string& text) {
    if (!list.is_array()) return false;
    const auto& items = list.as_array();
    return std::any_of(items.begin(), items.end(), [&text](const Value& item) {
      return item.text_or("") == text;
    });
  }

  Result<bool> has_name_space(const std::string& found) const {
    const std::string wanted = TRY(text("namespace"));
    const std::string comparison = TRY(text("comparison"));
    const bool is_prefix = comparison == "PREFIX" || condition_.properties["prefix"].bool_or(false);
    if (is_prefix) return found.rfind(wanted, 0) == 0;
    if (comparison == "SUFFIX")
      return found.size() >= wanted.size() &&
             found.compare(found.size() - wanted.size(), wanted.size(), wanted) == 0;
    return found == wanted;
  }

  Result<bool> of_labels() const {
    const Value& wanted = condition_.properties["labels"];
    std::vector<std::pair<std::string, std::string>> pairs;
    if (wanted.is_object())
      for (const auto& [key, value] : wanted.as_object())
        pairs.emplace_back(key, value.text_or(""));
    if (wanted.is_array())
      for (const Value& item : wanted.as_array())
        pairs.emplace_back(item["key"].text_or(""), item["value"].text_or(""));
    const Value& labels = facts_.execution["labels"];
    if (!labels.is_array()) return pairs.empty();
    return std::all_of(pairs.begin(), pairs.end(), [&labels](const auto& pair) {
      return std::any_of(
          labels.as_array().begin(), labels.as_array().end(), [&pair](const Value& label) {
            return label["key"].text_or("") == pair.first &&
                   label["value"].text_or("") == pair.second;
          });
    });
  }

  bool has_state(const std::string& state) const {
    const Value& in = condition_.properties["in"];
    if (!in.is_null() && !is_in(in, state)) return false;
    return !is_in(condition_.properties["notIn"], state);
  }

  bool has_retries() const {
    const Value& runs = facts_.execution["taskRunList"];
    if (!runs.is_array()) return false;
    return std::any_of(runs.as_array().begin(), runs.as_array().end(), [this](const Value& run) {
      const Value& attempts = run["attempts"];
      return attempts.is_array() && attempts.as_array().size() > 1 &&
             has_state(run["state"]["current"].text_or(""));
    });
  }

  Result<bool> of_execution() const {
    const std::string name_space = facts_.execution["namespace"].text_or("");
    switch (condition_.kind) {
      case Kind::flow:
        return TRY(text("namespace")) == facts_.name_space && TRY(text("flowId")) == facts_.flow_id;
      case Kind::flow_namespace:
        return has_name_space(facts_.name_space);
      case Kind::execution_namespace:
        return has_name_space(name_space);
      case Kind::execution_flow:
        return TRY(text("namespace")) == name_space &&
               TRY(text("flowId")) == facts_.execution["flowId"].text_or("");
      case Kind::execution_labels:
        return of_labels();
      case Kind::execution_status:
        return has_state(facts_.execution["state"]["current"].text_or(""));
      default:
        return has_retries();
    }
  }

  const Condition& condition_;
  const ConditionFacts& facts_;
};

}  // namespace

Result<bool> holds(const Condition& condition, const ConditionFacts& facts) {
  return Look(condition, facts).answer();
}

const Condition* multiple_in(const Condition& condition) {
  if (condition.kind == Kind::multiple) return &condition;
  for (const Condition& inner : condition.inner)
    if (const Condition* found = multiple_in(inner); found != nullptr) return found;
  return nullptr;
}

}  // namespace outlay::flow
