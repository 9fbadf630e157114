// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <memory>
#include <unistd.h>
#include <vector>

#include <fmt/format.h>
#include <isa-l/igzip_lib.h>

#include "base/text.h"
#include "io/file.h"
#include "io/internal/system.h"

namespace outlay::io {
namespace {

constexpr std::size_t kBlock = 1U << 20U;

using Bytes = std::vector<std::uint8_t>;

/// Inflates member after member; ISA-L checks each member's CRC and length.
class Inflater {
 public:
  Inflater(const Path& from, const Path& to) : from_(from), to_(to), in_(kBlock), out_(kBlock) {}

  base::Result<std::uint64_t> run(const std::function<void(std::uint64_t)>& progress) {
    const Descriptor source = TRY(open_to_read(from_));
    target_ = TRY(open_to_write(to_));
    ::posix_fadvise(source.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
    start_member();
    while (const std::size_t count =
               TRY(read_some(source, reinterpret_cast<char*>(in_.data()), in_.size(), from_))) {
      read_ += count;
      state_->next_in = in_.data();
      state_->avail_in = static_cast<std::uint32_t>(count);
      TRY(inflate_block());
      if (progress) progress(read_);
    }
    if (read_ == 0) return error("is empty, not even a gzip header is there");
    if (!is_between_members_) return error("is truncated: the compressed data ends early");
    return written_;
  }

 private:
  void start_member() {
    isal_inflate_init(state_.get());
    state_->crc_flag = ISAL_GZIP;
    is_between_members_ = false;
  }

  /// Uses up the block that was read.
  base::Result<base::Done> inflate_block() {
    while (true) {
      if (is_between_members_) {
        if (state_->avail_in == 0) return base::Done{};
        if (!TRY(begin_next_member())) return base::Done{};
      }
      state_->next_out = out_.data();
      state_->avail_out = static_cast<std::uint32_t>(out_.size());
      const int status = isal_inflate(state_.get());
      const std::size_t made = out_.size() - state_->avail_out;
      // Of a damaged block nothing is known to be good.
      if (status != ISAL_DECOMP_OK && status != ISAL_END_INPUT) return damaged(status);
      TRY(write_all(target_, {reinterpret_cast<const char*>(out_.data()), made}, to_));
      written_ += made;
      if (state_->block_state == ISAL_BLOCK_FINISH) {
        ++members_;
        is_between_members_ = true;
      } else if (state_->avail_in == 0 && state_->avail_out != 0) {
        return base::Done{};
      }
    }
  }

  /// False when only zero bytes follow: tapes and some archivers pad with them.
  base::Result<bool> begin_next_member() {
    if (*state_->next_in == 0 || is_padding_) {
      is_padding_ = true;
      for (; state_->avail_in > 0; --state_->avail_in) {
        if (*state_->next_in++ != 0) return trailing();
      }
      return false;
    }
    if (*state_->next_in != 0x1F) return trailing();
    std::uint8_t* next = state_->next_in;
    const std::uint32_t left = state_->avail_in;
    start_member();
    state_->next_in = next;
    state_->avail_in = left;
    return true;
  }

  base::Error trailing() const {
    return error(fmt::format(
        "has bytes after its end that are no gzip data ({} complete part(s) before them)",
        members_));
  }

  base::Error damaged(int status) const {
    if (status == ISAL_INCORRECT_CHECKSUM) {
      return error("is damaged: the checksum or length at its end does not match its content");
    }
    if (written_ == 0 && members_ == 0 &&
        (status == ISAL_INVALID_WRAPPER || status == ISAL_UNSUPPORTED_METHOD)) {
      return error("is no gzip file although its name says so");
    }
    return error(
        members_ > 0 && status == ISAL_INVALID_WRAPPER
            ? "has bytes after its end that are no gzip data"
            : "is damaged: the compressed data is not valid");
  }

  base::Error error(std::string_view what) const {
    return base::invalid_input(
        fmt::format(
            "{} {}; {} bytes could be read from {} bytes of it. Nothing of it was used. Fetch the "
            "file again, or ask whoever wrote it for a whole one (`gzip -t` checks it).",
            from_.filename().string(),
            what,
            base::with_thousands(static_cast<long long>(written_)),
            base::with_thousands(static_cast<long long>(read_))),
        {from_.string(), 0, 0, 0});
  }

  const Path& from_;
  const Path& to_;
  Descriptor target_;
  // Tens of kilobytes: too much for a stack.
  std::unique_ptr<inflate_state> state_ = std::make_unique<inflate_state>();
  Bytes in_, out_;
  bool is_between_members_ = false;
  bool is_padding_ = false;
  long long members_ = 0;
  std::uint64_t read_ = 0;
  std::uint64_t written_ = 0;
};

struct Level {
  std::uint32_t number;
  std::uint32_t buffer;
};

/// ISA-L knows levels 0 to 3; gzip's 1 to 9 are folded onto 1 to 3.
Level level_of(int level) {
  if (level <= 1) return {1, ISAL_DEF_LVL1_DEFAULT};
  if (level <= 5) return {2, ISAL_DEF_LVL2_DEFAULT};
  return {3, ISAL_DEF_LVL3_DEFAULT};
}

base::Result<base::Done> deflate_to(const Path& from, const Path& to, int level) {
  const Descriptor source = TRY(open_to_read(from));
  const Descriptor target = TRY(open_to_write(to));
  auto stream = std::make_unique<isal_zstream>();
  isal_deflate_init(stream.get());
  const Level chosen = level_of(level);
  Bytes work(chosen.buffer), in(kBlock), out(kBlock);
  stream->gzip_flag = IGZIP_GZIP;
  stream->level = chosen.number;
  stream->level_buf = work.data();
  stream->level_buf_size = chosen.buffer;
  do {
    const std::size_t count =
        TRY(read_some(source, reinterpret_cast<char*>(in.data()), in.size(), from));
    stream->next_in = in.data();
    stream->avail_in = static_cast<std::uint32_t>(count);
    stream->end_of_stream = count == 0 ? 1 : 0;
    do {
      stream->next_out = out.data();
      stream->avail_out = static_cast<std::uint32_t>(out.size());
      if (isal_deflate(stream.get()) != COMP_OK) {
        return base::internal_error("deflating failed: " + from.string());
      }
      const std::size_t made = out.size() - stream->avail_out;
      TRY(write_all(target, {reinterpret_cast<const char*>(out.data()), made}, to));
    } while (stream->avail_out == 0);
  } while (stream->end_of_stream == 0);
  return base::Done{};
}

/// A device or pipe that was named as the target is left alone.
void remove_output(const Path& path) {
  std::error_code unknown;
  if (std::filesystem::is_regular_file(path, unknown)) ::unlink(path.c_str());
}

}  // namespace

base::Result<std::uint64_t> gunzip_file(
    const Path& from, const Path& to, const std::function<void(std::uint64_t)>& progress) {
  auto result = Inflater(from, to).run(progress);
  if (!result) remove_output(to);
  return result;
}

base::Result<base::Done> gzip_file(const Path& from, const Path& to, int level) {
  auto result = deflate_to(from, to, level);
  if (!result) remove_output(to);
  return result;
}

}  // namespace outlay::io
