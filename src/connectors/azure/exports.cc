// SPDX-License-Identifier: Apache-2.0
#include "connectors/azure/exports.h"

#include <algorithm>
#include <cctype>
#include <map>

#include <fmt/format.h>

#include "base/text.h"
#include "connectors/connector.h"

namespace outlay::connectors {
namespace {

constexpr std::string_view kActual[]{"actualcost", "actual-cost", "actual_cost", "actual"};
constexpr std::string_view kAmortized[]{
    "amortizedcost", "amortisedcost", "amortized-cost", "amortized_cost", "amortized", "amortised"};

template <class Words>
bool has_word(std::string_view text, const Words& words) {
  return std::ranges::any_of(
      words, [&](std::string_view word) { return text.find(word) != std::string_view::npos; });
}

bool is_guid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (is_dash ? text[i] != '-' : std::isxdigit(static_cast<unsigned char>(text[i])) == 0) {
      return false;
    }
  }
  return true;
}

// "dir/export_<guid>.csv.gz" -> "dir/export"; empty when the name has no such tail.
std::string export_of(std::string_view file) {
  const auto slash = file.rfind('/');
  const auto dot = file.find('.', slash == std::string_view::npos ? 0 : slash);
  const auto stem = file.substr(0, dot);
  const auto mark = stem.rfind('_');
  if (mark == std::string_view::npos || !is_guid(stem.substr(mark + 1))) return {};
  return std::string(stem.substr(0, mark));
}

bool is_newer(const io::Path& a, const io::Path& b) {
  std::error_code failed;
  const auto at = std::filesystem::last_write_time(a, failed);
  const auto bt = std::filesystem::last_write_time(b, failed);
  // Copies and archives keep no times worth the name; a later file of the month is the longer one.
  const bool is_apart = at > bt + std::chrono::seconds(2) || bt > at + std::chrono::seconds(2);
  if (is_apart) return at > bt;
  return std::filesystem::file_size(a, failed) > std::filesystem::file_size(b, failed);
}

}  // namespace

bool is_azure_cost(const ledger::Delivery& delivery) {
  return delivery.sets.size() == 1 && delivery.sets.front().format.starts_with("azure") &&
         delivery.sets.front().format != "azure-focus" && delivery.sets.front().remap != nullptr;
}

std::string_view half_of(const ledger::BillFile& file) {
  const std::string said = base::lower(file.dataset.empty() ? file.name : file.dataset);
  const bool is_amortized = has_word(said, kAmortized);
  const bool is_actual = has_word(said, kActual);
  if (is_amortized == is_actual) {
    // Both words: the file's own name decides.
    const std::string name = said.substr(said.rfind('/') + 1);
    if (!is_actual || name == said) return {};
    ledger::BillFile bare;
    bare.name = name;
    return half_of(bare);
  }
  return is_amortized ? "amortized" : "actual";
}

std::string without_half(std::string_view name) {
  std::string out(name);
  for (const auto word : kAmortized) out = base::replace_all(out, word, "");
  for (const auto word : kActual) out = base::replace_all(out, word, "");
  for (const std::string twice : {"--", "__", "_-", "-_"}) {
    while (out.find(twice) != std::string::npos) {
      out = base::replace_all(out, twice, twice.substr(0, 1));
    }
  }
  while (!out.empty() && (out.back() == '-' || out.back() == '_')) out.pop_back();
  while (!out.empty() && (out.front() == '-' || out.front() == '_')) out.erase(0, 1);
  return out.empty() ? "azure" : out;
}

std::vector<std::pair<std::string, std::string>> superseded_exports(
    const io::Path& root, const std::vector<std::string>& files) {
  std::map<std::string, std::string> newest;
  std::vector<std::pair<std::string, std::string>> older;
  for (const auto& file : files) {
    const auto name = export_of(file);
    if (name.empty()) continue;
    const auto [found, is_new] = newest.try_emplace(name, file);
    if (is_new) continue;
    std::string loser = file;
    if (is_newer(root / file, root / found->second)) std::swap(loser, found->second);
    older.emplace_back(loser, "");
  }
  for (auto& [file, reason] : older) {
    reason =
        fmt::format("an older state of the month that {} states anew", newest.at(export_of(file)));
  }
  return older;
}

void join_halves(std::vector<ledger::Delivery>& deliveries) {
  std::vector<ledger::Delivery> joined;
  for (auto& delivery : deliveries) {
    const auto partner = std::ranges::find_if(joined, [&](const ledger::Delivery& other) {
      return is_azure_cost(other) && is_azure_cost(delivery) && other.source == delivery.source;
    });
    if (partner == joined.end()) {
      joined.push_back(std::move(delivery));
      continue;
    }
    auto& set = partner->sets.front();
    for (auto& file : delivery.sets.front().files) set.files.push_back(std::move(file));
    set.mapper = set.remap(set.files, 0);
    partner->label += ", " + delivery.label;
    partner->manifest_period.reset();
    partner->skipped.insert(
        partner->skipped.end(), delivery.skipped.begin(), delivery.skipped.end());
  }
  deliveries = std::move(joined);
}

}  // namespace outlay::connectors
