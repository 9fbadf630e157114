// SPDX-License-Identifier: Apache-2.0
#include "io/sftp_listing.h"

#include <charconv>
#include <optional>

namespace outlay::io {
namespace {

// Mode, links, owner, group, size, month, day, time or year; then one blank and the name.
constexpr int kFieldsBeforeName = 8;
constexpr int kSizeField = 4;

std::optional<SftpEntry> parse_line(std::string_view line) {
  SftpEntry entry;
  std::size_t at = 0;
  for (int field = 0; field < kFieldsBeforeName; ++field) {
    at = line.find_first_not_of(' ', at);
    if (at == std::string_view::npos) return std::nullopt;
    const std::size_t end = line.find(' ', at);
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view word = line.substr(at, end - at);
    if (field == 0) {
      entry.is_folder = word.front() == 'd';
      entry.is_file = word.front() == '-';
    }
    if (field == kSizeField) {
      const auto read = std::from_chars(word.data(), word.data() + word.size(), entry.bytes);
      if (read.ec != std::errc{} || read.ptr != word.data() + word.size()) return std::nullopt;
    }
    at = end;
  }
  entry.name = line.substr(at + 1);
  const bool is_plain = !entry.name.empty() && entry.name.front() != '.' &&
                        entry.name.find('/') == std::string::npos &&
                        entry.name.find('\0') == std::string::npos;
  if (!is_plain) return std::nullopt;
  return entry;
}

}  // namespace

std::vector<SftpEntry> parse_sftp_listing(std::string_view text) {
  std::vector<SftpEntry> entries;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (auto entry = parse_line(line)) entries.push_back(*std::move(entry));
  }
  return entries;
}

}  // namespace outlay::io
