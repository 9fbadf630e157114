// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace outlay::connectors {

/// True for the file of one day, "UID_InstanceDetail_20260105.csv".
bool is_day_of_alibaba(std::string_view file);

/// Files of days whose month's own file is here as well: it states the month again, with what came
/// late. With the reasons.
std::vector<std::pair<std::string, std::string>> superseded_alibaba(
    const std::vector<std::string>& files);

}  // namespace outlay::connectors
