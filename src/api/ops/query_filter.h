// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/operation.h"
#include "base/clock.h"
#include "base/result.h"
#include "format/value.h"

namespace outlay::api {

/// One condition of a search, as clients send it: filters[field][OPERATION]=value.
struct Filter {
  enum class Compare {
    equals,
    differs,
    in,
    not_in,
    contains,
    starts_with,
    ends_with,
    prefix,  ///< the same, or below it in a dotted hierarchy
    regex,
    greater,
    greater_equal,
    less,
    less_equal,
  } compare = Compare::equals;
  std::string field;  ///< "namespace", "flowId", "labels" ...
  std::string key;    ///< of labels: which
  std::vector<std::string> values;
};

/// The parameters that every search has: page, size, sort and filters.
std::vector<Param> search_params();

/// The conditions of "filters". An unknown operation is invalid_input; a timeRange became a
/// startDate; `fields` are those that the search knows.
base::Result<std::vector<Filter>> filters_of(
    const Request& request, const std::vector<std::string>& fields, base::Instant now);

/// Texts are compared as they are, moments as moments, "q" and CONTAINS without regard to case.
bool matches(const Filter& filter, std::string_view found);
/// Labels as [{key, value}] or as a map.
bool matches_labels(const Filter& filter, const format::Value& labels);

/// Sorts by "sort" (field:asc, a path into the JSON such as state.startDate), keeps one page and
/// answers {results, total}.
base::Result<format::Value> page_of(const Request& request, std::vector<format::Value> all);

}  // namespace outlay::api
