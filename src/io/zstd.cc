// SPDX-License-Identifier: Apache-2.0
#include "io/zstd.h"

#include <array>
#include <fstream>

#include <fmt/format.h>

namespace outlay::io {
namespace {

constexpr std::uint32_t kFrame = 0xFD2FB528U;
constexpr std::uint32_t kSkippable = 0x184D2A50U;
constexpr std::uint64_t kRepeatBlock = 1;

// Walks over the headers of frames and blocks; the format is RFC 8878's.
class FrameWalk {
 public:
  FrameWalk(std::ifstream in, std::uint64_t size) : in_(std::move(in)), size_(size) {}

  bool is_whole() {
    while (at_ < size_) {
      const auto magic = static_cast<std::uint32_t>(number(4));
      const bool is_walked = magic == kFrame                       ? walk_frame()
                             : (magic & 0xFFFFFFF0U) == kSkippable ? skip(number(4))
                                                                   : false;
      if (!is_walked) return false;
    }
    return at_ == size_;
  }

 private:
  std::uint64_t number(std::size_t bytes) {
    std::array<char, 8> raw{};
    in_.seekg(static_cast<std::streamoff>(at_));
    in_.read(raw.data(), static_cast<std::streamsize>(bytes));
    at_ += bytes;
    std::uint64_t value = 0;
    for (std::size_t i = bytes; i > 0; --i) {
      value = value << 8U | static_cast<unsigned char>(raw.at(i - 1));
    }
    return value;
  }

  bool skip(std::uint64_t bytes) {
    at_ += bytes;
    return at_ <= size_;
  }

  bool walk_frame() {
    constexpr std::array<std::uint64_t, 4> kDictionary{0, 1, 2, 4};
    constexpr std::array<std::uint64_t, 4> kContentSize{0, 2, 4, 8};
    const std::uint64_t descriptor = number(1);
    const bool is_single = (descriptor & 0x20U) != 0;
    std::uint64_t header = kDictionary.at(descriptor & 3U) + kContentSize.at(descriptor >> 6U);
    header += is_single ? (descriptor >> 6U == 0 ? 1U : 0U) : 1U;
    if (!skip(header)) return false;
    while (true) {
      const std::uint64_t block = number(3);
      const std::uint64_t type = block >> 1U & 3U;
      if (at_ > size_ || type == 3 || !skip(type == kRepeatBlock ? 1 : block >> 3U)) return false;
      if ((block & 1U) != 0) return skip((descriptor & 4U) != 0 ? 4 : 0);
    }
  }

  std::ifstream in_;
  std::uint64_t size_;
  std::uint64_t at_ = 0;
};

}  // namespace

base::Result<base::Done> check_zstd(const Path& path) {
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  if (!in) return base::not_found(fmt::format("cannot open the file {}", path.string()));
  const auto size = static_cast<std::uint64_t>(in.tellg());
  if (size > 0 && FrameWalk(std::move(in), size).is_whole()) return base::Done{};
  return base::invalid_input(
      fmt::format(
          "{} is truncated or damaged: its packed data ends early; nothing of it was used. Fetch "
          "the file again, or ask whoever wrote it for a whole one (`zstd -t` checks it)",
          path.filename().string()),
      {path.string(), 0, 0, 0});
}

}  // namespace outlay::io
