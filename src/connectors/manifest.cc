// SPDX-License-Identifier: Apache-2.0
#include "connectors/manifest.h"

#include <algorithm>
#include <cctype>
#include <map>

#include <fmt/format.h>

#include "base/text.h"
#include "format/json.h"

namespace outlay::connectors {
namespace {

constexpr std::string_view kPartition = "BILLING_PERIOD=";
constexpr std::string_view kSuffix = "manifest.json";

std::vector<std::string> parts_of(std::string_view path) { return base::split_trimmed(path, '/'); }

std::string path_of(const std::vector<std::string>& parts, std::size_t count) {
  return base::join({parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(count)}, "/");
}

bool is_digits(std::string_view text) {
  return !text.empty() &&
         std::ranges::all_of(text, [](unsigned char c) { return std::isdigit(c) != 0; });
}

// "20180801T000000.000Z", "2018-08-01T00:00:00Z", "20180801": the day.
std::optional<base::Date> day_of(std::string_view text) {
  std::string digits;
  for (const char c : text.substr(0, 10)) {
    if (std::isdigit(static_cast<unsigned char>(c)) != 0) {
      digits.push_back(c);
    }
  }
  if (digits.size() < 8) {
    return std::nullopt;
  }
  const auto day = base::parse_date(
      fmt::format("{}-{}-{}", digits.substr(0, 4), digits.substr(4, 2), digits.substr(6, 2)));
  return day ? std::optional(*day) : std::nullopt;
}

using Period = std::pair<base::Date, base::Date>;

std::optional<Period> period_of_month(std::string_view month) {
  const auto start = base::parse_date(std::string(month.substr(0, 7)) + "-01");
  if (!start) {
    return std::nullopt;
  }
  return Period{*start, *start + std::chrono::months{1}};
}

std::optional<Period> period_in(const format::Value& period) {
  if (!period.is_object()) {
    return std::nullopt;
  }
  const auto start = day_of(period["start"].text_or(""));
  const auto end = day_of(period["end"].text_or(""));
  return start && end ? std::optional(Period{*start, *end}) : std::nullopt;
}

// Where the report's own folder ends, and the period when the path says it.
void read_path(Manifest& manifest) {
  const auto parts = parts_of(manifest.file);
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
    if (is_period_folder(parts[i])) {
      manifest.root = path_of(parts, i);
      // The copy inside an assembly folder never outranks the period's own.
      manifest.rank = i + 2 == parts.size() ? "~" : path_of(parts, parts.size() - 1);
      if (!manifest.period) {
        const auto start = day_of(parts[i].substr(0, 8));
        const auto end = day_of(parts[i].substr(9));
        manifest.period = start && end ? std::optional(Period{*start, *end}) : std::nullopt;
      }
      return;
    }
    if (parts[i].starts_with(kPartition)) {
      manifest.root = path_of(parts, i > 0 && parts[i - 1] == "metadata" ? i - 1 : i);
      manifest.rank = path_of(parts, parts.size() - 1);
      if (!manifest.period) {
        manifest.period = period_of_month(parts[i].substr(kPartition.size()));
      }
      return;
    }
  }
  manifest.rank = path_of(parts, parts.size() - 1);
}

std::vector<std::string> keys_in(const format::Value& document) {
  std::vector<std::string> keys;
  for (const auto* list : {"reportKeys", "dataFiles", "blobs"}) {
    if (!document[list].is_array()) {
      continue;
    }
    for (const auto& item : document[list].as_array()) {
      for (const auto* name : {"key", "path", "blobName", "name", "url"}) {
        if (item.is_object() && item[name].is_text()) {
          keys.push_back(item[name].as_text());
          break;
        }
      }
      if (item.is_text()) {
        keys.push_back(item.as_text());
      }
    }
  }
  return keys;
}

// Azure's manifests say how many bytes each blob has.
std::map<std::string, std::uint64_t> sizes_in(const format::Value& document) {
  std::map<std::string, std::uint64_t> sizes;
  const auto& blobs = document["blobs"];
  if (!blobs.is_array()) return sizes;
  for (const auto& blob : blobs.as_array()) {
    if (blob.is_object() && blob["blobName"].is_text() && blob["byteCount"].int_or(-1) >= 0) {
      sizes[blob["blobName"].as_text()] = static_cast<std::uint64_t>(blob["byteCount"].int_or(0));
    }
  }
  return sizes;
}

std::string report_name(const format::Value& document, const std::string& file) {
  if (const auto& config = document["exportConfig"]; config.is_object()) {
    if (const auto name = config["exportName"].text_or(""); !name.empty()) return name;
  }
  for (const auto* key : {"reportName", "exportName"}) {
    if (const auto name = document[key].text_or(""); !name.empty()) {
      return name;
    }
  }
  std::string name = parts_of(file).back();
  name.resize(name.size() - std::min(name.size(), kSuffix.size()));
  while (name.ends_with('-') || name.ends_with('_')) {
    name.pop_back();
  }
  return name;
}

// Azure's manifests say what was exported and when; their periods end with the last day, and their
// run folders have no order.
void read_azure(Manifest& manifest, const format::Value& document) {
  if (!document["blobs"].is_array()) return;
  if (const auto& config = document["exportConfig"]; config.is_object()) {
    manifest.dataset = config["type"].text_or("");
  }
  if (const auto& run = document["runInfo"]; run.is_object()) {
    const auto start = day_of(run["startDate"].text_or(""));
    if (start) manifest.period = period_of_month(base::print_date(*start));
    if (const auto when = run["submittedTime"].text_or(""); !when.empty()) manifest.rank = when;
  } else if (manifest.period) {
    manifest.period = period_of_month(base::print_date(manifest.period->first));
  }
}

}  // namespace

bool is_period_folder(std::string_view name) {
  return name.size() == 17 && name[8] == '-' && is_digits(name.substr(0, 8)) &&
         is_digits(name.substr(9));
}

base::Result<std::optional<Manifest>> read_manifest(const io::Path& path, const std::string& name) {
  if (!base::lower(name).ends_with(".json")) {
    return std::optional<Manifest>();
  }
  const std::string text = TRY(io::read_file(path));
  const bool is_named_so = base::lower(name).ends_with(kSuffix);
  const auto document = format::parse_json(text, format::JsonNumbers::native, name);
  if (!document) {
    if (is_named_so) {
      return document.error().within(
          "the manifest cannot be read, so the files it names cannot be trusted");
    }
    return std::optional<Manifest>();
  }
  if (!document->is_object() ||
      (!(*document)["reportKeys"].is_array() && !(*document)["dataFiles"].is_array() &&
       !(*document)["blobs"].is_array())) {
    return std::optional<Manifest>();
  }
  Manifest manifest;
  manifest.file = name;
  manifest.report = report_name(*document, name);
  manifest.keys = keys_in(*document);
  manifest.sizes = sizes_in(*document);
  manifest.period = period_in((*document)["billingPeriod"]);
  read_path(manifest);
  read_azure(manifest, *document);
  return std::optional(std::move(manifest));
}

std::vector<Manifest> current_manifests(
    std::vector<Manifest> all, std::vector<std::string>& superseded) {
  std::map<std::string, Manifest> newest;
  for (auto& manifest : all) {
    const std::string period =
        manifest.period ? base::print_date(manifest.period->first) : manifest.file;
    const std::string of = manifest.root + "\n" + manifest.report + "\n" + period;
    const auto found = newest.find(of);
    if (found == newest.end()) {
      newest.emplace(of, std::move(manifest));
    } else if (found->second.rank < manifest.rank) {
      superseded.push_back(found->second.file);
      found->second = std::move(manifest);
    } else {
      superseded.push_back(manifest.file);
    }
  }
  std::vector<Manifest> current;
  for (auto& [unused, manifest] : newest) {
    current.push_back(std::move(manifest));
  }
  return current;
}

std::string find_key(const std::string& key, const std::vector<std::string>& files) {
  std::string wanted = key;
  if (const auto scheme = wanted.find("://"); scheme != std::string::npos) {
    const auto slash = wanted.find('/', scheme + 3);
    wanted = slash == std::string::npos ? "" : wanted.substr(slash + 1);
  }
  auto parts = parts_of(wanted);
  // First the key as it is or with folders that the given path is already inside of ...
  const std::string whole = "/" + path_of(parts, parts.size());
  for (const auto& file : files) {
    if (whole.ends_with("/" + file)) {
      return file;
    }
  }
  // ... then with folders above the bucket, or a copy that lacks the key's first folders.
  while (!parts.empty()) {
    const std::string rest = "/" + path_of(parts, parts.size());
    for (const auto& file : files) {
      if (("/" + file).ends_with(rest)) {
        return file;
      }
    }
    parts.erase(parts.begin());
    if (parts.size() < 2) {
      break;
    }
  }
  return {};
}

}  // namespace outlay::connectors
