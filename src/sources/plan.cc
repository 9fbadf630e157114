// SPDX-License-Identifier: Apache-2.0
#include "sources/plan.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <unordered_map>

#include <fmt/format.h>

#include "base/text.h"

namespace outlay::sources {
namespace {

using base::Result;
using io::ObjectInfo;

constexpr std::uint64_t kManifestMax = 16U << 20U;

bool is_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isdigit(c) != 0;
  });
}

std::string file_name(std::string_view key) { return std::string(key.substr(key.rfind('/') + 1)); }

std::vector<std::string> parts_of(std::string_view key) { return base::split(key, '/'); }

bool is_month(std::string_view year, std::string_view month) {
  return is_digits(year) && year.size() == 4 && year >= "1990" && year < "2200" &&
         is_digits(month) && month.size() <= 2 && std::stoi(std::string(month)) >= 1 &&
         std::stoi(std::string(month)) <= 12;
}

std::string month_text(std::string_view year, std::string_view month) {
  return fmt::format("{}-{:0>2}", year, month);
}

// The month that a folder's name is, "2026-01"; empty when it is none.
std::string month_in(std::string_view name) {
  if (const std::size_t equals = name.find('='); equals != std::string_view::npos) {
    name.remove_prefix(equals + 1);
  }
  if (connectors::is_period_folder(name)) return month_text(name.substr(0, 4), name.substr(4, 2));
  if (name.size() == 7 && (name[4] == '-' || name[4] == '_') &&
      is_month(name.substr(0, 4), name.substr(5))) {
    return month_text(name.substr(0, 4), name.substr(5));
  }
  if (name.size() == 6 && is_month(name.substr(0, 4), name.substr(4)))
    return month_text(name.substr(0, 4), name.substr(4));
  return {};
}

std::string after_equals(std::string_view name, std::string_view key) {
  const std::string low = base::lower(name);
  return low.starts_with(std::string(key) + "=") ? low.substr(key.size() + 1) : std::string();
}

struct MonthFolder {
  std::string path;   ///< down to the folder that says the month
  std::string month;  ///< "2026-01"
};

// The first folders of a key that say a month: "2026-01", "year=2026/month=1", "2026/01".
std::optional<MonthFolder> month_folder(std::string_view key) {
  const auto parts = parts_of(key);
  std::string path;
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
    path += (i == 0 ? "" : "/") + parts[i];
    if (const std::string month = month_in(parts[i]); !month.empty())
      return MonthFolder{path, month};
    if (i + 2 >= parts.size()) break;
    std::string year = after_equals(parts[i], "year");
    std::string month = after_equals(parts[i + 1], "month");
    if (year.empty() && is_digits(parts[i]) && is_digits(parts[i + 1]) && parts[i].size() == 4) {
      year = parts[i];
      month = parts[i + 1];
    }
    if (is_month(year, month))
      return MonthFolder{path + "/" + parts[i + 1], month_text(year, month)};
  }
  return std::nullopt;
}

// AWS ends a period with the first of the next month, Azure with the month's last day.
bool is_aws_period(std::string_view name) {
  return connectors::is_period_folder(name) && name.substr(6, 2) == "01" && name.substr(15) == "01";
}

// Layouts whose provider writes a manifest last: files without one are not all there yet.
bool comes_with_manifest(std::string_view key) {
  const auto parts = parts_of(key);
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
    if (is_aws_period(parts[i])) return true;
    if (parts[i].starts_with("BILLING_PERIOD=") && i > 0 && parts[i - 1] == "data") return true;
    // Azure: <from>-<to>/<run: 12 digits>/<id>/part_0_0001.csv
    if (connectors::is_period_folder(parts[i]) && i + 2 < parts.size() && is_digits(parts[i + 1]) &&
        parts[i + 1].size() == 12) {
      return true;
    }
  }
  return false;
}

std::string month_of(const connectors::Manifest& manifest) {
  return manifest.period ? base::print_date(manifest.period->first).substr(0, 7) : std::string();
}

/// Finds the object that a manifest's key names, by the file's name first.
class KeyIndex {
 public:
  explicit KeyIndex(const std::vector<ObjectInfo>& objects) : objects_(objects) {
    for (std::size_t i = 0; i < objects.size(); ++i)
      by_name_[file_name(objects[i].key)].push_back(i);
  }

  const ObjectInfo* find(const std::string& key) const {
    const auto found = by_name_.find(file_name(key));
    if (found == by_name_.end()) return nullptr;
    std::vector<std::string> keys;
    for (const std::size_t i : found->second) keys.push_back(objects_[i].key);
    const std::string match = connectors::find_key(key, keys);
    for (const std::size_t i : found->second) {
      if (objects_[i].key == match) return &objects_[i];
    }
    return nullptr;
  }

 private:
  const std::vector<ObjectInfo>& objects_;
  std::unordered_map<std::string, std::vector<std::size_t>> by_name_;
};

class Planner {
 public:
  Planner(const SourceSettings& settings, const std::vector<ObjectInfo>& objects)
      : settings_(settings), objects_(objects), index_(objects), since_(settings.text("since")) {}

  Plan plan(std::vector<connectors::Manifest> manifests) {
    for (const auto& manifest : manifests) claimed_.insert(manifest.file);
    std::erase_if(manifests, [](const auto& manifest) { return manifest.keys.empty(); });
    std::vector<std::string> superseded;
    const auto current = connectors::current_manifests(std::move(manifests), superseded);
    for (const auto& file : superseded)
      leave_out(file, "an older manifest of the same period, or a copy of it");
    for (const auto& manifest : current) {
      if (!manifest.keys.empty()) add_manifest(manifest);
    }
    add_loose(!current.empty());
    return std::move(out_);
  }

 private:
  void leave_out(std::string key, std::string reason) {
    out_.left_out.emplace_back(std::move(key), std::move(reason));
  }

  bool is_too_old(const std::string& month) const {
    return !since_.empty() && !month.empty() && month < since_;
  }

  void add_manifest(const connectors::Manifest& manifest) {
    PlannedDelivery delivery;
    delivery.report = manifest.root + "/" + manifest.report;
    const std::string month = month_of(manifest);
    delivery.id = delivery.report + "/" + (month.empty() ? manifest.file : month);
    covered_.insert(manifest.file.substr(0, manifest.file.rfind('/') + 1));
    if (const auto folder = month_folder(manifest.file)) covered_.insert(folder->path + "/");
    std::vector<std::string> missing;
    for (const std::string& key : manifest.keys) {
      const ObjectInfo* object = index_.find(key);
      if (object == nullptr) {
        missing.push_back(key);
        continue;
      }
      claimed_.insert(object->key);
      if (const auto folder = month_folder(object->key)) covered_.insert(folder->path + "/");
      delivery.objects.push_back(*object);
      check_size(manifest, key, *object, delivery);
    }
    if (const ObjectInfo* own = index_.find(manifest.file)) delivery.objects.push_back(*own);
    if (!missing.empty()) {
      delivery.waits_for = fmt::format(
          "{} of the {} files that {} names are not there yet: {}{}",
          missing.size(),
          manifest.keys.size(),
          manifest.file,
          missing.front(),
          missing.size() > 1 ? " ..." : "");
    }
    if (!is_too_old(month)) out_.deliveries.push_back(std::move(delivery));
  }

  // Where the manifest says how big a file is, a file of another size is still being written.
  static void check_size(
      const connectors::Manifest& manifest,
      const std::string& key,
      const ObjectInfo& object,
      PlannedDelivery& delivery) {
    const auto said = manifest.sizes.find(key);
    if (said == manifest.sizes.end() || !object.has_size || said->second == object.bytes) return;
    delivery.waits_for = fmt::format(
        "{} has {} bytes, and its manifest says {}", object.key, object.bytes, said->second);
  }

  bool is_covered(const std::string& key) const {
    return std::any_of(covered_.begin(), covered_.end(), [&](const std::string& folder) {
      return !folder.empty() && key.starts_with(folder);
    });
  }

  void add_loose(bool has_manifests) {
    std::map<std::string, PlannedDelivery> groups;
    const std::string rule = settings_.text("manifest");
    for (const ObjectInfo& object : objects_) {
      if (claimed_.contains(object.key)) continue;
      const bool expects =
          rule == "required" || (rule != "none" && comes_with_manifest(object.key));
      if (has_manifests && expects && is_covered(object.key)) {
        leave_out(object.key, "superseded: its period's manifest does not name it");
        continue;
      }
      const auto folder = month_folder(object.key);
      if (folder && is_too_old(folder->month)) continue;
      PlannedDelivery& group = groups[group_of(object.key, folder)];
      if (expects) {
        group.waits_for = fmt::format(
            "{} is there, but not the manifest that the provider writes when all files are",
            object.key);
      }
      group.objects.push_back(object);
    }
    for (auto& [id, group] : groups) {
      group.id = id;
      out_.deliveries.push_back(std::move(group));
    }
  }

  std::string group_of(const std::string& key, const std::optional<MonthFolder>& folder) const {
    const std::string rule = settings_.text("deliveries");
    // An API's months are files of their own.
    if (rule == "file" || (rule.empty() && settings_.scheme().starts_with("http"))) return key;
    if (rule == "folder") {
      const std::size_t slash = key.rfind('/');
      return slash == std::string::npos ? "all" : key.substr(0, slash);
    }
    if (rule == "all" || !folder) return "all";
    return folder->path;
  }

  const SourceSettings& settings_;
  const std::vector<ObjectInfo>& objects_;
  KeyIndex index_;
  const std::string since_;
  std::set<std::string> claimed_;
  std::set<std::string> covered_;
  Plan out_;
};

bool matches_from(std::string_view pattern, std::string_view text) {
  // NOLINTNEXTLINE(misc-no-recursion): one level per star of the pattern
  while (!pattern.empty()) {
    if (pattern.starts_with("**")) {
      std::string_view rest = pattern.substr(2);
      if (rest.starts_with('/') && matches_from(rest.substr(1), text)) return true;
      for (std::size_t i = 0; i <= text.size(); ++i) {
        if (matches_from(rest, text.substr(i))) return true;
      }
      return false;
    }
    if (pattern.front() == '*') {
      const std::string_view rest = pattern.substr(1);
      for (std::size_t i = 0; i <= text.size(); ++i) {
        if (matches_from(rest, text.substr(i))) return true;
        if (i < text.size() && text[i] == '/') return false;
      }
      return false;
    }
    if (text.empty() || (pattern.front() != '?' && pattern.front() != text.front()) ||
        (pattern.front() == '?' && text.front() == '/')) {
      return false;
    }
    pattern.remove_prefix(1);
    text.remove_prefix(1);
  }
  return text.empty();
}

}  // namespace

std::uint64_t PlannedDelivery::bytes() const {
  std::uint64_t out = 0;
  for (const ObjectInfo& object : objects) out += object.bytes;
  return out;
}

std::string PlannedDelivery::fingerprint() const {
  std::vector<std::string> lines;
  for (const ObjectInfo& object : objects) {
    const bool by_time = object.etag.empty() && object.modified;
    lines.push_back(fmt::format(
        "{}\n{}\n{}",
        object.key,
        object.bytes,
        by_time ? base::print_instant(*object.modified) : object.etag));
  }
  std::sort(lines.begin(), lines.end());
  return io::sha256_hex(base::join(lines, "\n\n"));
}

bool may_be_manifest(const ObjectInfo& object) {
  return base::lower(object.key).ends_with("manifest.json") && object.has_size &&
         object.bytes <= kManifestMax;
}

bool matches_pattern(std::string_view pattern, std::string_view key) {
  if (pattern.find('/') == std::string_view::npos) key = key.substr(key.rfind('/') + 1);
  return matches_from(pattern, key);
}

std::optional<std::string> reason_to_leave_out(
    const SourceSettings& settings, const ObjectInfo& object) {
  for (const std::string& part : parts_of(object.key)) {
    if (part.empty() || part == "." || part == ".." || part.size() > 255)
      return "its name cannot be a file's";
    // Hidden files, and those that engines write beside their data.
    if (part.starts_with('.') || part == "_SUCCESS" || part.starts_with("_committed_") ||
        part.starts_with("_started_"))
      return "";
  }
  if (object.has_size && object.bytes == 0) return "it is empty";
  const auto included = settings.list("include");
  const auto matches = [&](const std::string& pattern) {
    return matches_pattern(pattern, object.key);
  };
  // Manifests say what belongs together, whatever data files are picked.
  if (!included.empty() && !may_be_manifest(object) &&
      std::none_of(included.begin(), included.end(), matches)) {
    return "";
  }
  const auto excluded = settings.list("exclude");
  if (std::any_of(excluded.begin(), excluded.end(), matches)) return "";
  return std::nullopt;
}

Result<Plan> plan_deliveries(
    const SourceSettings& settings,
    const std::vector<ObjectInfo>& objects,
    std::vector<connectors::Manifest> manifests) {
  return Planner(settings, objects).plan(std::move(manifests));
}

}  // namespace outlay::sources
