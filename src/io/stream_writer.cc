// SPDX-License-Identifier: Apache-2.0
#include "io/stream_writer.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <isa-l/igzip_lib.h>

#include "base/check.h"

namespace outlay::io {
namespace {

constexpr std::size_t kOutBytes = 1 << 18;

struct Deflate {
  isal_zstream stream{};
  std::array<std::uint8_t, ISAL_DEF_LVL1_DEFAULT> level_buffer{};
  std::array<std::uint8_t, kOutBytes> out{};

  Deflate() {
    isal_deflate_init(&stream);
    stream.gzip_flag = IGZIP_GZIP;
    stream.level = 1;
    stream.level_buf = level_buffer.data();
    stream.level_buf_size = ISAL_DEF_LVL1_DEFAULT;
  }
};

}  // namespace

struct StreamWriter::State {
  Path path;
  int file = -1;
  std::uint64_t written = 0;
  std::unique_ptr<Deflate> deflate;

  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  ~State() {
    if (file >= 0) ::close(file);
  }

  base::Error failure(std::string_view what) const {
    const int number = errno;
    const bool is_full = number == ENOSPC || number == EDQUOT;
    const base::Code code = is_full ? base::Code::exhausted : base::Code::invalid_input;
    return {
        code,
        fmt::format(
            "cannot {} {}: {}{}",
            what,
            path.string(),
            std::strerror(number),
            is_full ? "; free some space or choose another folder" : ""),
        {path.string()},
        nullptr};
  }

  base::Result<base::Done> put(const void* data, std::size_t bytes) {
    const char* at = static_cast<const char*>(data);
    while (bytes > 0) {
      const ssize_t done = ::write(file, at, bytes);
      if (done < 0 && errno == EINTR) continue;
      if (done < 0) return failure("write");
      at += done;
      bytes -= static_cast<std::size_t>(done);
      written += static_cast<std::uint64_t>(done);
    }
    return base::Done{};
  }

  base::Result<base::Done> compress(std::string_view bytes, bool is_last) {
    isal_zstream& stream = deflate->stream;
    // The C interface takes input without const but only reads it.
    stream.next_in = const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(bytes.data()));
    stream.avail_in = static_cast<std::uint32_t>(bytes.size());
    stream.end_of_stream = is_last ? 1 : 0;
    do {
      stream.next_out = deflate->out.data();
      stream.avail_out = kOutBytes;
      CHECK(isal_deflate(&stream) == COMP_OK);
      TRY(put(deflate->out.data(), kOutBytes - stream.avail_out));
    } while (stream.avail_out == 0);
    return base::Done{};
  }
};

StreamWriter::StreamWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}

StreamWriter::StreamWriter(StreamWriter&&) noexcept = default;
StreamWriter& StreamWriter::operator=(StreamWriter&&) noexcept = default;
StreamWriter::~StreamWriter() = default;

base::Result<StreamWriter> StreamWriter::create(const Path& path, bool as_gzip) {
  auto state = std::make_unique<State>();
  state->path = path;
  state->file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (state->file < 0) return state->failure("create");
  if (as_gzip) state->deflate = std::make_unique<Deflate>();
  return StreamWriter(std::move(state));
}

base::Result<base::Done> StreamWriter::write(std::string_view bytes) {
  CHECK(state_->file >= 0);
  if (!state_->deflate) return state_->put(bytes.data(), bytes.size());
  // The compressor counts in 32 bits.
  constexpr std::size_t kPiece = std::size_t{1} << 30;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(kPiece, bytes.size()))) {
    TRY(state_->compress(bytes.substr(0, kPiece), false));
  }
  return base::Done{};
}

base::Result<std::uint64_t> StreamWriter::close() {
  CHECK(state_->file >= 0);
  if (state_->deflate) TRY(state_->compress({}, true));
  const int file = std::exchange(state_->file, -1);
  if (::close(file) != 0) return state_->failure("close");
  return state_->written;
}

}  // namespace outlay::io
