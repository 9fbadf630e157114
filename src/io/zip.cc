// SPDX-License-Identifier: Apache-2.0
#include "io/zip.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <unistd.h>

#include <fmt/format.h>
#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>

#include "base/text.h"
#include "io/internal/system.h"

namespace outlay::io {
namespace {

constexpr std::size_t kBlock = 1U << 20U;
constexpr std::size_t kLongestEnd = 22 + 65'535;
constexpr std::uint32_t kIn64 = 0xFFFFFFFFU;
constexpr int kStored = 0;
constexpr int kDeflated = 8;

base::Error broken(const Path& archive, std::string_view what) {
  return base::invalid_input(
      fmt::format(
          "the zip archive {} {}; nothing of it was used. Fetch the file again, or ask whoever "
          "wrote it for a whole one (`unzip -t` checks it)",
          archive.filename().string(),
          what),
      {archive.string(), 0, 0, 0});
}

// Little-endian numbers of a header; reading past its end gives 0.
class Fields {
 public:
  explicit Fields(std::string_view bytes) : bytes_(bytes) {}

  std::uint64_t number(std::size_t at, std::size_t size) const {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < size && at + i < bytes_.size(); ++i) {
      value |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes_[at + i])) << (8 * i);
    }
    return value;
  }

  std::uint32_t u32(std::size_t at) const { return static_cast<std::uint32_t>(number(at, 4)); }

  std::size_t u16(std::size_t at) const { return static_cast<std::size_t>(number(at, 2)); }

 private:
  std::string_view bytes_;
};

base::Result<std::string> bytes_at(
    const Descriptor& file, std::uint64_t at, std::size_t count, const Path& archive) {
  if (::lseek(file.get(), static_cast<off_t>(at), SEEK_SET) < 0) {
    return broken(archive, "is cut short");
  }
  std::string bytes(count, '\0');
  std::size_t have = 0;
  while (have < count) {
    const std::size_t got = TRY(read_some(file, bytes.data() + have, count - have, archive));
    if (got == 0) return broken(archive, "is cut short");
    have += got;
  }
  return bytes;
}

// Where the central directory lies.
struct Directory {
  std::uint64_t at = 0;
  std::uint64_t bytes = 0;
  std::uint64_t entries = 0;
};

base::Result<Directory> find_directory(const Descriptor& file, const Path& archive) {
  const auto size = static_cast<std::uint64_t>(::lseek(file.get(), 0, SEEK_END));
  const auto tail_size = static_cast<std::size_t>(std::min<std::uint64_t>(size, kLongestEnd));
  const std::string tail = TRY(bytes_at(file, size - tail_size, tail_size, archive));
  const auto end = tail.rfind("PK\x05\x06");
  if (end == std::string::npos)
    return broken(archive, "is cut short: its list of files is missing");
  const Fields fields(std::string_view(tail).substr(end));
  Directory directory{fields.u32(16), fields.u32(12), fields.u16(10)};
  if (directory.at != kIn64 && directory.bytes != kIn64 && directory.entries != 0xFFFFU) {
    return directory;
  }
  if (end < 20 || tail.compare(end - 20, 4, "PK\x06\x07") != 0) return directory;
  const std::uint64_t at = Fields(std::string_view(tail).substr(end - 20)).number(8, 8);
  const std::string record = TRY(bytes_at(file, at, 56, archive));
  const Fields wide(record);
  return Directory{wide.number(48, 8), wide.number(40, 8), wide.number(32, 8)};
}

// Sizes and places that do not fit 32 bits stand in an extra field, in this order.
void read_wide(ZipMember& member, std::string_view extra) {
  const Fields fields(extra);
  for (std::size_t at = 0; at + 4 <= extra.size();) {
    const std::size_t length = fields.u16(at + 2);
    if (fields.u16(at) == 1) {
      std::size_t next = at + 4;
      for (auto* value : {&member.bytes, &member.packed_bytes, &member.header_at}) {
        if (*value == kIn64) {
          *value = fields.number(next, 8);
          next += 8;
        }
      }
    }
    at += 4 + length;
  }
}

using Sink = std::function<base::Result<bool>(std::string_view)>;  // false: enough

// Feeds the unpacked bytes of a member to a sink.
class Unpacker {
 public:
  Unpacker(const Path& archive, const ZipMember& member) : archive_(archive), member_(member) {}

  base::Result<base::Done> run(const Sink& sink) {
    if (member_.is_encrypted) {
      return broken(archive_, fmt::format("holds {} encrypted", member_.name));
    }
    if (member_.method != kStored && member_.method != kDeflated) {
      return broken(
          archive_,
          fmt::format("packs {} by method {}, which is not read", member_.name, member_.method));
    }
    file_ = TRY(open_to_read(archive_));
    const std::string header = TRY(bytes_at(file_, member_.header_at, 30, archive_));
    if (!header.starts_with("PK\x03\x04")) return broken(archive_, "is damaged");
    const Fields fields(header);
    const auto data = member_.header_at + 30 + fields.u16(26) + fields.u16(28);
    if (::lseek(file_.get(), static_cast<off_t>(data), SEEK_SET) < 0) {
      return broken(archive_, "is cut short");
    }
    left_ = member_.packed_bytes;
    in_.resize(kBlock);
    return member_.method == kStored ? copy(sink) : inflate(sink);
  }

 private:
  base::Result<std::size_t> refill() {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(left_, in_.size()));
    if (wanted == 0) return std::size_t{0};
    const std::size_t got = TRY(read_some(file_, in_.data(), wanted, archive_));
    if (got == 0) return broken(archive_, "is cut short");
    left_ -= got;
    return got;
  }

  base::Result<base::Done> copy(const Sink& sink) {
    while (const std::size_t got = TRY(refill())) {
      if (!TRY(sink({in_.data(), got}))) break;
    }
    return base::Done{};
  }

  base::Result<base::Done> inflate(const Sink& sink) {
    auto state = std::make_unique<inflate_state>();
    isal_inflate_init(state.get());
    state->crc_flag = ISAL_DEFLATE;
    std::string out(kBlock, '\0');
    while (state->block_state != ISAL_BLOCK_FINISH) {
      if (state->avail_in == 0) {
        state->avail_in = static_cast<std::uint32_t>(TRY(refill()));
        state->next_in = reinterpret_cast<std::uint8_t*>(in_.data());
      }
      const bool is_last = state->avail_in == 0;
      state->next_out = reinterpret_cast<std::uint8_t*>(out.data());
      state->avail_out = static_cast<std::uint32_t>(out.size());
      const int status = isal_inflate(state.get());
      const std::size_t made = out.size() - state->avail_out;
      if (status != ISAL_DECOMP_OK && status != ISAL_END_INPUT) {
        return broken(archive_, fmt::format("is damaged: {} cannot be unpacked", member_.name));
      }
      if (made > 0 && !TRY(sink({out.data(), made}))) break;
      if (is_last && made == 0 && state->block_state != ISAL_BLOCK_FINISH) {
        return broken(archive_, fmt::format("is damaged: {} ends early", member_.name));
      }
    }
    return base::Done{};
  }

  const Path& archive_;
  const ZipMember& member_;
  Descriptor file_;
  std::string in_;
  std::uint64_t left_ = 0;
};

base::Result<std::uint64_t> unpack_to(
    const Path& archive, const ZipMember& member, const Path& to) {
  const Descriptor target = TRY(open_to_write(to));
  std::uint64_t written = 0;
  std::uint32_t crc = 0;
  const Sink sink = [&](std::string_view bytes) -> base::Result<bool> {
    TRY(write_all(target, bytes, to));
    written += bytes.size();
    crc = crc32_gzip_refl(crc, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
    return written <= member.bytes;
  };
  TRY(Unpacker(archive, member).run(sink));
  if (written != member.bytes || crc != member.crc) {
    return broken(
        archive, fmt::format("is damaged: checksum or length of {} do not match", member.name));
  }
  return written;
}

}  // namespace

base::Result<std::vector<ZipMember>> list_zip(const Path& archive) {
  const Descriptor file = TRY(open_to_read(archive));
  const Directory directory = TRY(find_directory(file, archive));
  const auto size = static_cast<std::uint64_t>(::lseek(file.get(), 0, SEEK_END));
  if (directory.at > size || directory.bytes > size - directory.at) {
    return broken(archive, "is cut short");
  }
  const std::string bytes =
      TRY(bytes_at(file, directory.at, static_cast<std::size_t>(directory.bytes), archive));
  std::vector<ZipMember> members;
  std::size_t at = 0;
  for (std::uint64_t i = 0; i < directory.entries; ++i) {
    if (at + 46 > bytes.size() || bytes.compare(at, 4, "PK\x01\x02") != 0) {
      return broken(archive, "is damaged: its list of files cannot be read");
    }
    const Fields fields(std::string_view(bytes).substr(at));
    const std::size_t name = fields.u16(28);
    const std::size_t extra = fields.u16(30);
    ZipMember member;
    member.name = bytes.substr(at + 46, name);
    member.is_encrypted = (fields.u16(8) & 1U) != 0;
    member.method = static_cast<int>(fields.u16(10));
    member.crc = fields.u32(16);
    member.packed_bytes = fields.u32(20);
    member.bytes = fields.u32(24);
    member.header_at = fields.u32(42);
    read_wide(
        member, std::string_view(bytes).substr(std::min(at + 46 + name, bytes.size()), extra));
    at += 46 + name + extra + fields.u16(32);
    if (!member.name.ends_with('/')) members.push_back(std::move(member));
  }
  return members;
}

base::Result<std::uint64_t> unzip_member(
    const Path& archive, const ZipMember& member, const Path& to) {
  auto result = unpack_to(archive, member, to);
  if (!result) {
    std::error_code unknown;
    if (std::filesystem::is_regular_file(to, unknown)) ::unlink(to.c_str());
  }
  return result;
}

base::Result<std::string> zip_member_start(
    const Path& archive, const ZipMember& member, std::size_t count) {
  std::string start;
  const Sink sink = [&](std::string_view bytes) -> base::Result<bool> {
    start.append(bytes.substr(0, count - start.size()));
    return start.size() < count;
  };
  TRY(Unpacker(archive, member).run(sink));
  return start;
}

}  // namespace outlay::io
