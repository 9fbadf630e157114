// SPDX-License-Identifier: Apache-2.0
#include "api/ops/query_filter.h"

#include <algorithm>
#include <map>
#include <regex>

#include "api/ops/params.h"
#include "base/text.h"
#include "base/time.h"

namespace outlay::api {

using base::Result;
using format::Value;
using Compare = Filter::Compare;

namespace {

const std::map<std::string, Compare, std::less<>>& comparisons() {
  static const std::map<std::string, Compare, std::less<>> all{
      {"EQUALS", Compare::equals},
      {"NOT_EQUALS", Compare::differs},
      {"IN", Compare::in},
      {"NOT_IN", Compare::not_in},
      {"CONTAINS", Compare::contains},
      {"STARTS_WITH", Compare::starts_with},
      {"ENDS_WITH", Compare::ends_with},
      {"PREFIX", Compare::prefix},
      {"REGEX", Compare::regex},
      {"GREATER_THAN", Compare::greater},
      {"GREATER_THAN_OR_EQUAL_TO", Compare::greater_equal},
      {"LESS_THAN", Compare::less},
      {"LESS_THAN_OR_EQUAL_TO", Compare::less_equal},
  };
  return all;
}

bool is_list(Compare compare) { return compare == Compare::in || compare == Compare::not_in; }

std::vector<std::string> names_of_comparisons() {
  std::vector<std::string> out;
  for (const auto& [name, compare] : comparisons()) out.push_back(name);
  return out;
}

Result<Filter> filter_of(const Value& given, const std::vector<std::string>& fields) {
  Filter filter;
  filter.field = given["field"].text_or("");
  filter.key = given["key"].text_or("");
  if (filter.field == "query") filter.field = "q";
  if (std::find(fields.begin(), fields.end(), filter.field) == fields.end()) {
    return base::invalid_input(
        "This search has no filter \"" + filter.field + "\"." +
        base::did_you_mean(filter.field, fields) + " It has " + base::join(fields, ", ") + ".");
  }
  const std::string operation = given["operation"].text_or("EQUALS");
  const auto known = comparisons().find(operation);
  if (known == comparisons().end()) {
    return base::invalid_input(
        "There is no filter operation \"" + operation + "\"." +
        base::did_you_mean(operation, names_of_comparisons()));
  }
  filter.compare = known->second;
  const std::string text = given["value"].text_or("");
  filter.values =
      is_list(filter.compare) ? base::split_trimmed(text, ',') : std::vector<std::string>{text};
  return filter;
}

// How long ago is not something a stored moment can be compared with.
Result<Filter> without_range(Filter filter, base::Instant now) {
  if (filter.field != "timeRange") return filter;
  const auto range = TRY(base::parse_duration(filter.values.front()));
  return Filter{
      .compare = Compare::greater_equal,
      .field = "startDate",
      .key = {},
      .values = {base::print_instant(now - range)}};
}

bool contains_ignoring_case(std::string_view text, std::string_view part) {
  return base::lower(text).find(base::lower(part)) != std::string::npos;
}

int order(std::string_view a, std::string_view b) {
  const auto left = base::parse_instant(a);
  const auto right = base::parse_instant(b);
  if (left && right) return *left < *right ? -1 : *right < *left ? 1 : 0;
  return a.compare(b);
}

bool compares(Compare compare, std::string_view found, std::string_view wanted) {
  switch (compare) {
    case Compare::equals:
    case Compare::in:
      return found == wanted;
    case Compare::differs:
    case Compare::not_in:
      return found != wanted;
    case Compare::contains:
      return contains_ignoring_case(found, wanted);
    case Compare::starts_with:
      return found.starts_with(wanted);
    case Compare::ends_with:
      return found.ends_with(wanted);
    case Compare::prefix:
      return found == wanted || (found.starts_with(wanted) && found[wanted.size()] == '.');
    case Compare::regex:
      return std::regex_search(std::string(found), std::regex(std::string(wanted)));
    case Compare::greater:
      return order(found, wanted) > 0;
    case Compare::greater_equal:
      return order(found, wanted) >= 0;
    case Compare::less:
      return order(found, wanted) < 0;
    case Compare::less_equal:
      return order(found, wanted) <= 0;
  }
  return false;
}

std::string_view label_of(const Value& labels, std::string_view key, std::string& kept) {
  if (labels.is_array()) {
    for (const Value& label : labels.as_array()) {
      if (label["key"].text_or("") == key) return kept = label["value"].text_or("");
    }
  }
  return kept = labels[key].text_or("");
}

/// The value at a dotted path: "state.startDate".
const Value& at_path(const Value& value, std::string_view path) {
  const Value* at = &value;
  for (const std::string& part : base::split(path, '.')) at = &(*at)[part];
  return *at;
}

bool comes_before(const Value& a, const Value& b) {
  if (a.is_int() && b.is_int()) return a.as_int() < b.as_int();
  return order(a.text_or(""), b.text_or("")) < 0;
}

}  // namespace

std::vector<Param> search_params() {
  std::vector<Param> params = page_params();
  params.push_back(optional(
      "sort", ParamKind::list, "fields to sort by, each field:asc or field:desc, e.g. id:asc"));
  params.push_back(optional(
      "filters",
      ParamKind::any,
      "conditions, over REST filters[field][OPERATION]=value; operations are EQUALS, NOT_EQUALS, "
      "IN, NOT_IN, CONTAINS, STARTS_WITH, ENDS_WITH, PREFIX, REGEX, GREATER_THAN(_OR_EQUAL_TO), "
      "LESS_THAN(_OR_EQUAL_TO)"));
  return params;
}

Result<std::vector<Filter>> filters_of(
    const Request& request, const std::vector<std::string>& fields, base::Instant now) {
  std::vector<Filter> out;
  const Value& given = request.value("filters");
  if (!given.is_array()) return out;
  for (const Value& one : given.as_array()) {
    Filter filter = TRY(filter_of(one, fields));
    if (filter.compare == Compare::regex) {
      try {
        const std::regex checked(filter.values.front());
      } catch (const std::regex_error& error) {
        return base::invalid_input(
            "\"" + filter.values.front() + "\" is no regular expression: " + error.what());
      }
    }
    out.push_back(TRY(without_range(std::move(filter), now)));
  }
  return out;
}

bool matches(const Filter& filter, std::string_view found) {
  if (filter.field == "q") return contains_ignoring_case(found, filter.values.front());
  const auto holds = [&](const std::string& wanted) {
    return compares(filter.compare, found, wanted);
  };
  if (filter.compare == Compare::not_in)
    return std::all_of(filter.values.begin(), filter.values.end(), holds);
  return std::any_of(filter.values.begin(), filter.values.end(), holds);
}

bool matches_labels(const Filter& filter, const Value& labels) {
  std::string kept;
  if (!filter.key.empty()) return matches(filter, label_of(labels, filter.key, kept));
  // Older clients: labels=key:value.
  for (const std::string& pair : filter.values) {
    const std::size_t colon = pair.find(':');
    if (colon == std::string::npos) return false;
    const bool is_there = label_of(labels, pair.substr(0, colon), kept) == pair.substr(colon + 1);
    if (is_there == (filter.compare == Compare::differs)) return false;
  }
  return true;
}

Result<Value> page_of(const Request& request, std::vector<Value> all) {
  std::vector<std::string> sorts = request.list("sort");
  std::reverse(sorts.begin(), sorts.end());
  for (const std::string& sort : sorts) {
    const std::size_t colon = sort.find(':');
    const std::string field = sort.substr(0, colon);
    const bool is_down =
        colon != std::string::npos && base::equal_ignoring_case(sort.substr(colon + 1), "desc");
    std::stable_sort(all.begin(), all.end(), [&](const Value& a, const Value& b) {
      return is_down ? comes_before(at_path(b, field), at_path(a, field))
                     : comes_before(at_path(a, field), at_path(b, field));
    });
  }
  const long long page = request.integer("page");
  const long long size = request.integer("size");
  constexpr long long kMost = 1'000'000'000;
  if (page < 1 || size < 0 || page > kMost || size > kMost) {
    return base::invalid_input("\"page\" begins at 1, and \"size\" must not be negative.");
  }
  const long long total = std::ssize(all);
  const long long first = std::min((page - 1) * size, total);
  const long long last = std::min(first + size, total);
  format::Array results;
  for (long long at = first; at < last; ++at) {
    results.push_back(std::move(all[static_cast<std::size_t>(at)]));
  }
  return Value::object(
      {{"results", Value(std::move(results))}, {"total", static_cast<std::int64_t>(total)}});
}

}  // namespace outlay::api
