// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "ledger/diff_sql.h"
#include "ledger/numbered_files.h"
#include "ledger/state.h"
#include "ledger/views.h"

namespace outlay::ledger {
namespace {

using base::Done;
using base::Result;

constexpr std::string_view kDataset = "cost_and_usage";

/// One (source, period) on both sides; absent where it was not booked.
struct Pair {
  std::optional<Volume> before, after;
};

using Pairs = std::map<std::pair<std::string, std::string>, Pair>;

std::string numbers_of(const std::vector<Volume>& volumes) {
  std::vector<std::string> out;
  for (const auto& volume : volumes) out.push_back(std::to_string(volume.generation.generation));
  return out.empty() ? "none" : base::join(out, ", ");
}

std::pair<std::string, std::string> place_of(const Volume& volume) {
  return {volume.generation.source, volume.generation.period};
}

class Sides {
 public:
  Sides(Catalog& catalog, const DiffQuery& query) : catalog_(catalog), query_(query) {}

  Result<Pairs> find() {
    if (query_.from_time || query_.to_time) return by_time();
    if (query_.from_generation == 0 && query_.to_generation == 0) return newest();
    return by_number();
  }

 private:
  bool is_asked(const Volume& volume) const {
    return (query_.source.empty() || query_.source == volume.generation.source) &&
           (query_.period.empty() || query_.period == volume.generation.period);
  }

  std::string asked() const {
    return fmt::format(
        "source \"{}\" and period {}",
        query_.source.empty() ? "any" : query_.source,
        query_.period.empty() ? "any" : query_.period);
  }

  Result<Pairs> by_time() {
    if (query_.from_generation != 0 || query_.to_generation != 0) {
      return base::invalid_input(
          "compare either two generations or two moments; leave out the generation numbers");
    }
    if (!query_.from_time) {
      return base::invalid_input("a moment to compare with is missing: say from which time on");
    }
    if (query_.to_time && *query_.to_time < *query_.from_time) {
      return base::invalid_input("the later moment lies before the earlier one; exchange them");
    }
    Pairs pairs;
    for (auto& volume : TRY(catalog_.current(kDataset, query_.from_time))) {
      if (is_asked(volume)) pairs[place_of(volume)].before = std::move(volume);
    }
    for (auto& volume : TRY(catalog_.current(kDataset, query_.to_time))) {
      if (is_asked(volume)) pairs[place_of(volume)].after = std::move(volume);
    }
    if (pairs.empty()) {
      return base::not_found("nothing was booked at either moment for " + asked());
    }
    for (auto at = pairs.begin(); at != pairs.end();) {
      const auto& [before, after] = at->second;
      const bool is_same =
          before && after && before->generation.generation == after->generation.generation;
      at = is_same ? pairs.erase(at) : std::next(at);
    }
    return pairs;
  }

  /// The newest generation of each period against the one before it.
  Result<Pairs> newest() {
    std::map<std::pair<std::string, std::string>, std::vector<Volume>> all;
    for (auto& volume : TRY(catalog_.all(query_.source, query_.period, kDataset))) {
      all[place_of(volume)].push_back(std::move(volume));
    }
    Pairs pairs;
    for (auto& [place, volumes] : all) {
      if (volumes.size() < 2) continue;
      pairs[place] = {volumes[volumes.size() - 2], volumes.back()};
    }
    if (all.empty()) {
      return base::not_found(
          fmt::format("nothing is booked for {}; `outlay sources` lists what is", asked()));
    }
    if (pairs.empty()) {
      return base::not_found(fmt::format(
          "{} has one generation ({}) and no earlier one, so there is nothing to compare",
          asked(),
          numbers_of(all.begin()->second)));
    }
    return pairs;
  }

  Result<Pairs> by_number() {
    if (query_.source.empty() || query_.period.empty()) {
      return base::invalid_input(
          "a generation has its number within one source and billing period: name both, or compare "
          "two moments");
    }
    const auto volumes = TRY(catalog_.all(query_.source, query_.period, kDataset));
    long long to = query_.to_generation;
    if (to == 0 && !volumes.empty()) to = volumes.back().generation.generation;
    long long from = query_.from_generation;
    for (const auto& volume : volumes) {
      if (query_.from_generation == 0 && volume.generation.generation < to) {
        from = volume.generation.generation;
      }
    }
    auto before = TRY(pick(volumes, from));
    auto after = TRY(pick(volumes, to));
    return Pairs{{place_of(after), {std::move(before), std::move(after)}}};
  }

  Result<Volume> pick(const std::vector<Volume>& volumes, long long number) const {
    for (const auto& volume : volumes) {
      if (volume.generation.generation == number) return volume;
    }
    return base::not_found(fmt::format(
        "there is no generation {} of source \"{}\" for {}; there are: {}",
        number,
        query_.source,
        query_.period,
        numbers_of(volumes)));
  }

  Catalog& catalog_;
  const DiffQuery& query_;
};

/// Whether two generations hold the same files, read by mappings of different versions.
Result<bool> is_remapped(Catalog& catalog, const Pair& pair) {
  if (!pair.before || !pair.after) return false;
  if (pair.before->generation.mapping == pair.after->generation.mapping) return false;
  const auto hashes = [&](const Volume& volume) -> Result<std::set<std::string>> {
    std::set<std::string> out;
    for (const auto& file : TRY(numbered_files(catalog, volume.generation.delivery_id))) {
      out.insert(file.sha256);
    }
    return out;
  };
  return TRY(hashes(*pair.before)) == TRY(hashes(*pair.after));
}

ComparedPeriod compared(const std::pair<std::string, std::string>& place, const Pair& pair) {
  ComparedPeriod out{place.first, place.second, 0, 0, {}, {}};
  if (pair.before) {
    out.before = pair.before->generation.generation;
    out.mapping_before = pair.before->generation.mapping;
  }
  if (pair.after) {
    out.after = pair.after->generation.generation;
    out.mapping_after = pair.after->generation.mapping;
  }
  return out;
}

}  // namespace

Result<DiffAnswer> Ledger::diff(const DiffQuery& query) {
  const auto pairs = TRY(Sides(state_->catalog, query).find());
  DiffAnswer answer;
  std::vector<Volume> before, after, both;
  std::vector<ComparedPeriod> remapped, begun;
  for (const auto& [place, pair] : pairs) {
    answer.compared.push_back(compared(place, pair));
    if (pair.before) before.push_back(*pair.before);
    if (pair.after) after.push_back(*pair.after);
    if (!pair.before) begun.push_back(answer.compared.back());
    if (TRY(is_remapped(state_->catalog, pair))) remapped.push_back(answer.compared.back());
  }
  both = before;
  both.insert(both.end(), after.begin(), after.end());
  const auto keys = TRY(
      DiffKeys::read(query.by.empty() ? std::vector<std::string>{"ServiceName"} : query.by, both));
  const auto& folder = state_->settings.folder;
  const auto relation = [&](const std::vector<Volume>& volumes) {
    return keys.fit_rollup() ? rollup_sql(volumes, folder) : rows_sql(kDataset, volumes, folder);
  };
  auto duck = TRY(state_->connect());
  answer.table = TRY(duck.query(
      keys.has_cause() ? keys.causes_sql(relation(before), relation(after), remapped, begun)
                       : keys.sql(relation(before), relation(after))));
  return answer;
}

}  // namespace outlay::ledger
