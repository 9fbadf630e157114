// SPDX-License-Identifier: Apache-2.0
#include "tasks/scripts/tar.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>

namespace outlay::tasks {
namespace {

constexpr std::size_t kBlock = 512;
constexpr std::size_t kNameMax = 100;

void put_field(std::string& header, std::size_t at, std::string_view text) {
  header.replace(at, text.size(), text);
}

void put_padded(std::string& out, std::string_view content) {
  out += content;
  out.append((kBlock - content.size() % kBlock) % kBlock, '\0');
}

void put_entry(
    std::string& out, std::string_view name, char type, unsigned mode, std::string_view content) {
  if (name.size() >= kNameMax) {
    put_entry(out, "././@LongLink", 'L', 0644, std::string(name) + '\0');
    name = name.substr(0, kNameMax - 1);
  }
  std::string header(kBlock, '\0');
  put_field(header, 0, name);
  put_field(header, 100, fmt::format("{:07o}", mode));
  put_field(header, 108, "0000000");
  put_field(header, 116, "0000000");
  put_field(header, 124, fmt::format("{:011o}", content.size()));
  put_field(header, 136, "00000000000");
  put_field(header, 148, "        ");
  header[156] = type;
  put_field(header, 257, "ustar");
  put_field(header, 263, "00");
  unsigned sum = 0;
  for (const char c : header) sum += static_cast<unsigned char>(c);
  put_field(header, 148, fmt::format("{:06o}", sum));
  header[154] = '\0';
  out += header;
  put_padded(out, content);
}

std::string_view field(std::string_view header, std::size_t at, std::size_t size) {
  const std::string_view whole = header.substr(at, size);
  return whole.substr(0, whole.find('\0'));
}

std::size_t octal(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  std::size_t out = 0;
  std::from_chars(text.data(), text.data() + text.size(), out, 8);
  return out;
}

/// The path= record of a pax header.
std::string pax_path(std::string_view records) {
  const std::size_t at = records.find(" path=");
  if (at == std::string_view::npos) return {};
  const std::string_view rest = records.substr(at + 6);
  return std::string(rest.substr(0, rest.find('\n')));
}

base::Result<base::Done> write_below(
    const io::Path& folder, std::string_view name, int strip, std::string_view content) {
  io::Path inner;
  for (const io::Path& part : io::Path(name).lexically_normal().relative_path()) {
    if (strip-- > 0) continue;
    if (part == "..") return base::Done{};
    inner /= part;
  }
  if (!inner.has_filename()) return base::Done{};
  const io::Path path = folder / inner;
  TRY(io::make_folders(path.parent_path()));
  TRY(io::remove_tree(path));
  return io::write_file(path, content);
}

}  // namespace

base::Result<std::string> tar_of(const io::Path& folder, std::string_view prefix) {
  std::string out;
  std::error_code failed;
  for (std::filesystem::recursive_directory_iterator at(folder, failed), end; !failed && at != end;
       at.increment(failed)) {
    const std::string name =
        fmt::format("{}{}", prefix, at->path().lexically_relative(folder).generic_string());
    std::error_code ignored;
    if (at->is_directory(ignored)) {
      put_entry(out, name + "/", '5', 0777, {});
    } else if (at->is_regular_file(ignored)) {
      const auto mode = static_cast<unsigned>(at->status(ignored).permissions()) & 0777U;
      const std::string content = TRY(io::read_file(at->path()));
      put_entry(out, name, '0', mode | 0444U, content);
    }
  }
  if (failed)
    return base::unavailable(fmt::format("cannot read {}: {}", folder.string(), failed.message()));
  out.append(2 * kBlock, '\0');
  return out;
}

base::Result<base::Done> untar(std::string_view archive, const io::Path& folder, int strip) {
  std::string long_name;
  while (archive.size() >= kBlock && archive[0] != '\0') {
    const std::string_view header = archive.substr(0, kBlock);
    const std::size_t size = octal(field(header, 124, 12));
    const std::size_t padded = (size + kBlock - 1) / kBlock * kBlock;
    if (archive.size() < kBlock + size) return base::invalid_input("the tar archive is cut short");
    const std::string_view content = archive.substr(kBlock, size);
    const char type = header[156];
    if (type == 'L') {
      long_name = std::string(content.substr(0, content.find('\0')));
    } else if (type == 'x') {
      long_name = pax_path(content);
    } else {
      std::string name = std::exchange(long_name, {});
      if (name.empty()) {
        const std::string_view before = field(header, 345, 155);
        name = fmt::format("{}{}{}", before, before.empty() ? "" : "/", field(header, 0, kNameMax));
      }
      if (type == '0' || type == '\0') TRY(write_below(folder, name, strip, content));
    }
    archive.remove_prefix(std::min(kBlock + padded, archive.size()));
  }
  return base::Done{};
}

}  // namespace outlay::tasks
