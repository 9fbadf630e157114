// SPDX-License-Identifier: Apache-2.0
#include "io/zip_bytes.h"

#include <cstdint>
#include <memory>

#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>

namespace outlay::io {

using base::Result;

namespace {

// Offsets and signatures: APPNOTE.TXT 6.3 of PKWARE, sections 4.3.7, 4.3.12 and 4.3.16.
constexpr std::uint32_t kLocal = 0x04034b50;
constexpr std::uint32_t kCentral = 0x02014b50;
constexpr std::uint32_t kEnd = 0x06054b50;
constexpr std::size_t kLocalSize = 30, kCentralSize = 46, kEndSize = 22;
constexpr std::uint16_t kStored = 0, kDeflated = 8;
// 1980-01-01 00:00, the first moment that a zip can say.
constexpr std::uint32_t kNoTime = 0x00210000;

void put16(std::string& out, std::uint32_t number) {
  out += static_cast<char>(number & 0xFFU);
  out += static_cast<char>((number >> 8U) & 0xFFU);
}

void put32(std::string& out, std::uint32_t number) {
  put16(out, number & 0xFFFFU);
  put16(out, number >> 16U);
}

std::uint32_t get16(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at])) |
         static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at + 1])) << 8U;
}

std::uint32_t get32(std::string_view bytes, std::size_t at) {
  return get16(bytes, at) | get16(bytes, at + 2) << 16U;
}

// isa-l takes bytes as unsigned and not const, but does not change what it reads.
std::uint8_t* bytes_in(std::string_view bytes) {
  return const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(bytes.data()));
}

std::uint32_t crc_of(std::string_view bytes) {
  return ::crc32_gzip_refl(0, bytes_in(bytes), bytes.size());
}

Result<std::string> deflated(std::string_view bytes) {
  auto stream = std::make_unique<isal_zstream>();
  ::isal_deflate_stateless_init(stream.get());
  // Blocks that are stored need 5 bytes for each 64 kB.
  std::string out(bytes.size() + bytes.size() / 4096 + 256, '\0');
  stream->end_of_stream = 1;
  stream->next_in = bytes_in(bytes);
  stream->avail_in = static_cast<std::uint32_t>(bytes.size());
  stream->next_out = bytes_in(out);
  stream->avail_out = static_cast<std::uint32_t>(out.size());
  if (::isal_deflate_stateless(stream.get()) != COMP_OK) {
    return base::internal_error("A file could not be compressed for a zip archive");
  }
  out.resize(stream->total_out);
  return out;
}

Result<std::string> inflated(std::string_view bytes, std::size_t size) {
  if (size == 0) return std::string();
  auto state = std::make_unique<inflate_state>();
  ::isal_inflate_init(state.get());
  std::string out(size, '\0');
  state->next_in = bytes_in(bytes);
  state->avail_in = static_cast<std::uint32_t>(bytes.size());
  state->next_out = bytes_in(out);
  state->avail_out = static_cast<std::uint32_t>(out.size());
  const int done = ::isal_inflate_stateless(state.get());
  if (done != ISAL_DECOMP_OK || state->total_out != size) {
    return base::invalid_input("The zip archive is broken: a file ends early");
  }
  return out;
}

/// The fields that the local and the central header share.
void put_fields(
    std::string& out, std::uint32_t crc, std::size_t packed, std::size_t size, std::size_t name) {
  put16(out, 20);       // version needed: deflate
  put16(out, 1 << 11);  // names are UTF-8
  put16(out, kDeflated);
  put32(out, kNoTime);
  put32(out, crc);
  put32(out, static_cast<std::uint32_t>(packed));
  put32(out, static_cast<std::uint32_t>(size));
  put16(out, static_cast<std::uint32_t>(name));
  put16(out, 0);
}

std::size_t find_end(std::string_view archive) {
  if (archive.size() < kEndSize) return std::string_view::npos;
  for (std::size_t at = archive.size() - kEndSize + 1; at-- > 0;) {
    if (get32(archive, at) == kEnd) return at;
  }
  return std::string_view::npos;
}

base::Error broken() {
  return base::invalid_input(
      "This is no zip archive that can be read: its list of files is broken or cut off");
}

/// One file by its entry in the list at the archive's end.
Result<std::string> bytes_of(std::string_view archive, std::string_view listed, std::size_t room) {
  const std::size_t packed = get32(listed, 20);
  const std::size_t size = get32(listed, 24);
  const std::size_t at = get32(listed, 42);
  if ((get16(listed, 8) & 1U) != 0) return base::invalid_input("The zip archive is encrypted");
  if (size > room) return base::invalid_input("The zip archive unpacks to more than is allowed");
  if (at + kLocalSize > archive.size() || get32(archive, at) != kLocal) return broken();
  const std::size_t begin = at + kLocalSize + get16(archive, at + 26) + get16(archive, at + 28);
  if (begin > archive.size() || packed > archive.size() - begin) return broken();
  const std::string_view content = archive.substr(begin, packed);
  if (get16(listed, 10) == kStored && packed == size) return std::string(content);
  if (get16(listed, 10) != kDeflated) {
    return base::invalid_input("The zip archive uses a compression other than deflate");
  }
  return inflated(content, size);
}

}  // namespace

bool is_zip(std::string_view bytes) { return bytes.size() >= 4 && get32(bytes, 0) == kLocal; }

Result<std::string> zip(const std::vector<ZipEntry>& entries) {
  std::string out;
  std::string list;
  for (const ZipEntry& entry : entries) {
    const std::string packed = TRY(deflated(entry.bytes));
    const std::uint32_t crc = crc_of(entry.bytes);
    const std::size_t at = out.size();
    put32(out, kLocal);
    put_fields(out, crc, packed.size(), entry.bytes.size(), entry.name.size());
    out += entry.name + packed;
    put32(list, kCentral);
    put16(list, 20);
    put_fields(list, crc, packed.size(), entry.bytes.size(), entry.name.size());
    list += std::string(10, '\0');  // comment, disk, attributes: none
    put32(list, static_cast<std::uint32_t>(at));
    list += entry.name;
  }
  const std::size_t at = out.size();
  out += list;
  put32(out, kEnd);
  put32(out, 0);
  put16(out, static_cast<std::uint32_t>(entries.size()));
  put16(out, static_cast<std::uint32_t>(entries.size()));
  put32(out, static_cast<std::uint32_t>(list.size()));
  put32(out, static_cast<std::uint32_t>(at));
  put16(out, 0);
  return out;
}

Result<std::vector<ZipEntry>> unzip(std::string_view archive, std::size_t bytes_max) {
  const std::size_t end = find_end(archive);
  if (end == std::string_view::npos) return broken();
  const std::size_t count = get16(archive, end + 10);
  std::size_t at = get32(archive, end + 16);
  std::vector<ZipEntry> out;
  for (std::size_t i = 0; i < count; ++i) {
    if (at > end || end - at < kCentralSize || get32(archive, at) != kCentral) return broken();
    const std::string_view listed = archive.substr(at);
    const std::size_t name = get16(listed, 28);
    if (kCentralSize + name > listed.size()) return broken();
    ZipEntry entry{std::string(listed.substr(kCentralSize, name)), {}};
    at += kCentralSize + name + get16(listed, 30) + get16(listed, 32);
    if (entry.name.ends_with('/')) continue;
    entry.bytes = TRY(bytes_of(archive, listed, bytes_max));
    bytes_max -= entry.bytes.size();
    if (crc_of(entry.bytes) != get32(listed, 16)) {
      return base::invalid_input(
          "The zip archive is broken: the checksum of \"" + entry.name + "\" differs");
    }
    out.push_back(std::move(entry));
  }
  return out;
}

}  // namespace outlay::io
