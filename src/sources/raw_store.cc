// SPDX-License-Identifier: Apache-2.0
#include "sources/raw_store.h"

#include <algorithm>

#include "base/text.h"
#include "io/part_file.h"

namespace outlay::sources {
namespace {

namespace fs = std::filesystem;
using base::Done;
using base::Result;

// A folder name that two different deliveries never share.
std::string folder_name(const std::string& delivery) {
  std::string name;
  for (const char c : delivery) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '=';
    name.push_back(is_plain ? c : '-');
  }
  name = name.substr(0, 80);
  return name + "-" + io::sha256_hex(delivery).substr(0, 8);
}

base::Instant changed_at(const io::Path& path, const base::Clock& clock) {
  std::error_code failed;
  const auto time = fs::last_write_time(path, failed);
  if (failed) return clock.now();
  // The file clock and the system clock count from the same moment but for a constant.
  const auto system = std::chrono::file_clock::to_sys(time);
  return std::chrono::time_point_cast<base::Duration>(system);
}

std::vector<io::Path> entries(const io::Path& folder) {
  std::vector<io::Path> out;
  std::error_code failed;
  for (fs::directory_iterator at(folder, failed), end; !failed && at != end; at.increment(failed)) {
    out.push_back(at->path());
  }
  return out;
}

}  // namespace

bool RawStore::has(const std::string& sha256) const {
  std::error_code failed;
  return !sha256.empty() && fs::is_regular_file(bytes(sha256), failed);
}

Result<Done> RawStore::keep(const io::Path& part, const std::string& sha256) const {
  const io::Path home = bytes(sha256);
  TRY(io::make_folders(home.parent_path()));
  return io::move_path(part, home);
}

std::string RawStore::relative(const io::Path& path) const {
  return path.lexically_relative(data_).generic_string();
}

Result<io::Path> RawStore::lay_out(
    const std::string& delivery,
    const std::string& content,
    const std::vector<std::pair<std::string, std::string>>& key_and_sha256) const {
  const io::Path home = folder_ / "deliveries" / folder_name(delivery) / content.substr(0, 16);
  TRY(io::remove_tree(home));
  TRY(io::make_folders(home));
  for (const auto& [key, sha256] : key_and_sha256) {
    TRY(io::link_or_copy(bytes(sha256), home / key));
  }
  return home;
}

Result<Done> RawStore::clean(
    std::optional<base::Duration> kept,
    const std::vector<std::string>& current,
    const std::set<std::string>& wanted,
    const base::Clock& clock) const {
  const base::Instant now = clock.now();
  for (const io::Path& delivery : entries(folder_ / "deliveries")) {
    for (const io::Path& one : entries(delivery)) {
      const bool is_current =
          std::find(current.begin(), current.end(), relative(one)) != current.end();
      if (!is_current && (!kept || now - changed_at(one, clock) > *kept)) {
        TRY(io::remove_tree(one));
      }
    }
    std::error_code failed;
    fs::remove(delivery, failed);
  }
  for (const io::Path& shelf : entries(folder_ / "bytes")) {
    for (const io::Path& file : entries(shelf)) {
      std::error_code failed;
      if (wanted.contains(file.filename().string())) continue;
      if (fs::hard_link_count(file, failed) == 1 && !failed) fs::remove(file, failed);
    }
  }
  for (const io::Path& part : entries(folder_ / "parts")) {
    std::error_code failed;
    if (now - changed_at(part, clock) > std::chrono::hours(24 * 7)) fs::remove(part, failed);
  }
  return Done{};
}

}  // namespace outlay::sources
