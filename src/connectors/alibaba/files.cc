// SPDX-License-Identifier: Apache-2.0
#include "connectors/alibaba/files.h"

#include <cctype>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "base/text.h"

namespace outlay::connectors {
namespace {

// "dir/UID_InstanceDetail_20260105_1.csv": what stands before the date, and the date.
struct DatedName {
  std::string stem;
  std::string date;
};

constexpr std::string_view kBills[]{"InstanceDetail", "BillingItemDetail", "SplitItemDetail"};

std::optional<DatedName> dated_name(std::string_view file) {
  const auto slash = file.rfind('/');
  const auto name = slash == std::string_view::npos ? file : file.substr(slash + 1);
  for (const auto bill : kBills) {
    const auto at = name.find(bill);
    const auto mark = at == std::string_view::npos ? at : name.find('_', at);
    if (mark == std::string_view::npos) continue;
    std::size_t end = mark + 1;
    while (end < name.size() && std::isdigit(static_cast<unsigned char>(name[end])) != 0) ++end;
    const auto date = name.substr(mark + 1, end - mark - 1);
    if (date.size() != 6 && date.size() != 8) continue;
    return DatedName{std::string(name.substr(0, at)) + std::string(bill), std::string(date)};
  }
  return std::nullopt;
}

}  // namespace

bool is_day_of_alibaba(std::string_view file) {
  const auto name = dated_name(file);
  return name && name->date.size() == 8;
}

std::vector<std::pair<std::string, std::string>> superseded_alibaba(
    const std::vector<std::string>& files) {
  std::map<std::string, std::string> months;
  for (const auto& file : files) {
    if (const auto name = dated_name(file); name && name->date.size() == 6) {
      months[name->stem + name->date] = file;
    }
  }
  std::vector<std::pair<std::string, std::string>> older;
  for (const auto& file : files) {
    const auto name = dated_name(file);
    if (!name || name->date.size() != 8) continue;
    const auto month = months.find(name->stem + name->date.substr(0, 6));
    if (month != months.end()) {
      older.emplace_back(
          file, fmt::format("a day of the month that {} states whole", month->second));
    }
  }
  return older;
}

}  // namespace outlay::connectors
